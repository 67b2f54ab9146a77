"""The metadata image: brokers, topics, configurations and features at one offset of the metadata log.

Rule: an image never changes; records make the next one of it (`replay.py`), which shares everything that
they don't touch. Kafka: `MetadataImage`, `MetadataDelta`, `PartitionRegistration`, `BrokerRegistration`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from minikafka.metadata.ids import LOST_DIRECTORY, MIGRATING_DIRECTORY, UNASSIGNED_DIRECTORY

NO_LEADER = -1
NO_LEADER_CHANGE = -2
RECOVERED, RECOVERING = 0, 1
BROKER_RESOURCE, TOPIC_RESOURCE, CLIENT_METRICS_RESOURCE, GROUP_RESOURCE = 4, 2, 16, 32
DEFAULT_BROKER = ""
"""The resource name under which configurations for all brokers are kept."""

_EMPTY: Mapping[Any, Any] = MappingProxyType({})


def _no_entries() -> Mapping[Any, Any]:
    return _EMPTY


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a broker listens. `security_protocol` 0 is PLAINTEXT."""

    name: str
    host: str
    port: int
    security_protocol: int = 0


@dataclass(frozen=True, slots=True)
class BrokerRegistration:
    """A registered broker. `features` maps a name to the (lowest, highest) level it understands."""

    id: int
    epoch: int
    incarnation_id: UUID
    listeners: tuple[Endpoint, ...]
    rack: str | None = None
    fenced: bool = True
    in_controlled_shutdown: bool = False
    log_dirs: tuple[UUID, ...] = ()
    features: Mapping[str, tuple[int, int]] = field(default_factory=_no_entries)

    @property
    def is_active(self) -> bool:
        """Whether it may lead and be in an ISR."""
        return not self.fenced and not self.in_controlled_shutdown

    def has_online(self, directory: UUID) -> bool:
        """Whether a replica in that directory can be used, as far as anybody knows."""
        if directory in (UNASSIGNED_DIRECTORY, MIGRATING_DIRECTORY):
            return True
        return directory != LOST_DIRECTORY and (not self.log_dirs or directory in self.log_dirs)

    def listener(self, name: str | None = None) -> Endpoint | None:
        """The endpoint of that listener; the first one when no name is given."""
        for endpoint in self.listeners:
            if name is None or endpoint.name == name:
                return endpoint
        return None


@dataclass(frozen=True, slots=True)
class ControllerRegistration:
    """A controller that has registered. `features` as a broker's."""

    id: int
    incarnation_id: UUID
    listeners: tuple[Endpoint, ...]
    features: Mapping[str, tuple[int, int]] = field(default_factory=_no_entries)


@dataclass(frozen=True, slots=True)
class PartitionRegistration:
    """A partition: who holds it, who is in sync, who leads.

    `elr`: eligible leader replicas, out of the ISR but sure to have every committed record (KIP-966);
    `last_known_elr`: the last leader of a partition that has nobody left.
    """

    replicas: tuple[int, ...]
    isr: tuple[int, ...]
    leader: int
    leader_epoch: int
    partition_epoch: int
    leader_recovery_state: int = RECOVERED
    directories: tuple[UUID, ...] = ()
    removing_replicas: tuple[int, ...] = ()
    adding_replicas: tuple[int, ...] = ()
    elr: tuple[int, ...] = ()
    last_known_elr: tuple[int, ...] = ()

    @property
    def is_moving(self) -> bool:
        """Are replicas being added or removed?"""
        return bool(self.adding_replicas or self.removing_replicas)

    def directory_of(self, broker_id: int) -> UUID:
        """The log directory in which that broker keeps its replica."""
        for replica, directory in zip(self.replicas, self.directories, strict=False):
            if replica == broker_id:
                return directory
        return MIGRATING_DIRECTORY

    def merge(self, change: Any) -> PartitionRegistration:
        """The partition after a `PartitionChangeRecord`.

        Naming a leader, even the same one, begins an epoch.
        """
        begins_epoch = change.leader != NO_LEADER_CHANGE

        def new(value: list[Any] | None, old: tuple[Any, ...]) -> tuple[Any, ...]:
            return old if value is None else tuple(value)

        return PartitionRegistration(
            replicas=new(change.replicas, self.replicas),
            isr=new(change.isr, self.isr),
            leader=change.leader if begins_epoch else self.leader,
            leader_epoch=self.leader_epoch + begins_epoch,
            partition_epoch=self.partition_epoch + 1,
            leader_recovery_state=(
                self.leader_recovery_state
                if change.leader_recovery_state < 0
                else change.leader_recovery_state
            ),
            directories=new(change.directories, self.directories),
            removing_replicas=new(change.removing_replicas, self.removing_replicas),
            adding_replicas=new(change.adding_replicas, self.adding_replicas),
            elr=new(change.eligible_leader_replicas, self.elr),
            last_known_elr=new(change.last_known_elr, self.last_known_elr),
        )


@dataclass(frozen=True, slots=True)
class TopicImage:
    """A topic and its partitions by number (in ascending order)."""

    name: str
    id: UUID
    partitions: Mapping[int, PartitionRegistration] = field(default_factory=_no_entries)


