"""ListPartitionReassignments (46), version 0: which partitions are moving to other brokers (KIP-455)."""

from __future__ import annotations

from minikafka.protocol.schema import INT16, INT32, STRING, Message, Struct, array, field, message, struct


@struct
class ListPartitionReassignmentsTopics(Struct):
    name: str = field(STRING, about="The topic's name.")
    partition_indexes: list[int] = field(array(INT32), about="Its partitions.")


@message(api_key=46, kind="request", versions=(0, 0), flexible=0)
class ListPartitionReassignmentsRequest(Message):
    timeout_ms: int = field(INT32, default=60000, about="How long to wait for the answer.")
    topics: list[ListPartitionReassignmentsTopics] | None = field(
        array(ListPartitionReassignmentsTopics),
        nullable=0,
        default=None,
        about="Topic by topic; null asks for all.",
    )


@struct
class OngoingPartitionReassignment(Struct):
    partition_index: int = field(INT32, about="The partition.")
    replicas: list[int] = field(array(INT32), about="All its replicas.")
    adding_replicas: list[int] = field(array(INT32), about="Those that are to come.")
    removing_replicas: list[int] = field(array(INT32), about="Those that are to go.")


@struct
class OngoingTopicReassignment(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[OngoingPartitionReassignment] = field(
        array(OngoingPartitionReassignment), about="Partition by partition."
    )


@message(api_key=46, kind="response", versions=(0, 0), flexible=0)
class ListPartitionReassignmentsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong with the whole, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    topics: list[OngoingTopicReassignment] = field(array(OngoingTopicReassignment), about="Topic by topic.")
