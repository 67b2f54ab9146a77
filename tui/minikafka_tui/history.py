"""What the inspector remembers between snapshots: LAG over time, rates, and the events that scrolled by.

Rule: everything is derived from snapshots, on the snapshot's own clock, so a paused cluster's lines
stand still.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from minikafka.xray.snapshot import EventLine, Snapshot

SAMPLES = 120
SAMPLE_S = 0.5
RATE_WINDOW_S = 5.0
EVENTS = 5_000


class History:
    """Feed it each snapshot once, in order."""

    def __init__(self) -> None:
        self.lags: dict[str, deque[int | None]] = {}
        self.rates: deque[float | None] = deque(maxlen=SAMPLES)
        self._told: dict[int, EventLine] = {}
        self._ends: deque[tuple[float, int]] = deque(maxlen=64)
        self._last_ends: dict[tuple[str, int], int] = {}
        self._sampled_at: float | None = None

    def feed(self, snapshot: Snapshot) -> None:
        """Take what this snapshot adds."""
        last = next(reversed(self._told), -1)
        newest = snapshot.events[-1].seq if snapshot.events else last
        if newest < last or (self._sampled_at is not None and snapshot.at < self._sampled_at):
            self._forget()  # another life of the cluster: its past is not this one's
        for event in snapshot.events:
            self._told[event.seq] = event  # a line may have grown
        for seq in list(self._told)[: len(self._told) - EVENTS]:
            del self._told[seq]
        if self._sampled_at is not None and snapshot.at - self._sampled_at < SAMPLE_S:
            return
        self._sampled_at = snapshot.at
        self._sample_lags(snapshot)
        self._ends.append((snapshot.at, self._total_end(snapshot)))
        self.rates.append(self.records_per_s())

    @property
    def events(self) -> Iterable[EventLine]:
        """All that is remembered, oldest first."""
        return self._told.values()

    def records_per_s(self) -> float | None:
        """Records appended a second, over the last seconds; `None` before there are two samples."""
        if len(self._ends) < 2:
            return None
        at, end = self._ends[-1]
        for then, before in self._ends:
            if at - then <= RATE_WINDOW_S:
                return max(0.0, (end - before) / (at - then)) if at > then else None
        then, before = self._ends[-2]
        return max(0.0, (end - before) / (at - then))

    def lag_trend(self, group: str) -> list[int | None]:
        """Total LAG of a group at the last sampled moments, oldest first."""
        return list(self.lags.get(group, ()))

    def _forget(self) -> None:
        for memory in (self.lags, self.rates, self._told, self._ends, self._last_ends):
            memory.clear()
        self._sampled_at = None

    def _total_end(self, snapshot: Snapshot) -> int:
        """All that was ever written. A partition whose leader is gone counts as far as it was seen: its end is
        unknown for a moment, and its records are not written again when it comes back."""
        seen = self._last_ends
        self._last_ends = {
            (t.name, p.index): p.end or p.high_watermark or seen.get((t.name, p.index), 0)
            for t in snapshot.topics
            for p in t.partitions
        }
        return sum(self._last_ends.values())

    def _sample_lags(self, snapshot: Snapshot) -> None:
        alive = {g.id: None if g.as_of is not None else g.lag for g in snapshot.groups or ()}
        for gone in [g for g in self.lags if g not in alive]:
            del self.lags[gone]
        for group, lag in alive.items():
            self.lags.setdefault(group, deque(maxlen=SAMPLES)).append(lag)
