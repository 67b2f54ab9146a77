"""What must always hold, looked at after every round of the loop over the real objects of a simulated cluster.

Rule: it only looks. What it remembers is what a perfect observer would know: the committed records of each
partition, the highest offsets and epochs seen. Kafka: `RaftEventSimulationTest` has its
invariants in the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, TypeVar

from minikafka.broker.broker import Broker
from minikafka.controller.node import ControllerNode
from minikafka.coordinator.events import GroupStateChanged
from minikafka.invariants.broken import (
    HIGH_WATERMARK,
    LEADER,
    LOG,
    REGISTRATION,
)
from minikafka.invariants.committed import Committed, batches_of, records_of
from minikafka.invariants.groups import check_owners
from minikafka.invariants.quorum import QuorumInvariants
from minikafka.invariants.watch import Watch
from minikafka.log.events import LogCleaned, LogTruncated
from minikafka.metadata.batches import MetadataRecordSkipped
from minikafka.metadata.configs import BrokerConfigs, topic_config_value
from minikafka.metadata.ids import METADATA_TOPIC
from minikafka.metadata.image import MetadataImage, PartitionRegistration, TopicImage
from minikafka.replication.partition import Partition, Role
from minikafka.world import SimulatedUniverse, Traced

Key = tuple[str, Any, int]
"""Host, topic id, partition."""
Node = TypeVar("Node")


class _Looked(NamedTuple):
    """What is remembered of a replica from the last look."""

    role: Role
    leader_epoch: int
    partition_epoch: int
    isr: tuple[int, ...]
    end: int
    high_watermark: int
    start: int


class Watched(Protocol):
    """The nodes of a cluster."""

    configs: BrokerConfigs

    @property
    def brokers(self) -> Mapping[str, Broker | None]: ...
    @property
    def controllers(self) -> Mapping[str, ControllerNode | None]: ...
    @property
    def controller(self) -> ControllerNode | None: ...


class Invariants(Watch):
    """Watches one simulated cluster from its start to its end."""

    def __init__(self, nodes: Watched, universe: SimulatedUniverse) -> None:
        self.nodes = nodes
        self.checks = 0
        """How often it has looked."""
        self._seen: dict[Partition, _Looked] = {}
        self._committed: dict[tuple[Any, int], Committed] = {}  # (topic id, index) -> Committed
        self._verified: dict[Key, int] = {}  # (host, topic id, index) -> up to where the log was compared
        self._quorum = QuorumInvariants(self.fail)
        self._active: ControllerNode | None = None
        self._reign = 0
        """The newest epoch in which a controller decided."""
        self._image: MetadataImage | None = None
        self._newest: MetadataImage | None = None
        self._unclean: dict[str, bool] = {}
        """By topic, as the newest image has it."""
        self._moved: dict[tuple[str, int], None] = {}
        """Of these partitions a replica has changed since the metadata was compared with them."""
        self._regroup = True
        self._skipped: Traced | None = None
        super().__init__(universe)

    def hear(self, traced: Traced) -> None:
        """An event: what has to be looked at again."""
        event = traced.event
        if isinstance(event, MetadataRecordSkipped):
            self._skipped = self._skipped or traced
        elif isinstance(event, LogTruncated):
            if event.topic == METADATA_TOPIC:
                self._quorum.was_cut(traced.host, event.offset)
            for key, verified in self._verified.items():
                if key[0] == traced.host and key[2:] == (event.partition,) and verified > event.offset:
                    self._verified[key] = event.offset
        elif isinstance(event, LogCleaned):
            # Look at all of it again: what is left must be what was committed.
            for p, seen in list(self._seen.items()):
                if _key(p)[0] == traced.host and (p.topic, p.index) == (event.topic, event.partition):
                    self._verified.pop(_key(p), None)
                    self._seen[p] = seen._replace(end=-1)
        elif isinstance(event, GroupStateChanged):
            self._regroup = True

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """All that is remembered is as it was when this ends."""
        kept = {name: value for name, value in vars(self).items() if isinstance(value, dict)}
        own = {key: one.copy() for key, one in self._committed.items()}
        image, regroup, quorum = self._image, self._regroup, self._quorum
        self.__dict__.update({**{name: dict(value) for name, value in kept.items()}, "_committed": own})
        self._quorum = quorum.copy()
        try:
            yield
        finally:
            self.__dict__.update(kept)
            self._image, self._regroup, self._quorum = image, regroup, quorum

    # -- every round -------------------------------------------------------------------------------------------

    def concerns(self, hosts: Collection[str] | None) -> bool:
        """Of clients nothing is looked at."""
        if hosts is None or self._regroup or self._skipped is not None:
            return True
        return any(host in self.nodes.brokers or host in self.nodes.controllers for host in hosts)

    def _who_decides(self) -> ControllerNode | None:
        """Not one that was suspended while others elected another, and is the only one left that thinks it leads."""
        node = self.nodes.controller
        if node is None or node.quorum.leader_epoch < self._reign:
            return None
        self._reign = node.quorum.leader_epoch
        return node

    def look(self, hosts: Collection[str] | None = None) -> None:
        """Look at everything that has changed since the last look."""
        self.checks += 1
        brokers, controllers = self._of(self.nodes.brokers, hosts), self._of(self.nodes.controllers, hosts)
        if controllers:
            self._active = self._who_decides()
        if self._skipped is not None:
            host, text = self._skipped.host, self._skipped.event.text()
            self.fail(
                "metadata makes sense",
                f"a record of the metadata log makes none to {host}: {text}",
                host=host,
            )
        changed: list[tuple[Partition, _Looked | None]] = []
        seen = self._seen
        if hosts is None:  # whose broker was killed, or whose topic deleted, is gone
            self._seen = {}
        for broker in brokers.values():
            for p in () if broker is None else broker.replicas:
                log, before = p.log, seen.get(p)
                now = (
                    *(p.role, p.leader_epoch, p.partition_epoch, p.isr),
                    *(log.log_end_offset, log.high_watermark, log.log_start_offset),
                )
                if before is None or before != now:
                    changed.append((p, before))
                    self._seen[p] = _Looked(*now)
                elif hosts is None:
                    self._seen[p] = before
        self._quorum.look(controllers)
        # Leaders first: what they commit is what the others are compared with.
        changed.sort(key=lambda item: item[0].role is not Role.LEADER)
        for partition, before in changed:
            self._moved[(partition.topic, partition.index)] = None
            self._replica(partition, before)
        if controllers or self._moved:
            self._metadata()
        if self._regroup:
            self._regroup = False
            check_owners(self.nodes.brokers, self.fail)

    @staticmethod
    def _of(nodes: Mapping[str, Node], hosts: Collection[str] | None) -> Mapping[str, Node]:
        return nodes if hosts is None else {host: nodes[host] for host in hosts if host in nodes}

    def _replica(self, partition: Partition, before: _Looked | None) -> None:
        host, topic_id, index = key = _key(partition)
        name = f"{partition.topic}-{index} on {host}"
        log, about = partition.log, _about(partition)
        if before is not None:
            if partition.leader_epoch < before.leader_epoch:
                self.fail(
                    "leader epochs never fall",
                    f"the leader epoch of {name} fell from {before.leader_epoch} to {partition.leader_epoch}",
                    LEADER,
                    **about,
                )
            if partition.partition_epoch < before.partition_epoch:
                self.fail(
                    "partition epochs never fall",
                    f"the partition epoch of {name} fell from {before.partition_epoch} to {partition.partition_epoch}",
                    LEADER,
                    **about,
                )
            same_epoch = before.role is Role.LEADER and before.leader_epoch == partition.leader_epoch
            if same_epoch and partition.role is Role.LEADER and log.high_watermark < before.high_watermark:
                self.fail(
                    "the high watermark never falls in a leader epoch",
                    f"the high watermark of leader {name} fell from {before.high_watermark} to {log.high_watermark}",
                    HIGH_WATERMARK,
                    **about,
                )
        if not log.log_start_offset <= log.high_watermark <= log.log_end_offset:
            self.fail(
                "start ≤ high watermark ≤ end",
                f"{name} has start {log.log_start_offset}, high watermark {log.high_watermark}, "
                f"end {log.log_end_offset}",
                LOG,
                **about,
            )
        committed = self._committed.setdefault((topic_id, index), Committed())
        if self._is_unclean(partition.topic):
            committed.may_lose = True
            return
        if partition.role is Role.LEADER and log.high_watermark > committed.end:
            self._commit(name, committed, partition)
        self._compare(key, name, committed, partition)

    def _is_unclean(self, topic: str) -> bool:
        image, configs = self.newest_image(), self.nodes.configs
        if topic not in self._unclean:
            name = "unclean.leader.election.enable"
            said = (
                topic_config_value(image, topic, name, configs)
                if topic in image.topics
                else configs.get(name)
            )
            self._unclean[topic] = said in (True, "true")
        return self._unclean[topic]

    def _commit(self, name: str, committed: Committed, leader: Partition) -> None:
        """A leader's high watermark has advanced: the whole ISR must have that, and now it is committed."""
        high_watermark, about = leader.log.high_watermark, _about(leader)
        for member in leader.isr:
            other = self._partition_on(member, leader)
            if other is not None and other.log.log_end_offset < high_watermark:
                self.fail(
                    "the high watermark waits for the whole ISR",
                    f"the high watermark of leader {name} is {high_watermark}, but broker-{member} of its ISR "
                    f"{leader.isr} ends at {other.log.log_end_offset}",
                    HIGH_WATERMARK,
                    **about,
                )
        start = max(committed.end, leader.log.log_start_offset)
        committed.batches += batches_of(leader.log, start, high_watermark)
        if leader.log.config.is_compacted:
            found = records_of(leader.log, start, high_watermark)
            committed.records |= found
            committed.newest |= {key: offset for offset, (key, _) in sorted(found.items())}
        committed.end = high_watermark

    def _partition_on(self, broker_id: int, like: Partition) -> Partition | None:
        broker = self.nodes.brokers.get(f"broker-{broker_id}")
        found = None if broker is None else broker.replicas.get(like.topic, like.index)
        return found if found is not None and found.topic_id == like.topic_id else None

    def _compare(self, key: Key, name: str, committed: Committed, partition: Partition) -> None:
        log, about = partition.log, _about(partition)
        if (
            partition.role is Role.LEADER
            and log.log_end_offset < committed.end
            and self._is_newest_leader(partition)
        ):
            self.fail(
                "a leader has all that was committed",
                f"leader {name} ends at {log.log_end_offset}, but {committed.end} offsets were committed",
                LEADER,
                **about,
            )
        end = min(committed.end, log.high_watermark)
        if partition.role is Role.LEADER and self._is_newest_leader(partition):
            end = min(committed.end, log.log_end_offset)
        start = max(min(self._verified.get(key, 0), log.log_end_offset), log.log_start_offset)
        if start >= end:
            return
        if log.config.is_compacted:
            self._compare_compacted(name, committed, partition, start, end)
            self._verified[key] = end
            return
        own = {first: rest for first, *rest in batches_of(log, start, end)}
        for first, following, checksum in reversed(committed.batches):
            if first < start:
                break
            if first >= end:
                continue
            if own.get(first) != [following, checksum]:
                self.fail(
                    "committed records are the same everywhere",
                    f"{name} differs from what was committed at offset {first}",
                    LOG,
                    **about,
                )
        self._verified[key] = end

    def _compare_compacted(
        self, name: str, committed: Committed, partition: Partition, start: int, end: int
    ) -> None:
        """Replicas compact at different times: what is there is what was committed, and what isn't, is superseded."""
        log, about = partition.log, _about(partition)
        own = records_of(log, start, end)
        for offset, pair in own.items():
            if committed.records.get(offset, pair) != pair:
                self.fail(
                    "committed records are the same everywhere",
                    f"{name} differs from what was committed at offset {offset}",
                    LOG,
                    **about,
                )
        for offset, (record_key, value) in committed.records.items():
            if not start <= offset < end or offset in own:
                continue
            if value is not None and committed.newest[record_key] == offset:
                self.fail(
                    "compaction keeps the newest of each key",
                    f"{name} has lost the newest record of key {record_key!r}, offset {offset}",
                    LOG,
                    **about,
                )

    def _is_newest_leader(self, partition: Partition) -> bool:
        registration = self.newest_image().partition(partition.topic, partition.index)
        return registration is not None and registration.leader_epoch == partition.leader_epoch

    def newest_image(self) -> Any:
        """What the controller has decided last, also while it is down."""
        image: MetadataImage | None
        if self._active is not None:
            image = self._active.image
        else:
            # Its last decisions may have reached brokers only; and those that live may all have missed them.
            known = [broker.image for broker in self.nodes.brokers.values() if broker is not None]
            if self._newest is not None:
                known.append(self._newest)
            image = max(known, key=lambda image: image.offset, default=None)
        if image is not self._newest:
            self._newest = image
            self._unclean.clear()
        return image

    # -- metadata ----------------------------------------------------------------------------------------------

    def _metadata(self) -> None:
        if self._active is None:
            return
        image = self._active.image
        if image is not self._image:
            self._decided(image, self._image)
            self._image = image
        for name, index in self._moved:
            topic = image.topic(name)
            p = None if topic is None else topic.partitions.get(index)
            if topic is not None and p is not None and not self._is_unclean(name):
                self._isr_has_all(topic, index, p)
        self._moved.clear()

    def _decided(self, image: MetadataImage, old: MetadataImage | None) -> None:
        """What is new in the metadata."""
        brokers_changed = old is None or image.brokers is not old.brokers
        for topic in image.topics.values():
            before = old.topic_by_id(topic.id) if old is not None else None
            if topic is before and not brokers_changed:
                continue
            for index, p in topic.partitions.items():
                was = before.partitions.get(index) if before is not None else None
                if was is not p:
                    self._registration(image, (topic.name, index), p, was)
                    self._moved[(topic.name, index)] = None
                elif brokers_changed:
                    self._fenced_in_isr(image, (topic.name, index), p)

    def _registration(
        self,
        image: MetadataImage,
        which: tuple[str, int],
        p: PartitionRegistration,
        was: PartitionRegistration | None,
    ) -> None:
        name, about = f"{which[0]}-{which[1]}", {"topic": which[0], "partition": which[1]}
        if not set(p.isr) <= set(p.replicas):
            self.fail(
                "the ISR is within the replicas",
                f"the ISR {p.isr} of {name} is not within its replicas {p.replicas}",
                REGISTRATION,
                **about,
            )
        if p.leader != -1 and p.leader not in p.isr:
            self.fail(
                "the leader is in the ISR",
                f"leader {p.leader} of {name} is not in its ISR {p.isr}",
                REGISTRATION,
                **about,
            )
        self._fenced_in_isr(image, which, p)
        if was is not None and (p.leader_epoch < was.leader_epoch or p.partition_epoch < was.partition_epoch):
            self.fail(
                "epochs never fall in the metadata",
                f"an epoch of {name} fell in the metadata",
                REGISTRATION,
                **about,
            )

    def _fenced_in_isr(self, image: MetadataImage, which: tuple[str, int], p: PartitionRegistration) -> None:
        for member in p.isr:
            broker = image.brokers.get(member)
            if (broker is None or broker.fenced) and p.leader != -1:
                self.fail(
                    "a fenced broker is in no ISR",
                    f"broker-{member} is fenced, but in the ISR {p.isr} of {which[0]}-{which[1]}",
                    REGISTRATION,
                    topic=which[0],
                    partition=which[1],
                )

    def _isr_has_all(self, topic: TopicImage, index: int, p: PartitionRegistration) -> None:
        committed = self._committed.get((topic.id, index))
        if committed is None:
            return
        for member in p.isr:
            broker = self.nodes.brokers.get(f"broker-{member}")
            replica = None if broker is None else broker.replicas.get(topic.name, index)
            if replica is None or replica.topic_id != topic.id:
                continue
            if replica.log.log_end_offset < committed.end:
                self.fail(
                    "an ISR member has all that was committed",
                    f"broker-{member} is in the ISR {p.isr} of {topic.name}-{index} and ends at "
                    f"{replica.log.log_end_offset}, but {committed.end} offsets were committed",
                    REGISTRATION,
                    topic=topic.name,
                    partition=index,
                )


def _key(partition: Partition) -> Key:
    return f"broker-{partition.broker_id}", partition.topic_id, partition.index


def _about(partition: Partition) -> dict[str, object]:
    """The fields of events about a replica."""
    return {
        "host": f"broker-{partition.broker_id}",
        "topic": partition.topic,
        "partition": partition.index,
    }
