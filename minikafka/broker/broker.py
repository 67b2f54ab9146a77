"""A broker: a node that registers with the controller, keeps replicas, and answers clients.

Rule: what a broker knows of the cluster it knows from the metadata log alone (`image`); what it stores it
stores through `replicas`; what it answers is in `api/`, one file per request family.

Kafka: `kafka.server.BrokerServer`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from minikafka.broker.events import BrokerFailed, BrokerStarted, BrokerStopped
from minikafka.broker.fetch_sessions import FetchSessions
from minikafka.broker.journal import PartitionJournal
from minikafka.broker.leaving_answers import LeavingAnswers
from minikafka.broker.listeners import ADVERTISED, LISTENERS, BrokerListener, url
from minikafka.broker.peers import Peers
from minikafka.broker.producer_ids import ProducerIds
from minikafka.broker.snapshot import BrokerSnapshot, PartitionSnapshot
from minikafka.broker.topic_creation import TopicCreation
from minikafka.coordinator import tenants
from minikafka.coordinator.coordinator import GroupCoordinator
from minikafka.coordinator.coordinators import Coordinators
from minikafka.coordinator.core import MetadataStep
from minikafka.membership import Join, Registration
from minikafka.membership.broker_state import BrokerState
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.features import finalized, supported
from minikafka.metadata.image import Endpoint, MetadataDelta, MetadataImage
from minikafka.policy import Rules
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.handshake import Features
from minikafka.protocol.later import Later
from minikafka.protocol.routes import Dispatch
from minikafka.protocol.schema import Message
from minikafka.protocol.server import Server
from minikafka.replication.log_directories import LogDirectories, log_dirs_of
from minikafka.replication.log_directory import LogDirectory
from minikafka.replication.pending import PendingRequests
from minikafka.replication.replicas import Replicas
from minikafka.world import World, reason_of

R = TypeVar("R", bound=Message)
START_TIMEOUT_S = 30.0
IMAGE = "image"


class BrokerCantStart(OSError):
    """What a broker can't be without failed while it started; says what."""


