"""Free memory: how much of it becomes page cache, how it comes back, and the one way around the cache (direct I/O).

Rule: the machine's own account (`/proc/meminfo`) is read just before and just after each step; others use memory
meanwhile, too, which the spread shows.
"""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikafka_lessons.language import say, sentence
from minikafka_lessons.measure.results import MIB, Shown, Unmeasured, size, spread_words, whisker
from minikafka_lessons.measure.rounds import Spread, budget, scaled
from minikafka_lessons.measure.scratch import CHUNK_BYTES, check_evictable, evict, fill, pages, scratch
from minikafka_lessons.show import ink

WAYS = {
    "written": sentence("the file is written"),
    "evicted": sentence("… evicted"),
    "direct": sentence("… read with direct I/O"),
    "read": sentence("… read as usual"),
}
ACCOUNT = Path("/proc/meminfo")
ROUNDS = 5


@dataclass(frozen=True, repr=False)
class FreeMemory(Shown):
    """Way → bytes of memory that were won or lost by it; and the file's own bytes in the page cache after it."""

    free: dict[str, Spread]
    available: dict[str, Spread]
    cached: dict[str, Spread]
    file_bytes: int

    headline = sentence("What becomes of free memory")
    size_inches = (8.9, 2.8)

    @property
    def note(self) -> str:
        return say(
            "What each step changed, with a file of {size}, in {rounds} rounds. “Available” is what programs can have, "
            "the cache's share included.",
            size=size(self.file_bytes),
            rounds=ROUNDS,
        )

    def headers(self) -> list[str]:
        return [
            "",
            say("free memory"),
            say("spread"),
            say("available memory"),
            say("of the file in the page cache"),
        ]

    def rows(self) -> list[list[object]]:
        return [
            [
                say(name),
                signed(self.free[way].median),
                spread_words(self.free[way], signed),
                signed(self.available[way].median),
                size(self.cached[way].median),
            ]
            for way, name in WAYS.items()
            if way in self.free
        ]

    def draw(self, figure: Any) -> None:
        """What free memory lost or won, and what of the file is in the cache."""
        axes = figure.subplots()
        ways = [way for way in WAYS if way in self.free]
        for place, way in enumerate(ways):
            change, cached = self.free[way].times(1 / MIB), self.cached[way].times(1 / MIB)
            for shift, spread, colour in ((-0.2, change, ink.ORANGE), (0.2, cached, ink.GREEN)):
                axes.barh(place + shift, spread.median, height=0.36, color=colour, alpha=0.75, linewidth=0)
                whisker(axes, spread, place + shift)
        axes.set_yticks(range(len(ways)), [say(WAYS[way]) for way in ways])
        axes.invert_yaxis()
        axes.set_xlabel("MiB")
        axes.barh(0, 0, color=ink.ORANGE, alpha=0.75, label=say("free memory, more or less"))
        axes.barh(0, 0, color=ink.GREEN, alpha=0.75, label=say("of the file in the page cache"))
        axes.legend(loc="best")


def free_memory(seconds: float | None = None) -> FreeMemory:
    """Measure. Raises Unmeasured where the system keeps no such account, or files can't be evicted."""
    file_bytes = scaled(128 * MIB, budget(seconds), 8 * MIB)
    free: dict[str, list[float]] = {}
    available: dict[str, list[float]] = {}
    cached: dict[str, list[float]] = {}
    with scratch(file_bytes) as directory:
        path = directory / "free"
        fill(path, CHUNK_BYTES)
        check_evictable(path)
        for _ in range(ROUNDS):
            path.unlink()
            for way in WAYS:
                free_before, available_before = account()
                if not happens(way, path, file_bytes):
                    continue
                free_after, available_after = account()
                counts = pages(path)
                free.setdefault(way, []).append(free_after - free_before)
                available.setdefault(way, []).append(available_after - available_before)
                cached.setdefault(way, []).append(counts.resident * counts.page_bytes)
    return FreeMemory(spreads(free), spreads(available), spreads(cached), file_bytes)


def spreads(rounds: dict[str, list[float]]) -> dict[str, Spread]:
    """Of each way."""
    return {way: Spread(tuple(values)) for way, values in rounds.items()}


def happens(way: str, path: Path, file_bytes: int) -> bool:
    """Do it. False: this file system has no direct I/O."""
    if way == "written":
        fill(path, file_bytes)
    elif way == "evicted":
        evict(path)
    elif way == "read":
        with path.open("rb", buffering=0) as file:
            while file.read(CHUNK_BYTES):
                pass
    else:
        return read_directly(path)
    return True


def read_directly(path: Path) -> bool:
    """Read all of it around the page cache. False where that can't be done."""
    if not hasattr(os, "O_DIRECT"):
        return False
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
    except OSError:
        return False
    try:
        with mmap.mmap(-1, CHUNK_BYTES) as aligned:  # the disk writes into these very pages
            while os.readv(fd, [aligned]):
                pass
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def account() -> tuple[int, int]:
    """(free, available) bytes of this machine. Raises Unmeasured where it doesn't tell."""
    try:
        lines = ACCOUNT.read_text().splitlines()
        told = {
            name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)
        }
        return told["MemFree"], told["MemAvailable"]
    except (OSError, KeyError, ValueError, IndexError):
        raise Unmeasured(say("This system doesn't say how much memory is free (/proc/meminfo).")) from None


def signed(size_bytes: float) -> str:
    """More or less than before."""
    return f"{'−' if size_bytes < 0 else '+'}{size(abs(size_bytes))}"
