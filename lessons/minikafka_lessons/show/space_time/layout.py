"""Where things go: a column for each host, a place down the page for each moment.

Rule: the order of moments is true, their distances are not: a network's fractions of a millisecond and the seconds
between them would not fit on one page. A longer wait is named where it is.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from minikafka_lessons.show.space_time.arrows import Arrow

SHORTEST_S = 0.0002
PAUSE_S = 0.02
"""From here on a wait is named."""
PAUSE = 30.0


class Moments:
    """Down the page: y of a moment."""

    def __init__(self, moments: Iterable[float], top: float) -> None:
        self.at = sorted(dict.fromkeys(moments))
        self.y = [top]
        self.pauses: list[tuple[float, float]] = []
        """(y of its middle, seconds) of each wait that is named."""
        for before, after in zip(self.at, self.at[1:], strict=False):
            wait = after - before
            step = 5.0 + 5.5 * math.log10(1 + wait / SHORTEST_S)
            if wait >= PAUSE_S:
                step = PAUSE
                self.pauses.append((self.y[-1] + step / 2, wait))
            self.y.append(self.y[-1] + step)

    def __call__(self, moment: float) -> float:
        """Where this moment is; between two that are known, in proportion."""
        if not self.at:
            return self.y[0]
        i = bisect_left(self.at, moment)
        if i < len(self.at) and self.at[i] == moment:
            return self.y[i]
        if i == 0:
            return self.y[0]
        if i == len(self.at):
            return self.y[-1]
        part = (moment - self.at[i - 1]) / (self.at[i] - self.at[i - 1])
        return self.y[i - 1] + (self.y[i] - self.y[i - 1]) * part

    @property
    def bottom(self) -> float:
        return self.y[-1]


def columns(arrows: Sequence[Arrow], named: Sequence[str], most: int) -> tuple[list[str], int]:
    """The hosts from left to right: clients, brokers, controllers; and how many more there would be.

    Of too many those stay that are `named`, then those that have the most messages.
    """
    busy: dict[str, int] = dict.fromkeys(named, len(arrows) * 2)
    for arrow in arrows:
        for host in (arrow.source, arrow.target):
            busy[host] = busy.get(host, 0) + 1
    kept = sorted(busy, key=lambda host: (-busy[host], _rank(host)))[:most]
    return sorted(kept, key=_rank), len(busy) - len(kept)


def _rank(host: str) -> tuple[int, int, str]:
    order = 0 if host.startswith("client") else 2 if host.startswith(("controller", "zookeeper")) else 1
    digits = "".join(c for c in host if c in "0123456789")[:9]
    return order, int(digits or 0), host


class Labels:
    """Places for words: one is taken only where nothing stands yet."""

    def __init__(self) -> None:
        self._taken: list[tuple[float, float, float]] = []

    def take(self, x: float, y: float, width: float, height: float = 12.0) -> bool:
        """May a text stand with its left edge at x and its baseline at y?"""
        for left, right, at in reversed(self._taken[-400:]):
            if abs(at - y) < height and x < right + 6 and left < x + width + 6:
                return False
        self._taken.append((x, x + width, y))
        return True
