"""From another Kafka's answers to the parts of a Snapshot: pure functions, nothing is asked here.

Rule: an answer that says "-1" or carries an error is an unknown (`None`) with the error's name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_groups import DescribedGroup, DescribedGroupMember
from minikafka.protocol.messages.describe_log_dirs import DescribeLogDirsResponse
from minikafka.protocol.messages.describe_quorum import DescribeQuorumResponse
from minikafka.protocol.messages.list_groups import ListedGroup
from minikafka.protocol.messages.metadata import MetadataResponse, MetadataResponsePartition
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.xray.groups import decode_assignment
from minikafka.xray.lag import group_offsets
from minikafka.xray.snapshot import (
    Broker,
    Controller,
    Group,
    LogDir,
    Member,
    Partition,
    Replica,
    Topic,
    TopicPartition,
    broker_name,
)

EARLIEST, LATEST = -2, -1
Offsets = Mapping[tuple[int, str, int], tuple[int, int]]
"""(EARLIEST or LATEST, topic, partition) → (offset, error code)."""
Sizes = Mapping[tuple[int, str, int], int]
"""(broker id, topic, partition) → bytes on disk."""


def topics_of(
    metadata: MetadataResponse,
    offsets: Offsets,
    sizes: Sizes,
    gone: Collection[int] = (),
    min_isr: Mapping[str, int] | None = None,
) -> tuple[Topic, ...]:
    """`gone`: brokers that we know to be away, whatever the metadata still say."""
    topics = []
    for topic in sorted(metadata.topics, key=lambda t: t.name or ""):
        name = topic.name or ""
        partitions = sorted(topic.partitions, key=lambda p: p.partition_index)
        topics.append(
            Topic(
                name=name,
                id=encode_uuid(topic.topic_id) if topic.topic_id.int else None,
                internal=topic.is_internal,
                partitions=tuple(
                    _partition(name, p, offsets, sizes, gone, (min_isr or {}).get(name)) for p in partitions
                ),
                error=error_name(topic.error_code),
            )
        )
    return tuple(topics)


def _partition(
    topic: str,
    told: MetadataResponsePartition,
    offsets: Offsets,
    sizes: Sizes,
    gone: Collection[int],
    min_isr: int | None,
) -> Partition:
    index = told.partition_index
    latest, latest_error = offsets.get((LATEST, topic, index), (-1, 0))
    earliest, _ = offsets.get((EARLIEST, topic, index), (-1, 0))
    replicas = tuple(
        Replica(
            broker=broker_name(node),
            in_sync=node in told.isr_nodes,
            is_leader=node == told.leader_id,
            alive=node not in told.offline_replicas and node not in gone,
            size_bytes=sizes.get((node, topic, index)),
        )
        for node in told.replica_nodes
    )
    return Partition(
        index=index,
        leader=broker_name(told.leader_id) if told.leader_id >= 0 else None,
        leader_epoch=told.leader_epoch if told.leader_epoch >= 0 else None,
        replicas=replicas,
        isr=tuple(broker_name(node) for node in told.isr_nodes),
        min_isr=min_isr,
        log_start=earliest if earliest >= 0 else None,
        high_watermark=latest if latest >= 0 else None,
        error=error_name(told.error_code) or error_name(latest_error),
    )


class GroupParts:
    """A group before the end offsets are known."""

    def __init__(
        self,
        listed: ListedGroup,
        described: DescribedGroup | None,
        coordinator: int,
        committed: Mapping[TopicPartition, tuple[int, str | None]],
    ) -> None:
        self.listed = listed
        self._described = described
        self._coordinator = coordinator
        self._committed = committed

    def build(self, partitions: Mapping[TopicPartition, Partition]) -> Group:
        """The group with its LAG."""
        told = self._described
        # Groups of the new protocol (KIP-848) are described by another API; their offsets are known all the same.
        new = self.listed.group_type.lower() == "consumer"
        usable = told is not None and not told.error_code and not new
        members = tuple(_member(m) for m in told.members) if told is not None and usable else None
        return Group(
            id=self.listed.group_id,
            state=(told.group_state if told is not None and usable else self.listed.group_state) or "Unknown",
            protocol=(told.protocol_data or None) if told is not None and usable else None,
            protocol_type=self.listed.protocol_type or None,
            coordinator=broker_name(self._coordinator),
            members=members,
            offsets=group_offsets(self._committed, members, partitions.get),
            error=error_name(told.error_code) if told is not None and not new else None,
        )


def _member(told: DescribedGroupMember) -> Member:
    assignment = decode_assignment(told.member_assignment)
    return Member(told.member_id, told.client_id, told.client_host, assignment, told.group_instance_id)


def brokers_of(
    described: Mapping[int, Broker],
    metadata: MetadataResponse,
    topics: Iterable[Topic],
    sizes: Mapping[tuple[int, str, int], int],
    controller: str | None,
    log_dirs: Mapping[int, tuple[LogDir, ...]],
) -> tuple[Broker, ...]:
    replicas = dict.fromkeys(described, 0)
    leaders = dict.fromkeys(described, 0)
    for partition in (p for t in metadata.topics for p in t.partitions):
        for node in partition.replica_nodes:
            replicas[node] += 1
        if partition.leader_id in leaders:
            leaders[partition.leader_id] += 1
    log_bytes: dict[int, int] = {}
    alive = {(t.name, p.index) for t in topics for p in t.partitions}
    for (broker, topic, index), size in sizes.items():
        if (topic, index) in alive:
            log_bytes[broker] = log_bytes.get(broker, 0) + size
    return tuple(
        msgspec.structs.replace(
            broker,
            is_controller=broker.name == controller,
            partitions=replicas[node],
            leaders=leaders[node],
            log_bytes=log_bytes.get(node),
            log_dirs=log_dirs.get(node),
        )
        for node, broker in sorted(described.items())
    )


def log_dirs_of(told: DescribeLogDirsResponse) -> tuple[LogDir, ...]:
    """A broker's log directories; of one that is offline it tells nothing but that."""
    return tuple(
        LogDir(
            path=r.log_dir,
            partitions=None
            if r.error_code
            else sum(not p.is_future_key for t in r.topics for p in t.partitions),
            size_bytes=None
            if r.error_code
            else sum(p.partition_size for t in r.topics for p in t.partitions),
            total_bytes=r.total_bytes if r.total_bytes >= 0 else None,
            usable_bytes=r.usable_bytes if r.usable_bytes >= 0 else None,
            error=error_name(r.error_code),
        )
        for r in sorted(told.results, key=lambda r: r.log_dir)
    )


