"""The Snapshot: one immutable, versioned picture of a whole cluster at one instant.

Rule: what the source can't know is `None`, never 0 and never an empty guess. Hosts are named as
in the simulation ("broker-2", "controller-1"), also when the picture is of a foreign Kafka, so that
`snapshot.partition("orders", 0).leader == "broker-2"` reads the same everywhere.

Kafka shows the same facts in pieces: Metadata and DescribeCluster (brokers, leaders, ISR), DescribeLogDirs
(sizes), DescribeGroups and OffsetFetch (groups), DescribeQuorum (controllers), JMX (the rest).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

import msgspec

RUNNING = "running"
STARTING = "starting"
FENCED = "fenced"
DOWN = "down"
SILENT = "silent"
NEARLY_FULL_BYTES, NEARLY_FULL_SHARE = 1024**3, 0.02


class Segment(msgspec.Struct, frozen=True, gc=False):
    """One segment of a log: a .log file with its two indexes."""

    base_offset: int
    next_offset: int
    """The offset after this segment's last record."""
    size_bytes: int
    index_bytes: int | None = None
    timeindex_bytes: int | None = None
    active: bool = False
    created_ms: int | None = None
    max_timestamp_ms: int | None = None
    resident_pages: int | None = None
    """Pages of the .log file that lie in the page cache; a live cluster on Linux knows it, a second late."""
    pages: int | None = None


class Replica(msgspec.Struct, frozen=True, gc=False):
    """One copy of a partition on one broker: `end` is its LEO, `high_watermark` what *it* knows."""

    broker: str
    log_start: int | None = None
    end: int | None = None
    high_watermark: int | None = None
    in_sync: bool | None = None
    is_leader: bool = False
    alive: bool | None = None
    """Is the broker that holds it running?"""
    size_bytes: int | None = None
    segments: tuple[Segment, ...] | None = None
    directory: str | None = None
    """The path of the log directory that holds it."""


class Partition(msgspec.Struct, frozen=True, gc=False):
    """One partition, as its leader (or, where there is none, the controller) sees it."""

    index: int
    leader: str | None
    leader_epoch: int | None = None
    replicas: tuple[Replica, ...] = ()
    """In assignment order: the first is the preferred leader."""
    isr: tuple[str, ...] = ()
    min_isr: int | None = None
    """`min.insync.replicas`, where it is known."""
    log_start: int | None = None
    high_watermark: int | None = None
    last_stable: int | None = None
    end: int | None = None
    adding: tuple[str, ...] | None = None
    """Brokers of replicas that are to come by a move that is under way …"""
    removing: tuple[str, ...] | None = None
    """… and of those that go when these are in sync; both are among the replicas. `None` where it isn't asked."""
    error: str | None = None
    """Kafka's error code name when this partition could not be asked ("LEADER_NOT_AVAILABLE")."""

    @property
    def offline(self) -> bool:
        """No broker leads it: nothing can be written or read."""
        return self.leader is None

    @property
    def under_replicated(self) -> bool:
        """Fewer replicas in sync than assigned (Kafka's UnderReplicatedPartitions)."""
        return len(self.isr) < len(self.replicas)

    @property
    def moves(self) -> bool:
        """Is it on its way to other brokers?"""
        return bool(self.adding or self.removing)

    @property
    def gone(self) -> tuple[str, ...]:
        """The brokers of replicas that aren't there."""
        return tuple(r.broker for r in self.replicas if r.alive is False)

    @property
    def leader_is_gone(self) -> bool:
        """The leader on paper isn't there, and the controller hasn't noticed yet: nothing is written or read."""
        return self.leader is not None and self.leader in self.gone

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Brokers of the ISR that aren't there, and the controller hasn't noticed yet: acks=all waits for them."""
        return tuple(b for b in self.gone if b in self.isr) if self.leader is not None else ()

    @property
    def under_min_isr(self) -> bool:
        """Fewer replicas in sync than `min.insync.replicas` (never more than there are): acks=all is refused."""
        if self.min_isr is None or self.leader is None:
            return False
        return len(self.isr) < min(self.min_isr, len(self.replicas))

    @property
    def preferred_leader(self) -> str | None:
        """The first assigned replica, which leads when all is well."""
        return self.replicas[0].broker if self.replicas else None

    @property
    def size_bytes(self) -> int | None:
        """Bytes of the leader's log (of any replica that knows, where there is no leader)."""
        known = [r for r in self.replicas if r.size_bytes is not None]
        for replica in known:
            if replica.is_leader:
                return replica.size_bytes
        return max((r.size_bytes for r in known if r.size_bytes is not None), default=None)

    @property
    def records(self) -> int | None:
        """Offsets from log start to log end, or to the HW where that is all one knows (an upper bound)."""
        end = self.end if self.end is not None else self.high_watermark
        return None if end is None or self.log_start is None else end - self.log_start

    def replica(self, broker: str) -> Replica:
        """The replica on this broker; KeyError when it has none."""
        for replica in self.replicas:
            if replica.broker == broker:
                return replica
        raise KeyError(broker)


