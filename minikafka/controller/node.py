"""A controller as a host of its own: the core, its quorum, and the port where brokers and forwarded requests come in.

Rule: one decides at a time, the quorum's leader; what it decides is proposed at once, replayed here as on every
standby when it is committed, and answered only then, together with all that was decided in between on top of it. So a
slow commit holds up answers, but neither decisions nor heartbeats. Who no longer leads forgets what isn't committed and
says NOT_CONTROLLER to those who wait for it. Kafka: `ControllerServer`, `QuorumController` (its event queue,
`DeferredEventQueue`).
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar
from uuid import UUID

from minikafka.controller import envelope, handlers
from minikafka.controller.core import Controller
from minikafka.controller.decision import Decision
from minikafka.controller.events import ControllerFailed, ControllerStarted, changes
from minikafka.controller.registration import Registrar, request_of
from minikafka.controller.snapshot_generator import SnapshotGenerator
from minikafka.log.log import LogSnapshot
from minikafka.log.meta_properties import (
    MetaProperties,
    claimed_properties,
    note_claim,
    read_meta_properties,
)
from minikafka.metadata.batches import MetadataBatch, skipping
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.features import check_levels, finalized, supported
from minikafka.metadata.image import MetadataImage
from minikafka.policy import Rules
from minikafka.protocol.dispatch import CloseConnection
from minikafka.protocol.handshake import Features
from minikafka.protocol.routes import Dispatch
from minikafka.protocol.server import Server
from minikafka.protocol.uuid_text import decode_uuid
from minikafka.quorum import MetadataLog, NotLeader, Quorum, VoterNode
from minikafka.quorum.metadata_fetch import MetadataFetch, Observer
from minikafka.quorum.snapshot_file import MetadataSnapshot
from minikafka.world import Alarm, Lock, World, reason_of

R = TypeVar("R")


class ControllerStopped(CloseConnection, ConnectionError):
    """There is nobody to decide any more: who asked over the network is hung up on."""


CONTROLLER_LISTENER = "CONTROLLER"
SETTLE_S = 5.0
"""So long a stop waits for a majority."""


class OpenQuorum(Protocol):
    """Opens what a node has of a quorum; `MetadataLog.open` says what it may raise."""

    def __call__(
        self, world: World, node_id: int, rules: Rules, *, segment_bytes: int, known_by: str
    ) -> Quorum: ...


@dataclass(frozen=True, slots=True)
class ControllerSnapshot:
    """A controller as a viewer sees it. `is_active`: it decides; others are standbys."""

    node_id: int
    is_active: bool
    cluster_id: str
    port: int
    leader_epoch: int
    high_watermark: int
    end_offset: int
    image: MetadataImage
    log: LogSnapshot
    observers: tuple[Observer, ...]
    heard_at: Mapping[int, float]
    """When each broker was last heard of, in seconds on the controller's clock."""


