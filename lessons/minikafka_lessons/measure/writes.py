"""Sequential against random writes, with and without waiting for the disk.

Kafka appends and does not wait (`log.flush.interval.messages` is not set by default): the first of six cases.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikafka_lessons.language import say, sentence
from minikafka_lessons.measure.results import MIB, Shown, bars, mib_a_second, size, spread_words, three
from minikafka_lessons.measure.rounds import Spread, budget, interleaved, scaled
from minikafka_lessons.measure.scratch import file_system, fill, scratch
from minikafka_lessons.show import ink

BLOCK_BYTES = 4096
SPARSE = 16
"""Random writes go to one block in so many."""
ORDERS = (sentence("sequential"), sentence("random"))
SYNCS = (sentence("no sync"), sentence("one sync at the end"), sentence("a sync after each block"))
_sync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, repr=False)
class Writes(Shown):
    """Bytes a second of each case: (order, sync) → spread."""

    speeds: dict[tuple[str, str], Spread]
    file_bytes: int
    written_bytes: int
    file_system: str

    headline = sentence("Writing blocks of 4 KiB")
    words = 2

    def ratio(self, sync: str) -> float:
        """How many times as fast sequential writes are as random ones."""
        return self.speeds[("sequential", sync)].median / self.speeds[("random", sync)].median

    def sync_ratio(self, order: str = "sequential") -> float:
        """How many times as fast writes are without any sync as with one after each block."""
        return self.speeds[(order, SYNCS[0])].median / self.speeds[(order, SYNCS[2])].median

    @property
    def note(self) -> str:
        return say(
            "{written} a round, in place, in a file of {size} on {disk}; fewer where each block is synced.",
            written=size(self.written_bytes),
            size=size(self.file_bytes),
            disk=self.file_system or say("this disk"),
        )

    def headers(self) -> list[str]:
        return [say("order"), say("sync"), say("speed"), say("spread"), say("order's ratio"), say("rounds")]

    def rows(self) -> list[list[object]]:
        return [
            [
                say(order),
                say(sync),
                mib_a_second(self.speeds[(order, sync)].median),
                spread_words(self.speeds[(order, sync)], mib_a_second),
                f"{three(self.ratio(sync))} : 1" if order == "sequential" else "",
                len(self.speeds[(order, sync)].values),
            ]
            for sync in SYNCS
            for order in ORDERS
        ]

    def draw(self, figure: Any) -> None:
        """A panel for each way to sync: their scales differ by orders of magnitude."""
        for axes, sync in zip(figure.subplots(3, 1), SYNCS, strict=True):
            spreads = [self.speeds[(order, sync)].times(1 / MIB) for order in ORDERS]
            bars(
                axes,
                [say(order) for order in ORDERS],
                spreads,
                (ink.BLUE, ink.ORANGE),
                lambda v: f"{three(v)} MiB/s",
            )
            ratio = three(self.ratio(sync))
            axes.set_title(say("{sync}: sequential is {ratio} times as fast", sync=say(sync), ratio=ratio))
        axes.set_xlabel(say("MiB/s (each panel has its own scale)"))

    size_inches = (8.9, 4.4)


def writes(seconds: float | None = None) -> Writes:
    """Measure. Takes `seconds`, and 128 MiB of disk at most."""
    seconds = budget(seconds)
    file_bytes = scaled(128 * MIB, seconds, 2 * MIB)
    with scratch(file_bytes) as directory:
        path = directory / "writes"
        fill(path, file_bytes)
        fd = os.open(path, os.O_RDWR)
        try:
            cases = {(o, s): _case(fd, file_bytes, o, s) for s in SYNCS for o in ORDERS}
            named = {"/".join(key): case for key, case in cases.items()}
            found = interleaved(named, seconds)
        finally:
            os.close(fd)
        speeds = {key: found["/".join(key)] for key in cases}
        return Writes(speeds, file_bytes, file_bytes // SPARSE, file_system(Path(directory)))


def _case(fd: int, file_bytes: int, order: str, sync: str) -> Callable[[], float]:
    """One round: bytes a second."""
    block = os.urandom(BLOCK_BYTES)
    chance = random.Random(1)
    blocks = file_bytes // BLOCK_BYTES
    count = blocks // SPARSE if sync != SYNCS[2] else max(8, blocks // SPARSE // 32)

    def run() -> float:
        if order == "sequential":
            first = chance.randrange(blocks - count)
            positions = [(first + n) * BLOCK_BYTES for n in range(count)]
        else:
            positions = [n * BLOCK_BYTES for n in chance.sample(range(blocks), count)]
        os.fsync(fd)  # what earlier rounds left must not be paid by this one
        began = time.perf_counter()
        for position in positions:
            os.pwrite(fd, block, position)
            if sync == SYNCS[2]:
                _sync(fd)
        if sync == SYNCS[1]:
            _sync(fd)
        return count * BLOCK_BYTES / (time.perf_counter() - began)

    return run