class Topic(msgspec.Struct, frozen=True, gc=False):
    """A topic with its partitions by index; `configs` are the overridden ones, `None` when not asked."""

    name: str
    id: str | None = None
    internal: bool = False
    partitions: tuple[Partition, ...] = ()
    configs: Mapping[str, str] | None = None
    error: str | None = None

    @property
    def replication_factor(self) -> int:
        """Replicas of the widest partition."""
        return max((len(p.replicas) for p in self.partitions), default=0)

    @property
    def offline(self) -> int:
        """How many partitions have no leader."""
        return sum(p.offline for p in self.partitions)

    @property
    def under_replicated(self) -> int:
        """How many partitions have fewer replicas in sync than assigned."""
        return sum(p.under_replicated for p in self.partitions)

    @property
    def leaders_gone(self) -> int:
        """How many partitions wait for a leader that isn't there."""
        return sum(p.leader_is_gone for p in self.partitions)

    @property
    def records(self) -> int | None:
        """Sum over the partitions that know; `None` when none does."""
        return total(p.records for p in self.partitions)

    @property
    def size_bytes(self) -> int | None:
        """Bytes of one copy (the leaders'); `None` when nobody knows."""
        return total(p.size_bytes for p in self.partitions)


class LogDir(msgspec.Struct, frozen=True, gc=False):
    """One of a broker's log directories (`log.dirs`). `error`: why it is offline, `None` while it works."""

    path: str
    partitions: int | None = None
    size_bytes: int | None = None
    """Of the logs in it."""
    total_bytes: int | None = None
    usable_bytes: int | None = None
    """Of the volume that it lies on."""
    error: str | None = None
    id: str | None = None
    strays: int | None = None
    """Folders of partitions that the metadata doesn't know, kept under another name."""

    @property
    def is_nearly_full(self) -> bool:
        """Little is left of the volume."""
        if self.usable_bytes is None or self.total_bytes is None:
            return False
        return self.usable_bytes < min(NEARLY_FULL_BYTES, self.total_bytes * NEARLY_FULL_SHARE)


class Broker(msgspec.Struct, frozen=True, gc=False):
    """A broker. `state` is "running", "fenced" (registered, not trusted), "starting", "down", or "silent" (it
    doesn't answer who looks)."""

    id: int
    name: str
    host: str | None
    port: int | None
    state: str = RUNNING
    rack: str | None = None
    epoch: int | None = None
    is_controller: bool = False
    partitions: int | None = None
    leaders: int | None = None
    log_bytes: int | None = None
    log_dirs: tuple[LogDir, ...] | None = None
    error: str | None = None
    """Why it left the service though nobody asked it to."""
    fenced: bool | None = None
    """Has the controller taken it out of the service? Not yet, for a while after it has gone."""
    heard_at: float | None = None
    """When the controller last heard from it (or, of a foreign Kafka, who looks), on the snapshot's clock."""

    @property
    def is_gone(self) -> bool:
        """It isn't there for anybody."""
        return self.state in (DOWN, SILENT)


class Controller(msgspec.Struct, frozen=True, gc=False):
    """A voter (or observer) of the KRaft quorum, or the ZooKeeper-elected controller."""

    id: int
    name: str
    host: str | None = None
    port: int | None = None
    state: str = RUNNING
    is_leader: bool = False
    epoch: int | None = None
    log_end: int | None = None
    committed: int | None = None
    voter: bool = True
    error: str | None = None
    """Why it ended though nobody asked it to."""


class Host(msgspec.Struct, frozen=True, gc=False):
    """A machine of the cluster: its name in the world, what runs there, and whether it does."""

    name: str
    role: str
    """"broker", "controller", "zookeeper" or "client"."""
    state: str = RUNNING
    pid: int | None = None
    """The id of its process, where it has one of its own and runs."""


class TopicPartition(msgspec.Struct, frozen=True, order=True, gc=False):
    """The name of a partition."""

    topic: str
    partition: int


class Member(msgspec.Struct, frozen=True, gc=False):
    """A member of a group and what it was assigned; `None` while a rebalance runs or it can't be read."""

    id: str
    client_id: str
    client_host: str
    assignment: tuple[TopicPartition, ...] | None = None
    instance_id: str | None = None
    heard_at: float | None = None
    """When the coordinator last heard from it, on the snapshot's clock."""
    session_timeout_s: float | None = None
    """It may be silent for so long."""