class ControllerNode:
    """`node = await ControllerNode.open(…)`, `await node.join(voters)`, then `await node.stop()` or `node.kill()`.
    `on_failure` is called once, with the reason, when it can't continue and has ended itself.
    """

    def __init__(
        self,
        world: World,
        properties: MetaProperties,
        quorum: Quorum,
        lock: Lock,
        configs: BrokerConfigs,
        rules: Rules,
        on_failure: Callable[[str], None],
    ) -> None:
        self.world = world
        self.id = properties.node_id
        self.cluster_id = cluster_id = properties.cluster_id
        self._properties = properties
        self.configs = configs
        self.core = Controller(cluster_id, configs, rules, world.random)
        self.quorum = quorum
        self.fetches = MetadataFetch(world, quorum, cluster_id)
        self._snapshots = SnapshotGenerator(world, quorum, configs)
        self._registrar = Registrar(world, self)
        self.is_active = False
        """Whether this is the controller that decides."""
        self._on_failure = on_failure
        self._lock = lock
        self.dispatch = Dispatch(handlers, envelope)
        self._server = Server(
            world,
            self,
            self.dispatch,
            max_frame_bytes=configs.int("socket.request.max.bytes"),
            idle_close_s=configs.seconds("connections.max.idle.ms"),
        )
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        """A heap of answers that wait for the commit of an offset; the second number keeps their order."""
        self._waits = 0
        self._expiry: Alarm | None = None
        self._balancing: asyncio.Task[None] | None = None
        self._running = False
        self._has_ended = False

    @classmethod
    async def open(
        cls,
        world: World,
        node_id: int,
        cluster_id: str,
        configs: BrokerConfigs | None = None,
        rules: Rules | None = None,
        *,
        port: int = 0,
        known_by: str = "",
        on_failure: Callable[[str], None] = lambda _: None,
        open_quorum: OpenQuorum = MetadataLog.open,
        directory_id: str = "",
    ) -> ControllerNode:
        """One that has read its log, and listens; `join` is next.

        `known_by`: what, outside of the controller's directory, says that this cluster has been there before (a
        clause). `open_quorum`: where records are agreed on, if not in a quorum of one. `directory_id`: a new
        directory's, if it was settled before.
        Raises OSError (port taken, disk), `DiskLocked`, or a ValueError: `WrongDirectory` (the directory is another
        node's or cluster's), `MetadataLost` (the log lacks what was committed), `NewerMetadata`.
        """
        configs, rules = configs or BrokerConfigs(), rules or Rules()
        world.disk.makedirs("")
        lock = world.disk.lock(".lock")
        try:
            properties = claimed_properties(world.disk, cluster_id, node_id, world.random, directory_id)
            if read_meta_properties(world.disk) is not None:
                known_by = f"meta.properties beside it says that cluster {cluster_id} has one"
            segment_bytes = configs.int("metadata.log.segment.bytes")
            quorum = open_quorum(world, node_id, rules, segment_bytes=segment_bytes, known_by=known_by)
        except BaseException:
            lock.release()
            raise
        node = cls(world, properties, quorum, lock, configs, rules, on_failure)
        try:
            quorum.load(node)
            check_levels(node.core.image.features)
            await node._server.listen(port)
        except BaseException:
            node.kill()
            raise
        return node

    async def join(self, voters: Sequence[VoterNode]) -> None:
        """Take part in the quorum of these. Who leads at once is in charge by then. Raises OSError."""
        try:
            self._running = True
            self.quorum.join(self.voter, voters)
            await self._settled()
            note_claim(self.world.disk, self._properties)  # last: where it is, there has been a log
        except BaseException:
            self.kill()
            raise

    @property
    def voter(self) -> VoterNode:
        """Itself, to the other voters."""
        directory_id = decode_uuid(self._properties.directory_id)
        return VoterNode(self.id, directory_id, self.world.network.address, self.port, CONTROLLER_LISTENER)

    @property
    def leads(self) -> bool:
        """Is it the quorum's leader? `is_active` is told a moment later of it, and of the end."""
        leader = self.quorum.leader
        return leader is not None and leader.id == self.id

    @cached_property
    def incarnation_id(self) -> UUID:
        """This life's."""
        return self.core.situation.new_id()

    @property
    def port(self) -> int:
        """The one it listens at."""
        return self._server.port

    @property
    def image(self) -> MetadataImage:
        return self.core.image

    # -- what the quorum says (its `Listener`) ------------------------------------------------------------------

    def on_snapshot(self, snapshot: MetadataSnapshot) -> None:
        """Begin with what was known at the snapshot's end."""
        for skipped in snapshot.skipped:
            self.world.trace.emit(skipped)
        last = snapshot.name.end_offset - 1
        self.core.load_snapshot(snapshot, skipping(self.world.trace.emit, [last] * len(snapshot.records)))

    def on_committed(self, batch: MetadataBatch) -> None:
        """Replay it, tell of it (one does, the active one), and answer those who waited for it."""
        for skipped in batch.skipped:
            self.world.trace.emit(skipped)
        if batch.records:
            before = self.core.image
            skip = skipping(self.world.trace.emit, range(batch.base_offset, batch.last_offset + 1))
            delta = self.core.replay(batch.records, batch.base_offset, self.world.clock.now(), skip)
            if self.is_active:
                for event in changes(before, self.core.image, delta):
                    self.world.trace.emit(event)
            if self._running:
                self._snapshots.on_image(self.core.image, batch.epoch)
        while self._waiting and self._waiting[0][0] <= batch.last_offset:
            waiter = heapq.heappop(self._waiting)[2]
            if not waiter.done():
                waiter.set_result(None)
        self._watch_sessions()

    def on_leader(self, leader_id: int, epoch: int) -> None:
        """Begin to decide, or leave it to that node."""
        self._resign(NotLeader())
        self._registrar.on_leader()
        if leader_id != self.id:
            return
        self.is_active = True
        self._decide(lambda core, at: core.activate(self.world.clock.now()))
        request = request_of(self.voter, self.incarnation_id)
        self._decide(lambda core, at: core.register_controller(request))
        self.world.trace.emit(ControllerStarted(self.id, epoch, self.quorum.next_offset))
        if self.configs.bool("auto.leader.rebalance.enable"):
            self._balancing = self.world.spawn(self._balance(), "leader balance")

    def on_failure(self, error: OSError) -> None:
        """A failing disk ends this controller, as it would Kafka's."""
        if self._has_ended:
            return
        reason = f"it can't read or write its metadata log ({reason_of(error)})"
        self.world.trace.emit(ControllerFailed(self.id, reason))
        self.kill()
        self._on_failure(reason)

    def _resign(self, reason: Exception) -> None:
        """What was decided and isn't committed is lost, as far as this node will ever know."""
        self.is_active = False
        self.core.forget_foreseen()
        waiting, self._waiting = self._waiting, []
        for _, _, waiter in waiting:
            if not waiter.done():
                waiter.set_exception(reason)
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self._balancing is not None:
            self._balancing.cancel()
            self._balancing = None

    # -- deciding ----------------------------------------------------------------------------------------------

    async def commit(self, decide: Callable[[Controller, int], Decision[R]]) -> R:
        """Make a decision and carry it out, with all that is left of it; returns its answer once all is committed that
        it says and that it was made on.

        `decide` gets the core and the offset at which the decision's first record will stand. What it raises
        (`ApiError`) passes through, and so does the ValueError of a decision that can't be carried out: nothing of it
        is written. Raises `NotLeader` where another node decides, or did before this was committed.
        """
        due = -1
        while True:
            decision = self._decide(decide)
            if decision.records or not decision.is_certain:
                due = self.core.decided.offset
            if decision.is_whole:
                await self._committed(due)
                return decision.response
            await asyncio.sleep(0)

    def _decide(self, decide: Callable[[Controller, int], Decision[R]]) -> Decision[R]:
        """A decision, and its records on their way."""
        if not self._running:
            raise ControllerStopped("this controller has stopped")
        if not self.is_active:
            raise NotLeader
        decision = decide(self.core, self.quorum.next_offset)
        if decision.records:
            foreseen = self.core.foresee(decision.records, self.quorum.next_offset)
            self.quorum.propose(decision.records)
            self.core.expect(foreseen)
        self._watch_sessions()
        return decision

    async def _committed(self, offset: int) -> None:
        """Wait until all up to that offset is committed."""
        if offset <= self.core.image.offset:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waits += 1
        heapq.heappush(self._waiting, (offset, self._waits, waiter))
        await waiter

    async def _settled(self) -> None:
        """Wait until all is committed that is decided by now."""
        await self._committed(self.core.decided.offset)

    def _watch_sessions(self) -> None:
        """One timer, which wakes when the next session may end; heartbeats don't move it, it looks again."""
        if self._expiry is not None or not self._running or not self.is_active:
            return
        due_s = self.core.next_expiry_s()
        if due_s is not None:
            delay_s = max(0.0, due_s - self.world.clock.now()) + 0.001
            self._expiry = self.world.alarm(delay_s, self._look_for_silence)

    def _look_for_silence(self) -> None:
        self._expiry = None
        if self._running:
            self.world.spawn(self._fence_the_silent(), "broker sessions")

    async def _fence_the_silent(self) -> None:
        try:
            while await self.commit(lambda core, at: core.expire_session(self.world.clock.now())) is not None:
                pass
        except (ControllerStopped, NotLeader):
            pass

    async def _balance(self) -> None:
        """Leadership returns to the preferred replicas: without it all would end up at who stayed alive longest."""
        while self.is_active:
            await asyncio.sleep(self.configs.int("leader.imbalance.check.interval.seconds"))
            try:
                await self.commit(lambda core, at: core.elect_where_allowed())
                await self.commit(lambda core, at: core.balance_leaders())
            except (ControllerStopped, NotLeader):
                return

    def api_versions_features(self) -> Features:
        return Features(supported(), self.core.image.offset, finalized(self.core.image.features))

    def snapshot(self) -> ControllerSnapshot:
        """An immutable picture."""
        return ControllerSnapshot(
            node_id=self.id,
            is_active=self.is_active,
            cluster_id=self.cluster_id,
            port=self.port,
            leader_epoch=self.quorum.leader_epoch,
            high_watermark=self.quorum.high_watermark,
            end_offset=self.quorum.end_offset,
            image=self.core.image,
            log=self.quorum.snapshot(),
            observers=self.fetches.observers,
            heard_at=self.core.sessions.heard_at(),
        )

    async def stop(self) -> None:
        """A clean end: what is decided gets committed, if others who have to be there are; files are closed."""
        if not self._running:
            return
        self._running = False
        try:
            async with asyncio.timeout(SETTLE_S):
                await self._settled()
        except (TimeoutError, NotLeader):
            pass  # nobody was told that it is so
        except ControllerStopped:
            return  # killed meanwhile
        await self.quorum.leave()
        if not self._has_ended:
            self._end()
            self.quorum.close()

    def kill(self) -> None:
        """An end without goodbye: nothing more is written."""
        self._end()
        self.quorum.abandon()

    def _end(self) -> None:
        self._running, self._has_ended = False, True
        self._resign(ControllerStopped("this controller has stopped"))
        self._snapshots.close()
        self._registrar.close()
        self.fetches.close()
        self._server.close()
        self._lock.release()
