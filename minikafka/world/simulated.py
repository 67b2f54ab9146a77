"""The simulated universe: hosts that run on virtual time, an in-memory network and in-memory disks.

Rule: everything comes from the seed. Two runs with one seed and the same calls are the same, byte for byte,
in any process. Nothing moves by itself: it runs in the caller's thread, as far as the caller asks.
"""

from __future__ import annotations

import asyncio
import errno
import math
import random
from collections.abc import Callable, Collection, Coroutine
from types import TracebackType
from typing import Any, Protocol, TypeVar

from minikafka.world.events import Healed, HostCrashed, Partitioned, PowerLost, Suspended
from minikafka.world.life import OUTSIDE, Life, record_failure
from minikafka.world.paths import clean
from minikafka.world.platter import Fault, Platter
from minikafka.world.sim_disk import SimDisk
from minikafka.world.sim_loop import SimLoop, SimulationIdle, WallReached
from minikafka.world.sim_network import LATENCY_S, Fabric, SimNetwork
from minikafka.world.trace import RECENT_EVENTS, Trace, TraceStream
from minikafka.world.world import World

T = TypeVar("T")

EPOCH_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z: the wall clock at virtual time 0."""


class SimClock:
    """The loop's virtual time, and a host's wall clock, which may be wrong."""

    __slots__ = ("_gains", "_loop", "_set_at", "ahead_ms")

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop
        self.ahead_ms = 0
        """So far from the true time it was when it was set."""
        self._gains, self._set_at = 0.0, 0.0

    def set(self, ahead_s: float, gains: float) -> None:
        """So far from the true time, and so many seconds more with each second."""
        self.ahead_ms, self._gains, self._set_at = round(ahead_s * 1000), gains, self._loop._now

    def now(self) -> float:
        return self._loop._now

    def time_ms(self) -> int:
        gained_ms = round(self._gains * (self._loop._now - self._set_at) * 1000) if self._gains else 0
        return EPOCH_MS + self.ahead_ms + gained_ms + round(self._loop._now * 1e6) // 1000


class Turns(Protocol):
    """How several threads share a universe: one drives at a time."""

    @property
    def are_wanted(self) -> bool:
        """Does another thread wait?"""

    def give_way(self) -> None:
        """Let it, and come back."""


class SimulatedUniverse:
    """Hosts on virtual time. `latency_s` is the least and the most a message takes; `chunking` cuts the
    bytes that arrive at random places, to exercise framing; `message_events` asks the wire layer for its
    events.
    """

    def __init__(
        self,
        seed: int,
        *,
        latency_s: tuple[float, float] = LATENCY_S,
        chunking: bool = False,
        message_events: bool = False,
        recent: int = RECENT_EVENTS,
    ) -> None:
        self.seed = seed
        self.loop = SimLoop()
        self.loop.set_exception_handler(self._callback_failed)
        self.fabric = Fabric(self.loop, seed, chunking=chunking)
        self.loop.fabric = self.fabric
        self.fabric.add_host(OUTSIDE)
        self.fabric.set_latency(latency_s, None, None)
        self.trace = Trace(TraceStream(self.loop.time, messages=message_events, recent=recent), "")
        self._clocks: dict[str, SimClock] = {}
        self._worlds: dict[str, World] = {}
        self._lives: dict[str, int] = {}
        self._platters: dict[str, Platter] = {}

    # --- hosts

    def world(self, host: str) -> World:
        """The world of a host's present life; a new life on the old disk after a crash."""
        world = self._worlds.get(host)
        if world is None:
            world = self._worlds[host] = self._begin(host)
        return world

    def guest(self, host: str) -> World:
        """The world of a host that comes once and has no files, such as a client."""
        return self.world(host)

    def _begin(self, host: str) -> World:
        number = self._lives[host] = self._lives.get(host, 0) + 1
        trace = self.trace.on(host)
        life = Life(host, trace, lambda: self.loop)
        platter = self._platters.get(host)
        if platter is None:
            platter = self._platters[host] = Platter(host, self.seed)
        disk = SimDisk(platter, life)
        life.endings.append(disk.release_all)
        life.endings.append(lambda: self.fabric.kill(host))
        life.endings.append(lambda: self.loop.cancel_timers_of(life))
        life.endings.append(lambda: self.loop.wake(life))
        return World(
            host=host,
            clock=self._clocks.setdefault(host, SimClock(self.loop)),
            network=SimNetwork(self.fabric, life),
            disk=disk,
            random=random.Random(f"{self.seed}/host/{host}/{number}"),
            trace=trace,
            life=life,
        )

    def kept_hosts(self) -> tuple[str, ...]:
        """The hosts that have a disk."""
        return tuple(sorted(self._platters))

    def still_disk(self, host: str) -> SimDisk | None:
        """The disk of a host that is down, to look at: what its next life will find. None while it is up."""
        platter = self._platters.get(host)
        if platter is None or host in self._worlds:
            return None
        return SimDisk(platter, Life(host, self.trace.on(host), lambda: self.loop))

    def crash(self, host: str) -> None:
        """SIGKILL: tasks, timers, connections, listeners and locks go at once; peers see resets; the disk
        stays.
        """
        world = self._worlds.get(host)
        if world is not None:
            world.trace.emit(HostCrashed())
            self.end(host)

    def end(self, host: str) -> None:
        """A process that ends by itself: what a crash does, but nobody killed it."""
        world = self._worlds.pop(host, None)
        if world is not None:
            world.life.end()

    def power_cut(self, host: str) -> None:
        """A crash that also loses or tears what wasn't synced. The machine is back at once: peers see
        resets.
        """
        world = self._worlds.pop(host, None)
        if world is not None:
            world.trace.emit(PowerLost())
            world.life.end()
        if host in self._platters:
            self._platters[host].cut_power()

    def suspend(self, host: str, seconds: float = math.inf) -> None:
        """SIGSTOP, a long garbage collection: the process does nothing for so long, or until `wake`. Others notice
        only that it doesn't answer.
        """
        world = self.world(host)
        world.trace.emit(Suspended())
        self.loop.suspend(world.life, seconds)

    def wake(self, host: str) -> None:
        """SIGCONT: it goes on with all that is overdue."""
        self.loop.wake(self.world(host).life)

    def set_clock(self, host: str, ahead_s: float, gains: float = 0.0) -> None:
        """The host's wall clock is so far ahead of the true time from now on (behind it: below 0), and gains so many
        seconds a second."""
        self.world(host)
        self._clocks[host].set(ahead_s, gains)

    def slow_disk(self, host: str, seconds: float) -> None:
        """Whoever waits for a sync of this disk waits so long, and the whole process with it."""
        self.world(host)
        self._platters[host].sync_s = seconds

    def fail_disk(
        self, host: str, error: str = "EIO", *, count: int | None = 1, path: str = "", gone: bool = False
    ) -> None:
        """Let the next `count` writes (None: all until `repair_disk`) to `path` and below fail: "EIO",
        "ENOSPC" … With `gone` nothing can be read, listed or removed there either. "EMFILE" and "ENFILE" don't
        concern what is open already: all that needs a new descriptor fails.
        """
        self.world(host)
        self._platters[host].faults.append(Fault(getattr(errno, error), count, clean(path), gone))

    def repair_disk(self, host: str) -> None:
        self.world(host)
        self._platters[host].faults.clear()
        self._platters[host].sync_s = 0.0

    def limit_open_files(self, host: str, most: int) -> None:
        """Let a host have no more than so many files open at a time. Its files open and close as needed."""
        self.world(host)
        self._platters[host].most_open_files = most

    # --- network

    def partition(
        self, group_a: Collection[str], group_b: Collection[str] | None = None, *, one_way: bool = False
    ) -> None:
        """Cut the network between two groups of hosts (None: all the others). Connections hang; connecting,
        too. `one_way`: only what `group_a` sends is held back.
        """
        self.trace.emit(Partitioned(tuple(sorted(group_a)), tuple(sorted(group_b or ()))))
        self.fabric.partition(group_a, group_b, one_way=one_way)

    def heal(self, *, drop: bool = False) -> None:
        """End all partitions. What they held back arrives now, or (`drop`) those connections are reset."""
        self.trace.emit(Healed())
        self.fabric.heal(drop=drop)

    def set_latency(
        self,
        least_s: float,
        most_s: float | None = None,
        *,
        between: Collection[str] | None = None,
        and_: Collection[str] | None = None,
    ) -> None:
        """From now on a message takes `least_s` to `most_s` seconds between two groups (None: all hosts)."""
        self.fabric.set_latency((least_s, least_s if most_s is None else most_s), between, and_)

    def set_loss(
        self, chance: float, *, between: Collection[str] | None = None, and_: Collection[str] | None = None
    ) -> None:
        """A message is lost by this chance, and arrives later by TCP's retransmission timeouts."""
        self.fabric.set_loss(chance, between, and_)

    def set_reordering(
        self, chance: float, *, between: Collection[str] | None = None, and_: Collection[str] | None = None
    ) -> None:
        """A message is held back by this chance: later ones of other connections overtake it."""
        self.fabric.set_reordering(chance, between, and_)

    # --- time

    @property
    def now(self) -> float:
        """Virtual time in seconds."""
        return self.loop.time()

    def elapsed(self) -> float:
        """Seconds since this universe began: what the trace stamps events with."""
        return self.loop.time()

    def run(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        host: str = OUTSIDE,
        timeout_s: float | None = None,
        turns: Turns | None = None,
    ) -> T:
        """Run until the coroutine returns, and return its result. Other threads get their `turns` meanwhile.

        Raises SimulationIdle when it waits for what will never happen, TimeoutError after `timeout_s`
        virtual seconds.
        """
        context = None
        if host != OUTSIDE:
            context = self.world(host).life.context.copy()
        task: asyncio.Task[T] = self.loop.create_task(coro, name=f"run on {host}", context=context)
        until = None if timeout_s is None else self.now + timeout_s
        rounds = 0

        def pause() -> bool:
            nonlocal rounds
            rounds += 1  # at least one, or two threads would only let each other pass
            return task.done() or (turns is not None and turns.are_wanted and rounds > 1)

        try:
            while not task.done():
                rounds = 0
                if not self.loop.drive(pause, until):
                    self._never_returns(task, until)
                if turns is not None and turns.are_wanted:
                    turns.give_way()
        except WallReached as wall:  # it continues without the one who waited
            task.add_done_callback(_retrieve)
            wall.tasks.append(task)
            raise
        except BaseException:
            self._abandon(task)
            raise
        return task.result()

    def _never_returns(self, task: asyncio.Task[T], until: float | None) -> None:
        if until is not None and self.loop.next_time() is not None:
            self.loop.advance_to(until)
            raise TimeoutError(f"{task.get_name()} did not return until {until:.6f} s of virtual time")
        waiting = sorted(f"{one.get_name()}" for one in asyncio.all_tasks(self.loop) if one is not task)
        raise SimulationIdle(
            f"{task.get_name()} waits at {self.now:.6f} s, and nothing is scheduled that could end it"
            f" (seed {self.seed}; also waiting: {', '.join(waiting) or 'nobody'})"
        )

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        """Cancel what can't continue, and let it clean up at this instant."""
        task.cancel()
        if not self.loop.is_running():
            self.loop.drive(task.done, self.now)
        if task.done() and not task.cancelled():
            task.exception()

    def run_for(self, seconds: float) -> None:
        """Let that much virtual time pass."""
        self.run_to(self.now + seconds)

    def run_to(self, at_s: float) -> None:
        """Let virtual time pass up to that moment."""
        self.loop.drive(lambda: False, at_s)
        self.loop.advance_to(at_s)

    def run_until(self, predicate: Callable[[], bool], timeout_s: float = 3600.0) -> bool:
        """Run until the predicate holds (asked between two rounds of the loop); False after `timeout_s`."""
        until = self.now + timeout_s
        if self.loop.drive(predicate, until):
            return True
        self.loop.advance_to(until)
        return predicate()

    def step(self) -> bool:
        """Go to the next instant at which something happens, and run all that happens in it. False when
        idle.
        """
        return self.loop.step()

    def after_each_round(self, look: Callable[[], None]) -> Callable[[], None]:
        """Call `look` between two rounds of the loop from now on; returns the function that ends it.

        What it raises ends the call that drives, and is raised there.
        """
        entry: Callable[[], None] = lambda: look()  # noqa: E731  (one identity for each)
        self.loop.after_each_round = (*self.loop.after_each_round, entry)

        def stop() -> None:
            self.loop.after_each_round = tuple(one for one in self.loop.after_each_round if one is not entry)

        return stop

    # --- the end

    def close(self) -> None:
        """Cancel all tasks, let them clean up, close the loop."""
        if self.loop.is_closed():
            return
        self.loop.after_each_round = ()
        for _ in range(10):
            self.loop.wake_all()
            self._one_round()
            tasks = sorted(asyncio.all_tasks(self.loop), key=lambda task: getattr(task, "number", 0))
            if not tasks:
                break
            for task in tasks:
                task.cancel()
            self.loop.drive(lambda: not asyncio.all_tasks(self.loop), self.now)
        self.loop.close()

    def _one_round(self) -> None:
        """What was asked for in this instant begins (a task that never ran can't clean up), and who waited for a task
        hears that it has ended."""
        rounds = self.loop.rounds
        self.loop.drive(lambda: self.loop.rounds > rounds, self.now)

    def __enter__(self) -> SimulatedUniverse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _callback_failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The loop's exception handler: what a callback raises is recorded."""
        record_failure(self.trace, context)


def _retrieve(task: asyncio.Task[Any]) -> None:
    """What it ended with is nobody's business."""
    if not task.cancelled():
        task.exception()
