"""The parent of a cluster's processes: it starts them, sends them signals, and notices when one ends.

Rule: who is down stays down until somebody restarts it, and is told of in one sentence if nobody asked for it. Kafka:
what systemd does for its brokers.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable, Sequence

import msgspec

from minikafka.processes.plan import Failed, Plan, Told, Up, line_of, report_in
from minikafka.world import Event, LiveUniverse
from minikafka.world.child_process import Child
from minikafka.world.visible import quoted

MODULE = "minikafka.processes.node"
STOP_S = 60.0
"""Whoever hasn't stopped by then is killed."""


class ProcessStarted(Event, frozen=True):
    """A node serves, in a process of its own."""

    pid: int


class ProcessEnded(Event, frozen=True):
    """`how`: a clause."""

    pid: int
    how: str


class ProcessSuspended(Event, frozen=True):
    """SIGSTOP."""

    pid: int


class ProcessWoken(Event, frozen=True):
    """SIGCONT."""

    pid: int


class NotStarted(ValueError):
    """A node can't start: its own sentence."""


class Supervised:
    """A node and, while it runs, its process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.child: Child | None = None
        self.up: asyncio.Future[Up] = asyncio.get_running_loop().create_future()
        """Of the latest process: it serves. Raises `NotStarted`."""
        self.watching: asyncio.Task[None] | None = None
        """Until the process has ended."""
        self.serves_at: Up | None = None
        """Or did last."""
        self.problem: str | None = None
        """Why it has failed."""
        self.is_asked_to_end = False
        self.was_suspended = False

    @property
    def is_starting(self) -> bool:
        return self.child is not None and not self.up.done()

    @property
    def is_suspended(self) -> bool:
        """By whomever, where the system tells; else by us."""
        if self.child is None:
            return False
        stopped = self.child.is_stopped
        return self.was_suspended if stopped is None else stopped

    def running(self) -> Child:
        """Raises ValueError: it is down."""
        if self.child is None:
            raise ValueError(f"{self.plan.host} is down")
        return self.child


class Supervisor:
    """`await start()`, then signals at will, then `await stop()`."""

    def __init__(
        self,
        universe: LiveUniverse,
        plans: Sequence[Plan],
        say: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self.nodes = {plan.host: Supervised(plan) for plan in plans}
        """Controllers first."""
        self._universe = universe
        self._say = say
        self._changed = changed
        self._is_up = False

    @property
    def pids(self) -> dict[str, int]:
        """Of those that run."""
        return {host: node.child.pid for host, node in self.nodes.items() if node.child is not None}

    @property
    def problems(self) -> dict[str, str]:
        """Why nodes are down that nobody has ended."""
        return {host: node.problem for host, node in self.nodes.items() if node.problem is not None}

    async def start(self) -> None:
        """All at once; they wait for each other. Raises OSError, or `NotStarted` for the first that can't."""
        for node in self.nodes.values():
            await self._spawn(node)
        ups = [node.up for node in self.nodes.values()]
        done, _ = await asyncio.wait(ups, return_when=asyncio.FIRST_EXCEPTION)
        for up in done:
            up.result()
        self._is_up = True

    async def stop(self) -> None:
        """Cleanly, the controllers last: the brokers need them for that."""
        self._is_up = False
        await self._end(node for node in self.nodes.values() if not node.plan.is_controller)
        await self._end(node for node in self.nodes.values() if node.plan.is_controller)

    def kill_all(self) -> None:
        """At once, and nobody waits."""
        for node in self.nodes.values():
            if node.child is not None:
                node.child.signal(signal.SIGKILL)

    # -- one node --------------------------------------------------------------------------------------------

    def known(self, host: str) -> Supervised:
        """Raises ValueError: there is none of that name."""
        if host not in self.nodes:
            raise ValueError(f"There is no host {quoted(host)}; there are: {', '.join(self.nodes)}")
        return self.nodes[host]

    async def kill(self, host: str) -> None:
        """SIGKILL. Raises ValueError."""
        node = self.known(host)
        if node.child is None:
            raise ValueError(f"{host} is down already")
        node.is_asked_to_end = True
        node.child.signal(signal.SIGKILL)
        await self._gone(node)

    def suspend(self, host: str, seconds: float | None = None) -> None:
        """SIGSTOP; it goes on after `seconds`, if they are given. Raises ValueError."""
        node = self.known(host)
        child = node.running()
        child.signal(signal.SIGSTOP)
        node.was_suspended = True
        self._universe.trace.on(host).emit(ProcessSuspended(child.pid))
        self._changed()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self._wake, node, child)

    def wake(self, host: str) -> None:
        """SIGCONT. Raises ValueError."""
        node = self.known(host)
        self._wake(node, node.running())

    def _wake(self, node: Supervised, child: Child) -> None:
        if node.child is child:
            child.signal(signal.SIGCONT)
            node.was_suspended = False
            self._universe.trace.on(node.plan.host).emit(ProcessWoken(child.pid))
            self._changed()

    async def stop_node(self, host: str) -> None:
        """SIGTERM: a clean shutdown. Raises ValueError."""
        node = self.known(host)
        node.running()
        await self._end([node])

    async def restart(self, host: str, *, is_awaited: bool = True) -> int:
        """Start it again on its data, with another process; a running one is stopped cleanly first. Returns the
        process's id. Raises OSError, or ValueError: it can't, or starts already."""
        node = self.known(host)
        if node.is_starting:
            raise ValueError(f"{host} starts already")
        await self._end([node])
        child = await self._spawn(node)
        if is_awaited:
            await asyncio.shield(node.up)
        return child.pid

    # -- parts -----------------------------------------------------------------------------------------------

    async def _spawn(self, node: Supervised) -> Child:
        node.problem, node.is_asked_to_end, node.was_suspended = None, False, False
        node.up = asyncio.get_running_loop().create_future()
        node.up.add_done_callback(
            lambda up: up.cancelled() or up.exception()
        )  # whether somebody waits or not
        line = line_of(node.plan)
        node.child = child = await Child.start(MODULE, node.plan.host, line, self._universe.held_by())
        node.watching = asyncio.get_running_loop().create_task(self._watch(node, child))
        self._changed()
        return child

    async def _watch(self, node: Supervised, child: Child) -> None:
        """Hear what it says, until it has ended."""
        failed = ""
        while line := await child.line():
            match report_in(line):
                case Up() as up:
                    self._serves(node, child, up)
                case Told(sentence, reason):
                    self._say(sentence)
                    node.problem = reason or node.problem
                case Failed(sentence):
                    failed = sentence
        how = _how(await child.ended())
        node.child = None
        self._universe.trace.on(node.plan.host).emit(ProcessEnded(child.pid, how))
        if not node.up.done():
            who = f"{node.plan.host} (process {child.pid})"
            node.up.set_exception(NotStarted(failed or f"{who} {how} while it started."))
        self._tell_of_end(node, child, how, failed)
        self._changed()

    def _tell_of_end(self, node: Supervised, child: Child, how: str, failed: str) -> None:
        """Unless somebody has been told."""
        host = node.plan.host
        if failed:
            node.problem = failed.rstrip(".")
        if node.up.exception() is not None or node.is_asked_to_end:
            return  # whoever wanted it hears of it
        if failed:
            self._say(failed)
        elif node.problem is None:
            self._say(f"{host} (process {child.pid}) {how}; `minikafka do restart {host}` starts it again.")

    def _serves(self, node: Supervised, child: Child, up: Up) -> None:
        host = node.plan.host
        node.serves_at = up
        node.plan = msgspec.structs.replace(
            node.plan, directory_id=""
        )  # it has one: another would be a stranger's
        self._universe.trace.on(host).emit(ProcessStarted(child.pid))
        if self._is_up:
            self._say(f"{host} runs again, as process {child.pid}.")
        node.up.set_result(up)
        self._changed()

    async def _end(self, nodes: Iterable[Supervised]) -> None:
        """Side by side, and cleanly if they can."""
        ending = [node for node in nodes if node.child is not None]
        for node in ending:
            node.is_asked_to_end = True
            node.running().signal(signal.SIGTERM)
            node.running().signal(signal.SIGCONT)
        await asyncio.gather(*(self._gone_in_time(node) for node in ending))

    async def _gone_in_time(self, node: Supervised) -> None:
        assert node.watching is not None
        await asyncio.wait([node.watching], timeout=STOP_S)
        if node.child is not None:
            self._say(
                f"{node.plan.host} did not stop within {STOP_S:g} seconds and was killed; its next start recovers the "
                "logs."
            )
            node.child.signal(signal.SIGKILL)
            await self._gone(node)

    async def _gone(self, node: Supervised) -> None:
        assert node.watching is not None
        await asyncio.wait([node.watching])


def _how(status: int) -> str:
    """A clause."""
    if status >= 0:
        return "has stopped" if status == 0 else f"has ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


__all__ = ["NotStarted", "Supervised", "Supervisor"]
