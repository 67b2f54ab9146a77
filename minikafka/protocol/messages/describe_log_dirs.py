"""DescribeLogDirs (35), versions 1–5: directories of a broker and the replicas in them.

2 is flexible, 4 tells the volume's size, 5 cordoned directories.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
    BOOL,
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
class DescribableLogDirTopic(Struct):
    topic: str = field(STRING, about="The topic's name.")
    partitions: list[int] = field(array(INT32), about="The partitions.")


@message(api_key=35, kind="request", versions=(1, 5), flexible=2)
class DescribeLogDirsRequest(Message):
    topics: list[DescribableLogDirTopic] | None = field(
        array(DescribableLogDirTopic), nullable=0, default=None, about="The topics to look at; null for all."
    )


@struct
class DescribeLogDirsPartition(Struct):
    partition_index: int = field(INT32, about="The partition.")
    partition_size: int = field(INT64, about="The bytes of all its segments.")
    offset_lag: int = field(INT64, default=0, about="How far the replica is behind.")
    is_future_key: bool = field(BOOL, default=False, about="Is it a copy on its way to another directory?")


@struct
class DescribeLogDirsTopic(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[DescribeLogDirsPartition] = field(
        array(DescribeLogDirsPartition), about="Partition by partition."
    )


@struct
class DescribeLogDirsResult(Struct):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    log_dir: str = field(STRING, about="The directory's path.")
    topics: list[DescribeLogDirsTopic] = field(
        array(DescribeLogDirsTopic), about="The topics with replicas in this directory."
    )
    total_bytes: int = field(
        INT64, since=4, default=-1, ignorable=True, about="The size of its volume, or -1."
    )
    usable_bytes: int = field(
        INT64, since=4, default=-1, ignorable=True, about="What is free on the volume, or -1."
    )
    is_cordoned: bool = field(
        BOOL,
        since=5,
        default=False,
        ignorable=True,
        about="Is the directory closed to new replicas (KIP-1066)?",
    )


@message(api_key=35, kind="response", versions=(1, 5), flexible=2)
class DescribeLogDirsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, since=3, default=0, ignorable=True, about="What went wrong, or 0.")
    results: list[DescribeLogDirsResult] = field(array(DescribeLogDirsResult), about="One result each.")
