"""The Snapshot of a cluster of ours, put together from its nodes' own snapshots.

Rule: it reads what it is given, nothing private, and changes nothing. Topics and groups are drawn before
(`Topics`, `Groups`), since they keep what didn't change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from minikafka.broker.snapshot import BrokerSnapshot
from minikafka.metadata.image import MetadataImage
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.replication.log_directory import LogDirectorySnapshot
from minikafka.xray.snapshot import (
    DOWN,
    FENCED,
    RUNNING,
    STARTING,
    Broker,
    Controller,
    EventLine,
    Group,
    Host,
    LogDir,
    Snapshot,
)
from minikafka.xray.topics import Topics


@dataclass(frozen=True, slots=True)
class ControllerView:
    """A controller as the cluster sees it; the rest is unknown of one that is down. `heard_at`: when it last heard from
    each broker, on the picture's clock; only the one that decides hears from them."""

    name: str
    id: int
    host: str
    port: int
    up: bool = False
    is_leader: bool = False
    epoch: int | None = None
    log_end: int | None = None
    committed: int | None = None
    heard_at: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inside:
    """Everything a snapshot is made from. `image`: the controller's, or the newest that another node has."""

    version: int
    at: float
    world: str
    name: str
    cluster_id: str
    bootstrap_servers: str
    controllers: Sequence[ControllerView]
    image: MetadataImage
    topics: Topics
    groups: tuple[Group, ...]
    brokers: Mapping[str, BrokerSnapshot | None]
    events: tuple[EventLine, ...]
    session_timeout_s: float
    paused: bool | None = None
    seed: int | None = None
    cut: tuple[tuple[str, ...], ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def leader(self) -> ControllerView | None:
        """The controller that decides, if one does."""
        return next((controller for controller in self.controllers if controller.is_leader), None)


def build(inside: Inside) -> Snapshot:
    """The picture."""
    return Snapshot(
        version=inside.version,
        at=inside.at,
        world=inside.world,
        name=inside.name,
        cluster_id=inside.cluster_id,
        bootstrap_servers=inside.bootstrap_servers,
        coordinator="kraft",
        controller=None if inside.leader is None else inside.leader.name,
        controllers=tuple(
            Controller(
                id=controller.id,
                name=controller.name,
                host=controller.host,
                port=controller.port,
                state=RUNNING if controller.up else DOWN,
                is_leader=controller.is_leader,
                epoch=controller.epoch,
                log_end=controller.log_end,
                committed=controller.committed,
                error=inside.problems.get(controller.name),
            )
            for controller in inside.controllers
        ),
        hosts=(
            *(Host(c.name, "controller", RUNNING if c.up else DOWN) for c in inside.controllers),
            *(Host(n, "broker", RUNNING if b else DOWN) for n, b in inside.brokers.items()),
        ),
        brokers=tuple(_broker(inside, name, view) for name, view in inside.brokers.items()),
        topics=inside.topics.drawn,
        groups=inside.groups,
        events=inside.events,
        paused=inside.paused,
        seed=inside.seed,
        cut=inside.cut,
        session_timeout_s=inside.session_timeout_s,
    )


def _broker(inside: Inside, name: str, view: BrokerSnapshot | None) -> Broker:
    broker_id, topics = int(name.rpartition("-")[2]), inside.topics
    registered = inside.image.brokers.get(broker_id)
    listener = registered.listener() if registered is not None else None
    if view is None:
        state = DOWN
    elif registered is None or registered.fenced:
        state = STARTING if view.state == STARTING else FENCED
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
        partitions=topics.replicas_on(broker_id),
        leaders=topics.leaders_on(broker_id),
        log_bytes=topics.bytes_on(broker_id) if view else None,
        log_dirs=tuple(_log_dir(seen, topics, broker_id) for seen in view.log_dirs) if view else None,
        error=view.problem if view else inside.problems.get(name),
        fenced=registered.fenced if registered else None,
        heard_at=None if inside.leader is None else inside.leader.heard_at.get(broker_id),
    )


def _log_dir(seen: LogDirectorySnapshot, topics: Topics, broker_id: int) -> LogDir:
    return LogDir(
        path=seen.location,
        partitions=seen.partitions,
        size_bytes=topics.bytes_in(broker_id, seen.location),
        total_bytes=seen.total_bytes,
        usable_bytes=seen.usable_bytes,
        error=seen.problem,
        id=encode_uuid(seen.id) if seen.id is not None else None,
        strays=seen.strays,
    )
