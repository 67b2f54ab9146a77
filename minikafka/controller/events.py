"""What the controller tells the trace: the cluster as it changes.

Rule: events are what differs between two committed images, so nothing is told that wasn't committed.
"""

from __future__ import annotations

from minikafka.metadata.image import MetadataDelta, MetadataImage, PartitionRegistration
from minikafka.world import Event


class ControllerStarted(Event, frozen=True):
    node_id: int
    leader_epoch: int
    end_offset: int


class ControllerFailed(Event, frozen=True):
    """The controller can't continue; nothing is decided until it starts again."""

    node_id: int
    reason: str


class MetadataSnapshotWritten(Event, frozen=True):
    """All that was decided before is in one file; the log before it may go."""

    snapshot: str


class MetadataSnapshotFailed(Event, frozen=True):
    """A snapshot couldn't be written; the log has everything still."""

    snapshot: str
    reason: str


class BrokerRegistered(Event, frozen=True):
    broker_id: int
    broker_epoch: int


class BrokerUnregistered(Event, frozen=True):
    broker_id: int


class BrokerFenced(Event, frozen=True):
    broker_id: int


class BrokerUnfenced(Event, frozen=True):
    broker_id: int


class BrokerShuttingDown(Event, frozen=True):
    broker_id: int


class BrokerDirectoriesFailed(Event, frozen=True):
    """A broker in service has fewer healthy log directories now; `directories` are left."""

    broker_id: int
    directories: int
    failed: int


class TopicCreated(Event, frozen=True):
    topic: str
    partitions: int
    replication_factor: int


class TopicDeleted(Event, frozen=True):
    topic: str


class PartitionsAdded(Event, frozen=True):
    topic: str
    partitions: int


class LeaderElected(Event, frozen=True):
    """`leader` -1: the partition is offline. `unclean`: it wasn't in the ISR, nor an eligible leader."""

    topic: str
    partition: int
    leader: int
    leader_epoch: int
    isr: tuple[int, ...]
    unclean: bool = False


class ReassignmentBegun(Event, frozen=True):
    """The replicas that are `adding` are to come, then those that are `removing` go."""

    topic: str
    partition: int
    replicas: tuple[int, ...]
    adding: tuple[int, ...]
    removing: tuple[int, ...]


class ReassignmentEnded(Event, frozen=True):
    """All that were to come are in sync, or the move was taken back."""

    topic: str
    partition: int
    replicas: tuple[int, ...]


class IsrChanged(Event, frozen=True):
    topic: str
    partition: int
    isr: tuple[int, ...]
    partition_epoch: int


class ConfigsChanged(Event, frozen=True):
    """`resource_type` as in DescribeConfigs: 2 topic, 4 broker."""

    resource_type: int
    resource_name: str


def changes(before: MetadataImage, after: MetadataImage, delta: MetadataDelta) -> list[Event]:
    """The events that lead from one image to the next, in a fixed order; `delta` is how they differ."""
    events: list[Event] = []
    for id in delta.brokers:
        events += _broker_changes(before, after, id)
    events += [TopicDeleted(name) for name, _ in delta.deleted_topics]
    for name in delta.created_topics:
        partitions = after.topics[name].partitions
        factor = len(partitions[min(partitions)].replicas) if partitions else 0
        events.append(TopicCreated(name, len(partitions), factor))
    created = set(delta.created_topics)
    for name in sorted({name for name, _ in delta.partitions} - created):
        count = len(after.topics[name].partitions)
        if count != len(before.topics[name].partitions):
            events.append(PartitionsAdded(name, count))
    for name, index in delta.partitions:
        old = None if name in created else before.partition(name, index)
        new = after.topics[name].partitions[index]
        if old is None or new.leader_epoch != old.leader_epoch:
            unclean = new.leader_recovery_state == 1 and (old is None or old.leader_recovery_state == 0)
            events.append(LeaderElected(name, index, new.leader, new.leader_epoch, new.isr, unclean))
        if old is not None and new.is_moving and _move(new) != _move(old):
            events.append(ReassignmentBegun(name, index, *_move(new)))
        if old is not None and old.is_moving and not new.is_moving:
            events.append(ReassignmentEnded(name, index, new.replicas))
        if old is not None and new.isr != old.isr:
            events.append(IsrChanged(name, index, new.isr, new.partition_epoch))
    events += [ConfigsChanged(kind, name) for kind, name in delta.configs]
    return events


def _move(p: PartitionRegistration) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    return p.replicas, p.adding_replicas, p.removing_replicas


def _broker_changes(before: MetadataImage, after: MetadataImage, id: int) -> list[Event]:
    old, new = before.brokers.get(id), after.brokers.get(id)
    if new is None:
        return [BrokerUnregistered(id)]
    events: list[Event] = []
    if old is None or old.incarnation_id != new.incarnation_id:
        events.append(BrokerRegistered(id, new.epoch))
        was_fenced, was_leaving = True, False
    else:
        was_fenced, was_leaving = old.fenced, old.in_controlled_shutdown
        failed = len(set(old.log_dirs) - set(new.log_dirs))
        if failed:
            events.append(BrokerDirectoriesFailed(id, len(new.log_dirs), failed))
    if new.fenced != was_fenced:
        events.append(BrokerFenced(id) if new.fenced else BrokerUnfenced(id))
    if new.in_controlled_shutdown and not was_leaving:
        events.append(BrokerShuttingDown(id))
    return events
