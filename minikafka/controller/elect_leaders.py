"""Leaders are elected on request: the preferred replica again, or whoever is left.

Rule: each partition succeeds or fails by itself; one that has the leader it should have is left alone.
Kafka: `ReplicationControlManager.electLeaders`; KIP-183, KIP-460.
"""

from __future__ import annotations

from minikafka.controller.decision import PIECE_RECORDS, Decision, Situation
from minikafka.controller.partition_change import ChangeTarget, change_partition
from minikafka.metadata.image import NO_LEADER
from minikafka.metadata.records import PartitionChangeRecord
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersResponse,
    PartitionResult,
    ReplicaElectionResult,
)

PREFERRED, UNCLEAN = 0, 1

NOT_NEEDED = "Leader election not needed for topic partition."


def elect_leaders(situation: Situation, request: ElectLeadersRequest) -> Decision[ElectLeadersResponse]:
    """Answers partition by partition. Raises `ApiError` INVALID_REQUEST for an unknown kind of election.

    Asked for all partitions, it says nothing of those that need no election.
    """
    kind = request.election_type
    if kind not in (PREFERRED, UNCLEAN):
        raise ApiError(ErrorCode.INVALID_REQUEST, f"Unknown election type {kind}")
    asked = request.topic_partitions
    wanted = (
        [(name, sorted(topic.partitions)) for name, topic in sorted(situation.image.topics.items())]
        if asked is None
        else [(topic.topic, topic.partitions) for topic in asked]
    )
    records: dict[tuple[str, int], PartitionChangeRecord] = {}
    results = []
    for topic, partitions in wanted:
        answers = []
        for index in partitions:
            try:
                if (topic, index) in records:
                    raise ApiError(ErrorCode.ELECTION_NOT_NEEDED, NOT_NEEDED)
                records[topic, index] = _elect(situation, topic, index, kind)
                answers.append(PartitionResult(partition_id=index))
            except ApiError as error:
                if asked is None and error.code == ErrorCode.ELECTION_NOT_NEEDED:
                    continue
                answers.append(
                    PartitionResult(partition_id=index, error_code=error.code, error_message=error.message)
                )
        results.append(ReplicaElectionResult(topic=topic, partition_result=answers))
    return Decision(tuple(records.values()), ElectLeadersResponse(replica_election_results=results))


def balance_leaders(situation: Situation) -> Decision[None]:
    """Give every partition whose preferred replica is in sync back to it. Kafka: `maybeBalancePartitionLeaders`."""
    alive = situation.active_brokers
    target = ChangeTarget(alive=alive, prefer_first=True, unclean=False)
    records = []
    for topic, index, partition in situation.image.partitions():
        preferred = partition.replicas[0]
        if partition.leader != preferred and preferred in partition.isr and preferred in alive:
            change = change_partition(situation, topic, index, target)
            if change is not None:
                records.append(change)
                if len(records) == PIECE_RECORDS:
                    break
    return Decision.of_changes(records, None)


def _elect(situation: Situation, name: str, index: int, kind: int) -> PartitionChangeRecord:
    topic = situation.image.topic(name)
    if topic is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such topic as {name}")
    partition = topic.partitions.get(index)
    if partition is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such partition as {name}-{index}")
    is_preferred = kind == PREFERRED
    if partition.leader == partition.replicas[0] if is_preferred else partition.leader != NO_LEADER:
        raise ApiError(ErrorCode.ELECTION_NOT_NEEDED, NOT_NEEDED)
    target = ChangeTarget(alive=situation.active_brokers, prefer_first=is_preferred, unclean=not is_preferred)
    change = change_partition(situation, topic, index, target)
    if change is None:
        raise ApiError(
            ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE
            if is_preferred
            else ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE
        )
    return change
