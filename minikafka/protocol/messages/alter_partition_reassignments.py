"""AlterPartitionReassignments (45), versions 0–1: move partitions to other brokers, or stop moving them (KIP-455).

1 can forbid that the number of replicas changes (KIP-860).
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    BOOL,
    INT16,
    INT32,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class ReassignablePartition(Struct):
    partition_index: int = field(INT32, about="The partition.")
    replicas: list[int] | None = field(
        array(INT32),
        nullable=0,
        default=None,
        about="The brokers that are to hold it, the preferred leader first; null stops a move that is under way.",
    )


@struct
class ReassignableTopic(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[ReassignablePartition] = field(
        array(ReassignablePartition), about="Partition by partition."
    )


@message(api_key=45, kind="request", versions=(0, 1), flexible=0)
class AlterPartitionReassignmentsRequest(Message):
    timeout_ms: int = field(INT32, default=60000, about="How long to wait for the answer.")
    allow_replication_factor_change: bool = field(
        BOOL, since=1, default=True, about="May a partition get more or fewer replicas than it has?"
    )
    topics: list[ReassignableTopic] = field(array(ReassignableTopic), about="Topic by topic.")


@struct
class ReassignablePartitionResponse(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )


@struct
class ReassignableTopicResponse(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[ReassignablePartitionResponse] = field(
        array(ReassignablePartitionResponse), about="Partition by partition."
    )


@message(api_key=45, kind="response", versions=(0, 1), flexible=0)
class AlterPartitionReassignmentsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    allow_replication_factor_change: bool = field(
        BOOL, since=1, default=True, ignorable=True, about="What the request said of that."
    )
    error_code: int = field(INT16, default=0, about="What went wrong with the whole, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    responses: list[ReassignableTopicResponse] = field(
        array(ReassignableTopicResponse), about="Topic by topic."
    )
