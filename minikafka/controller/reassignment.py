"""Partitions move to other brokers: begun on request, finished when the new replicas are in sync, or taken back.

Rule: a replica goes only when all those that are to stay are in sync: until then the partition has the old and the new
ones. What finishes a move is the ISR change that brings the last of them in (`partition_change.py`).

Kafka: `ReplicationControlManager.alterPartitionReassignments`, `PartitionReassignmentReplicas`,
`PartitionReassignmentRevert`; KIP-455, KIP-860.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka.controller.decision import Decision, Situation
from minikafka.controller.partition_change import (
    Assignment,
    ChangeTarget,
    allows_unclean_election,
    change_partition,
)
from minikafka.controller.placement import check_brokers
from minikafka.metadata.image import MetadataImage, PartitionRegistration, TopicImage
from minikafka.metadata.records import PartitionChangeRecord
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    ReassignablePartition,
    ReassignablePartitionResponse,
    ReassignableTopicResponse,
)
from minikafka.protocol.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
    OngoingPartitionReassignment,
    OngoingTopicReassignment,
)


def alter_partition_reassignments(
    situation: Situation, request: AlterPartitionReassignmentsRequest
) -> Decision[AlterPartitionReassignmentsResponse]:
    """Begins moves, and takes back those of which no replicas are told. Answers partition by partition."""
    records: dict[tuple[str, int], PartitionChangeRecord] = {}
    responses = []
    for asked in request.topics:
        answers = []
        for wanted in asked.partitions:
            index = wanted.partition_index
            answer = ReassignablePartitionResponse(partition_index=index)
            try:
                if (asked.name, index) in records:
                    raise ApiError(
                        ErrorCode.INVALID_REQUEST, f"{asked.name}-{index} is named more than once."
                    )
                topic = _topic_with(situation, asked.name, index)
                record = _change(situation, topic, wanted, request.allow_replication_factor_change)
            except ApiError as error:
                answer.error_code, answer.error_message = error.code, error.message
            else:
                if record is not None:
                    records[asked.name, index] = record
            answers.append(answer)
        responses.append(ReassignableTopicResponse(name=asked.name, partitions=answers))
    allow = request.allow_replication_factor_change
    response = AlterPartitionReassignmentsResponse(allow_replication_factor_change=allow, responses=responses)
    return Decision(tuple(records.values()), response)


def _topic_with(situation: Situation, name: str, index: int) -> TopicImage:
    topic = situation.image.topic(name)
    if topic is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Unable to find a topic named {name}.")
    if index not in topic.partitions:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Unable to find partition {name}:{index}.")
    return topic


def _change(
    situation: Situation, topic: TopicImage, wanted: ReassignablePartition, may_change_factor: bool
) -> PartitionChangeRecord | None:
    partition = topic.partitions[wanted.partition_index]
    if wanted.replicas is None:
        target = _back(situation, topic, wanted.partition_index, partition)
    else:
        check_brokers(situation, wanted.replicas)
        factor = len(partition.replicas) - len(partition.removing_replicas)
        if not may_change_factor and len(wanted.replicas) != factor:
            raise ApiError(
                ErrorCode.INVALID_REPLICATION_FACTOR,
                f"The replication factor is changed from {factor} to {len(wanted.replicas)}",
            )
        target = ChangeTarget(
            alive=situation.active_brokers, assignment=moving_to(partition, wanted.replicas)
        )
    return change_partition(situation, topic, wanted.partition_index, target)


def moving_to(partition: PartitionRegistration, wanted: Sequence[int]) -> Assignment:
    """The way from its replicas to those: all of them, the wanted ones first.

    Those that were to come by an earlier move and aren't mentioned go, like any other. Where nobody else is to come,
    those of the earlier move still are: taken back, it leaves none of them.
    """
    removing = tuple(sorted(set(partition.replicas) - set(wanted)))
    adding = tuple(sorted(set(wanted) - set(partition.replicas))) or partition.adding_replicas
    return Assignment((*wanted, *removing), adding, removing)


def _back(
    situation: Situation, topic: TopicImage, index: int, partition: PartitionRegistration
) -> ChangeTarget:
    """To the replicas from before the move."""
    adding = partition.adding_replicas
    if not adding and not partition.removing_replicas:
        raise ApiError(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS)
    replicas = tuple(replica for replica in partition.replicas if replica not in adding)
    isr = tuple(replica for replica in partition.isr if replica not in adding)
    kept = isr or tuple(replica for replica in partition.elr if replica not in adding)
    if not kept and not allows_unclean_election(situation, topic.name):
        raise ApiError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            f"Unable to revert partition assignment for {topic.name}:{index} because it would require an unclean "
            "leader election.",
        )
    if not isr and not situation.uses_elr and not set(replicas) & set(situation.active_brokers):
        isr = replicas[:1]  # an ISR isn't empty then, though nobody in it is there
    return ChangeTarget(alive=situation.active_brokers, isr=isr, assignment=Assignment(replicas))


def list_partition_reassignments(
    image: MetadataImage, request: ListPartitionReassignmentsRequest
) -> ListPartitionReassignmentsResponse:
    """All, or the asked ones; what does not exist is not moving."""
    wanted: dict[str, list[int] | None] = {}
    if request.topics is None:
        wanted.update(dict.fromkeys(sorted(image.topics)))
    else:
        wanted.update((topic.name, topic.partition_indexes) for topic in request.topics)
    topics = []
    for name, indexes in wanted.items():
        topic = image.topic(name)
        moving = [] if topic is None else _moving(topic, indexes)
        if moving:
            topics.append(OngoingTopicReassignment(name=name, partitions=moving))
    return ListPartitionReassignmentsResponse(topics=topics)


def _moving(topic: TopicImage, indexes: list[int] | None) -> list[OngoingPartitionReassignment]:
    return [
        OngoingPartitionReassignment(
            partition_index=index,
            replicas=list(partition.replicas),
            adding_replicas=list(partition.adding_replicas),
            removing_replicas=list(partition.removing_replicas),
        )
        for index, partition in sorted(topic.partitions.items())
        if (indexes is None or index in indexes) and partition.is_moving
    ]