def controllers_of(told: DescribeQuorumResponse) -> tuple[Controller, ...]:
    data = told.topics[0].partitions[0]
    addresses = {n.node_id: n.listeners[0] for n in told.nodes if n.listeners}
    return tuple(
        Controller(
            id=v.replica_id,
            name=broker_name(v.replica_id) if v.replica_id not in addresses else f"controller-{v.replica_id}",
            host=addresses[v.replica_id].host if v.replica_id in addresses else None,
            port=addresses[v.replica_id].port if v.replica_id in addresses else None,
            state="unknown",
            is_leader=v.replica_id == data.leader_id,
            epoch=data.leader_epoch if v.replica_id == data.leader_id else None,
            log_end=v.log_end_offset if v.log_end_offset >= 0 else None,
            committed=data.high_watermark if v.replica_id == data.leader_id else None,
        )
        for v in sorted(data.current_voters, key=lambda v: v.replica_id)
    )


def zookeeper_controller(metadata: MetadataResponse) -> tuple[Controller, ...]:
    """On ZooKeeper the metadata names the true controller (on KRaft it names any broker, by design)."""
    node = metadata.controller_id
    return (Controller(node, broker_name(node), is_leader=True),) if node >= 0 else ()


def error_name(code: int) -> str | None:
    if not code:
        return None
    try:
        return ErrorCode(code).name
    except ValueError:
        return f"ERROR_{code}"
