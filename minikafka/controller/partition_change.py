"""What follows for a partition when its ISR changes or brokers come and go: leader, ISR, eligible leaders, and the end
of a move to other brokers.

Rule: a leader is one of the ISR, or of the eligible leader replicas when the ISR is empty; anybody else
only by an unclean election, or when all of those have lost their files; it is alone in the ISR then.

Kafka: `PartitionChangeBuilder`; KIP-455 (reassignment), KIP-966 (eligible leader replicas), KIP-704 (leader recovery
state).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from minikafka.controller.decision import PIECE_RECORDS, Situation
from minikafka.metadata.configs import topic_config_value
from minikafka.metadata.ids import LOST_DIRECTORY
from minikafka.metadata.image import (
    NO_LEADER,
    NO_LEADER_CHANGE,
    RECOVERING,
    PartitionRegistration,
    TopicImage,
)
from minikafka.metadata.records import PartitionChangeRecord


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who holds a partition. While it moves, `adding` and `removing` are among the replicas."""

    replicas: tuple[int, ...]
    adding: tuple[int, ...] = ()
    removing: tuple[int, ...] = ()

    def left(self, isr: Sequence[int]) -> Assignment:
        """What of a move is left to do with this ISR: nothing, once all that are to stay are in it."""
        staying = tuple(replica for replica in self.replicas if replica not in self.removing)
        is_done = bool(self.adding or self.removing) and bool(staying) and set(staying) <= set(isr)
        return Assignment(staying) if is_done else self


@dataclass(frozen=True, slots=True)
class ChangeTarget:
    """What is wanted of a partition. None leaves it as it is.

    `alive`: the brokers that may lead. `lost_data`: replicas that came back from an unclean stop and may
    lack records (they can't be eligible leaders). `prefer_first`: the first replica leads if it may.
    `unclean`: whether a replica out of sync may lead; None leaves that to the topic's configuration.
    `directories`: the replicas' log directories; one that is offline keeps its replica from leading.
    `assignment`: who is to hold it from now on, or is to come and to go.
    """

    alive: Collection[int]
    isr: Sequence[int] | None = None
    leader_recovery_state: int | None = None
    lost_data: Collection[int] = ()
    prefer_first: bool = False
    unclean: bool | None = None
    directories: tuple[UUID, ...] | None = None
    assignment: Assignment | None = None


def min_isr_of(situation: Situation, topic: str, partition: PartitionRegistration) -> int:
    """The topic's `min.insync.replicas`, but no more than it has replicas."""
    wanted = int(topic_config_value(situation.image, topic, "min.insync.replicas", situation.configs))
    return min(wanted, len(partition.replicas))


def allows_unclean_election(situation: Situation, topic: str) -> bool:
    """The topic's `unclean.leader.election.enable`."""
    text = topic_config_value(situation.image, topic, "unclean.leader.election.enable", situation.configs)
    return text.strip().lower() == "true"


def change_partition(
    situation: Situation, topic: TopicImage, index: int, target: ChangeTarget
) -> PartitionChangeRecord | None:
    """The record that brings the partition to the target, or None when nothing changes."""
    before = topic.partitions[index]
    isr = list(before.isr if target.isr is None else target.isr)
    record = PartitionChangeRecord(partition_id=index, topic_id=topic.id)
    if target.directories is not None and target.directories != before.directories:
        record.directories = list(target.directories)
        before = replace(before, directories=target.directories)
    replicas = before.replicas
    before = _reassign(situation, before, isr, target.assignment, record)
    isr = [replica for replica in isr if replica in before.replicas]
    elr = _eligible(situation, topic.name, before, isr, target.lost_data)

    leader, is_unclean = _elect(situation, topic.name, before, isr, elr, target)
    if leader != before.leader:
        record.leader = leader
        if is_unclean:
            isr, elr = [leader], []
            if before.leader_recovery_state != RECOVERING:
                record.leader_recovery_state = RECOVERING
        elif leader in elr:
            isr, elr = [leader], [replica for replica in elr if replica != leader]
    if record.leader == NO_LEADER_CHANGE and not set(replicas) <= set(before.replicas):
        record.leader = before.leader  # who is no replica any more is fenced by a new epoch
    # Without eligible leader replicas the last member of an ISR stays, though it is gone.
    if isr != list(before.isr) and (isr or situation.uses_elr):
        record.isr = isr
    if elr != list(before.elr):
        record.eligible_leader_replicas = elr
    if situation.uses_elr:
        _remember_last_leader(before, record)
    wanted_state = target.leader_recovery_state
    if wanted_state is not None and wanted_state != before.leader_recovery_state:
        record.leader_recovery_state = wanted_state
    nothing = PartitionChangeRecord(partition_id=index, topic_id=topic.id)
    return None if record == nothing else record


def _reassign(
    situation: Situation,
    before: PartitionRegistration,
    isr: Sequence[int],
    wanted: Assignment | None,
    record: PartitionChangeRecord,
) -> PartitionRegistration:
    """Note in the record what changes of who holds the partition; returns it with those replicas."""
    known = Assignment(before.replicas, before.adding_replicas, before.removing_replicas)
    now = (wanted or known).left(isr)
    if now == known:
        return before
    directories = before.directories
    if now.replicas != known.replicas:
        record.replicas = list(now.replicas)
        directories = tuple(
            before.directory_of(replica)
            if replica in known.replicas
            else situation.directory_for_new(replica)
            for replica in now.replicas
        )
        if directories != before.directories:
            record.directories = list(directories)
    if now.adding != known.adding:
        record.adding_replicas = list(now.adding)
    if now.removing != known.removing:
        record.removing_replicas = list(now.removing)
    return replace(before, replicas=now.replicas, directories=directories)


