"""The Snapshot of a cluster of ours, made from its nodes' own snapshots.

Rule: it reads `snapshot()`s and the metadata image, nothing private, and changes nothing. What a leader says
of a partition counts; where there is none, the controller's image does.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from minikafka.broker.snapshot import BrokerSnapshot, PartitionSnapshot
from minikafka.coordinator.reading import GroupSnapshot
from minikafka.metadata.image import MetadataImage, PartitionRegistration, TopicImage
from minikafka.metadata.topic_names import is_internal
from minikafka.protocol.messages.consumer_protocol import ConsumerProtocolAssignment
from minikafka.protocol.schema import MalformedMessage
from minikafka.replication.log_directory import LogDirectorySnapshot
from minikafka.world import Traced
from minikafka.xray.lag import LagOrgan, group_offsets
from minikafka.xray.snapshot import (
    DOWN,
    FENCED,
    RUNNING,
    Broker,
    Controller,
    EventLine,
    Group,
    Host,
    LogDir,
    Member,
    Partition,
    Replica,
    Segment,
    Snapshot,
    Topic,
    TopicPartition,
    broker_name,
)
from minikafka.xray.story import Story
from minikafka.xray.wording import in_words


@dataclass(frozen=True, slots=True)
class ControllerView:
    """The controller as the cluster sees it; `image` is its own, or the newest a broker has when it is down."""

    name: str
    id: int
    host: str
    port: int
    up: bool
    epoch: int | None
    log_end: int | None
    committed: int | None


@dataclass(frozen=True, slots=True)
class Inside:
    """Everything a snapshot is made from."""

    version: int
    at: float
    world: str
    name: str
    cluster_id: str
    bootstrap_servers: str
    controller: ControllerView
    image: MetadataImage
    lag: LagOrgan
    brokers: Mapping[str, BrokerSnapshot | None]
    events: Sequence[Traced]
    paused: bool | None = None
    seed: int | None = None
    cut: tuple[tuple[str, ...], ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def build(inside: Inside) -> Snapshot:
    """The picture."""
    views = {(b.id, p.topic, p.index): p for b in inside.brokers.values() if b for p in b.partitions}
    up = {b.id for b in inside.brokers.values() if b is not None}
    topics = tuple(_topic(inside.image, topic, views, up) for _, topic in sorted(inside.image.topics.items()))
    partitions = {TopicPartition(t.name, p.index): p for t in topics for p in t.partitions}
    groups = [
        _group(group, broker.id, partitions, inside.lag)
        for broker in inside.brokers.values()
        if broker is not None
        for group in broker.groups
    ]
    controller = inside.controller
    return Snapshot(
        version=inside.version,
        at=inside.at,
        world=inside.world,
        name=inside.name,
        cluster_id=inside.cluster_id,
        bootstrap_servers=inside.bootstrap_servers,
        coordinator="kraft",
        controller=controller.name if controller.up else None,
        controllers=(
            Controller(
                id=controller.id,
                name=controller.name,
                host=controller.host,
                port=controller.port,
                state=RUNNING if controller.up else DOWN,
                is_leader=controller.up,
                epoch=controller.epoch,
                log_end=controller.log_end,
                committed=controller.committed,
                error=inside.problems.get(controller.name),
            ),
        ),
        hosts=(
            Host(controller.name, "controller", RUNNING if controller.up else DOWN),
            *(Host(n, "broker", RUNNING if b else DOWN) for n, b in inside.brokers.items()),
        ),
        brokers=tuple(
            _broker(inside.image, name, view, inside.problems.get(name))
            for name, view in inside.brokers.items()
        ),
        topics=topics,
        groups=tuple(sorted(groups, key=lambda group: group.id)),
        events=tuple(_lines(Story(inside.events).told())),
        paused=inside.paused,
        seed=inside.seed,
        cut=inside.cut,
    )


def _broker(image: MetadataImage, name: str, view: BrokerSnapshot | None, problem: str | None) -> Broker:
    broker_id = int(name.rpartition("-")[2])
    registered = image.brokers.get(broker_id)
    listener = registered.listener() if registered is not None else None
    if view is None:
        state = DOWN
    elif registered is None or registered.fenced:
        state = "starting" if view.state == "starting" else FENCED
    else:
        state = RUNNING
    return Broker(
        id=broker_id,
        name=name,
        host=view.host if view else (listener.host if listener else None),
        port=view.port if view else (listener.port if listener else None),
        state=state,
        rack=registered.rack if registered else None,
        epoch=registered.epoch if registered else None,
        partitions=sum(broker_id in p.replicas for _, _, p in image.partitions()),
        leaders=sum(broker_id == p.leader for _, _, p in image.partitions()),
        log_bytes=sum(s.size_bytes for p in view.partitions for s in p.log.segments) if view else None,
        log_dirs=tuple(_log_dir(seen) for seen in view.log_dirs) if view else None,
        error=view.problem if view else problem,
    )


def _log_dir(seen: LogDirectorySnapshot) -> LogDir:
    return LogDir(
        path=seen.location,
        partitions=seen.partitions,
        size_bytes=seen.size_bytes,
        total_bytes=seen.total_bytes,
        usable_bytes=seen.usable_bytes,
        error=seen.problem,
        id=uuid_text(seen.id) if seen.id is not None else None,
        strays=seen.strays,
    )


Views = Mapping[tuple[int, str, int], PartitionSnapshot]


def _topic(image: MetadataImage, topic: TopicImage, views: Views, up: set[int]) -> Topic:
    return Topic(
        name=topic.name,
        id=uuid_text(topic.id),
        internal=is_internal(topic.name),
        partitions=tuple(
            _partition(topic.name, index, registration, views, up)
            for index, registration in sorted(topic.partitions.items())
        ),
        configs=dict(image.topic_configs(topic.name)),
    )


def _partition(topic: str, index: int, p: PartitionRegistration, views: Views, up: set[int]) -> Partition:
    leading = views.get((p.leader, topic, index))
    leader = leading if leading is not None and leading.role == "leader" else None
    return Partition(
        index=index,
        leader=broker_name(p.leader) if p.leader >= 0 else None,
        leader_epoch=p.leader_epoch,
        replicas=tuple(_replica(r, topic, index, p, views, up) for r in p.replicas),
        isr=tuple(broker_name(r) for r in (leader.isr if leader is not None else p.isr)),
        log_start=leader.log.start if leader else None,
        high_watermark=leader.high_watermark if leader else None,
        last_stable=leader.last_stable_offset if leader else None,
        end=leader.log.end if leader else None,
        error=None if p.leader >= 0 else "LEADER_NOT_AVAILABLE",
    )


def _replica(
    broker_id: int, topic: str, index: int, p: PartitionRegistration, views: Views, up: set[int]
) -> Replica:
    view = views.get((broker_id, topic, index))
    if view is None:
        return Replica(
            broker=broker_name(broker_id),
            in_sync=broker_id in p.isr,
            is_leader=broker_id == p.leader,
            alive=broker_id in up,
        )
    segments = tuple(
        Segment(
            base_offset=s.base_offset,
            next_offset=s.next_offset,
            size_bytes=s.size_bytes,
            index_bytes=s.index_bytes,
            timeindex_bytes=s.timeindex_bytes,
            active=s.active,
            created_ms=s.created_ms,
            max_timestamp_ms=s.max_timestamp_ms,
            resident_pages=s.resident_pages,
            pages=s.pages,
        )
        for s in view.log.segments
    )
    return Replica(
        broker=broker_name(broker_id),
        log_start=view.log.start,
        end=view.log.end,
        high_watermark=view.high_watermark,
        in_sync=broker_id in p.isr,
        is_leader=view.role == "leader",
        alive=True,
        size_bytes=sum(s.size_bytes for s in segments),
        segments=segments,
        directory=view.directory,
    )


def _group(
    group: GroupSnapshot, coordinator: int, partitions: Mapping[TopicPartition, Partition], lag: LagOrgan
) -> Group:
    members = tuple(
        Member(
            id=m.id,
            client_id=m.client_id,
            client_host=m.client_host,
            assignment=decode_assignment(m.assignment) if group.protocol_type == "consumer" else None,
            instance_id=m.instance_id,
        )
        for m in group.members
    )
    committed = {TopicPartition(o.topic, o.partition): (o.offset, o.metadata) for o in group.offsets}
    return Group(
        id=group.id,
        state=group.state,
        protocol=group.protocol,
        protocol_type=group.protocol_type,
        generation=group.generation,
        coordinator=broker_name(coordinator),
        leader=group.leader,
        members=members,
        offsets=group_offsets(committed, members, partitions, lag),
    )


def decode_assignment(data: bytes | None) -> tuple[TopicPartition, ...] | None:
    """The partitions in a ConsumerProtocolAssignment (2-byte version first); None when it can't be read."""
    if not data or len(data) < 2:
        return None
    version = min(int.from_bytes(data[:2], "big"), 3)
    try:
        assignment = ConsumerProtocolAssignment.decode(data[2:], version)
    except (MalformedMessage, ValueError):
        return None
    return tuple(
        sorted(TopicPartition(t.topic, i) for t in assignment.assigned_partitions for i in t.partitions)
    )


def _lines(events: Iterable[Traced]) -> list[EventLine]:
    return [EventLine(t.seq, t.at, t.host, t.event.kind, in_words(t.event, t.host)) for t in events]


def uuid_text(value: uuid.UUID) -> str:
    """Kafka's way to write a Uuid: 22 characters of URL-safe base64."""
    return base64.urlsafe_b64encode(value.bytes).decode().rstrip("=")