class GroupOffset(msgspec.Struct, frozen=True, gc=False):
    """One row of `kafka-consumer-groups --describe`: both offsets are from one instant."""

    topic: str
    partition: int
    committed: int | None
    """`None`: this group never committed here (which is not 0)."""
    end: int | None
    log_start: int | None = None
    lag: int | None = None
    member: str | None = None
    """Id of the member that owns it."""
    metadata: str | None = None
    error: str | None = None


class Group(msgspec.Struct, frozen=True, gc=False):
    """A consumer group with Kafka's state names ("Stable", "PreparingRebalance", "Empty" …)."""

    id: str
    state: str
    protocol: str | None = None
    protocol_type: str | None = None
    generation: int | None = None
    coordinator: str | None = None
    leader: str | None = None
    members: tuple[Member, ...] | None = ()
    """`None` when they can't be asked for."""
    offsets: tuple[GroupOffset, ...] = ()
    error: str | None = None
    as_of: float | None = None
    """Its coordinator is gone: all but the error is as it was seen last, at this moment. `None`: as it is now."""

    @property
    def lag(self) -> int | None:
        """Total LAG over the partitions that have one; `None` when none has."""
        return total(o.lag for o in self.offsets)

    @property
    def is_lag_whole(self) -> bool:
        """Is the LAG known wherever there is a commit? Else it is at least `lag`."""
        return all(o.lag is not None for o in self.offsets if o.committed is not None)


class EventLine(msgspec.Struct, frozen=True, gc=False):
    """One event of the trace, already put into words."""

    seq: int
    at: float
    """Seconds on the snapshot's clock."""
    host: str
    kind: str
    """The event's class name ("HighWatermarkAdvanced")."""
    text: str
    count: int = 1
    """So many like events are in this line …"""
    until: float | None = None
    """… of which the last came then; `None`: there is one."""


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    """The whole cluster at one instant. `at` is in seconds: virtual ones in a simulated world."""

    version: int
    """Grows with each picture of one source."""
    at: float
    world: str
    """"live", "simulated" or "remote" (a foreign Kafka seen by its admin protocol)."""
    name: str
    cluster_id: str | None = None
    bootstrap_servers: str = ""
    coordinator: str | None = None
    """"kraft" or "zookeeper"."""
    controller: str | None = None
    """Name of the active controller."""
    controllers: tuple[Controller, ...] = ()
    hosts: tuple[Host, ...] = ()
    brokers: tuple[Broker, ...] = ()
    topics: tuple[Topic, ...] = ()
    """By name."""
    groups: tuple[Group, ...] | None = None
    """By id; `None` when groups could not be listed."""
    events: tuple[EventLine, ...] = ()
    """The most recent ones, oldest first."""
    paused: bool | None = None
    """Does virtual time stand still? `None` where time can't be stopped."""
    seed: int | None = None
    cut: tuple[tuple[str, ...], ...] = ()
    """Groups of hosts between which the network is cut."""
    problems: tuple[str, ...] = ()
    """One sentence for each thing that could not be asked."""
    session_timeout_s: float | None = None
    """`broker.session.timeout.ms`: after so long a silence the controller takes a broker out of the service."""

    def topic(self, name: str) -> Topic:
        """The topic of this name; KeyError when there is none."""
        for topic in self.topics:
            if topic.name == name:
                return topic
        raise KeyError(name)

    def partition(self, topic: str, index: int) -> Partition:
        """One partition; KeyError when there is none."""
        for partition in self.topic(topic).partitions:
            if partition.index == index:
                return partition
        raise KeyError(f"{topic}-{index}")

    def broker(self, name: str | int) -> Broker:
        """A broker by name ("broker-2") or id (2); KeyError when there is none."""
        for broker in self.brokers:
            if name in (broker.name, broker.id):
                return broker
        raise KeyError(name)

    def group(self, group_id: str) -> Group:
        """The group of this id; KeyError when there is none."""
        for group in self.groups or ():
            if group.id == group_id:
                return group
        raise KeyError(group_id)

    @property
    def pids(self) -> dict[str, int]:
        """The processes of hosts that have one of their own, and run."""
        return {host.name: host.pid for host in self.hosts if host.pid is not None}

    @property
    def offline_partitions(self) -> int:
        """Partitions without a leader, over all topics."""
        return sum(t.offline for t in self.topics)

    @property
    def under_replicated_partitions(self) -> int:
        """Partitions with fewer replicas in sync than assigned, over all topics."""
        return sum(t.under_replicated for t in self.topics)

    @property
    def leaders_gone(self) -> int:
        """Partitions whose leader isn't there, and the controller hasn't noticed yet."""
        return sum(t.leaders_gone for t in self.topics)


@functools.cache
def broker_name(broker_id: int) -> str:
    """The host name of a broker id: `broker-2`."""
    return f"broker-{broker_id}"


def total(values: Iterable[int | None]) -> int | None:
    """The sum of those that are known; `None` when none is (an unknown is not a 0)."""
    known = [v for v in values if v is not None]
    return sum(known) if known else None
