"""SimLoop: an asyncio event loop with virtual time.

Rule: nothing here asks the machine for anything. When no callback is ready, time jumps to the next timer;
timers of one instant run in the order in which they were set; tasks and futures hash to a number, not to an
address, so that asyncio's own sets (TaskGroup, wait, all_tasks) are walked in the same order in every
process. Kin: trio's MockClock with autojump; FoundationDB's simulator.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import sys
import threading
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, TypeVarTuple, Unpack

from minikafka.world.interrupt import INTERRUPTS, a_round_runs
from minikafka.world.life import HOST, Life, life_of

if TYPE_CHECKING:
    from minikafka.world.sim_network import Fabric

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

PATIENT_ROUNDS = 1_000
BUSY_ROUND_S = 1e-5
"""After so many rounds without rest each further one takes this long: aiokafka waits for what is in flight in
a busy loop, and would never get it if time stood still."""
MAX_ROUNDS_AN_INSTANT = 1_000_000
"""More rounds than this without rest is a busy loop without end, not work."""


class SimulationIdle(RuntimeError):
    """Something waits, but nothing is scheduled that could ever end the wait: a deadlock."""


class SimulationStuck(RuntimeError):
    """Callbacks keep each other busy and time doesn't pass."""


class WallReached(BaseException):
    """Whoever drives is stopped at the loop's `wall`: it is no error, and nothing of it is to be handled on the way.

    `tasks`: what was being awaited. They continue when time does, and nobody waits for them any more.
    """

    def __init__(self) -> None:
        super().__init__("the simulation has come to its wall")
        self.tasks: list[asyncio.Task[Any]] = []


class Wall(NamedTuple):
    """How far a loop may be driven: up to a moment, so many rounds, so many instants, whichever comes first."""

    at_s: float = math.inf
    rounds: float = math.inf
    instants: float = math.inf


class Suspension:
    """What a host that is stopped would have done, in order, and until when it is stopped."""

    __slots__ = ("held", "until_s")

    def __init__(self) -> None:
        self.held: list[asyncio.Handle] = []
        self.until_s = 0.0


class SimTask(asyncio.Task[Any]):
    """A task with a number for a hash, which knows the life of the host it belongs to."""

    __slots__ = ("life", "number")

    def __init__(self, number: int, life: Life | None, coro: Any, **options: Any) -> None:
        self.number = number  # first: registering the task already hashes it
        self.life = life
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self.number


class SimFuture(asyncio.Future[Any]):
    """A future with a number for a hash."""

    __slots__ = ("number",)
    number: int

    def __hash__(self) -> int:
        return self.number


