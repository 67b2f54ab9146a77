"""AlterPartition (56), versions 2–3: a leader asks the controller for another ISR (KIP-497).

Kafka 4 speaks 2 (topic ids) and 3 (broker epochs in the ISR, KIP-903).
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT8,
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
class BrokerState(Struct):
    broker_id: int = field(INT32, about="The broker's id.")
    broker_epoch: int = field(
        INT64, default=-1, about="The broker's epoch, given at registration; -1 for no check."
    )


@struct
class PartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")
    leader_epoch: int = field(INT32, about="The leader epoch, or -1.")
    new_isr: list[int] = field(array(INT32), until=2, default=[], about="The wanted ISR.")
    new_isr_with_epochs: list[BrokerState] = field(
        array(BrokerState), since=3, default=[], about="The wanted ISR, each with its broker epoch."
    )
    leader_recovery_state: int = field(
        INT8, default=0, about="1 while the leader recovers from an unclean election, else 0."
    )
    partition_epoch: int = field(INT32, about="Rises with each change of the partition's registration.")


@struct
class TopicData(Struct):
    topic_id: uuid.UUID = field(UUID, about="The topic's id.")
    partitions: list[PartitionData] = field(array(PartitionData), about="Partition by partition.")


@message(api_key=56, kind="request", versions=(2, 3), flexible=0)
class AlterPartitionRequest(Message):
    broker_id: int = field(INT32, about="The broker's id.")
    broker_epoch: int = field(
        INT64, default=-1, about="The broker's epoch, given at registration; -1 for no check."
    )
    topics: list[TopicData] = field(array(TopicData), about="Topic by topic.")


@struct
class ResponsePartitionData(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    leader_id: int = field(INT32, about="The leader's broker id, or -1.")
    leader_epoch: int = field(INT32, about="The leader epoch, or -1.")
    isr: list[int] = field(array(INT32), about="The ISR now.")
    leader_recovery_state: int = field(
        INT8, default=0, about="1 while the leader recovers from an unclean election, else 0."
    )
    partition_epoch: int = field(INT32, about="Rises with each change of the partition's registration.")


@struct
class ResponseTopicData(Struct):
    topic_id: uuid.UUID = field(UUID, about="The topic's id.")
    partitions: list[ResponsePartitionData] = field(
        array(ResponsePartitionData), about="Partition by partition."
    )


@message(api_key=56, kind="response", versions=(2, 3), flexible=0)
class AlterPartitionResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    topics: list[ResponseTopicData] = field(array(ResponseTopicData), about="Topic by topic.")
