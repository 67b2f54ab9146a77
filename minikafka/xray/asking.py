"""What is asked of another Kafka, through its admin protocol.

Rule: each question goes to who knows the answer, all at once, and one broker that doesn't answer costs its own
answers only. Kafka's own tools ask the same: kafka-topics, kafka-consumer-groups, kafka-log-dirs, kafka-configs,
kafka-metadata-quorum.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import Any

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.describe_cluster import DescribeClusterRequest, DescribeClusterResponse
from minikafka.protocol.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
    DescribeConfigsResponse,
)
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
from minikafka.protocol.messages.find_coordinator import FindCoordinatorRequest, FindCoordinatorResponse
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
from minikafka.xray.brokers import Address, Brokers, Unanswered, Unreachable
from minikafka.xray.picture import EARLIEST, LATEST, GroupParts, controllers_of, error_name, log_dirs_of
from minikafka.xray.snapshot import (
    DOWN,
    FENCED,
    RUNNING,
    Broker,
    Controller,
    LogDir,
    TopicPartition,
    broker_name,
)

LEADER_AND_ISR = 4
TOPIC, BROKER = 2, 4
"""Types of resources that have configurations."""
SESSION_TIMEOUTS = ("broker.session.timeout.ms", "zookeeper.session.timeout.ms")
MIN_ISR = "min.insync.replicas"


class Asking:
    """Questions about one cluster; `problems` are what can't be asked, in sentences."""

    def __init__(self, brokers: Brokers, problems: list[str]) -> None:
        self._brokers = brokers
        self._problems = problems

    async def metadata(self, candidates: Iterable[Address]) -> MetadataResponse:
        """The cluster as the first of these tells it that answers. ConnectionError: none does."""
        why = "Nobody is known."
        for address in dict.fromkeys(candidates):
            try:
                request = MetadataRequest(topics=None, allow_auto_topic_creation=False)
                return await self._brokers.ask(address, request, MetadataResponse)
            except (Unreachable, ApiError) as error:
                why = str(error)
        raise ConnectionError(why)

    async def brokers(
        self, metadata: MetadataResponse, addresses: Mapping[int, Address]
    ) -> dict[int, Broker]:
        """All registered brokers, fenced ones too where the cluster tells."""
        found = {
            b.node_id: Broker(
                b.node_id, broker_name(b.node_id), b.host, b.port, RUNNING, b.rack, fenced=False
            )
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
                found[b.broker_id] = Broker(
                    b.broker_id, name, b.host, b.port, state, b.rack, fenced=b.is_fenced
                )
            break
        await self._all(
            self._reach((b.host, b.port)) for b in found.values() if b.state == FENCED and b.host and b.port
        )
        for partition in (p for t in metadata.topics for p in t.partitions):
            for node in partition.replica_nodes:
                found.setdefault(node, Broker(node, broker_name(node), None, None, DOWN, fenced=True))
        return found

    async def _reach(self, address: Address) -> None:
        """Is there anybody? Nothing else is asked of a broker that isn't in the service."""
        await self._brokers.channel(address)

    async def quorum(self, addresses: Mapping[int, Address]) -> tuple[Controller, ...] | None:
        """The KRaft quorum; `None` on ZooKeeper, and nobody where it isn't told."""
        request = DescribeQuorumRequest(
            topics=[TopicData(topic_name="__cluster_metadata", partitions=[PartitionData(partition_index=0)])]
        )
        for address in addresses.values():
            try:
                told = await self._brokers.ask(address, request, DescribeQuorumResponse, apart=True)
            except Unanswered:  # it asks the controller, as any other broker would
                self._problems.append(
                    "Who the controller is isn't known: it doesn't answer the brokers either."
                )
                return ()
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

    async def offsets(
        self, metadata: MetadataResponse, addresses: Mapping[int, Address]
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

        await self._all(one(leader, which) for leader in sorted(by_leader) for which in (LATEST, EARLIEST))
        return found

    async def groups(
        self, metadata: MetadataResponse, addresses: Mapping[int, Address]
    ) -> tuple[list[GroupParts], list[int]]:
        """Groups by id, each asked of the broker that listed it, its coordinator; and the brokers that told all."""
        names = {t.topic_id: t.name or "" for t in metadata.topics}
        found: list[GroupParts] = []
        told_all: list[int] = []

        async def of(broker: int, address: Address) -> None:
            told = await self._brokers.ask(address, ListGroupsRequest(), ListGroupsResponse)
            if told.error_code:
                raise ApiError(ErrorCode(told.error_code), f"{broker_name(broker)} could not list its groups")
            ids = [g.group_id for g in told.groups]
            if not ids:
                told_all.append(broker)
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
            told_all.append(broker)

        await self._all(of(broker, address) for broker, address in sorted(addresses.items()))
        return sorted(found, key=lambda g: g.listed.group_id), told_all

    async def coordinator_of(self, group: str, addresses: Mapping[int, Address]) -> int | str:
        """The broker's id, or why there is none (an error's name)."""
        for address in addresses.values():
            try:
                channel = await self._brokers.channel(address)
                if channel.version_for(FindCoordinatorRequest) >= 4:
                    request = FindCoordinatorRequest(coordinator_keys=[group])
                    found = (await self._brokers.ask(address, request, FindCoordinatorResponse)).coordinators[
                        0
                    ]
                    return error_name(found.error_code) or found.node_id
                old = FindCoordinatorRequest(key=group)
                told = await self._brokers.ask(address, old, FindCoordinatorResponse)
                return error_name(told.error_code) or told.node_id
            except (Unreachable, ApiError):
                continue
        return "COORDINATOR_NOT_AVAILABLE"

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

    async def sizes(
        self, addresses: Mapping[int, Address]
    ) -> tuple[dict[int, tuple[LogDir, ...]], dict[tuple[int, str, int], int]]:
        """Each broker's log directories, and (broker, topic, partition) → bytes on disk."""
        log_dirs: dict[int, tuple[LogDir, ...]] = {}
        sizes: dict[tuple[int, str, int], int] = {}

        async def one(broker: int, address: Address) -> None:
            try:
                told = await self._brokers.ask(
                    address, DescribeLogDirsRequest(topics=None), DescribeLogDirsResponse
                )
            except ApiError:
                return  # a Kafka without this API: sizes stay unknown
            log_dirs[broker] = log_dirs_of(told)
            for p, topic in ((p, t.name) for r in told.results for t in r.topics for p in t.partitions):
                if not p.is_future_key:
                    sizes[broker, topic, p.partition_index] = p.partition_size

        await self._all(one(broker, address) for broker, address in sorted(addresses.items()))
        return log_dirs, sizes

    async def session_timeouts_s(self, addresses: Mapping[int, Address]) -> dict[str, float] | None:
        """By configuration: after so long a silence a controller gives a broker up. None: nobody tells."""
        for broker, address in addresses.items():
            told = await self._configs(address, BROKER, [str(broker)], SESSION_TIMEOUTS)
            if told:
                return {name: int(value) / 1000 for name, value in told[str(broker)].items()}
        return None

    async def min_isrs(self, topics: Sequence[str], addresses: Mapping[int, Address]) -> dict[str, int]:
        """`min.insync.replicas` of these topics, as far as it is told."""
        for address in addresses.values():
            told = await self._configs(address, TOPIC, topics, (MIN_ISR,))
            if told is not None:
                return {topic: int(values[MIN_ISR]) for topic, values in told.items() if MIN_ISR in values}
        return {}

    async def _configs(
        self, address: Address, kind: int, names: Sequence[str], keys: Sequence[str]
    ) -> dict[str, dict[str, str]] | None:
        """Values by resource and key; None: this broker doesn't answer, or may not say."""
        resources = [
            DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=list(keys))
            for name in names
        ]
        try:
            told = await self._brokers.ask(
                address, DescribeConfigsRequest(resources=resources), DescribeConfigsResponse
            )
        except (Unreachable, ApiError):
            return None
        return {
            result.resource_name: {
                c.name: c.value for c in result.configs if (c.value or "").isdigit() and c.value
            }
            for result in told.results
            if not result.error_code
        }

    async def _all(self, jobs: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Run them together. Who doesn't answer has a row that says so; what else fails becomes a sentence."""
        for failure in await asyncio.gather(*jobs, return_exceptions=True):
            if isinstance(failure, ApiError):
                self._problems.append(str(failure))
            elif isinstance(failure, BaseException) and not isinstance(failure, Unreachable):
                raise failure