class SimLoop(asyncio.BaseEventLoop):
    """Virtual time in seconds, from 0.0. It runs when somebody drives it, in that caller's thread."""

    _ready: deque[asyncio.Handle]  # asyncio's own queue of what runs next

    def __init__(self) -> None:
        super().__init__()
        self.fabric: Fabric | None = None
        self._now = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._timers_set = 0
        self._timers_cancelled = 0
        self._numbered = 0
        self._rounds = 0
        self.rounds = 0
        """How many there have been: with the time, the exact moment of a run."""
        self.instants = 0
        """Moments at which something has happened."""
        self.wall: Wall | None = None
        """Who drives beyond it gets WallReached, before anything beyond it has happened."""
        self.after_each_round: tuple[Callable[[], None], ...] = ()
        """Called between two rounds, in order; what one raises ends the driving."""
        self.acted: dict[Life | None, None] = {}
        """Whose callbacks ran in the last round, if somebody looks after each: nothing of the others has changed. None:
        of no host, or whoever drives may have done anything before."""
        self._suspended: dict[Life, Suspension] = {}
        self.interrupted_round = -1
        """Before which round an interrupt was delivered last: between two rounds, so the run is whole."""

    # --- time and callbacks

    def time(self) -> float:
        return self._now

    def next_time(self) -> float | None:
        """When something happens next: now, when the next timer is due, or never (None)."""
        if self._ready:
            return self._now
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
            self._timers_cancelled -= 1
        return max(timers[0][0], self._now) if timers else None

    def call_soon(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._timers_set = number = self._timers_set + 1
        heapq.heappush(self._timers, (when, number, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self._timers_cancelled = cancelled = self._timers_cancelled + 1
        timers = self._timers
        if cancelled > 100 and cancelled * 2 > len(timers):
            timers[:] = [entry for entry in timers if entry[2] is not handle and not entry[2].cancelled()]
            heapq.heapify(timers)
            self._timers_cancelled = 0

    def cancel_timers_of(self, life: Life) -> None:
        """Forget the timers that a crashed host has set."""
        for _, _, handle in sorted(self._timers, key=lambda entry: entry[:2]):
            if life_of(_context_of(handle)) is life:
                handle.cancel()

    # --- hosts that are stopped for a while

    def suspend(self, life: Life, seconds: float = math.inf) -> None:
        """Nothing of this host runs for so long, or until `wake`; then all that is overdue."""
        suspension = self._suspended.setdefault(life, Suspension())
        suspension.until_s = max(suspension.until_s, self._now + seconds)
        if suspension.until_s < math.inf:
            self.call_at(suspension.until_s, self._wake_when_due, life, context=Context())

    def _wake_when_due(self, life: Life) -> None:
        suspension = self._suspended.get(life)
        if suspension is not None and suspension.until_s <= self._now:
            self.wake(life)

    def wake(self, life: Life) -> None:
        """It goes on; of one that has ended meanwhile, only what cleans up."""
        suspension = self._suspended.pop(life, None)
        for handle in suspension.held if suspension is not None else ():
            if not life.alive and isinstance(handle, asyncio.TimerHandle):
                handle.cancel()
            self._ready.append(handle)

    def wake_all(self) -> None:
        """Everybody cleans up, at the end of the universe."""
        for life in list(self._suspended):
            self.wake(life)

    def is_suspended(self, life: Life) -> bool:
        """Is it stopped now?"""
        return life in self._suspended

    def _hold_back(self) -> int:
        """What belongs to stopped hosts waits for them; how many of those that are ready are left."""
        ready, suspended = self._ready, self._suspended
        for _ in range(len(ready)):
            handle = ready.popleft()
            life = life_of(_context_of(handle))
            suspension = None if life is None else suspended.get(life)
            (ready if suspension is None else suspension.held).append(handle)
        return len(ready)

    def _run_once(self) -> None:
        """Jump to the next instant when nothing is ready, then run what was ready at the beginning of this
        round.
        """
        ready = self._ready
        if not ready:
            when = self.next_time()
            if when is None:
                raise SimulationIdle(
                    "the simulation is idle: something waits, and nothing is scheduled to end it"
                )
            if when > self._now:
                self._now = when
                self._rounds = 0
                self.instants += 1
        timers, now = self._timers, self._now
        while timers and timers[0][0] <= now:
            handle = heapq.heappop(timers)[2]
            if handle.cancelled():
                self._timers_cancelled -= 1
            else:
                ready.append(handle)
        self._rounds = rounds = self._rounds + 1
        if rounds > PATIENT_ROUNDS:
            self._now += BUSY_ROUND_S
            if rounds > MAX_ROUNDS_AN_INSTANT:
                self._rounds = 0
                raise SimulationStuck(f"nothing rests at {now:.6f} s: callbacks only keep each other busy")
        due_now = len(ready) if not self._suspended else self._hold_back()
        if not self.after_each_round:
            for _ in range(due_now):
                due = ready.popleft()
                if not due.cancelled():
                    due._run()
            self.rounds += 1
            return
        acted = self.acted
        for _ in range(due_now):
            due = ready.popleft()
            if not due.cancelled():
                acted[life_of(_context_of(due))] = None
                due._run()
        self.rounds += 1
        for look in self.after_each_round:
            look()
        acted.clear()

    # --- driving

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Be the running loop of this thread, even inside another loop (a notebook's kernel has one)."""
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        if self.is_running():
            raise RuntimeError("the simulation is running already: it can't be driven from inside")
        outer = events._get_running_loop()
        # Since Python 3.14 a thread has one current task, whatever the loop: the notebook's has to step aside.
        swap = getattr(asyncio.tasks, "_swap_current_task", None) if outer is not None else None
        outer_task = swap(outer, None) if swap is not None else None
        hooks = sys.get_asyncgen_hooks()
        self._thread_id = threading.get_ident()
        sys.set_asyncgen_hooks(
            firstiter=self._asyncgen_firstiter_hook,  # type: ignore[attr-defined]
            finalizer=self._asyncgen_finalizer_hook,  # type: ignore[attr-defined]
        )
        events._set_running_loop(self)
        self.acted[None] = None
        try:
            yield
        finally:
            events._set_running_loop(outer)
            if swap is not None:
                swap(outer, outer_task)
            self._thread_id = None  # type: ignore[assignment]
            sys.set_asyncgen_hooks(*hooks)

    def _note_interrupt(self) -> None:
        self.interrupted_round = self.rounds

    def drive(self, done: Callable[[], bool], until: float | None = None) -> bool:
        """Run until `done()`, until nothing is scheduled, or until the next event lies after `until`.

        Returns `done()`. Time is then that of the last event that ran, even when `until` is later.
        """
        with self._running():
            if done():
                return True
            when = self._next_until(until)
            if when is None:
                return False
            with INTERRUPTS.held(a_round_runs, self._note_interrupt) as interrupts:
                while when is not None:
                    if self.wall is not None:
                        self._check(self.wall, when)
                    self._run_once()
                    if interrupts.came:
                        interrupts.at_rest(self._note_interrupt)
                    if done():
                        return True
                    when = self._next_until(until)
        return False

    def _next_until(self, until: float | None) -> float | None:
        """When something happens next, if that isn't after `until`."""
        when = self.next_time()
        return None if when is None or (until is not None and when > until) else when

    def step(self) -> bool:
        """Go to the next instant at which something happens, and run all that happens in it. False when
        idle.
        """
        when = self.next_time()
        if when is None:
            return False
        with self._running(), INTERRUPTS.held(a_round_runs, self._note_interrupt) as interrupts:
            while True:
                if self.wall is not None:
                    self._check(self.wall, when)
                self._run_once()
                if interrupts.came:
                    interrupts.at_rest(self._note_interrupt)
                if self.next_time() != self._now:
                    return True
                when = self._now

    def _check(self, wall: Wall, when: float) -> None:
        """Raises WallReached where what comes next, at `when`, lies beyond it."""
        now = self._now
        if when > wall.at_s or self.rounds >= wall.rounds or (when > now and self.instants >= wall.instants):
            if wall.at_s < math.inf:
                self._now = max(now, min(wall.at_s, when))
            raise WallReached

    def advance_to(self, when: float) -> None:
        """Let time pass up to `when`, if nothing is scheduled before."""
        if self.wall is not None and when > self._now:
            self._check(self.wall._replace(rounds=math.inf, instants=math.inf), when)
        following = self.next_time()
        self._now = max(self._now, when if following is None else min(when, following))

    def stand_still(self, seconds: float) -> None:
        """The whole process is away (paused, the lid is closed): time passes, nothing runs, much is overdue then."""
        self._now += seconds

    # --- tasks and futures

    def _number(self) -> int:
        self._numbered = number = self._numbered + 1
        return number

    def create_task(
        self,
        coro: Generator[Any, None, T] | Coroutine[Any, Any, T],
        *,
        name: object = None,
        context: Context | None = None,
        **options: Any,
    ) -> asyncio.Task[T]:
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        number, life = self._number(), life_of(context)
        task = SimTask(
            number, life, coro, loop=self, name=name or f"Task-{number}", context=context, **options
        )
        if life is not None and not life.alive:
            task.cancel()
        return task

    def create_future(self) -> asyncio.Future[Any]:
        future = SimFuture(loop=self)
        future.number = self._number()
        return future

    def run_in_executor(
        self, executor: Any, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Call it here and now: a thread would bring another order in every run."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    # --- network: the standard calls, for clients that know nothing of the simulation

    def _fabric(self) -> Fabric:
        if self.fabric is None:
            from minikafka.world.sim_network import Fabric

            self.fabric = Fabric(self, seed=0)
        return self.fabric

    async def getaddrinfo(
        self, host: Any, port: Any, *, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[Any]:
        return self._fabric().resolve(HOST.get(), host, port)

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> tuple[str, str]:
        return str(sockaddr[0]), str(sockaddr[1])

    async def create_connection(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        _refuse(options, "ssl", "sock")
        return await self._fabric().connect(HOST.get(), protocol_factory, host, int(port))

    async def create_server(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        _refuse(options, "ssl", "sock")
        return self._fabric().listen(HOST.get(), protocol_factory, int(port or 0))

    def _write_to_self(self) -> None:
        """Nobody sleeps in a select that would have to be woken."""

    def _process_events(self, event_list: list[Any]) -> None:
        """There is no selector."""


def _refuse(options: dict[str, Any], *names: str) -> None:
    for name in names:
        if options.get(name):
            raise NotImplementedError(f"the simulated network has no {name}=")


def _context_of(handle: asyncio.Handle) -> Context | None:
    context: Context | None = handle._context  # type: ignore[attr-defined]
    return context


__all__ = ["SimFuture", "SimLoop", "SimTask", "SimulationIdle", "SimulationStuck", "Wall", "WallReached"]
