"""A controller as a host of its own: the core, its log, and the port where brokers and forwarded requests come in.

One rule: one writer. A decision is made, appended, committed and replayed before the next one is made, and
only then answered. Kafka: `ControllerServer`, `QuorumController` (its single event queue).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from minikafka.controller import handlers
from minikafka.controller.core import Controller
from minikafka.controller.decision import Decision
from minikafka.controller.events import ControllerFailed, ControllerStarted, changes
from minikafka.controller.metadata_fetch import MetadataFetch, Observer
from minikafka.log.log import LogSnapshot
from minikafka.log.meta_properties import claimed_properties, note_claim, read_meta_properties
from minikafka.metadata.batches import skipping
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.features import SUPPORTED_FEATURES, check_levels
from minikafka.metadata.ids import decode_uuid
from minikafka.metadata.image import MetadataImage
from minikafka.metadata.records import ControllerEndpoint, ControllerFeature, RegisterControllerRecord
from minikafka.policy import Organs
from minikafka.protocol.dispatch import CloseConnection, Dispatch
from minikafka.protocol.handshake import Features
from minikafka.protocol.server import Server
from minikafka.quorum import MetadataLog, VoterNode
from minikafka.world import Alarm, Lock, World, reason_of

R = TypeVar("R")


class ControllerStopped(CloseConnection, ConnectionError):
    """There is nobody to decide any more: who asked over the network is hung up on."""


CONTROLLER_LISTENER = "CONTROLLER"


@dataclass(frozen=True, slots=True)
class ControllerSnapshot:
    """A controller as a viewer sees it."""

    node_id: int
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
    """Started once: `await start(port)`, then `await stop()` or `kill()`. `on_failure` is called once, with the
    reason, when it can't go on and has ended itself.

    `known_by`: what, outside of the controller's directory, says that this cluster has been there before (a clause).
    """

    def __init__(
        self,
        world: World,
        node_id: int,
        cluster_id: str,
        configs: BrokerConfigs | None = None,
        organs: Organs | None = None,
        *,
        known_by: str = "",
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.world = world
        self._on_failure = on_failure
        self.id = node_id
        self.cluster_id = cluster_id
        self.configs = configs or BrokerConfigs()
        self.core = Controller(cluster_id, self.configs, organs, world.random)
        self.port = 0
        self.log: MetadataLog
        self.fetches: MetadataFetch
        self._organs = organs or Organs()
        self._known_by = known_by
        self._server: Server | None = None
        self._lock: Lock | None = None
        self._writing = asyncio.Lock()
        self._expiry: Alarm | None = None
        self._balancing: asyncio.Task[None] | None = None
        self._running = False

    @property
    def image(self) -> MetadataImage:
        return self.core.image

    async def start(self, port: int = 0) -> int:
        """Read the log, take a new epoch, listen; returns the port.

        Raises OSError (port taken, disk), `DiskLocked`, or a ValueError: `WrongDirectory` (the directory is another
        node's or cluster's), `MetadataLost` (the log lacks what was committed), `NewerMetadata`.
        """
        self.world.disk.makedirs("")
        self._lock = self.world.disk.lock(".lock")
        try:
            properties = claimed_properties(self.world.disk, self.cluster_id, self.id, self.world.random)
            self._open_log()
            check_levels(self.core.image.features)
            self._server = Server(
                self.world,
                self,
                Dispatch([handlers]),
                max_frame_bytes=self.configs.int("socket.request.max.bytes"),
                idle_close_s=self.configs.seconds("connections.max.idle.ms"),
            )
            self.port = await self._server.listen(port)
            # From here to the end nothing waits, so no request is served by a controller that isn't ready.
            directory_id = decode_uuid(properties.directory_id)
            self.log.become_leader(
                VoterNode(self.id, directory_id, self.world.network.address, self.port, CONTROLLER_LISTENER)
            )
            self._running = True
            await self.commit(lambda core, at: core.activate(self.world.clock.now()))
            await self.commit(lambda core, at: Decision((self._registration(),), None))
            note_claim(self.world.disk, properties)  # last: where it is, there has been a log
        except BaseException:
            self.kill()
            raise
        if self.configs.bool("auto.leader.rebalance.enable"):
            self._balancing = self.world.spawn(self._balance(), "leader balance")
        self.world.trace.emit(ControllerStarted(self.id, self.log.leader_epoch, self.log.end_offset))
        return self.port

    def _open_log(self) -> None:
        if read_meta_properties(self.world.disk) is not None:
            self._known_by = f"meta.properties beside it says that cluster {self.cluster_id} has one"
        self.log = MetadataLog.open(
            self.world,
            self.id,
            self._organs,
            segment_bytes=self.configs.int("metadata.log.segment.bytes"),
            known_by=self._known_by,
        )
        self.fetches = MetadataFetch(self.world, self.log, self.cluster_id, lambda: self.port)
        snapshot = self.log.snapshot_below
        if snapshot is not None:
            for skipped in snapshot.skipped:
                self.world.trace.emit(skipped)
            last = snapshot.name.end_offset - 1
            skip = skipping(self.world.trace.emit, [last] * len(snapshot.records))
            self.core.load_snapshot(snapshot, skip)
        for batch in self.log.replay(self.core.image.offset + 1):
            for skipped in batch.skipped:
                self.world.trace.emit(skipped)
            if batch.records:
                skip = skipping(self.world.trace.emit, range(batch.base_offset, batch.last_offset + 1))
                self.core.replay(batch.records, batch.base_offset, skip=skip)

    def _registration(self) -> RegisterControllerRecord:
        endpoint = ControllerEndpoint(
            name=CONTROLLER_LISTENER, host=self.world.network.address, port=self.port, security_protocol=0
        )
        return RegisterControllerRecord(
            controller_id=self.id,
            incarnation_id=self.core.situation.new_id(),
            end_points=[endpoint],
            features=[
                ControllerFeature(name=name, min_supported_version=low, max_supported_version=high)
                for name, (low, high) in SUPPORTED_FEATURES.items()
            ],
        )

    async def commit(self, decide: Callable[[Controller, int], Decision[R]]) -> R:
        """Make a decision and carry it out, with all that is left of it; returns its answer.

        `decide` gets the core and the offset at which the decision's first record will stand. What it raises
        (`ApiError`) passes through, and so does the ValueError of a decision that can't be carried out: nothing of it
        is written. A failing disk ends this controller, as it would Kafka's.
        """
        while True:
            decision = await self._commit(decide)
            if decision.is_whole:
                return decision.response
            await asyncio.sleep(0)

    async def _commit(self, decide: Callable[[Controller, int], Decision[R]]) -> Decision[R]:
        async with self._writing:
            if not self._running:
                raise ControllerStopped("this controller has stopped")
            decision = decide(self.core, self.log.end_offset)
            if decision.records:
                before = self.core.image
                foreseen = self.core.foresee(decision.records, self.log.end_offset)
                try:
                    base_offset = await self.log.append(decision.records)
                except OSError as error:
                    reason = f"it can't write its metadata log ({reason_of(error)})"
                    self.world.trace.emit(ControllerFailed(self.id, reason))
                    self.kill()
                    self._on_failure(reason)
                    raise ControllerStopped(f"this controller has stopped: {error}") from error
                delta = self.core.adopt(foreseen, decision.records, base_offset, self.world.clock.now())
                for event in changes(before, self.core.image, delta):
                    self.world.trace.emit(event)
            self._watch_sessions()
            return decision

    def _watch_sessions(self) -> None:
        """One timer, which wakes when the next session may end; heartbeats don't move it, it looks again."""
        if self._expiry is not None or not self._running:
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
        except ControllerStopped:
            pass

    async def _balance(self) -> None:
        """Leadership returns to the preferred replicas: without it all would end up at who stayed alive longest."""
        while self._running:
            await asyncio.sleep(self.configs.int("leader.imbalance.check.interval.seconds"))
            try:
                await self.commit(lambda core, at: core.elect_where_allowed())
                await self.commit(lambda core, at: core.balance_leaders())
            except ControllerStopped:
                return

    def api_versions_features(self) -> Features:
        return Features(
            supported=[(name, low, high) for name, (low, high) in sorted(SUPPORTED_FEATURES.items())],
            finalized_epoch=self.core.image.offset,
            finalized=sorted(self.core.image.features.items()),
        )

    def snapshot(self) -> ControllerSnapshot:
        """An immutable picture."""
        return ControllerSnapshot(
            node_id=self.id,
            cluster_id=self.cluster_id,
            port=self.port,
            leader_epoch=self.log.leader_epoch,
            high_watermark=self.log.high_watermark,
            end_offset=self.log.end_offset,
            image=self.core.image,
            log=self.log.snapshot(),
            observers=self.fetches.observers,
            heard_at=self.core.sessions.heard_at(),
        )

    async def stop(self) -> None:
        """A clean end: what is being decided is finished, files are closed."""
        async with self._writing:
            if self._running:
                self._end()
                self.log.close()

    def kill(self) -> None:
        """An end without goodbye: nothing more is written."""
        was_open = hasattr(self, "log")
        self._end()
        if was_open:
            self.log.abandon()

    def _end(self) -> None:
        self._running = False
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self._balancing is not None:
            self._balancing.cancel()
            self._balancing = None
        if hasattr(self, "fetches"):
            self.fetches.close()
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
