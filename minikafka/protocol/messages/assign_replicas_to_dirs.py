"""AssignReplicasToDirs (73), version 0: a broker tells the controller in which log directories its replicas lie
(KIP-858)."""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT16,
    INT32,
    INT64,
    UUID,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class PartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")


@struct
class TopicData(Struct):
    topic_id: uuid.UUID = field(UUID, about="The topic's id.")
    partitions: list[PartitionData] = field(array(PartitionData), about="Its partitions in this directory.")


@struct
class DirectoryData(Struct):
    id: uuid.UUID = field(UUID, about="The directory's id.")
    topics: list[TopicData] = field(array(TopicData), about="The topics with replicas in it.")


@message(api_key=73, kind="request", versions=(0, 0), flexible=0)
class AssignReplicasToDirsRequest(Message):
    broker_id: int = field(INT32, about="The broker's id.")
    broker_epoch: int = field(INT64, default=-1, about="The broker's epoch, given at registration.")
    directories: list[DirectoryData] = field(array(DirectoryData), about="Directory by directory.")


@struct
class ResponsePartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")


@struct
class ResponseTopicData(Struct):
    topic_id: uuid.UUID = field(UUID, about="The topic's id.")
    partitions: list[ResponsePartitionData] = field(
        array(ResponsePartitionData), about="Partition by partition."
    )


@struct
class ResponseDirectoryData(Struct):
    id: uuid.UUID = field(UUID, about="The directory's id.")
    topics: list[ResponseTopicData] = field(array(ResponseTopicData), about="Topic by topic.")


@message(api_key=73, kind="response", versions=(0, 0), flexible=0)
class AssignReplicasToDirsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    directories: list[ResponseDirectoryData] = field(
        array(ResponseDirectoryData), about="Directory by directory."
    )
