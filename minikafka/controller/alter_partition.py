"""A leader asks to change the ISR of its partitions.

Rule: an ISR changes only as its current leader asked, knowing the newest state of the partition, and
takes in only brokers that are in service. Kafka: `ReplicationControlManager.alterPartition`; KIP-497,
KIP-841, KIP-903.
"""

from __future__ import annotations

from minikafka.controller.brokers import check_broker_epoch
from minikafka.controller.decision import Decision, Situation
from minikafka.controller.partition_change import ChangeTarget, change_partition
from minikafka.metadata.image import NO_LEADER_CHANGE, RECOVERED, RECOVERING, PartitionRegistration
from minikafka.metadata.records import PartitionChangeRecord
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.alter_partition import (
    AlterPartitionRequest,
    AlterPartitionResponse,
    BrokerState,
    PartitionData,
    ResponsePartitionData,
    ResponseTopicData,
)


def alter_partition(situation: Situation, request: AlterPartitionRequest) -> Decision[AlterPartitionResponse]:
    """Answers partition by partition. Raises `ApiError` STALE_BROKER_EPOCH for a broker of the past."""
    check_broker_epoch(situation, request.broker_id, request.broker_epoch)
    records: list[PartitionChangeRecord] = []
    response = AlterPartitionResponse(topics=[])
    for wanted in request.topics:
        topic = situation.image.topic_by_id(wanted.topic_id)
        answers = []
        for data in wanted.partitions:
            if topic is None:
                answers.append(_refusal(data, ErrorCode.UNKNOWN_TOPIC_ID))
                continue
            partition = topic.partitions.get(data.partition_index)
            error = _check(situation, request.broker_id, partition, data)
            if error is not ErrorCode.NONE or partition is None:
                answers.append(_refusal(data, error))
                continue
            target = ChangeTarget(
                alive=situation.active_brokers,
                isr=[state.broker_id for state in _wanted_isr(data)],
                leader_recovery_state=data.leader_recovery_state,
            )
            record = change_partition(situation, topic, data.partition_index, target)
            if record is not None:
                records.append(record)
                partition = partition.merge(record)
                if record.leader not in (request.broker_id, NO_LEADER_CHANGE):
                    answers.append(_refusal(data, ErrorCode.NEW_LEADER_ELECTED))
                    continue
            answers.append(_acceptance(data, partition))
        response.topics.append(ResponseTopicData(topic_id=wanted.topic_id, partitions=answers))
    return Decision(tuple(records), response)


def _wanted_isr(data: PartitionData) -> list[BrokerState]:
    """Version 2 names brokers only; -1 stands for any epoch of theirs."""
    return data.new_isr_with_epochs or [BrokerState(broker_id=id, broker_epoch=-1) for id in data.new_isr]


def _check(
    situation: Situation, broker_id: int, partition: PartitionRegistration | None, data: PartitionData
) -> ErrorCode:
    if partition is None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if data.leader_epoch > partition.leader_epoch or data.partition_epoch > partition.partition_epoch:
        # The leader knows more than this controller: another one must be in charge.
        return ErrorCode.NOT_CONTROLLER
    if data.leader_epoch < partition.leader_epoch:
        return ErrorCode.FENCED_LEADER_EPOCH
    if broker_id != partition.leader:
        return ErrorCode.INVALID_REQUEST
    if data.partition_epoch < partition.partition_epoch:
        return ErrorCode.INVALID_UPDATE_VERSION
    states = _wanted_isr(data)
    isr = [state.broker_id for state in states]
    if not isr or len(set(isr)) != len(isr) or not set(isr) <= set(partition.replicas):
        return ErrorCode.INVALID_REQUEST
    if partition.leader not in isr or data.leader_recovery_state not in (RECOVERED, RECOVERING):
        return ErrorCode.INVALID_REQUEST
    if data.leader_recovery_state == RECOVERING and (
        len(isr) > 1 or partition.leader_recovery_state == RECOVERED
    ):
        return ErrorCode.INVALID_REQUEST
    if not all(_is_eligible(situation, partition, state) for state in states):
        return ErrorCode.INELIGIBLE_REPLICA
    return ErrorCode.NONE


def _is_eligible(situation: Situation, partition: PartitionRegistration, state: BrokerState) -> bool:
    broker = situation.image.brokers.get(state.broker_id)
    return (
        broker is not None
        and broker.is_active
        and state.broker_epoch in (-1, broker.epoch)
        and situation.image.is_disk_online(partition, broker.id)
    )


def _refusal(data: PartitionData, error: ErrorCode) -> ResponsePartitionData:
    return ResponsePartitionData(
        partition_index=data.partition_index,
        error_code=error,
        leader_id=0,
        leader_epoch=0,
        isr=[],
        partition_epoch=0,
    )


def _acceptance(data: PartitionData, partition: PartitionRegistration) -> ResponsePartitionData:
    return ResponsePartitionData(
        partition_index=data.partition_index,
        leader_id=partition.leader,
        leader_epoch=partition.leader_epoch,
        isr=list(partition.isr),
        leader_recovery_state=partition.leader_recovery_state,
        partition_epoch=partition.partition_epoch,
    )
