"""What a broker has to settle with the controller, item by item: one request in flight, the rest wait for the next.

Rule: an item is asked about until it is answered, replaced by a newer one of its key, or matters no more; a failure
only makes the pause before the next request longer. Kafka: the queues of `AlterPartitionManager` and
`AssignmentsManager`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from itertools import islice
from typing import Generic, TypeVar

from minikafka.world import World

K = TypeVar("K")
V = TypeVar("V")

MOST_AT_ONCE = 2250
"""Items in a request."""


class ControllerQueue(Generic[K, V]):
    """The open items of one broker.

    `matters(key, item)` is asked before each request. `settle(items)` asks the controller, and returns the keys that
    are done; it may raise OSError or TimeoutError. `retry_s`: the first and the longest pause after a failure.
    """

    def __init__(
        self,
        world: World,
        name: str,
        retry_s: tuple[float, float],
        matters: Callable[[K, V], bool],
        settle: Callable[[dict[K, V]], Awaitable[Collection[K]]],
    ) -> None:
        self._retry_s = retry_s
        self._matters = matters
        self._settle = settle
        self._open: dict[K, V] = {}
        self._work = asyncio.Event()
        self._task = world.spawn(self._run(), name)

    def put(self, key: K, item: V) -> None:
        """Settle this, and no longer what there was of that key."""
        self._open[key] = item
        self._work.set()

    def close(self) -> None:
        """Ask no more."""
        self._task.cancel()

    async def _run(self) -> None:
        pause_s, longest_s = self._retry_s
        while True:
            await self._work.wait()
            self._work.clear()
            self._open = {key: item for key, item in self._open.items() if self._matters(key, item)}
            asked = dict(islice(self._open.items(), MOST_AT_ONCE))
            if not asked:
                continue
            try:
                done = await self._settle(asked)
            except (OSError, TimeoutError):
                done = ()
            for key in done:
                if self._open.get(key) is asked[key]:
                    del self._open[key]
            if self._open:
                self._work.set()
            if len(done) == len(asked):
                pause_s = self._retry_s[0]
            else:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, longest_s)


__all__ = ["ControllerQueue"]
