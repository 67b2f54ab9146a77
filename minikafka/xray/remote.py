"""The second source: the same Snapshot from any Kafka, by its admin protocol, changing nothing there.

Rule: what Kafka doesn't tell stays `None` (each replica's offsets, segments, the log end beyond the
high watermark), and one broker or partition that doesn't answer costs its own row, not the picture: it is said to be
gone before the cluster's controller says so, and what was known of its groups stays, marked. End and committed offsets
are asked for at the same moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from minikafka.protocol.errors import ApiError
from minikafka.protocol.messages.metadata import MetadataResponse
from minikafka.world import World
from minikafka.world.live import LiveUniverse
from minikafka.xray.asking import Asking
from minikafka.xray.brokers import Address, Brokers, parse_servers
from minikafka.xray.changes import changes
from minikafka.xray.events import EventsFrom
from minikafka.xray.files import Found, Question, Unseen
from minikafka.xray.picture import brokers_of, topics_of, zookeeper_controller
from minikafka.xray.snapshot import (
    DOWN,
    SILENT,
    Broker,
    EventLine,
    Group,
    LogDir,
    Snapshot,
    TopicPartition,
)
from minikafka.xray.source import Answer

INTERVAL_S = 1.0
LATE_S = 3.0
NO_EVENTS = "Another Kafka doesn't show what happens inside it; its log files do."
NO_DISKS = "Kafka's protocol doesn't show files: on the broker's own machine, `minikafka dump-log` does."
SIZES_EVERY = 5
"""Sizes are asked for with every fifth picture: brokers walk their directories for them."""
KEPT_EVENTS = 500


class RemoteCluster:
    """Asks a Kafka cluster and builds snapshots. Read-only by construction: it knows no request that writes."""

    def __init__(self, world: World, bootstrap_servers: str) -> None:
        self.bootstrap_servers = bootstrap_servers
        self._servers = parse_servers(bootstrap_servers)
        self._world = world
        self._brokers = Brokers(world)
        self._version = 0
        self._sizes: dict[tuple[int, str, int], int] = {}
        self._log_dirs: dict[int, tuple[LogDir, ...]] = {}
        self._session_timeouts_s: dict[str, float] | None = None
        self._min_isr: dict[str, int] = {}
        self._absent: dict[str, int] = {}
        """Groups that their coordinator doesn't list any more, and in how many pictures."""
        self._have_told: dict[int, None] = {}
        """Brokers that have once told which groups they coordinate."""
        self._previous: Snapshot | None = None
        self._events: tuple[EventLine, ...] = ()

    async def snapshot(self) -> Snapshot:
        """The picture now. ConnectionError in one sentence when no broker answers at all."""
        problems: list[str] = []
        began = self._world.clock.now()
        asking = Asking(self._brokers, problems)
        metadata = await self._metadata(asking)
        addresses = {b.node_id: (b.host, b.port) for b in metadata.brokers}
        brokers, quorum, (groups, told_all), offsets, _ = await asyncio.gather(
            asking.brokers(metadata, addresses),
            asking.quorum(addresses),
            asking.groups(metadata, addresses),
            asking.offsets(metadata, addresses),
            self._ask_now_and_then(asking, metadata, addresses),
        )
        self._version += 1
        at = self._world.clock.time_ms() / 1000
        brokers = self._with_silences(at, began, brokers)
        gone = [b.id for b in brokers.values() if b.is_gone]
        self._have_told |= dict.fromkeys(told_all)
        problems += [
            f"Groups that {broker.name} coordinates are missing here: it doesn't answer."
            for node, broker in sorted(brokers.items())
            if broker.is_gone and broker.fenced is False and node not in self._have_told
        ]
        topics = topics_of(metadata, offsets, self._sizes, gone, self._min_isr)
        controllers = quorum if quorum is not None else zookeeper_controller(metadata)
        leader = next((c.name for c in controllers if c.is_leader), None)
        partitions = {TopicPartition(t.name, p.index): p for t in topics for p in t.partitions}
        built = {group.id: group for group in (g.build(partitions) for g in groups)}
        built |= await self._groups_that_nobody_tells(asking, built, told_all, addresses)
        snapshot = Snapshot(
            version=self._version,
            at=at,
            world="remote",
            name=self.bootstrap_servers,
            cluster_id=metadata.cluster_id,
            bootstrap_servers=",".join(f"{host}:{port}" for host, port in addresses.values()),
            coordinator="zookeeper" if quorum is None else "kraft" if quorum else None,
            controller=leader,
            controllers=controllers,
            brokers=brokers_of(brokers, metadata, topics, self._sizes, leader, self._log_dirs),
            topics=topics,
            groups=tuple(built[name] for name in sorted(built)) if told_all or built else None,
            problems=tuple(dict.fromkeys(problems)),
            session_timeout_s=self._session_timeout_s(is_kraft=quorum is not None),
        )
        return self._with_events(snapshot)

    def close(self) -> None:
        """End all connections."""
        self._brokers.close()

    async def _metadata(self, asking: Asking) -> MetadataResponse:
        known = (
            [(b.host, b.port) for b in self._previous.brokers if b.host and b.port] if self._previous else []
        )
        try:
            return await asking.metadata([*known, *self._servers])
        except ConnectionError as why:
            raise ConnectionError(f"No broker of {self.bootstrap_servers} answers. {why}") from None

    async def _ask_now_and_then(
        self, asking: Asking, metadata: MetadataResponse, addresses: Mapping[int, Address]
    ) -> None:
        if self._session_timeouts_s is None:
            self._session_timeouts_s = await asking.session_timeouts_s(addresses)
        if self._version % SIZES_EVERY == 0:
            log_dirs, sizes = await asking.sizes(addresses)
            self._log_dirs |= log_dirs
            self._sizes |= sizes
            self._min_isr.clear()
        # Only where replicas are missing does it matter how many are enough.
        short = {
            t.name or ""
            for t in metadata.topics
            for p in t.partitions
            if len(p.isr_nodes) < len(p.replica_nodes)
        }
        unknown = sorted(short - self._min_isr.keys())
        if unknown:
            self._min_isr |= await asking.min_isrs(unknown, addresses)

    def _session_timeout_s(self, *, is_kraft: bool) -> float | None:
        known = self._session_timeouts_s or {}
        return known.get("broker.session.timeout.ms" if is_kraft else "zookeeper.session.timeout.ms")

    def _with_silences(self, at: float, began: float, brokers: dict[int, Broker]) -> dict[int, Broker]:
        """Who doesn't answer us is gone as far as we see, whatever the cluster still says of it. Who does was heard of
        just now, also where this picture, which `began` then, had to wait for somebody else."""
        now = self._world.clock.now()
        seen = {}
        for node, broker in brokers.items():
            if broker.host is not None and broker.port is not None:
                silence = self._brokers.silent.get((broker.host, broker.port))
                heard = self._brokers.heard_at.get((broker.host, broker.port))
                if silence is not None and not broker.is_gone:
                    heard = silence.since if heard is None else heard
                    broker = msgspec.structs.replace(broker, state=DOWN if silence.is_refused else SILENT)
                elif heard is not None and heard >= began:
                    heard = now
                if heard is not None:
                    broker = msgspec.structs.replace(broker, heard_at=round(at - (now - heard), 3))
            seen[node] = broker
        return seen

    async def _groups_that_nobody_tells(
        self, asking: Asking, told: Mapping[str, Group], told_all: list[int], addresses: Mapping[int, Address]
    ) -> dict[str, Group]:
        """Those of the last picture that nobody lists now, as they were. One is gone for good when the broker that must
        know it has not listed it twice: where it has just moved, the first list may come too early."""
        kept = {}
        before = self._previous.groups or () if self._previous is not None else ()
        for group in (group for group in before if group.id not in told):
            coordinator = await asking.coordinator_of(group.id, addresses)
            if coordinator in told_all:
                self._absent[group.id] = self._absent.get(group.id, 0) + 1
                if self._absent[group.id] > 1:
                    continue
            assert self._previous is not None
            as_of = self._previous.at if group.as_of is None else group.as_of
            error = coordinator if isinstance(coordinator, str) else "COORDINATOR_NOT_AVAILABLE"
            kept[group.id] = msgspec.structs.replace(group, error=error, as_of=as_of)
        self._absent = {name: count for name, count in self._absent.items() if name in kept}
        return kept

    def _with_events(self, snapshot: Snapshot) -> Snapshot:
        """A foreign Kafka tells no events: what changed between two pictures takes their place."""
        seq = self._events[-1].seq if self._events else 0
        fresh = tuple(
            EventLine(seq + n, snapshot.at, host, kind, text)
            for n, (host, kind, text) in enumerate(changes(self._previous, snapshot), 1)
        )
        self._events = (self._events + fresh)[-KEPT_EVENTS:]
        self._previous = snapshot
        return msgspec.structs.replace(snapshot, events=self._events)


