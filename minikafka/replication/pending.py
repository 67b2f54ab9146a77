"""Pending requests: answers that wait for a condition or a deadline, whichever comes first.

Rule: nothing polls. Whoever changes a thing (appends, advances a high watermark, loses leadership)
wakes the waiters watching it; a waiter looks once and either answers or goes on waiting.

Kafka: `DelayedOperationPurgatory`, `DelayedProduce`, `DelayedFetch`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from minikafka.world import World

T = TypeVar("T")


class Waiter(Generic[T]):
    """One pending answer. `look()` returns the answer, or None while it has to wait."""

    __slots__ = ("future", "keys", "look", "on_deadline", "timer")

    def __init__(
        self,
        keys: tuple[Hashable, ...],
        look: Callable[[], T | None],
        on_deadline: Callable[[], T],
        future: asyncio.Future[T],
    ) -> None:
        self.keys = keys
        self.look = look
        self.on_deadline = on_deadline
        self.future = future
        self.timer: asyncio.TimerHandle | None = None


class PendingRequests:
    """The waiters of one broker, by what they watch."""

    def __init__(self, world: World) -> None:
        self._world = world
        # Dicts, not sets: waiters are woken in the order they came.
        self._watchers: dict[Hashable, dict[Waiter[object], None]] = {}
        self._closed = False

    def wait(
        self,
        keys: Iterable[Hashable],
        look: Callable[[], T | None],
        on_deadline: Callable[[], T],
        timeout_s: float,
    ) -> T | asyncio.Future[T]:
        """The answer at once if there is one; else a future that has it by `timeout_s` from now."""
        answer = look()
        if answer is not None:
            return answer
        if timeout_s <= 0 or self._closed:
            return on_deadline()
        waiter: Waiter[T] = Waiter(tuple(keys), look, on_deadline, asyncio.get_running_loop().create_future())
        for key in waiter.keys:
            self._watchers.setdefault(key, {})[waiter] = None  # type: ignore[index]
        waiter.timer = self._world.call_later(timeout_s, self._expire, waiter)
        # Whoever gives the answer up takes the waiter along. (A lost connection doesn't: as in Kafka, the
        # write it asked for is waited for until the deadline.)
        waiter.future.add_done_callback(lambda _: self._forget(waiter))
        return waiter.future

    def wake(self, key: Hashable) -> None:
        """Something about `key` changed: let its waiters look."""
        waiters = self._watchers.get(key)
        if not waiters:
            return
        for waiter in list(waiters):
            if waiter.future.done():
                continue
            answer = waiter.look()
            if answer is not None:
                self._forget(waiter)
                waiter.future.set_result(answer)

    def count(self, key: Hashable) -> int:
        """How many requests wait for `key`."""
        return len(self._watchers.get(key, ()))

    def close(self) -> None:
        """Answer all that still wait, as at their deadline."""
        self._closed = True
        for waiters in list(self._watchers.values()):
            for waiter in list(waiters):
                self._expire(waiter)

    def _expire(self, waiter: Waiter[T]) -> None:
        self._forget(waiter)
        if not waiter.future.done():
            waiter.future.set_result(waiter.on_deadline())

    def _forget(self, waiter: Waiter[T]) -> None:
        if waiter.timer is not None:
            waiter.timer.cancel()
            waiter.timer = None
        for key in waiter.keys:
            waiters = self._watchers.get(key)
            if waiters is not None:
                waiters.pop(waiter, None)  # type: ignore[arg-type]
                if not waiters:
                    del self._watchers[key]
