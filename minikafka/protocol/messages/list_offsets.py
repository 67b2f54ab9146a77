"""ListOffsets (2), versions 1–11: find offsets by timestamp, or the first and last.

2 knows isolation levels, 4 leader epochs, 6 is flexible, 7 and up add special timestamps.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    INT8,
    INT16,
    INT32,
    INT64,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class ListOffsetsPartition(Struct):
    partition_index: int = field(INT32, about="The partition.")
    current_leader_epoch: int = field(
        INT32,
        since=4,
        default=-1,
        ignorable=True,
        about="The leader epoch that the client knows, checked by the broker; -1 for no check.",
    )
    timestamp: int = field(
        INT64,
        about="A time in ms, or -1 latest, -2 earliest, -3 largest timestamp, -4 earliest local, -5 tiered.",
    )


@struct
class ListOffsetsTopic(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[ListOffsetsPartition] = field(
        array(ListOffsetsPartition), about="Partition by partition."
    )


@message(api_key=2, kind="request", versions=(1, 11), flexible=6)
class ListOffsetsRequest(Message):
    replica_id: int = field(INT32, default=-1, about="The follower's broker id; -1 from a client.")
    isolation_level: int = field(
        INT8,
        since=2,
        default=0,
        about="0 read_uncommitted: up to the high watermark; 1 read_committed: up to the last stable offset.",
    )
    topics: list[ListOffsetsTopic] = field(array(ListOffsetsTopic), about="Topic by topic.")
    timeout_ms: int = field(INT32, since=10, default=0, ignorable=True, about="How long the server may take.")


@struct
class ListOffsetsPartitionResponse(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    timestamp: int = field(INT64, default=-1, about="The timestamp of the record found, or -1.")
    offset: int = field(INT64, default=-1, about="The offset found, or -1.")
    leader_epoch: int = field(INT32, since=4, default=-1, about="The leader epoch, or -1.")


@struct
class ListOffsetsTopicResponse(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[ListOffsetsPartitionResponse] = field(
        array(ListOffsetsPartitionResponse), about="Partition by partition."
    )


@message(api_key=2, kind="response", versions=(1, 11), flexible=6)
class ListOffsetsResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=2,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    topics: list[ListOffsetsTopicResponse] = field(array(ListOffsetsTopicResponse), about="Topic by topic.")