class RemoteFeed:
    """A `Feed` from any Kafka: asks once a second, tries again while nobody answers, takes no commands."""

    def __init__(
        self, bootstrap_servers: str, *, interval_s: float = INTERVAL_S, world: World | None = None
    ) -> None:
        parse_servers(bootstrap_servers)
        self.label = bootstrap_servers
        self.refusal: str | None = (
            "This Kafka is seen by its admin protocol, read-only: nothing is changed there."
        )
        self._interval_s = interval_s
        self._given = world
        self._universe: LiveUniverse | None = None
        self._cluster: RemoteCluster | None = None

    async def once(self) -> Snapshot:
        """One picture."""
        return await self._remote().snapshot()

    async def watch(self, show: Callable[[Snapshot], None], lost: Callable[[str], None]) -> None:
        """A picture a second, for ever."""
        while True:
            try:
                show(await self._patiently(lost))
            except (ConnectionError, ApiError) as error:
                lost(str(error))
            await asyncio.sleep(self._interval_s)

    async def _patiently(self, lost: Callable[[str], None]) -> Snapshot:
        """The next picture; while it takes long, that is reported."""
        asking = asyncio.ensure_future(self._remote().snapshot())
        waited_s = 0.0
        try:
            while not (await asyncio.wait([asking], timeout=LATE_S))[0]:
                waited_s += LATE_S
                lost(f"{self.label} has not answered for {waited_s:.0f} s.")
            return await asking
        finally:
            asking.cancel()

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        """Commands are refused: this cluster is only watched."""
        assert self.refusal is not None
        return Answer(False, self.refusal)

    async def look(self, question: Question) -> Found:
        """Neither files nor a trace can be seen through Kafka's protocol."""
        raise Unseen(NO_EVENTS if isinstance(question, EventsFrom) else NO_DISKS)

    async def close(self) -> None:
        """End all connections."""
        if self._cluster is not None:
            self._cluster.close()
        if self._universe is not None:
            self._universe.close()

    def _remote(self) -> RemoteCluster:
        if self._cluster is None:
            if self._given is None:
                self._universe = LiveUniverse()
                self._given = self._universe.world("client-inspector")
            self._cluster = RemoteCluster(self._given, self.label)
        return self._cluster
