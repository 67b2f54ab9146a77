"""Log directories of brokers: in which one a replica lies, and what follows when one fails.

Rule: a broker that loses a directory loses the replicas in it and nothing else; who keeps no directory at
all must ask to be fenced. Kafka: `ReplicationControlManager.handleAssignReplicasToDirs`,
`handleDirectoriesOffline`; KIP-858.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from minikafka.controller.decision import Decision, Situation
from minikafka.controller.partition_change import ChangeTarget, change_partition, leadership_changes
from minikafka.metadata.ids import LOST_DIRECTORY
from minikafka.metadata.image import BrokerRegistration, TopicImage
from minikafka.metadata.records import BrokerRegistrationChangeRecord, PartitionChangeRecord
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.assign_replicas_to_dirs import (
    AssignReplicasToDirsRequest,
    AssignReplicasToDirsResponse,
    ResponseDirectoryData,
    ResponsePartitionData,
    ResponseTopicData,
)

R = TypeVar("R")


def newly_offline(broker: BrokerRegistration, told: Collection[UUID]) -> list[UUID]:
    """Which of the broker's healthy directories it says have failed; none when no other would be left, since
    the records can't say that."""
    failed = [directory for directory in broker.log_dirs if directory in told]
    return failed if len(failed) < len(broker.log_dirs) else []


def directories_offline(
    situation: Situation, broker: BrokerRegistration, told: Collection[UUID], response: R
) -> Decision[R]:
    """Others lead what the broker led from there, and those replicas leave their ISRs."""
    failed = newly_offline(broker, told)
    left = [directory for directory in broker.log_dirs if directory not in failed]
    change = BrokerRegistrationChangeRecord(broker_id=broker.id, broker_epoch=broker.epoch, log_dirs=left)
    changes = leadership_changes(situation, gone=broker.id, in_directories=failed)
    return Decision.of_changes(changes, response, change)


def assign_replicas_to_dirs(
    situation: Situation, broker: BrokerRegistration, request: AssignReplicasToDirsRequest
) -> Decision[AssignReplicasToDirsResponse]:
    """A broker says where it keeps replicas. Answers partition by partition.

    A replica in a directory that has failed meanwhile is lost at once; so is one that is told to be in no directory
    (`LOST_DIRECTORY`): its files are gone.
    """
    records: dict[tuple[UUID, int], PartitionChangeRecord] = {}
    response = AssignReplicasToDirsResponse(directories=[])
    for wanted in request.directories:
        topics = []
        for asked in wanted.topics:
            topic = situation.image.topic_by_id(asked.topic_id)
            answers = []
            for data in asked.partitions:
                index = data.partition_index
                error = _why_not(broker.id, topic, index)
                if error is ErrorCode.NONE and topic is not None:
                    record = _assign(situation, broker, topic, index, wanted.id)
                    if record is not None:
                        records[topic.id, index] = record
                answers.append(ResponsePartitionData(partition_index=index, error_code=error))
            topics.append(ResponseTopicData(topic_id=asked.topic_id, partitions=answers))
        response.directories.append(ResponseDirectoryData(id=wanted.id, topics=topics))
    return Decision(tuple(records.values()), response)


def _why_not(broker_id: int, topic: TopicImage | None, index: int) -> ErrorCode:
    if topic is None:
        return ErrorCode.UNKNOWN_TOPIC_ID
    partition = topic.partitions.get(index)
    if partition is None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return ErrorCode.NONE if broker_id in partition.replicas else ErrorCode.NOT_LEADER_OR_FOLLOWER


def _assign(
    situation: Situation, broker: BrokerRegistration, topic: TopicImage, index: int, directory: UUID
) -> PartitionChangeRecord | None:
    partition = topic.partitions[index]
    directories = tuple(
        directory if replica == broker.id else partition.directory_of(replica)
        for replica in partition.replicas
    )
    alive, isr = situation.active_brokers, partition.isr
    lost_data = (broker.id,) if directory == LOST_DIRECTORY else ()  # it is here, but without its files
    if not broker.has_online(directory):
        alive = tuple(id for id in alive if id != broker.id)
        isr = tuple(id for id in isr if id != broker.id)
    return change_partition(
        situation,
        topic,
        index,
        ChangeTarget(alive=alive, isr=isr, directories=directories, lost_data=lost_data),
    )
