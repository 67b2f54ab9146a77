"""An answer that is to come: what a handler returns that has to wait, without a task or a future of its own.

Rule: it comes once, as a value or as an error. Whoever has several for one moment gives them all first (`give`, `fail`)
and tells of them then (`tell`), so that what belongs together is sent together. Kafka: `DelayedOperation`, and the
response callbacks of `ReplicaManager`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Later(Generic[T]):
    """Made by whoever will give the answer; `then` or `await` by the one who waits for it."""

    __slots__ = ("_answer", "_then", "error", "is_there")

    def __init__(self) -> None:
        self.is_there = False
        self.error: BaseException | None = None
        self._answer: T | None = None
        self._then: Callable[[], None] | None = None

    @property
    def answer(self) -> T:
        """What was given; only once it `is_there` and there is no `error`."""
        return cast("T", self._answer)

    def give(self, answer: T) -> None:
        """The answer is this."""
        if not self.is_there:
            self.is_there, self._answer = True, answer

    def fail(self, error: BaseException) -> None:
        """There is none, and this is why."""
        if not self.is_there:
            self.is_there, self.error = True, error

    def tell(self) -> None:
        """Call who waits for it, once."""
        then, self._then = self._then, None
        if then is not None:
            then()

    def then(self, callback: Callable[[], None]) -> None:
        """Call this when it is there. One may wait."""
        assert not self.is_there, "it is there already"
        assert self._then is None, "somebody waits already"
        self._then = callback

    def hurry(self) -> None:
        """Another request waits behind this one. Who asked may rather have no answer than wait on: see who makes it."""

    def give_up(self) -> None:
        """Nobody waits any more."""
        self._then = None

    def __await__(self) -> Generator[Any, None, T]:
        if not self.is_there:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.then(lambda: None if future.done() else future.set_result(None))
            try:
                yield from future
            except asyncio.CancelledError:
                self.give_up()
                raise
        if self.error is not None:
            raise self.error
        return self.answer
