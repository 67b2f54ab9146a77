"""DeleteRecords (21), versions 0–2: move the start of partitions forward.

2 is flexible.
"""

from __future__ import annotations

from minikafka.protocol.schema import (
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
class DeleteRecordsPartition(Struct):
    partition_index: int = field(INT32, about="The partition.")
    offset: int = field(
        INT64, about="Delete what lies before this offset; -1 for all below the high watermark."
    )


@struct
class DeleteRecordsTopic(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[DeleteRecordsPartition] = field(
        array(DeleteRecordsPartition), about="Partition by partition."
    )


@message(api_key=21, kind="request", versions=(0, 2), flexible=2)
class DeleteRecordsRequest(Message):
    topics: list[DeleteRecordsTopic] = field(array(DeleteRecordsTopic), about="Topic by topic.")
    timeout_ms: int = field(INT32, about="How long the server may take.")


@struct
class DeleteRecordsPartitionResult(Struct):
    partition_index: int = field(INT32, about="The partition.")
    low_watermark: int = field(INT64, default=-1, about="The lowest log start among the replicas.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")


@struct
class DeleteRecordsTopicResult(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[DeleteRecordsPartitionResult] = field(
        array(DeleteRecordsPartitionResult), about="Partition by partition."
    )


@message(api_key=21, kind="response", versions=(0, 2), flexible=2)
class DeleteRecordsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    topics: list[DeleteRecordsTopicResult] = field(array(DeleteRecordsTopicResult), about="Topic by topic.")
