"""Partitions that back off: not asked for again before a given time.

Rule: no cost for those whose time has not come. Kafka: `PartitionFetchState.isDelayed`.
"""

from __future__ import annotations

import heapq
import itertools

from minikafka.replication.fetch_position import Key


class Resting:
    """Which, and until when (seconds on the loop's clock)."""

    def __init__(self) -> None:
        self._until: dict[Key, float] = {}
        self._times: list[tuple[float, int, Key]] = []  # some of them are no longer true
        self._count = itertools.count()

    def __contains__(self, key: Key) -> bool:
        return key in self._until

    def begin(self, key: Key, until: float) -> None:
        """It rests until then."""
        self._until[key] = until
        heapq.heappush(self._times, (until, next(self._count), key))

    def end(self, key: Key) -> None:
        """It rests no more; fine if it didn't."""
        self._until.pop(key, None)

    def ended(self, now: float) -> list[Key]:
        """Those whose time has come."""
        found = []
        while self._times and self._times[0][0] <= now:
            until, _, key = heapq.heappop(self._times)
            if self._until.get(key) == until:
                del self._until[key]
                found.append(key)
        return found

    def next_s(self, now: float) -> float | None:
        """How long until the first has rested enough; None: none rests."""
        while self._times and self._until.get(self._times[0][2]) != self._times[0][0]:
            heapq.heappop(self._times)
        return max(0.0, self._times[0][0] - now) if self._times else None
