"""One node, a broker or a controller, as a process: from its start until it is asked to end, or fails.

Rule: SIGTERM is a clean stop, and so is the end of the parent; a node that fails says why and ends its process, as
Kafka's does (`Exit.halt`). Kafka: `kafka.Kafka`, `KafkaRaftServer`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from minikafka.broker.broker import Broker
from minikafka.broker.events import BrokerFailed
from minikafka.broker.listeners import listener_of
from minikafka.cluster.reasons import why_not_started
from minikafka.cluster.telling import sentence_of
from minikafka.cluster.voters import opens_quorum
from minikafka.controller.events import ControllerFailed
from minikafka.controller.node import ControllerNode
from minikafka.membership import kraft
from minikafka.metadata.configs import BrokerConfigs
from minikafka.policy import Rules
from minikafka.processes.plan import HAS_SAID_WHY, Failed, Plan, Told, Up, line_of, plan_in
from minikafka.world import LiveUniverse, Traced, World, new_live_loop
from minikafka.world.child_process import Parent, on_signals
from minikafka.world.garbage import collect_seldom

T = TypeVar("T")

BROKERS_FIRST_S = 10.0
"""So long a controller that has lost its parent waits for the brokers, which need it to leave in order."""
LOOK_AGAIN_S = 0.05


class Node(Protocol):
    """What runs here."""

    async def start(self) -> Up:
        """Raises OSError or ValueError."""

    async def stop(self, *, is_abandoned: bool) -> None:
        """A clean end; `is_abandoned`: all the others end as well."""


class BrokerNode:
    """`on_failure()`: it has left the service by itself."""

    def __init__(self, world: World, plan: Plan, on_failure: Callable[[], None]) -> None:
        self._world = world
        self._plan = plan
        self._on_failure = on_failure
        self._broker: Broker | None = None

    async def start(self) -> Up:
        plan, configs = self._plan, BrokerConfigs(self._plan.configs)
        self._broker = await Broker.open(
            self._world,
            plan.node_id,
            plan.port,
            cluster_id=plan.cluster_id,
            join=kraft(*((voter.host, voter.port) for voter in plan.voters)),
            configs=configs,
            rules=Rules(),
            listener=listener_of(configs, plan.node_id),
            on_failure=self._on_failure,
        )
        await self._broker.start()
        return Up(self._broker.advertised.host, self._broker.advertised.port)

    async def stop(self, *, is_abandoned: bool) -> None:
        if self._broker is not None:
            await self._broker.stop()


class QuorumNode:
    """A controller; `on_failure()`: it has ended."""

    def __init__(self, world: World, plan: Plan, on_failure: Callable[[], None]) -> None:
        self._world = world
        self._plan = plan
        self._on_failure = on_failure
        self._node: ControllerNode | None = None

    async def start(self) -> Up:
        plan, configs = self._plan, BrokerConfigs(self._plan.configs)
        self._node = await ControllerNode.open(
            self._world,
            plan.node_id,
            plan.cluster_id,
            configs,
            Rules(),
            port=plan.port,
            known_by=plan.known_by,
            on_failure=lambda _: self._on_failure(),
            open_quorum=opens_quorum(plan.cluster_id, len(plan.voters), configs),
            directory_id=plan.directory_id,
        )
        own = self._node.voter  # with another directory, where its own was lost
        await self._node.join([own if voter.id == own.id else voter for voter in plan.voters])
        return Up(self._world.network.address, self._node.port)

    async def stop(self, *, is_abandoned: bool) -> None:
        node, clock = self._node, self._world.clock
        if node is None:
            return
        until = clock.now() + BROKERS_FIRST_S
        while is_abandoned and node.image.alive_brokers() and clock.now() < until:
            await asyncio.sleep(LOOK_AGAIN_S)
        await node.stop()


class NodeProcess:
    """`await run()` is its life."""

    def __init__(self, plan: Plan, parent: Parent) -> None:
        self._plan = plan
        self._parent = parent
        self._end = asyncio.Event()
        self._has_failed = self._is_abandoned = False

    async def run(self) -> int:
        """The exit status."""
        plan = self._plan
        on_signals(self._end.set)
        self._parent.watch(self._abandon)
        with LiveUniverse(plan.root, syncs=plan.syncs) as universe:
            asyncio.get_running_loop().set_exception_handler(universe.handle_exception)
            universe.trace.subscribe(self._tell)
            for one in plan.reached:
                universe.reach(one.host, one.port, (one.at_host, one.at_port))
            world = universe.world(plan.host)
            kind = QuorumNode if plan.is_controller else BrokerNode
            node: Node = kind(world, plan, self._fail)
            try:
                up = await self._unless_ended(_on(world, node.start()))
                if up is not None:
                    self._parent.say(line_of(up))
                    await self._end.wait()
                    if not self._has_failed:
                        await _on(world, node.stop(is_abandoned=self._is_abandoned))
            except Exception as problem:
                self._parent.say(line_of(Failed(why_not_started(problem))))
                return HAS_SAID_WHY
        return HAS_SAID_WHY if self._has_failed else 0

    async def _unless_ended(self, task: asyncio.Task[T]) -> T | None:
        """Its result; None: somebody wants the end before that."""
        end = asyncio.ensure_future(self._end.wait())
        await asyncio.wait([task, end], return_when=asyncio.FIRST_COMPLETED)
        end.cancel()
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait([task])
        return None

    def _abandon(self) -> None:
        self._is_abandoned = True
        self._end.set()

    def _fail(self) -> None:
        """The trace has said why."""
        self._has_failed = True
        self._end.set()

    def _tell(self, traced: Traced) -> None:
        sentence, event = sentence_of(traced), traced.event
        if sentence:
            reason = event.reason if isinstance(event, BrokerFailed | ControllerFailed) else ""
            self._parent.say(line_of(Told(sentence, reason)))


def _on(world: World, coro: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """As that host's task."""
    return asyncio.get_running_loop().create_task(coro, name=world.host, context=world.life.context.copy())


def main() -> int:
    """Its plan is the first line of the standard input."""
    parent = Parent()
    line = parent.first_line()
    if not line:
        return 0
    collect_seldom()
    loop = new_live_loop()
    return loop.run_until_complete(NodeProcess(plan_in(line), parent).run())


if __name__ == "__main__":
    sys.exit(main())