@dataclass(frozen=True, slots=True)
class MetadataDelta:
    """What differs between two images, by name; sorted, so that it can be walked in a fixed order."""

    brokers: tuple[int, ...]
    """Ids of brokers that came, went or changed."""
    created_topics: tuple[str, ...]
    """Names; a topic made again under its name is in both this and `deleted_topics`."""
    deleted_topics: tuple[tuple[str, UUID], ...]
    partitions: tuple[tuple[str, int], ...]
    """Partitions of living topics that are new or changed."""
    configs: tuple[tuple[int, str], ...]
    """(resource type, resource name) whose configurations changed."""
    features: bool

    def __bool__(self) -> bool:
        return bool(
            self.brokers
            or self.created_topics
            or self.deleted_topics
            or self.partitions
            or self.configs
            or self.features
        )


@dataclass(frozen=True, slots=True)
class MetadataImage:
    """All of it. `offset` is that of the last record applied (-1: none)."""

    offset: int = -1
    brokers: Mapping[int, BrokerRegistration] = field(default_factory=_no_entries)
    """By id: every broker that is registered, whether it is up or not."""
    topics: Mapping[str, TopicImage] = field(default_factory=_no_entries)
    """By name."""
    topic_names: Mapping[UUID, str] = field(default_factory=_no_entries)
    """By topic id; always the reverse of `topics`."""
    configs: Mapping[tuple[int, str], Mapping[str, str]] = field(default_factory=_no_entries)
    """By resource type and name: only what was set, never a default."""
    features: Mapping[str, int] = field(default_factory=_no_entries)
    """By name: the level that the cluster runs at."""
    controllers: Mapping[int, ControllerRegistration] = field(default_factory=_no_entries)
    """By id: every controller that is registered."""
    next_producer_id: int = 0
    """No producer id from here on was ever given out."""

    def topic(self, name: str) -> TopicImage | None:
        return self.topics.get(name)

    def topic_by_id(self, topic_id: UUID) -> TopicImage | None:
        name = self.topic_names.get(topic_id)
        return None if name is None else self.topics[name]

    def partition(self, topic: str, index: int) -> PartitionRegistration | None:
        found = self.topics.get(topic)
        return None if found is None else found.partitions.get(index)

    def is_disk_online(self, partition: PartitionRegistration, broker_id: int) -> bool:
        """Whether the directory that holds this replica is one of the broker's healthy ones."""
        broker = self.brokers.get(broker_id)
        return broker is not None and broker.has_online(partition.directory_of(broker_id))

    def partitions(self) -> Iterator[tuple[TopicImage, int, PartitionRegistration]]:
        """Every partition, by topic name and number."""
        for name in sorted(self.topics):
            topic = self.topics[name]
            for index in sorted(topic.partitions):
                yield topic, index, topic.partitions[index]

    def alive_brokers(self) -> tuple[BrokerRegistration, ...]:
        """The brokers that aren't fenced, by id: those that clients are told of."""
        return tuple(self.brokers[id] for id in sorted(self.brokers) if not self.brokers[id].fenced)

    def configs_of(self, resource_type: int, name: str) -> Mapping[str, str]:
        """What was set for that resource itself; nothing of defaults."""
        return self.configs.get((resource_type, name), _EMPTY)

    def topic_configs(self, name: str) -> Mapping[str, str]:
        return self.configs_of(TOPIC_RESOURCE, name)

    def delta(self, older: MetadataImage) -> MetadataDelta:
        """What changed since `older`, whatever that is: all there is gets compared."""
        everything: dict[str, Iterable[int] | None] = dict.fromkeys((*older.topics, *self.topics))
        return difference(
            older,
            self,
            dict.fromkeys((*older.brokers, *self.brokers)),
            everything,
            dict.fromkeys((*older.configs, *self.configs)),
        )

    def at(self, offset: int) -> MetadataImage:
        """The same image, known to be that of `offset` (records that change nothing were read)."""
        return replace(self, offset=offset)


def difference(
    older: MetadataImage,
    newer: MetadataImage,
    brokers: Iterable[int],
    topics: Mapping[str, Iterable[int] | None],
    configs: Iterable[tuple[int, str]],
) -> MetadataDelta:
    """What differs among the brokers, topics and configurations that are given.

    `topics` maps a name to the partitions that may differ (None: any of them).
    """
    created, deleted, partitions = [], [], []
    for name in sorted(topics):
        before, now = older.topics.get(name), newer.topics.get(name)
        if before is now:
            continue
        indexes = topics[name]
        if before is not None and (now is None or now.id != before.id):
            deleted.append((name, before.id))
            before = None
        if now is None:
            continue
        if before is None:
            created.append(name)
        if before is None or indexes is None:
            indexes = now.partitions
        known = _EMPTY if before is None else before.partitions
        partitions += [(name, index) for index in _changed(known, now.partitions, indexes)]
    return MetadataDelta(
        brokers=tuple(_changed(older.brokers, newer.brokers, brokers)),
        created_topics=tuple(created),
        deleted_topics=tuple(deleted),
        partitions=tuple(partitions),
        configs=tuple(_changed(older.configs, newer.configs, configs)),
        features=older.features != newer.features,
    )


def _changed(before: Mapping[Any, Any], now: Mapping[Any, Any], keys: Iterable[Any]) -> list[Any]:
    if before is now:
        return []
    return [
        key for key in sorted(keys) if before.get(key) is not now.get(key) and before.get(key) != now.get(key)
    ]
