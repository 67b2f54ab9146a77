"""CreatePartitions (37), versions 0–3: give topics more partitions.

2 is flexible.
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
class CreatePartitionsAssignment(Struct):
    broker_ids: list[int] = field(array(INT32), about="The replicas' brokers, the preferred leader first.")


@struct
class CreatePartitionsTopic(Struct):
    name: str = field(STRING, about="The topic's name.")
    count: int = field(INT32, about="How many partitions the topic shall have in the end.")
    assignments: list[CreatePartitionsAssignment] | None = field(
        array(CreatePartitionsAssignment),
        nullable=0,
        default=None,
        about="The replicas of the new partitions chosen by hand; null to let the controller place them.",
    )


@message(api_key=37, kind="request", versions=(0, 3), flexible=2)
class CreatePartitionsRequest(Message):
    topics: list[CreatePartitionsTopic] = field(array(CreatePartitionsTopic), about="Topic by topic.")
    timeout_ms: int = field(INT32, about="How long the server may take.")
    validate_only: bool = field(BOOL, default=False, about="Check, but change nothing.")


@struct
class CreatePartitionsTopicResult(Struct):
    name: str = field(STRING, about="The topic's name.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )


@message(api_key=37, kind="response", versions=(0, 3), flexible=2)
class CreatePartitionsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    results: list[CreatePartitionsTopicResult] = field(
        array(CreatePartitionsTopicResult), about="One result each."
    )
