"""Rounds: every case once, in an order that changes, again and again until the budget is spent.

Rule: the first round warms up and doesn't count. Cases are interleaved, so that a machine that gets slower for a while
is unjust to all of them alike. A result is a median with its spread, never a mean.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SECONDS_VARIABLE = "MINIKAFKA_MEASURE_SECONDS"
DEFAULT_SECONDS = 5.0
FULL_SIZE_SECONDS = 4.0
"""A budget below this makes the data smaller, too."""
AT_LEAST, AT_MOST = 3, 15


@dataclass(frozen=True)
class Spread:
    """What the rounds gave, in the order they ran."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The smallest."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The largest."""
        return max(self.values)

    def times(self, factor: float) -> Spread:
        """In another unit."""
        return Spread(tuple(value * factor for value in self.values))


def budget(seconds: float | None) -> float:
    """The wish, or $MINIKAFKA_MEASURE_SECONDS, or 5."""
    if seconds is None:
        seconds = float(os.environ.get(SECONDS_VARIABLE, DEFAULT_SECONDS))
    if not seconds > 0:
        raise ValueError("A measurement needs some time: seconds must be more than 0.")
    return seconds


def scaled(full: int, seconds: float, at_least: int) -> int:
    """A size or a count: `full` from four seconds on, less below."""
    return max(at_least, int(full * min(1.0, seconds / FULL_SIZE_SECONDS)))


def interleaved(
    cases: Mapping[str, Callable[[], float]], seconds: float, *, at_least: int = AT_LEAST
) -> dict[str, Spread]:
    """Each case's results. A case does one round and returns what it measured (it keeps its own clock)."""
    order = list(cases)
    chance = random.Random(0)
    found: dict[str, list[float]] = {name: [] for name in order}
    began = time.perf_counter()
    for number in range(AT_MOST + 1):
        chance.shuffle(order)
        for name in order:
            value = cases[name]()
            if number:
                found[name].append(value)
        if number >= at_least and time.perf_counter() - began > seconds * number / (number + 1):
            break
    return {name: Spread(tuple(values)) for name, values in found.items()}
