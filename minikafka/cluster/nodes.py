"""The nodes of one cluster: controllers and brokers, each on a host of its own.

Rule: asynchronous, and the same in both worlds. All of it runs in the universe's loop; `cluster.py` is the
synchronous face.

Kafka: what `KafkaClusterTestKit` is to its tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from minikafka.broker.broker import Broker
from minikafka.broker.listeners import host_port, is_loopback, listener_of
from minikafka.cluster.broker_listeners import listeners_of
from minikafka.cluster.defaults import cluster_defaults
from minikafka.cluster.failures import NodeFailure
from minikafka.cluster.host_faults import Faults
from minikafka.cluster.kept_data import KeptData, kept_brokers, new_cluster_id
from minikafka.cluster.voters import controller_host, controller_id, number_of_controllers, opens_quorum
from minikafka.controller.node import ControllerNode
from minikafka.membership import kraft
from minikafka.membership.broker_state import BrokerState
from minikafka.metadata.configs import BrokerConfigs
from minikafka.policy import Rules
from minikafka.quorum import VoterNode
from minikafka.replication.log_directories import log_dirs_of
from minikafka.world import LiveUniverse, SimulatedUniverse, reason_of
from minikafka.world.visible import quoted

T = TypeVar("T")
Universe = LiveUniverse | SimulatedUniverse

DEFAULT_BROKERS = 3
CONTROLLER = "controller-1"
SIMULATED_BROKER_PORT = 9092
SIMULATED_CONTROLLER_PORT = 9093


def broker_host(broker_id: int) -> str:
    """`broker-1`, `broker-2`, …"""
    return f"broker-{broker_id}"


class ClusterNodes:
    """Controllers and brokers; `await start()`, then kill and restart hosts at will, then `await stop()`."""

    def __init__(
        self,
        universe: Universe,
        *,
        brokers: int | None,
        controllers: int | None = None,
        configs: Mapping[str, object] | None = None,
        rules: Rules | None = None,
        port: int = 0,
        cluster_id: str | None = None,
        fewer_brokers: bool = False,
        racks: Sequence[str] = (),
    ) -> None:
        self.universe = universe
        self._fewer_brokers = fewer_brokers
        brokers = brokers or max(kept_brokers(universe), default=DEFAULT_BROKERS)
        self.rules = rules or Rules()
        self.configs = BrokerConfigs({**cluster_defaults(brokers), **(configs or {})})
        self._log_dirs = log_dirs_of(self.configs)
        self._kept = KeptData(universe, self._log_dirs)
        self.simulated = isinstance(universe, SimulatedUniverse)
        self._cluster_id = cluster_id
        self._known_by = ""
        self._wished_port = port
        self._listeners = listeners_of(self.configs, brokers, port)
        self.controllers: dict[str, ControllerNode | None] = {
            controller_host(n): None
            for n in range(1, number_of_controllers(universe.kept_hosts(), controllers) + 1)
        }
        self._voters: dict[str, VoterNode] = {}
        self.brokers: dict[str, Broker | None] = {broker_host(n): None for n in range(1, brokers + 1)}
        self._racks = {host: racks[n % len(racks)] for n, host in enumerate(self.brokers) if racks}
        self.before_end: Callable[[str], None] = lambda host: None
        """Called with the host that is about to be killed or to end, while it can still be looked at."""
        self.problems: dict[str, str] = {}
        """Why hosts are out of service though nobody asked for it."""
        self._ports: dict[str, int] = {}
        self._addresses: dict[str, str] = {}
        self._advertised: dict[str, str] = {}
        self.faults = Faults(universe, self._log_dirs, self._known)
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._stopping: dict[str, asyncio.Task[None]] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self.begun: dict[asyncio.Task[None], None] = {}
        """Work for whose end nobody waits."""
        self._founders = tuple(self.controllers)
        """The controllers that vote from the start."""

    @property
    def cluster_id(self) -> str:
        """22 characters of URL-safe base64."""
        assert self._cluster_id is not None
        return self._cluster_id

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts, controllers first."""
        return (*self.controllers, *self.brokers)

    @property
    def controller(self) -> ControllerNode | None:
        """The one that decides, if one does."""
        up = [
            node for node in self.controllers.values() if node is not None and node.is_active and node.leads
        ]
        # One that is cut off may not know yet that another was elected.
        return max(up, key=lambda node: node.quorum.leader_epoch, default=None)

    @property
    def bootstrap_servers(self) -> str:
        """`host:port,…` of every broker, dead or alive, that has been in service once."""
        return ",".join(self._advertised[host] for host in self.brokers if host in self._advertised)

    @property
    def opened(self) -> tuple[str, ...]:
        """`host:port` of each broker that listens on more than the loopback."""
        return tuple(
            host_port(listener.host, self._ports[host])
            for host, listener in self._listeners.items()
            if listener.host is not None and not is_loopback(listener.host)
        )

    @property
    def bootstrap_controllers(self) -> str:
        """`host:port,…` of every controller, dead or alive."""
        return ",".join(host_port(*self.address_of(host)) for host in self.controllers)

    def address_of(self, host: str) -> tuple[str, int]:
        """Where this host listens to other nodes."""
        if host not in self._addresses:  # asking once, of who lives: a dead host has no world
            self._addresses[host] = self.universe.world(host).network.address
        return self._addresses[host], self._ports.get(host, 0)

    def universe_now(self) -> float:
        """Seconds since the universe began, as the trace stamps them."""
        if isinstance(self.universe, SimulatedUniverse):
            return round(self.universe.now, 6)
        return self.universe.elapsed()

    def is_up(self, host: str) -> bool:
        """Does this host run?"""
        if host in self.controllers:
            return self.controllers[host] is not None
        broker = self.brokers[host]
        return broker is not None and broker.state is not BrokerState.NOT_RUNNING

    # -- life ------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start everything. Raises OSError (port in use, directory locked) or ValueError (wrong directory)."""
        if self._cluster_id is None:
            self._cluster_id = self._kept.id_of(self.controllers) or self._kept.id_of(self.brokers)
        if self._cluster_id is None:
            self._cluster_id = new_cluster_id(self.universe.world(CONTROLLER))
        elif len(self.controllers) == 1 or self._kept.id_of(
            self.brokers
        ):  # else some voters may not have begun
            self._known_by = f"data directories belong to cluster {self._cluster_id}"
        if not self._fewer_brokers:
            self._kept.check_for_left_out(len(self.brokers))
        for host in self.controllers:
            await self._open_controller(host)
        for host in self.controllers:
            await self._join_quorum(host)
        for index, host in enumerate(self.brokers):
            self._ports[host] = self._port_of(index, host)
        # All at once: each waits for its registration anyway.
        started = [self._start_broker(host) for host in self.brokers]
        results = await asyncio.gather(*started, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def stop(self) -> None:
        """Stop everything cleanly, the controllers last."""
        for host in self.hosts:
            if self.is_up(host):
                self._wake(host)
        running = [
            self.on(host, broker.stop()) for host, broker in self.brokers.items() if broker is not None
        ]
        results = await asyncio.gather(*running, return_exceptions=True)
        for host in sorted(self.controllers, key=lambda host: self.controllers[host] is self.controller):
            await self.stop_controller(host)  # standbys first: nobody else need be elected
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def kill(self, host: str) -> None:
        """SIGKILL's meaning: no clean shutdown; what was written stays in the page cache."""
        self._known(host)
        if not self.is_up(host):
            raise ValueError(f"{host} is down already")
        self.before_end(host)
        self._forget(host)
        self.universe.crash(host)

    def power_cut(self, host: str) -> None:
        """A kill that also loses what was not synced. Simulated worlds only."""
        self._known(host)
        if not isinstance(self.universe, SimulatedUniverse):
            raise ValueError("A power cut needs a simulated world: the live one has only one machine.")
        self.before_end(host)
        self._forget(host)
        self.universe.power_cut(host)

    async def stop_broker(self, host: str) -> None:
        """A clean shutdown of one broker, if need be while it is starting."""
        await self._stop_broker(host)
        starting = self._starting.pop(host, None)
        if starting is not None:
            starting.cancel()

    async def _stop_broker(self, host: str) -> None:
        """Who wants it while it goes on already, waits for the same end; who gives up, doesn't end it halfway."""
        broker = self._broker(host)
        stopping = self._stopping.get(host)
        if stopping is None:
            self._wake(host)
            self.before_end(host)
            stopping = self._stopping[host] = self._task_on(host, broker.stop())
            stopping.add_done_callback(lambda _: self._stopping.pop(host, None))
        await asyncio.shield(stopping)
        if self.brokers[host] is broker:
            self.brokers[host] = None

    async def stop_controller(self, host: str) -> None:
        """A clean end of one controller, if it is up."""
        node = self.controllers[host]
        if node is not None:
            self._wake(host)
            await self.on(host, node.stop())
            self.controllers[host] = None

    async def restart(self, host: str) -> None:
        """Start a host again on its data (a running one is stopped cleanly first)."""
        self._stays(host)
        if host in self.controllers:
            await self.stop_controller(host)
        elif self.is_up(host):
            await self._stop_broker(host)
        self.problems.pop(host, None)
        try:
            await (self._start_controller(host) if host in self.controllers else self._start_broker(host))
        except Exception as error:
            self.problems[host] = f"it could not start again: {reason_of(error)}"
            raise

    async def begin_restart(self, host: str) -> None:
        """The same, and nobody waits for it; why it failed is in `problems` and in the trace."""
        self._stays(host)
        if host in self._starting:
            raise ValueError(f"{host} starts already")
        task = asyncio.get_running_loop().create_task(self.restart(host), name=f"start of {host}")
        self._starting[host] = task

        def done(task: asyncio.Task[None]) -> None:
            if self._starting.get(host) is task:
                del self._starting[host]
            error = None if task.cancelled() else task.exception()  # cancelled: it was killed again meanwhile
            asked_for = isinstance(error, OSError) and host in self.faults.disks_taken
            if error is not None and not asked_for:
                self.universe.trace.on(host).fail("the start", error)

        task.add_done_callback(done)

    def begin_to_leave(self, host: str, leaving: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """It goes on by itself; nobody starts this host meanwhile."""
        task = self._leaving[host] = asyncio.get_running_loop().create_task(leaving, name=f"end of {host}")

        def done(task: asyncio.Task[None]) -> None:
            del self._leaving[host]
            if not task.cancelled():
                task.exception()  # it has replicas again: it is there, down

        task.add_done_callback(done)
        return task

    def begin(self, host: str, work: Coroutine[Any, Any, None]) -> None:
        """Run it as that host's task, and wait for nothing."""
        task = self._task_on(host, work)
        self.begun[task] = None
        task.add_done_callback(self.begun.pop)

    @property
    def leaving(self) -> tuple[str, ...]:
        """The brokers that are about to leave for good."""
        return tuple(self._leaving)

    @property
    def starting(self) -> tuple[str, ...]:
        """The hosts that are about to start."""
        return tuple(self._starting)

    def _wake(self, host: str) -> None:
        """Who is asked to do something has to go on first."""
        if isinstance(self.universe, SimulatedUniverse):
            self.universe.wake(host)

    def _forget(self, host: str) -> None:
        """Drop a host that has ended, if need be while it was starting."""
        self.problems.pop(host, None)
        self._starting.pop(host, None)
        if host in self.controllers:
            self.controllers[host] = None
        else:
            self.brokers[host] = None

    def _broker_failed(self, host: str, broker: Broker) -> None:
        """It ends, as Kafka's process does; but the last one in service stays to say that nothing is led any more."""
        if self.brokers[host] is not broker or broker.problem is None:
            return
        self.problems[host] = broker.problem
        self.before_end(host)
        if any(other is not None and other.is_in_service for other in self.brokers.values()):
            self.brokers[host] = None
            self.universe.end(host)
        self._tell(host)

    def _controller_failed(self, host: str, reason: str) -> None:
        self.controllers[host] = None
        self.problems[host] = reason
        asyncio.get_running_loop().call_soon(self.universe.end, host)  # what failed still has to be answered
        self._tell(host)

    def _tell(self, host: str) -> None:
        """A failure that somebody asked for is no news to the caller."""
        if not self.simulated and host not in self.faults.disks_taken:
            self.universe.trace.failures.append(NodeFailure(host, self.problems[host]))

    # -- parts -----------------------------------------------------------------------------------------------

    async def on(self, host: str, coro: Coroutine[Any, Any, T]) -> T:
        """Run `coro` as that host's task."""
        return await self._task_on(host, coro)

    def _task_on(self, host: str, coro: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        context = self.universe.world(host).life.context.copy()
        return asyncio.get_running_loop().create_task(coro, name=f"{host}", context=context)

    async def _start_controller(self, host: str) -> None:
        await self._open_controller(host)
        await self._join_quorum(host)

    async def _join_quorum(self, host: str) -> None:
        node = self.controllers[host]
        if node is not None:
            try:
                await self.on(host, node.join([self._voters[one] for one in self._founders]))
            except BaseException:
                self.controllers[host] = None
                raise

    async def start_new_controller(self, host: str) -> None:
        """One more, which follows and has no vote yet."""
        self.controllers[host] = None
        voters = [] if self.controller is None else list(self.controller.quorum.voters)
        await self._open_controller(host, known_by="")
        founders = [self._voters[one] for one in self._founders]
        await self.on(host, self.running_controller(host).join(voters or founders))

    def running_controller(self, host: str) -> ControllerNode:
        """Raises ValueError: it is down."""
        node = self.controllers[host]
        if node is None:
            raise ValueError(f"{host} is down")
        return node

    def voter_of(self, host: str) -> VoterNode:
        """Raises ValueError: it is no controller."""
        if host not in self._voters:
            raise ValueError(f"{quoted(host)} is no controller; there are: {', '.join(self.controllers)}")
        return self._voters[host]

    async def _open_controller(self, host: str, known_by: str | None = None) -> None:
        world = self.universe.world(host)
        opening = ControllerNode.open(
            world,
            controller_id(host),
            self.cluster_id,
            self.configs,
            self.rules,
            port=self._ports.get(host) or (SIMULATED_CONTROLLER_PORT if self.simulated else 0),
            known_by=self._known_by if known_by is None else known_by,
            on_failure=lambda reason: self._controller_failed(host, reason),
            open_quorum=opens_quorum(self.cluster_id, len(self.controllers), self.configs),
        )
        node = await self.on(host, opening)
        self._ports[host] = node.port
        self.controllers[host] = node
        self._voters[host] = node.voter

    def make_room(self, host: str, rack: str | None) -> None:
        """For one more broker, in that rack; it is down. Raises ValueError."""
        number = int(host.rpartition("-")[2])
        self._listeners[host] = listener_of(self.configs, number)
        self._ports[host] = self._port_of(number - 1, host)
        if rack is not None:
            self._racks[host] = rack
        self.brokers[host] = None

    def drop_broker(self, host: str) -> None:
        """There is no such host any more; its directory stays."""
        self._forget(host)
        for known in (self.brokers, self._listeners, self._ports, self._advertised, self._racks):
            known.pop(host, None)

    async def _start_broker(self, host: str) -> None:
        world = self.universe.world(host)
        broker: Broker | None = None

        def failed() -> None:
            if broker is not None:
                self._broker_failed(host, broker)

        try:
            opening = Broker.open(
                world,
                int(host.rpartition("-")[2]),
                self._ports[host],
                cluster_id=self.cluster_id,
                join=kraft(*map(self.address_of, self.controllers)),
                configs=self._configs_of(host),
                rules=self.rules,
                listener=self._listeners[host],
                on_failure=failed,
            )
            broker = await self.on(host, opening)
            world.life.check()
            self._ports[host] = broker.port
            self.brokers[host] = broker
            await self.on(host, broker.start())
            self._advertised[host] = host_port(broker.advertised.host, broker.advertised.port)
        except BaseException:
            if broker is not None and self.brokers[host] is broker:
                self.brokers[host] = None
            if world.life.alive:  # else somebody killed it, and this may be another life already
                # A broker that can't start ends its process, and with that its locks.
                self.universe.crash(host)
            raise

    def _configs_of(self, host: str) -> BrokerConfigs:
        rack = self._racks.get(host)
        return (
            self.configs if rack is None else BrokerConfigs({**self.configs.overrides, "broker.rack": rack})
        )

    def _port_of(self, index: int, host: str) -> int:
        if self._listeners[host].port:
            return self._listeners[host].port
        if self.simulated:
            return SIMULATED_BROKER_PORT
        return self._wished_port + index if self._wished_port else 0

    def known(self, host: str) -> str:
        """The host. Raises ValueError: there is none of that name."""
        self._known(host)
        return host

    def running(self, host: str) -> str:
        """The host. Raises ValueError: there is none, or it is down."""
        if not self.is_up(self.known(host)) and host not in self._starting:
            raise ValueError(f"{host} is down")
        return host

    def _known(self, host: str, *, clients: bool = False) -> None:
        if host not in self.hosts and not (clients and host.startswith("client-")):
            raise ValueError(f"There is no host {quoted(host)}; there are: {', '.join(self.hosts)}")

    def _stays(self, host: str) -> None:
        self._known(host)
        if host in self._leaving:
            raise ValueError(f"{host} is about to leave for good")

    def _broker(self, host: str) -> Broker:
        self._known(host)
        broker = self.brokers.get(host)
        if broker is None:
            raise ValueError(f"{host} is not a running broker")
        return broker


__all__ = ["CONTROLLER", "ClusterNodes", "broker_host"]
