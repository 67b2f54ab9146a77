"""A host's life: from its start until it stops or crashes. A host that starts again has another life.

Rule: whatever belongs to a life that is over can't touch the world any more. Its tasks are cancelled, and
what their `finally` blocks still try meets a dead disk and a dead network, as if the process had been
killed.
"""

from __future__ import annotations

import asyncio
import errno
import inspect
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, ContextVar
from types import CoroutineType
from typing import Any, TypeVar

from minikafka.world.trace import Trace

T = TypeVar("T")

OUTSIDE = "outside"
"""The host of what no world has started."""

HOST: ContextVar[str] = ContextVar("minikafka_host", default=OUTSIDE)
"""The name of the host to which the running task or callback belongs."""

LIFE: ContextVar[Life | None] = ContextVar("minikafka_life", default=None)

REAP_ROUNDS = 100
TIMERS_AT_FIRST = 64


class HostDown(OSError):
    """Something of a crashed host tried to use that host's disk or network."""

    def __init__(self, host: str) -> None:
        super().__init__(errno.ESHUTDOWN, f"{host} is down")


class Life:
    """One incarnation of a host: its context, its tasks, and whether it still lives."""

    __slots__ = ("_loop", "_prune_at", "alive", "context", "endings", "host", "tasks", "timers", "trace")

    def __init__(self, host: str, trace: Trace, loop: Callable[[], asyncio.AbstractEventLoop | None]) -> None:
        self.host = host
        self.trace = trace
        self._loop = loop
        self.alive = True
        self.tasks: dict[asyncio.Task[Any], Awaitable[Any] | None] = {}
        """In the order of their start, with what each awaits for somebody else."""
        self.endings: list[Callable[[], None]] = []
        self.timers: list[weakref.ref[asyncio.TimerHandle]] = []  # also of some that are over
        self._prune_at = TIMERS_AT_FIRST
        self.context = Context()
        self.context.run(HOST.set, host)
        self.context.run(LIFE.set, self)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop on which this host lives. Raises RuntimeError when a live host is touched outside any."""
        loop = self._loop()
        if loop is None:
            raise RuntimeError(f"{self.host} needs a running event loop")
        return loop

    def check(self) -> None:
        """Raise `HostDown` when this life is over."""
        if not self.alive:
            raise HostDown(self.host)

    def spawn(
        self, coro: Coroutine[Any, Any, T], name: str, *, inner: Awaitable[Any] | None = None
    ) -> asyncio.Task[T]:
        """Start a task of this host. What it raises is recorded in the trace; being cancelled is fine.

        `inner` is what `coro` awaits for somebody else: a host may die before the task begins, and then it is closed.
        """
        task = self.loop.create_task(coro, name=name, context=self.context.copy())
        self.tasks[task] = inner
        task.add_done_callback(self._finished)
        if not self.alive:
            task.cancel()
        return task

    def note_timer(self, timer: asyncio.TimerHandle) -> None:
        """It is of no use when this life is over, and what it would have called must not be kept until it is due."""
        if len(self.timers) >= self._prune_at:
            self.timers = [one for one in self.timers if one() is not None]
            self._prune_at = max(TIMERS_AT_FIRST, 2 * len(self.timers))
        self.timers.append(weakref.ref(timer))

    async def run(self, coro: Coroutine[Any, Any, T], name: str) -> T:
        """Await it in this host's context, whoever asks for it."""
        if LIFE.get() is self:
            return await coro
        return await self.loop.create_task(coro, name=name, context=self.context.copy())

    def _finished(self, task: asyncio.Task[Any]) -> None:
        inner = self.tasks.pop(task, None)
        if task.cancelled():
            if isinstance(inner, CoroutineType):
                _close(inner)
            return
        error = task.exception()
        if error is not None and self.alive:
            self.trace.fail(task.get_name(), error)

    def end(self) -> None:
        """Kill the host: nothing of it acts from here on. Its disk, connections and listeners go first."""
        if not self.alive:
            return
        self.alive = False
        endings, self.endings = self.endings, []
        for ending in endings:
            ending()
        timers, self.timers = self.timers, []
        for one in timers:
            if (timer := one()) is not None:
                timer.cancel()
        self._reap(REAP_ROUNDS)

    def _reap(self, rounds: int) -> None:
        """Cancel the tasks that are left, again and again: a task may answer a cancellation by waiting."""
        loop = self._loop()
        if loop is None or loop.is_closed():
            return
        left = dict.fromkeys(self.tasks)
        left.update((task, None) for task in asyncio.all_tasks(loop) if getattr(task, "life", None) is self)
        for task in sorted(left, key=lambda task: getattr(task, "number", 0)):
            task.cancel()
        if left and rounds:
            loop.call_soon(self._reap, rounds - 1)


def _close(coro: CoroutineType[Any, Any, Any]) -> None:
    """Of one that never began, what it was given to await is closed, too."""
    is_new = inspect.getcoroutinestate(coro) == inspect.CORO_CREATED
    given = list(inspect.getcoroutinelocals(coro).values()) if is_new else []
    coro.close()
    for one in given:
        if isinstance(one, CoroutineType):
            _close(one)


def life_of(context: Context | None) -> Life | None:
    """The life to which a task started in `context` (or in the running one) belongs."""
    return LIFE.get() if context is None else context.get(LIFE)


def record_failure(trace: Trace, context: dict[str, Any]) -> None:
    """Record what a loop's exception handler is told, for the host to which the task or callback belongs."""
    life = getattr(context.get("task") or context.get("future"), "life", None)
    within = getattr(context.get("handle"), "_context", None)
    if isinstance(life, Life):
        host = life.host
    else:
        host = HOST.get() if within is None else within.get(HOST, OUTSIDE)
    error = context.get("exception")
    if not isinstance(error, BaseException):
        error = RuntimeError(context["message"])
    trace.on(host).fail(context["message"], error)
