"""Pending requests: answers that wait for a condition or a deadline, whichever comes first.

Rule: nothing polls, and nothing is looked at twice in a turn of the loop. Whoever changes a thing (appends, advances a
high watermark, loses leadership) wakes what watches it; at the end of the turn each of the woken looks once, at what
has woken it and at nothing else, and either answers or keeps waiting.

Kafka: `DelayedOperationPurgatory`, `DelayedProduce`, `DelayedFetch`; `ActionQueue`, which lets what a request wakes
wait until that request is done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any, Protocol, TypeVar

from minikafka.protocol.later import Later
from minikafka.world import World

T = TypeVar("T")
Tokens = Collection[Hashable]


class Watcher(Protocol):
    """What can be woken."""

    def look(self, tokens: Tokens) -> Later[Any] | None:
        """Some of what is watched changed; the answer that was given for that, if any. It is told at the turn's end."""


class Waiter(Later[T]):
    """One pending answer. `condition(tokens)` returns it, or None while it has to wait."""

    __slots__ = ("_pending", "condition", "keys", "may_hurry", "on_deadline", "timer")

    def __init__(
        self,
        pending: PendingRequests,
        keys: tuple[Hashable, ...],
        condition: Callable[[Tokens], T | None],
        on_deadline: Callable[[], T],
        may_hurry: bool,
    ) -> None:
        super().__init__()
        self._pending = pending
        self.keys = keys
        self.condition = condition
        self.on_deadline = on_deadline
        self.may_hurry = may_hurry
        self.timer: Any = None

    def look(self, tokens: Tokens) -> Later[Any] | None:
        if self.is_there:
            return None
        try:
            answer = self.condition(tokens)
            if answer is None:
                return None
            self.give(answer)
        except Exception as error:
            self.fail(error)
        self._pending.forget(self)
        return self

    def expire(self) -> None:
        """The time is up."""
        self._pending.forget(self)
        if self.is_there:
            return
        try:
            self.give(self.on_deadline())
        except Exception as error:
            self.fail(error)
        self.tell()

    def hurry(self) -> None:
        if self.may_hurry:
            self.expire()

    def give_up(self) -> None:
        super().give_up()
        self._pending.forget(self)


class PendingRequests:
    """The waiters of one broker, by what they watch."""

    def __init__(self, world: World) -> None:
        self._world = world
        # Dicts, not sets: what is woken looks in the order in which it came. The values are the watchers' tokens.
        self._watchers: dict[Hashable, dict[Watcher, Hashable]] = {}
        self._waiters: dict[Waiter[Any], None] = {}
        self._woken: dict[Hashable, None] = {}
        self._closed = False

    def wait(
        self,
        keys: Iterable[Hashable],
        condition: Callable[[Tokens], T | None],
        on_deadline: Callable[[], T],
        timeout_s: float,
    ) -> T | Waiter[T]:
        """The answer at once if there is one; else a `Later` that has it by `timeout_s` from now.

        `condition` is told which of `keys` have changed since it looked last: at first all.
        """
        watched = tuple(keys)
        answer = condition(watched)
        return self.enter(watched, condition, on_deadline, timeout_s) if answer is None else answer

    def enter(
        self,
        keys: Collection[Hashable],
        condition: Callable[[Tokens], T | None],
        on_deadline: Callable[[], T],
        timeout_s: float,
        *,
        may_hurry: bool = False,
    ) -> T | Waiter[T]:
        """As `wait`, for who has just looked. `may_hurry`: the asker rather has the answer of the deadline than let
        its next request wait.

        Whoever gives the answer up takes the waiter along. (A lost connection doesn't: as in Kafka, the write it asked
        for is waited for until the deadline.)
        """
        if timeout_s <= 0 or self._closed:
            return on_deadline()
        waiter: Waiter[T] = Waiter(self, tuple(keys), condition, on_deadline, may_hurry)
        for key in waiter.keys:
            self.watch(key, waiter, key)
        self._waiters[waiter] = None
        waiter.timer = self._world.call_later(timeout_s, waiter.expire)
        return waiter

    def watch(self, key: Hashable, watcher: Watcher, token: Hashable) -> None:
        """Let `watcher` look, with this token, whenever `key` was woken."""
        self._watchers.setdefault(key, {})[watcher] = token

    def unwatch(self, key: Hashable, watcher: Watcher, token: Hashable) -> None:
        """No more with this token; fine if it didn't."""
        watchers = self._watchers.get(key)
        if watchers is not None and watchers.get(watcher) == token:
            del watchers[watcher]
            if not watchers:
                del self._watchers[key]

    def woken(self, watcher: Watcher) -> list[Hashable]:
        """The tokens with which it will look at the end of this turn."""
        found = []
        for key in self._woken:
            watchers = self._watchers.get(key)
            if watchers is not None and watcher in watchers:
                found.append(watchers[watcher])
        return found

    def wake(self, key: Hashable) -> None:
        """Something about `key` changed: at the end of this turn those who watch it look."""
        if key in self._watchers:
            if not self._woken:
                self._world.call_soon(self._end_of_turn)
            self._woken[key] = None

    def count(self, key: Hashable) -> int:
        """How many watch `key`."""
        return len(self._watchers.get(key, ()))

    def close(self) -> None:
        """Answer all that still wait, as at their deadline."""
        self._closed = True
        for waiter in list(self._waiters):
            waiter.expire()

    def forget(self, waiter: Waiter[Any]) -> None:
        """Stop waking this one."""
        if waiter.timer is not None:
            waiter.timer.cancel()
            waiter.timer = None
        self._waiters.pop(waiter, None)
        for key in waiter.keys:
            self.unwatch(key, waiter, key)

    def _end_of_turn(self) -> None:
        woken, self._woken = self._woken, {}
        looking: dict[Watcher, list[Hashable]] = {}
        for key in woken:
            for watcher, token in self._watchers.get(key, {}).items():
                looking.setdefault(watcher, []).append(token)
        # All are given before the first is told of, so that one connection's answers leave together.
        given = [watcher.look(tokens) for watcher, tokens in looking.items()]
        for later in given:
            if later is not None:
                later.tell()
