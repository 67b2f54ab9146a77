"""The picture of a cluster of processes: what its brokers tell any client, and what only the parent knows.

Rule: whose process has ended is down, whatever the others still say of it; and where nobody answers, the last picture
stays, with the processes as they are now. Replicas' files are read from the disk that parent and nodes share.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

import msgspec

from minikafka.processes.supervisor import Supervised, Supervisor
from minikafka.protocol.errors import ApiError
from minikafka.world import LiveUniverse, Traced
from minikafka.world.visible import quoted
from minikafka.xray.events import EventsFrom, WrongPage, page_of
from minikafka.xray.files import Found, Question, ReplicaPlace, Unseen, answer
from minikafka.xray.remote import KEPT_EVENTS, RemoteCluster
from minikafka.xray.snapshot import (
    DOWN,
    RUNNING,
    SILENT,
    STARTING,
    Broker,
    Controller,
    EventLine,
    Host,
    Snapshot,
)
from minikafka.xray.wording import in_words

SOON_S = 1.0
SUSPENDED = "its process is stopped (SIGSTOP): `wake` lets it go on"


class ProcessPicture:
    """Numbers the pictures of one cluster."""

    def __init__(
        self, universe: LiveUniverse, supervisor: Supervisor, name: str, bootstrap_servers: str
    ) -> None:
        self._universe = universe
        self._supervisor = supervisor
        self._name = name
        self._bootstrap_servers = bootstrap_servers
        self._world = universe.guest("client-xray")
        self._remote = RemoteCluster(self._world, bootstrap_servers)
        self._seen: Snapshot | None = None
        """What brokers told last."""
        self._asking: asyncio.Task[Snapshot] | None = None
        self._version = 0
        self._heard: deque[Traced] = deque(maxlen=KEPT_EVENTS)
        self._events: deque[EventLine] = deque(maxlen=KEPT_EVENTS)
        self._event_number = self._seen_of_remote = 0
        universe.trace.subscribe(self._heard.append)

    async def take(self) -> Snapshot:
        """The picture now; of what brokers take long to tell, as it was told last."""
        problems = await self._look()
        seen = self._seen or Snapshot(version=0, at=0.0, world="live", name=self._name, coordinator="kraft")
        self._version += 1
        nodes = self._supervisor.nodes
        told = {broker.name: broker for broker in seen.brokers}
        by_id = {controller.id: controller for controller in seen.controllers}
        controllers = tuple(
            _controller(node, by_id.get(node.plan.node_id))
            for node in nodes.values()
            if node.plan.is_controller
        )
        leader = next((controller.name for controller in controllers if controller.is_leader), None)
        brokers = [
            _broker(node, told.get(node.plan.host)) for node in nodes.values() if not node.plan.is_controller
        ]
        return msgspec.structs.replace(
            seen,
            version=self._version,
            at=self._world.clock.time_ms() / 1000,
            world="live",
            name=self._name,
            cluster_id=next(iter(nodes.values())).plan.cluster_id,
            bootstrap_servers=self._bootstrap_servers,
            controller=leader,
            controllers=controllers,
            hosts=tuple(_host(node) for node in nodes.values()),
            brokers=tuple(brokers),
            events=tuple(self._events),
            problems=problems or seen.problems,
        )

    async def _look(self) -> tuple[str, ...]:
        """What brokers tell, if they do so soon; returns why not. Who goes away meanwhile stops nobody's question."""
        asking = self._asking
        if asking is None:
            asking = self._asking = asyncio.get_running_loop().create_task(self._remote.snapshot())
        await asyncio.wait([asking], timeout=SOON_S)
        if not asking.done():
            return ("Some brokers take long to answer: what they tell is shown as it was.",)
        if self._asking is asking:
            self._asking = None
            if asking.exception() is None:
                self._seen = asking.result()
                self._note(self._seen.events)
        problem = asking.exception()
        if problem is None:
            return ()
        if isinstance(problem, ConnectionError | ApiError):
            return (str(problem),)
        raise problem

    def look(self, question: Question) -> Found:
        """What a replica's files hold, whether its broker runs or not, or a page of the parent's events. Raises
        Unseen."""
        if isinstance(question, EventsFrom):
            try:
                return page_of(self._universe.trace, question)
            except WrongPage as why:
                raise Unseen(str(why)) from None
        place = question.place
        node = self._supervisor.nodes.get(place.broker)
        if node is None or node.plan.is_controller:
            raise Unseen(f"There is no broker called {quoted(place.broker[:100])} here.")
        disk = self._universe.world(place.broker).disk
        return answer(disk, self._directory(place), question)

    def _directory(self, place: ReplicaPlace) -> str:
        disk, name = self._universe.world(place.broker).disk, f"{place.topic}-{place.partition}"
        for parent in ("", *disk.listdir("")):
            there = f"{parent}/{name}".lstrip("/")
            if disk.exists(there):
                return there
        raise Unseen(f"{place.broker} has no replica of {place.topic[:249]}-{place.partition}.")

    def close(self) -> None:
        """End all connections."""
        if self._asking is not None:
            self._asking.cancel()
        self._remote.close()

    def _note(self, told: Iterable[EventLine]) -> None:
        """What happened since the last picture, in order."""
        offset_s = self._world.clock.time_ms() / 1000 - self._universe.elapsed()
        fresh = [line for line in told if line.seq > self._seen_of_remote]
        self._seen_of_remote = max((line.seq for line in fresh), default=self._seen_of_remote)
        while self._heard:
            one = self._heard.popleft()
            text = in_words(one.event, one.host)
            fresh.append(EventLine(0, round(one.at + offset_s, 3), one.host, one.event.kind, text))
        for line in sorted(fresh, key=lambda line: line.at):
            self._event_number += 1
            self._events.append(msgspec.structs.replace(line, seq=self._event_number))


def _state(node: Supervised, told: str | None) -> str:
    if node.child is None:
        return DOWN
    if node.is_suspended:
        return SILENT
    if node.is_starting:
        return STARTING
    return told or RUNNING


def _error(node: Supervised) -> str | None:
    return SUSPENDED if node.is_suspended else node.problem


def _broker(node: Supervised, told: Broker | None) -> Broker:
    plan = node.plan
    host, port = ("", 0) if node.serves_at is None else (node.serves_at.host, node.serves_at.port)
    seen = told or Broker(id=plan.node_id, name=plan.host, host=host, port=port)
    state, error = _state(node, None if told is None else told.state), _error(node)
    return msgspec.structs.replace(seen, state=state, error=error)


def _controller(node: Supervised, told: Controller | None) -> Controller:
    plan = node.plan
    seen = told or Controller(id=plan.node_id, name=plan.host)
    state = _state(node, None)
    return msgspec.structs.replace(
        seen,
        name=plan.host,
        host=next(voter.host for voter in plan.voters if voter.id == plan.node_id),
        port=plan.port,
        state=state,
        is_leader=seen.is_leader and state == RUNNING,
        error=_error(node),
    )


def _host(node: Supervised) -> Host:
    role = "controller" if node.plan.is_controller else "broker"
    return Host(node.plan.host, role, _state(node, None), node.child.pid if node.child is not None else None)


__all__ = ["ProcessPicture"]