def _eligible(
    situation: Situation,
    topic: str,
    before: PartitionRegistration,
    isr: Sequence[int],
    lost_data: Collection[int],
) -> list[int]:
    """Who is out of the ISR but has every committed record.

    Who left it since it fell below min.insync.replicas.
    """
    if not situation.uses_elr or len(isr) >= min_isr_of(situation, topic, before):
        return []
    candidates = sorted({*before.elr, *before.isr})
    return [
        replica
        for replica in candidates
        if replica in before.replicas and replica not in isr and replica not in lost_data
    ]


def _elect(
    situation: Situation,
    topic: str,
    before: PartitionRegistration,
    isr: Sequence[int],
    elr: Sequence[int],
    target: ChangeTarget,
) -> tuple[int, bool]:
    """The leader (`NO_LEADER`: none) and whether the election is unclean."""
    candidates = isr or elr
    alive = [broker for broker in target.alive if _can_serve(situation, before, broker)]
    keeps = before.replicas[0] if target.prefer_first else before.leader
    for broker in (keeps, before.leader):
        if broker in candidates and broker in alive:
            return broker, False
    elect_leader = situation.rules.elect_leader
    leader = elect_leader(before.replicas, candidates, alive, False)
    if leader is None and situation.uses_elr and not candidates and len(before.last_known_elr) == 1:
        # Nobody is sure to have everything: the last one who led knows most.
        last = before.last_known_elr[0]
        leader = last if last in alive and last in before.replicas else None
    if leader is None and _have_lost_it(before, candidates or before.last_known_elr or before.isr):
        # Who had everything has it no longer, so anybody else has more; where nobody has, one is like the other.
        everybody = target.alive if _have_lost_it(before, before.replicas) else alive
        leader = elect_leader(before.replicas, candidates, everybody, True)
    allowed = allows_unclean_election(situation, topic) if target.unclean is None else target.unclean
    if leader is None and allowed:
        leader = elect_leader(before.replicas, candidates, alive, True)
    if leader is None:
        return NO_LEADER, False
    return leader, leader not in candidates


def _have_lost_it(partition: PartitionRegistration, replicas: Sequence[int]) -> bool:
    """Have all of these told that their files of the partition are gone?"""
    return bool(replicas) and all(partition.directory_of(r) == LOST_DIRECTORY for r in replicas)


def _can_serve(situation: Situation, partition: PartitionRegistration, broker_id: int) -> bool:
    """Not if its replica lies in a log directory that failed. (Whoever holds none is the rule's to leave out.)"""
    return broker_id not in partition.replicas or situation.image.is_disk_online(partition, broker_id)


def _remember_last_leader(before: PartitionRegistration, record: PartitionChangeRecord) -> None:
    """Keep who led last when nobody is left, and forget it once there is a leader again, or it holds no replica."""
    if record.isr == [] and before.leader in before.replicas and before.last_known_elr != (before.leader,):
        record.last_known_elr = [before.leader]
        return
    if not set(before.last_known_elr) <= set(before.replicas):
        record.last_known_elr = []
        return
    leader = before.leader if record.leader == NO_LEADER_CHANGE else record.leader
    if leader != NO_LEADER and before.last_known_elr:
        record.last_known_elr = []


def elections_where_allowed(situation: Situation) -> list[PartitionChangeRecord]:
    """Leaders for partitions that have none, where there may be one now; no more than `PIECE_RECORDS`.

    Kafka: `ReplicationControlManager.maybeElectUncleanLeaders`, which runs every few minutes.
    """
    changes = []
    for topic, index, partition in situation.image.partitions():
        if partition.leader == NO_LEADER:
            target = ChangeTarget(alive=situation.active_brokers)
            change = change_partition(situation, topic, index, target)
            if change is not None:
                changes.append(change)
                if len(changes) == PIECE_RECORDS:
                    break
    return changes


def leadership_changes(
    situation: Situation,
    *,
    gone: int | None = None,
    back: int | None = None,
    lost_data: int | None = None,
    in_directories: Collection[UUID] | None = None,
) -> list[PartitionChangeRecord]:
    """What changes for partitions when a broker goes (fenced or shutting down), comes back, or lost data.

    `in_directories`: only those whose replica on the broker that is `gone` lies there. No more than `PIECE_RECORDS`:
    as many say that there may be more, which shows once these are committed.

    Kafka: `ReplicationControlManager.generateLeaderAndIsrUpdates`.
    """
    leaving = [broker for broker in (gone, lost_data) if broker is not None]
    alive = sorted({*situation.active_brokers, *([] if back is None else [back])} - set(leaving))
    changes = []
    for topic, index, partition in situation.image.partitions():
        if back is None:
            concerned = any(broker in partition.isr or broker == partition.leader for broker in leaving) or (
                lost_data is not None and lost_data in partition.elr
            )
        else:
            concerned = partition.leader == NO_LEADER
        if not concerned or not (
            in_directories is None or gone is None or partition.directory_of(gone) in in_directories
        ):
            continue
        target = ChangeTarget(
            alive=alive,
            isr=[replica for replica in partition.isr if replica not in leaving],
            lost_data=() if lost_data is None else (lost_data,),
        )
        change = change_partition(situation, topic, index, target)
        if change is not None:
            changes.append(change)
            if len(changes) == PIECE_RECORDS:
                break
    return changes
