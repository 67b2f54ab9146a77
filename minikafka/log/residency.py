"""How much of each segment is in the page cache, for viewers, at a bounded price.

Rule: a segment is looked at when somebody takes a picture, at most once a second, and all looks together cost a
small, fixed share of a core: a broker with a hundred thousand segments shows older numbers, never gets slower.
"""

from __future__ import annotations

from minikafka.world import Clock, Disk

FRESH_S = 1.0
"""A number this young is good enough."""
FORGET_S = 60.0
LOOK_PAGES = 2_000
"""Opening a file and asking the kernel costs as much as counting this many pages (20 µs, at 10 ns a page)."""
BUDGET_PAGES = 500_000
"""What may be counted in `FRESH_S`: 5 ms."""

Residency = tuple[int, int]
"""Resident pages, pages."""


class SegmentResidency:
    """Of one broker: path → the latest numbers."""

    def __init__(self, disk: Disk, clock: Clock) -> None:
        self._disk = disk
        self._clock = clock
        self._seen: dict[str, tuple[float, Residency | None]] = {}
        self._window = float("-inf")
        self._left = 0
        self._stale_after_s = FRESH_S

    def of(self, path: str, size_bytes: int) -> Residency | None:
        """As it was a moment ago; None: unknown here, or not looked at yet."""
        now = self._clock.now()
        if now - self._window >= FRESH_S:
            self._begin_window(now)
        at, known = self._seen.get(path, (float("-inf"), None))
        # What was empty a moment ago and isn't now would show as nothing of nothing.
        fresh = now - at < self._stale_after_s and (known is None or known[1] > 0 or size_bytes == 0)
        if fresh or self._left <= 0:
            return known
        try:
            known = self._disk.residency(path)
        except OSError:  # deleted meanwhile, or a failing disk: a picture is no place to say so
            known = None
        self._left -= LOOK_PAGES + (known[1] if known else 0)
        self._seen[path] = (now, known)
        return known

    def _begin_window(self, now: float) -> None:
        """A new budget. Who has more than that gets to see every segment in turn, each more rarely."""
        self._seen = {path: seen for path, seen in self._seen.items() if now - seen[0] < FORGET_S}
        cost = sum(LOOK_PAGES + (known[1] if known else 0) for _, known in self._seen.values())
        self._stale_after_s = min(FORGET_S / 2, FRESH_S * max(1.0, cost / BUDGET_PAGES))
        self._window, self._left = now, BUDGET_PAGES
