"""AlterReplicaLogDirs (34), versions 1–2: move replicas to another log directory of the same broker (KIP-113).

2 is flexible.
"""

from __future__ import annotations

from minikafka.protocol.schema import INT16, INT32, STRING, Message, Struct, array, field, message, struct


@struct
class AlterReplicaLogDirTopic(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[int] = field(array(INT32), about="Its partitions.")


@struct
class AlterReplicaLogDir(Struct):
    path: str = field(STRING, about="The absolute path of the directory.")
    topics: list[AlterReplicaLogDirTopic] = field(
        array(AlterReplicaLogDirTopic), about="What is to lie there, topic by topic."
    )


@message(api_key=34, kind="request", versions=(1, 2), flexible=2)
class AlterReplicaLogDirsRequest(Message):
    dirs: list[AlterReplicaLogDir] = field(array(AlterReplicaLogDir), about="Directory by directory.")


@struct
class AlterReplicaLogDirPartitionResult(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")


@struct
class AlterReplicaLogDirTopicResult(Struct):
    topic_name: str = field(STRING, about="The topic's name.")
    partitions: list[AlterReplicaLogDirPartitionResult] = field(
        array(AlterReplicaLogDirPartitionResult), about="Partition by partition."
    )


@message(api_key=34, kind="response", versions=(1, 2), flexible=2)
class AlterReplicaLogDirsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    results: list[AlterReplicaLogDirTopicResult] = field(
        array(AlterReplicaLogDirTopicResult), about="Topic by topic."
    )
