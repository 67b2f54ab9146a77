"""Long work in pieces: a few milliseconds, then the loop runs and everybody else is served.

Rule: one thing of many is done whole or not yet, and the order is that in which they came. Virtual time stands still
within a piece, so a piece ends after so many things, too. (Kafka has threads for this.)
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from typing import Generic, TypeVar

from minikafka.world.world import Clock, World

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

PIECE_S = 0.008
PIECE_THINGS = 64
ASIDE_S, ASIDE_LONGEST_S, ASIDE_REST_S = 0.004, 0.02, 0.03
ASIDE_THINGS = 100
"""So much is done in any case: a process that got no processor meanwhile has looked at the clock, and done nothing."""
REST_FOR_EACH = 9
"""Seconds for the others to one aside."""


class Piece:
    """How much may be done before the loop's next turn."""

    __slots__ = ("_clock", "_left", "_until")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = clock.now() + PIECE_S
        self._left = PIECE_THINGS

    def is_over(self) -> bool:
        """Is the piece over? To be asked after each thing."""
        self._left -= 1
        return self._left <= 0 or self._clock.now() >= self._until


class Aside:
    """Pieces of what nobody waits for urgently: a tenth of the time where the others are busy, and yet
    it gets on, since those whose turns are long get longer pieces in between. `now`: the loop's time."""

    __slots__ = ("_began", "_left", "_now", "_until")

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._begin(ASIDE_S)

    def _begin(self, so_long_s: float) -> None:
        self._left = ASIDE_THINGS
        self._began = self._now()
        self._until = self._began + so_long_s

    def is_over(self) -> bool:
        """Is the piece over? To be asked after each thing."""
        self._left -= 1
        return self._left <= 0 and self._now() >= self._until

    async def rest(self) -> None:
        """Until the next piece begins."""
        over = self._now()
        await asyncio.sleep(min(REST_FOR_EACH * (over - self._began), ASIDE_REST_S))
        self._begin(min(max(ASIDE_S, (self._now() - over) / REST_FOR_EACH), ASIDE_LONGEST_S))


async def in_turns(world: World, things: Iterable[T]) -> AsyncIterator[T]:
    """These, one after the other; between pieces the loop has a turn. Things may have changed by then."""
    piece = Piece(world.clock)
    for thing in things:
        yield thing
        if piece.is_over():
            await asyncio.sleep(0)
            piece = Piece(world.clock)


class Backlog(Generic[K]):
    """Keys that each wait for `work(key)`; who is put in again while it waits keeps its place.

    `put` does the first piece at once, the rest follows in turns of the loop; `after_piece` is called after each
    piece. What `work` raises is put into `trace.failures`, and the others keep working.
    """

    def __init__(
        self,
        world: World,
        name: str,
        work: Callable[[K], None],
        after_piece: Callable[[], None] = lambda: None,
    ) -> None:
        self._world = world
        self._name = name
        self._work = work
        self._after_piece = after_piece
        self._waiting: OrderedDict[K, None] = OrderedDict()  # a dict is slow to give up its first entry
        self._task: asyncio.Task[None] | None = None
        self._is_working = False
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, keys: Iterable[K]) -> None:
        """Add these to the work."""
        if self._closed:
            return
        self._waiting.update(dict.fromkeys(keys))
        if self._task is None and not self._is_working:
            self._do_a_piece()
            if self._waiting:
                self._task = self._world.spawn(self._do_the_rest(), self._name)

    def take(self) -> list[K]:
        """What waits, which now is the caller's to do."""
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting

    def close(self) -> None:
        """Leave what waits as it is."""
        self._closed = True
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _do_the_rest(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)
                self._do_a_piece()
        finally:
            self._task = None

    def _do_a_piece(self) -> None:
        self._is_working = True
        piece = Piece(self._world.clock)
        try:
            while self._waiting:
                key, _ = self._waiting.popitem(last=False)
                try:
                    self._work(key)
                except Exception as error:
                    self._world.trace.fail(f"{self._name} {key}", error)
                if piece.is_over():
                    break
            self._after_piece()
        finally:
            self._is_working = False


__all__ = ["Backlog", "Piece", "in_turns"]