class Broker:
    """One broker, on its own host. `broker = await Broker.open(…)`, `await broker.start()`, then `await broker.stop()`;
    a kill is its universe's to do.

    `join`: how it gets to its cluster. `on_failure` is called once when it can't continue and others lead what it led;
    its `problem` says why.
    """

    def __init__(
        self,
        world: World,
        broker_id: int,
        directories: LogDirectories,
        *,
        cluster_id: str,
        join: Join,
        configs: BrokerConfigs,
        rules: Rules,
        listener: BrokerListener = BrokerListener(),
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        from minikafka.broker import api

        self.world = world
        self.id = broker_id
        self.cluster_id = cluster_id
        self.configs = configs
        self.rules = rules
        self.image = MetadataImage()
        self.state = BrokerState.STARTING
        self.problem: str | None = None
        """Why it is out of service."""
        self._listener = listener
        self._on_failure = on_failure
        self._images = PendingRequests(world)
        self._applies_images = False
        self._led_journals: dict[tuple[str, int], int] = {}
        """Partitions of internal topics that this broker coordinates, with the leader epoch of each."""
        self._tasks: list[asyncio.Task[None]] = []
        self._incarnation_id = uuid.UUID(int=world.random.getrandbits(128), version=4)
        self.directories = directories
        self.membership = join(world, broker_id, configs, self._on_image)
        self.replicas = Replicas(
            world,
            broker_id,
            configs,
            rules,
            directories,
            endpoint=self.endpoint,
            broker_epoch=self._broker_epoch,
            ask_controller=self.membership.request,
            on_directory_failure=self._directory_failed,
            on_settled=self._partition_settled,
            was_deleted=self.membership.has_seen_deleted,
            was_removed=self.membership.has_seen_removed,
        )
        self.leaving_answers = LeavingAnswers(world, rules, self.replicas.storage_failed)
        slots = configs.int("max.incremental.fetch.session.cache.slots")
        selector = configs.get("replica.selector.class") or ""
        self.chooses_replica = selector.rpartition(".")[2] == "RackAwareReplicaSelector"
        """Are consumers told to read from a replica in their rack?"""
        self.fetch_sessions = FetchSessions(world, slots, self.replicas.fetch_pending)
        self.topic_creation = TopicCreation(world, configs, self.membership.request, tenants.TENANTS)
        self.producer_ids = ProducerIds(broker_id, self._broker_epoch, self.membership.request)
        self._peers = Peers(world, f"broker-{broker_id}-coordinators", self.endpoint)
        self.coordinators = Coordinators(
            world, tenants.TENANTS, configs, lambda: self.image, self._peers.request
        )
        self.group_coordinator = GroupCoordinator(self.coordinators.of(tenants.GROUPS))
        self.server = Server(
            world,
            self,
            Dispatch(api),
            max_frame_bytes=configs.int("socket.request.max.bytes"),
            idle_close_s=configs.seconds("connections.max.idle.ms"),
        )
        self.advertised = Endpoint(listener.name, listener.advertised_host or world.network.address, 0)

    # -- life ------------------------------------------------------------------------------------------------

    @classmethod
    async def open(
        cls,
        world: World,
        broker_id: int,
        port: int = 0,
        *,
        cluster_id: str,
        join: Join,
        configs: BrokerConfigs,
        rules: Rules,
        listener: BrokerListener = BrokerListener(),
        on_failure: Callable[[], None] = lambda: None,
    ) -> Broker:
        """One with its log directories, that listens; it belongs to no cluster yet.

        Raises OSError (port in use, a directory locked, none that can be used) or ValueError (a directory of
        another cluster, a wrong `log.dirs`).
        """
        directories = LogDirectories.open(world, broker_id, cluster_id, log_dirs_of(configs))
        broker = cls(
            world,
            broker_id,
            directories,
            cluster_id=cluster_id,
            join=join,
            configs=configs,
            rules=rules,
            listener=listener,
            on_failure=on_failure,
        )
        await broker.server.listen(port, listener.host)
        broker._advertise()
        return broker

    @property
    def port(self) -> int:
        """The one it listens at."""
        return self.server.port

    async def start(self) -> None:
        """Register, catch up, and serve. Raises OSError or ValueError (`RegistrationRefused`)."""
        registration = Registration(
            self.id,
            self.cluster_id,
            self._incarnation_id,
            (self.advertised,),
            tuple(self.directories.ids),
            self.configs.get("broker.rack"),
            self.directories.previous_broker_epoch,
        )
        work = self.membership.register(registration, self.replicas)
        self._tasks = [self._vital(coro, name) for name, coro in work.items()]
        await self.membership.ready
        await self.image_shows(lambda image: self.endpoint(self.id) is not None, START_TIMEOUT_S)
        self.state = BrokerState.RUNNING
        self.world.trace.emit(BrokerStarted(self.id, self.port))

    def _advertise(self) -> None:
        """Settle where clients are told to connect, and show all of it as this broker's configuration."""
        listener, own = self._listener, self.world.network.address
        host, port = listener.advertised_host or own, listener.advertised_port or self.port
        self.server.advertise(host, port)
        actual = {
            "broker.id": self.id,
            "node.id": self.id,
            LISTENERS: url(listener.name, listener.host or own, self.port),
        }
        if ADVERTISED in self.configs.overrides:
            actual[ADVERTISED] = url(listener.name, host, port)
        self.configs = BrokerConfigs({**self.configs.overrides, **actual})
        self.advertised = Endpoint(listener.name, host, port)

    async def stop(self) -> None:
        """A clean shutdown: hand leadership over, flush, mark the directory clean."""
        if self.state is not BrokerState.RUNNING:
            return
        self.state = BrokerState.PENDING_CONTROLLED_SHUTDOWN
        await self.membership.controlled_shutdown()
        self.coordinators.close()
        self._peers.close()
        self.replicas.close(self.membership.broker_epoch)
        self.server.close()
        for task in self._tasks:
            task.cancel()
        self.membership.close()
        self._images.close()
        self.directories.close()
        self.state = BrokerState.NOT_RUNNING
        self.world.trace.emit(BrokerStopped(self.id))

    # -- what ends it ------------------------------------------------------------------------------------------

    def _vital(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """A task without which this broker is of no use to anybody (Kafka: a fault handler that ends the process)."""
        task = self.world.spawn(work, name)
        task.add_done_callback(self._vital_task_ended)
        return task

    def _vital_task_ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and self.world.life.alive:
            self._fail(f"its {task.get_name()} ended: {reason_of(error)}")

    def _directory_failed(self, directory: LogDirectory) -> None:
        """Tell the controller, so that others lead what lies there. With the last one this broker has nothing left."""
        if self.directories.online:
            self.membership.tell_failed_directory(directory.id)
            return
        self._fail(f"its last log directory, {directory.location}, failed: {directory.problem}")

    def _fail(self, reason: str) -> None:
        """Leave the service. Kafka ends the process at once; here others lead what this broker led before it ends."""
        if not self.membership.ready.done():
            self.membership.ready.set_exception(BrokerCantStart(f"broker-{self.id} can't start: {reason}"))
        elif self.problem is None and self.state is BrokerState.RUNNING:
            self.problem = reason
            self.world.trace.emit(BrokerFailed(self.id, reason))
            self.world.spawn(self._leave(), "leaving the service")

    async def _leave(self) -> None:
        await self.membership.leave_service()
        if self.state is BrokerState.RUNNING:
            self._on_failure()

    # -- the cluster as this broker knows it -------------------------------------------------------------------

    def _on_image(self, image: MetadataImage, delta: MetadataDelta) -> None:
        self.image = image
        if self._is_registered(image):
            self.replicas.apply(image, delta if self._applies_images else None)
            self._applies_images = True
        else:
            self._applies_images = False
        gone = [
            name
            for name, topic_id in delta.deleted_topics
            if image.topic(name) is None and self.membership.has_seen_deleted(topic_id)
        ]
        # Offsets, too, go only with a topic whose deletion was committed.
        self.coordinators.on_metadata(MetadataStep(image, tuple(gone)))
        if self.state is BrokerState.PENDING_CONTROLLED_SHUTDOWN:
            self.membership.tell_progress()  # the controller waits for this broker to have heard of its new leaders
        self._images.wake(IMAGE)

    def _is_registered(self, image: MetadataImage) -> bool:
        """Does the metadata knows of this life? What it says before that was meant for an earlier one, which may
        have had records that this one has lost."""
        registered = image.brokers.get(self.id)
        return registered is not None and registered.incarnation_id == self._incarnation_id

    def _partition_settled(self, topic: str, index: int) -> None:
        """Become or cease to be the coordinator of those whose partition this is."""
        runtime = self.coordinators.of_topic(topic)
        if runtime is None:
            return
        partition = self.replicas.get(topic, index)
        if partition is not None and not partition.is_leader:
            partition = None
        epoch = None if partition is None else partition.leader_epoch
        if self._led_journals.get((topic, index)) not in (None, epoch):
            del self._led_journals[topic, index]
            runtime.resign(index)
        if partition is not None and (topic, index) not in self._led_journals:
            timeout_s = self.configs.int(runtime.tenant.write_timeout_ms) / 1000
            self._led_journals[topic, index] = partition.leader_epoch
            journal = PartitionJournal(self.replicas, partition, timeout_s)
            runtime.become_leader(index, partition.leader_epoch, journal)

    @property
    def is_starting(self) -> bool:
        """Hasn't it caught up with the metadata yet?"""
        return self.state is BrokerState.STARTING

    @property
    def is_in_service(self) -> bool:
        return self.state is BrokerState.RUNNING and self.problem is None

    def _broker_epoch(self) -> int:
        return self.membership.broker_epoch

    async def image_shows(self, shows: Callable[[MetadataImage], bool], timeout_s: float) -> bool:
        """Wait until the metadata known here satisfies `shows`. False when it didn't in time."""
        answer = self._images.wait(
            [IMAGE], lambda _: True if shows(self.image) else None, lambda: False, timeout_s
        )
        return await answer if isinstance(answer, Later) else answer

    def endpoint(self, broker_id: int) -> tuple[str, int] | None:
        """Where a living broker listens."""
        broker = self.image.brokers.get(broker_id)
        listener = broker.listener() if broker is not None and not broker.fenced else None
        return (listener.host, listener.port) if listener is not None else None

    def leader_of(self, topic: str, index: int) -> tuple[int, int]:
        """(leader's id, leader epoch); -1 for what is unknown."""
        registration = self.image.partition(topic, index)
        return (registration.leader, registration.leader_epoch) if registration is not None else (-1, -1)

    def known_controller(self) -> int:
        """The broker that clients are told to send controller requests to: any living one will forward them."""
        alive = self.image.alive_brokers()
        return alive[0].id if alive else -1

    def api_versions_features(self) -> Features:
        """What ApiVersions tells of features."""
        return Features(supported(), self.image.offset, finalized(self.image.features))

    # -- asking the controller ---------------------------------------------------------------------------------

    async def forward(self, request: Message, version: int, answer: type[R]) -> R:
        """The controller's answer to a client's request. Raises ApiError when there is none."""
        try:
            response = await self.membership.request(request, version)
        except (OSError, TimeoutError) as problem:
            raise ApiError(ErrorCode.REQUEST_TIMED_OUT, f"The controller did not answer: {problem}") from None
        assert isinstance(response, answer)
        return response

    async def next_producer_id(self) -> int:
        """A producer id nobody else has."""
        return await self.producer_ids.take()

    # -- looking inside ----------------------------------------------------------------------------------------

    def snapshot(self) -> BrokerSnapshot:
        """This broker at this instant, immutable."""
        return BrokerSnapshot(
            id=self.id,
            host=self.advertised.host,
            port=self.advertised.port,
            state=str(self.state),
            epoch=self.membership.broker_epoch,
            metadata_offset=self.image.offset,
            fetch_sessions=len(self.fetch_sessions),
            connections=len(self.server.connections),
            log_dirs=tuple(directory.snapshot() for directory in self.directories),
            coordinates=self.group_coordinator.runtime.partitions,
            groups=self.group_coordinator.snapshot(),
            problem=self.problem,
        )

    def partition_snapshot(self, topic: str, index: int) -> PartitionSnapshot | None:
        """One of its replicas at this instant, immutable; None: it has none that it could use."""
        partition = self.replicas.get(topic, index)
        directory = self.directories.home((topic, index))
        return None if partition is None or directory is None else PartitionSnapshot.of(partition, directory)
