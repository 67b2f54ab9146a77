"""The second source: the same Snapshot from any Kafka, by its admin protocol, changing nothing there.

Its one rule: what Kafka doesn't tell stays ``None`` (each replica's offsets, segments, the log end beyond the
high watermark), and one broker or partition that doesn't answer costs its own row, not the picture. End and
committed offsets are asked for at the same moment. Each leader is asked once for all its partitions.

Kafka's own tools ask the same: kafka-topics, kafka-consumer-groups, kafka-log-dirs, kafka-metadata-quorum.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.describe_cluster import DescribeClusterRequest, DescribeClusterResponse
from minikafka.protocol.messages.describe_groups import (
    DescribeGroupsRequest,
    DescribeGroupsResponse,
)
from minikafka.protocol.messages.describe_log_dirs import DescribeLogDirsRequest, DescribeLogDirsResponse
from minikafka.protocol.messages.describe_quorum import (
    DescribeQuorumRequest,
    DescribeQuorumResponse,
    PartitionData,
    TopicData,
)
from minikafka.protocol.messages.list_groups import ListGroupsRequest, ListGroupsResponse
from minikafka.protocol.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
)
from minikafka.protocol.messages.metadata import MetadataRequest, MetadataResponse
from minikafka.protocol.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchResponse,
)
from minikafka.world import World
from minikafka.world.live import LiveUniverse
from minikafka.xray.brokers import Brokers, Unreachable, parse_servers
from minikafka.xray.changes import changes
from minikafka.xray.files import Found, Question, Unseen
from minikafka.xray.picture import (
    EARLIEST,
    LATEST,
    GroupParts,
    brokers_of,
    controllers_of,
    log_dirs_of,
    topics_of,
    zookeeper_controller,
)
from minikafka.xray.snapshot import (
    DOWN,
    FENCED,
    RUNNING,
    Broker,
    Controller,
    EventLine,
    LogDir,
    Snapshot,
    TopicPartition,
    broker_name,
)
from minikafka.xray.source import Answer

LEADER_AND_ISR = 4
INTERVAL_S = 1.0
NO_DISKS = "Kafka's protocol doesn't show files: on the broker's own machine, `minikafka dump-log` does."
SIZES_EVERY = 5
"""Sizes are asked for with every fifth picture: brokers walk their directories for them."""
KEPT_EVENTS = 500
T = TypeVar("T")
Address = tuple[str, int]


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
        self._previous: Snapshot | None = None
        self._events: tuple[EventLine, ...] = ()

    async def snapshot(self) -> Snapshot:
        """The picture now. ConnectionError in one sentence when no broker answers at all."""
        problems: list[str] = []
        metadata = await self._metadata()
        addresses = {b.node_id: (b.host, b.port) for b in metadata.brokers}
        brokers, quorum, groups, offsets, _ = await asyncio.gather(
            self._described_brokers(metadata, addresses),
            self._quorum(addresses),
            self._groups(metadata, addresses, problems),
            self._offsets(metadata, addresses, problems),
            self._measure(addresses, problems),
        )
        topics = topics_of(metadata, offsets, self._sizes)
        self._version += 1
        controllers = quorum if quorum is not None else zookeeper_controller(metadata)
        leader = next((c.name for c in controllers if c.is_leader), None)
        partitions = {TopicPartition(t.name, p.index): p for t in topics for p in t.partitions}
        snapshot = Snapshot(
            version=self._version,
            at=self._world.clock.time_ms() / 1000,
            world="remote",
            name=self.bootstrap_servers,
            cluster_id=metadata.cluster_id,
            bootstrap_servers=",".join(f"{host}:{port}" for host, port in addresses.values()),
            coordinator="zookeeper" if quorum is None else "kraft" if quorum else None,
            controller=leader,
            controllers=controllers,
            brokers=brokers_of(brokers, metadata, topics, self._sizes, leader, self._log_dirs),
            topics=topics,
            groups=None if groups is None else tuple(g.build(partitions) for g in groups),
            problems=tuple(problems),
        )
        return self._with_events(snapshot)

    def close(self) -> None:
        """End all connections."""
        self._brokers.close()

    # What is asked

    async def _metadata(self) -> MetadataResponse:
        known = (
            [(b.host, b.port) for b in self._previous.brokers if b.host and b.port] if self._previous else []
        )
        why = ""
        for address in [*known, *self._servers]:
            try:
                request = MetadataRequest(topics=None, allow_auto_topic_creation=False)
                return await self._brokers.ask(address, request, MetadataResponse)
            except (Unreachable, ApiError) as error:
                why = str(error)
        raise ConnectionError(f"No broker of {self.bootstrap_servers} answers. {why}")

    async def _described_brokers(
        self, metadata: MetadataResponse, addresses: Mapping[int, Address]
    ) -> dict[int, Broker]:
        """All registered brokers, fenced ones too where the cluster tells."""
        found = {
            b.node_id: Broker(b.node_id, broker_name(b.node_id), b.host, b.port, RUNNING, b.rack)
            for b in metadata.brokers
        }
        for address in addresses.values():
            try:
                request = DescribeClusterRequest(include_cluster_authorized_operations=False)
                channel = await self._brokers.channel(address)
                if channel.version_for(DescribeClusterRequest) >= 2:
                    request.include_fenced_brokers = True
                told = await self._brokers.ask(address, request, DescribeClusterResponse)
            except (Unreachable, ApiError):
                continue
            for b in told.brokers:
                state = FENCED if b.is_fenced else RUNNING
                name = broker_name(b.broker_id)
                found[b.broker_id] = Broker(b.broker_id, name, b.host, b.port, state, b.rack)
            break
        for partition in (p for t in metadata.topics for p in t.partitions):
            for node in partition.replica_nodes:
                found.setdefault(node, Broker(node, broker_name(node), None, None, DOWN))
        return found

    async def _quorum(self, addresses: Mapping[int, Address]) -> tuple[Controller, ...] | None:
        """The KRaft quorum; ``None`` on ZooKeeper, and nobody where it isn't told."""
        request = DescribeQuorumRequest(
            topics=[TopicData(topic_name="__cluster_metadata", partitions=[PartitionData(partition_index=0)])]
        )
        for address in addresses.values():
            try:
                told = await self._brokers.ask(address, request, DescribeQuorumResponse)
            except ApiError:
                # Only brokers on ZooKeeper let themselves be told of leaders (LeaderAndIsr, key 4).
                channel = await self._brokers.channel(address)
                return None if any(key == LEADER_AND_ISR for key in channel.versions) else ()
            except Unreachable:
                continue
            if told.error_code or not told.topics or not told.topics[0].partitions:
                return ()
            return controllers_of(told)
        return ()

    async def _offsets(
        self, metadata: MetadataResponse, addresses: Mapping[int, Address], problems: list[str]
    ) -> dict[tuple[int, str, int], tuple[int, int]]:
        """(which, topic, partition) → (offset, error code), asking each leader once for each of the two."""
        by_leader: dict[int, dict[str, list[int]]] = {}
        for topic in metadata.topics:
            for partition in topic.partitions:
                if partition.leader_id in addresses:
                    by_topic = by_leader.setdefault(partition.leader_id, {})
                    by_topic.setdefault(topic.name or "", []).append(partition.partition_index)
        found: dict[tuple[int, str, int], tuple[int, int]] = {}

        async def one(leader: int, which: int) -> None:
            request = ListOffsetsRequest(
                replica_id=-1,
                isolation_level=0,
                topics=[
                    ListOffsetsTopic(
                        name=name,
                        partitions=[
                            ListOffsetsPartition(partition_index=i, timestamp=which) for i in indexes
                        ],
                    )
                    for name, indexes in by_leader[leader].items()
                ],
            )
            told = await self._brokers.ask(addresses[leader], request, ListOffsetsResponse)
            for topic in told.topics:
                for p in topic.partitions:
                    found[which, topic.name, p.partition_index] = (p.offset, p.error_code)

        await _all(
            (one(leader, which) for leader in sorted(by_leader) for which in (LATEST, EARLIEST)), problems
        )
        return found

    async def _groups(
        self, metadata: MetadataResponse, addresses: Mapping[int, Address], problems: list[str]
    ) -> list[GroupParts] | None:
        """Groups by id, each asked of the broker that listed it: its coordinator."""
        names = {t.topic_id: t.name or "" for t in metadata.topics}
        found: list[GroupParts] = []
        listed = 0

        async def of(broker: int, address: Address) -> None:
            nonlocal listed
            told = await self._brokers.ask(address, ListGroupsRequest(), ListGroupsResponse)
            if told.error_code:
                raise ApiError(ErrorCode(told.error_code), f"{broker_name(broker)} could not list its groups")
            listed += 1
            ids = [g.group_id for g in told.groups]
            if not ids:
                return
            request = DescribeGroupsRequest(groups=ids)
            described, committed = await asyncio.gather(
                self._brokers.ask(address, request, DescribeGroupsResponse),
                self._committed(address, ids, names),
            )
            by_id = {g.group_id: g for g in described.groups}
            for group in told.groups:
                parts = GroupParts(
                    group, by_id.get(group.group_id), broker, committed.get(group.group_id, {})
                )
                found.append(parts)

        await _all((of(broker, address) for broker, address in sorted(addresses.items())), problems)
        if not listed:
            return None
        return sorted(found, key=lambda g: g.listed.group_id)

    async def _committed(
        self, address: Address, ids: list[str], names: Mapping[Any, str]
    ) -> dict[str, dict[TopicPartition, tuple[int, str | None]]]:
        """All that these groups committed: one request where the broker knows how, else one each."""
        channel = await self._brokers.channel(address)
        if channel.version_for(OffsetFetchRequest) >= 8:
            groups = [OffsetFetchRequestGroup(group_id=i, topics=None) for i in ids]
            told = await self._brokers.ask(address, OffsetFetchRequest(groups=groups), OffsetFetchResponse)
            return {
                g.group_id: {
                    TopicPartition(t.name or names.get(t.topic_id, ""), p.partition_index): (
                        p.committed_offset,
                        p.metadata or None,
                    )
                    for t in g.topics
                    for p in t.partitions
                    if not p.error_code
                }
                for g in told.groups
            }
        found = {}
        for group in ids:
            request = OffsetFetchRequest(group_id=group, topics=None)
            old = await self._brokers.ask(address, request, OffsetFetchResponse)
            found[group] = {
                TopicPartition(t.name, p.partition_index): (p.committed_offset, p.metadata or None)
                for t in old.topics
                for p in t.partitions
                if not p.error_code
            }
        return found

    async def _measure(self, addresses: Mapping[int, Address], problems: list[str]) -> None:
        """(broker, topic, partition) → bytes on disk, now and then."""
        if self._version % SIZES_EVERY:
            return

        async def one(broker: int, address: Address) -> None:
            try:
                told = await self._brokers.ask(
                    address, DescribeLogDirsRequest(topics=None), DescribeLogDirsResponse
                )
            except ApiError:
                return  # a Kafka without this API: sizes stay unknown
            self._log_dirs[broker] = log_dirs_of(told)
            for p, topic in ((p, t.name) for r in told.results for t in r.topics for p in t.partitions):
                if not p.is_future_key:
                    self._sizes[broker, topic, p.partition_index] = p.partition_size

        await _all((one(broker, address) for broker, address in sorted(addresses.items())), problems)

    def _with_events(self, snapshot: Snapshot) -> Snapshot:
        """A foreign Kafka tells no events: what changed between two pictures stands for them."""
        seq = self._events[-1].seq if self._events else 0
        fresh = tuple(
            EventLine(seq + n, snapshot.at, host, kind, text)
            for n, (host, kind, text) in enumerate(changes(self._previous, snapshot), 1)
        )
        self._events = (self._events + fresh)[-KEPT_EVENTS:]
        self._previous = snapshot
        return msgspec.structs.replace(snapshot, events=self._events)


async def _all(jobs: Iterable[Coroutine[Any, Any, None]], problems: list[str]) -> None:
    """Run them together; what fails becomes a sentence among the problems."""
    for failure in await asyncio.gather(*jobs, return_exceptions=True):
        if isinstance(failure, (Unreachable, ApiError)):
            problems.append(str(failure))
        elif isinstance(failure, BaseException):
            raise failure


class RemoteFeed:
    """A ``Feed`` from any Kafka: asks once a second, tries again while nobody answers, takes no commands."""

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
                show(await self._remote().snapshot())
            except (ConnectionError, ApiError) as error:
                lost(str(error))
            await asyncio.sleep(self._interval_s)

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        """Refused."""
        assert self.refusal is not None
        return Answer(False, self.refusal)

    async def look(self, question: Question) -> Found:
        """Refused, too."""
        raise Unseen(NO_DISKS)

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
