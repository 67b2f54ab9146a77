"""Reading what lies in the page cache against what lies on the disk only; and how far the kernel reads ahead."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minikafka_lessons.language import say, sentence
from minikafka_lessons.measure.results import (
    MIB,
    Shown,
    bars,
    mib_a_second,
    size,
    spread_words,
    thousands,
    three,
)
from minikafka_lessons.measure.rounds import Spread, budget, interleaved, scaled
from minikafka_lessons.measure.scratch import check_evictable, evict, file_system, fill, pages, scratch
from minikafka_lessons.show import ink
from minikafka_lessons.show.figure import TEXT

BLOCK_BYTES = 4096
CHUNK_BYTES = 256 * 1024
PLACES = (sentence("in the page cache"), sentence("evicted: on the disk only"))
ORDERS = (sentence("in order"), sentence("random blocks of 4 KiB"))
MEMORY = sentence("memory, random numbers of 8 bytes")


@dataclass(frozen=True, repr=False)
class Reads(Shown):
    """Bytes a second of each case: (place, order) → spread; `random_memory` is for comparison."""

    speeds: dict[tuple[str, str], Spread]
    random_memory: Spread
    file_bytes: int
    file_system: str

    headline = sentence("Reading a segment")
    size_inches = (8.9, 3.4)

    def ratio(self, order: str = ORDERS[0]) -> float:
        """How many times as fast a resident file is read as an evicted one."""
        return self.speeds[(PLACES[0], order)].median / self.speeds[(PLACES[1], order)].median

    def memory_ratio(self) -> float:
        """The disk in order : memory at random."""
        return self.speeds[(PLACES[1], ORDERS[0])].median / self.random_memory.median

    def order_ratio(self, place: str = PLACES[1]) -> float:
        """How many times as fast a file is read in order as in random blocks."""
        return self.speeds[(place, ORDERS[0])].median / self.speeds[(place, ORDERS[1])].median

    @property
    def note(self) -> str:
        disk = self.file_system or say("this disk")
        return say("A file of {size} on {disk}.", size=size(self.file_bytes), disk=disk)

    def _all(self) -> dict[str, Spread]:
        named = {
            f"{say(order)}, {say(place)}": self.speeds[(place, order)] for order in ORDERS for place in PLACES
        }
        return {**named, say(MEMORY): self.random_memory}

    def headers(self) -> list[str]:
        return [say("what is read"), say("speed"), say("spread"), say("rounds")]

    def rows(self) -> list[list[object]]:
        return [
            [name, mib_a_second(s.median), spread_words(s, mib_a_second), len(s.values)]
            for name, s in self._all().items()
        ]

    def draw(self, figure: Any) -> None:
        """On a logarithmic scale."""
        named = self._all()
        axes = figure.subplots()
        colours = (ink.GREEN, ink.ORANGE, ink.GREEN, ink.ORANGE, ink.VIOLET)
        spreads = [s.times(1 / MIB) for s in named.values()]
        bars(axes, list(named), spreads, colours, lambda v: f"{three(v)} MiB/s", log=True)
        axes.set_xlabel(say("MiB/s (logarithmic: each line is ten times the one before)"))


def reads(seconds: float | None = None) -> Reads:
    """Measure. Takes `seconds`, and 64 MiB of disk. Raises Unmeasured where files can't be evicted."""
    seconds = budget(seconds)
    file_bytes = scaled(64 * MIB, seconds, 2 * MIB)
    with scratch(file_bytes) as directory:
        path = directory / "reads"
        fill(path, file_bytes)
        check_evictable(path)
        fd = os.open(path, os.O_RDONLY)
        buffer = bytearray(CHUNK_BYTES)

        def prepared(place: str) -> None:
            if place == PLACES[1]:
                evict(path)
            else:
                _in_order(fd, file_bytes, buffer)

        try:
            cases: dict[str, Callable[[], float]] = {
                f"{place}/{order}": _case(fd, file_bytes, buffer, place, order, prepared)
                for place in PLACES
                for order in ORDERS
            }
            cases[MEMORY] = _random_memory(file_bytes)
            found = interleaved(cases, seconds)
        finally:
            os.close(fd)
        speeds = {(place, order): found[f"{place}/{order}"] for place in PLACES for order in ORDERS}
        return Reads(speeds, found[MEMORY], file_bytes, file_system(directory))


def _case(
    fd: int, file_bytes: int, buffer: bytearray, place: str, order: str, prepared: Callable[[str], None]
) -> Callable[[], float]:
    chance = random.Random(2)
    count = max(8, min(512, file_bytes // BLOCK_BYTES // 4))

    def run() -> float:
        prepared(place)
        positions = [n * BLOCK_BYTES for n in chance.sample(range(file_bytes // BLOCK_BYTES), count)]
        began = time.perf_counter()
        if order == ORDERS[0]:
            done = _in_order(fd, file_bytes, buffer)
        else:
            done = sum(os.preadv(fd, [memoryview(buffer)[:BLOCK_BYTES]], position) for position in positions)
        return done / (time.perf_counter() - began)

    return run


def _in_order(fd: int, file_bytes: int, buffer: bytearray) -> int:
    return sum(os.preadv(fd, [buffer], position) for position in range(0, file_bytes, CHUNK_BYTES))


def _random_memory(array_bytes: int) -> Callable[[], float]:
    """Numbers fetched from all over an array: each costs a whole line of the processor's cache."""
    import numpy

    numbers = numpy.zeros(array_bytes // 8)
    places = numpy.random.default_rng(3).integers(0, len(numbers), max(1_000, len(numbers) // 16))

    def run() -> float:
        began = time.perf_counter()
        numbers.take(places).sum()
        return len(places) * 8 / (time.perf_counter() - began)

    return run


@dataclass(frozen=True, repr=False)
class ReadAhead(Shown):
    """After each read of 4 KiB from an evicted file: bytes asked for, bytes in the page cache; (asked, cached), …"""

    in_order: tuple[tuple[int, int], ...]
    at_random: tuple[tuple[int, int], ...]
    file_bytes: int

    headline = sentence("What the kernel fetched, while a program asked for 4 KiB at a time")

    def factor(self, at_random: bool = False) -> float:
        """Bytes fetched for each byte that was asked for first of all."""
        asked, cached = (self.at_random if at_random else self.in_order)[0]
        return cached / asked

    @property
    def note(self) -> str:
        return say(
            "An evicted file of {size}; the kernel tells its pages after each read.",
            size=size(self.file_bytes),
        )

    def headers(self) -> list[str]:
        return [
            say("read"),
            say("asked for"),
            say("fetched after the first read"),
            say("fetched in the end"),
        ]

    def rows(self) -> list[list[object]]:
        return [
            [name, size(steps[-1][0]), size(steps[0][1]), size(steps[-1][1])]
            for name, steps in ((say("in order"), self.in_order), (say("at random"), self.at_random))
        ]

    def draw(self, figure: Any) -> None:
        """Two curves over the diagonal of “just what was asked for”."""
        axes = figure.subplots()
        most = self.in_order[-1][0]
        for name, steps, colour in (
            (say("in order: the kernel reads ahead"), self.in_order, ink.BLUE),
            (say("at random: it has nothing to go by"), self.at_random, ink.ORANGE),
        ):
            asked = [0.0, *(a / 1024 for a, _ in steps)]
            cached = [0.0, *(c / 1024 for _, c in steps)]
            axes.step(asked, cached, where="post", color=colour, linewidth=2, label=name)
        axes.plot(
            [0, most / 1024],
            [0, most / 1024],
            color=TEXT,
            linewidth=1,
            linestyle=":",
            label=say("just what was asked for"),
        )
        axes.set_xlabel(say("KiB that the program asked for"))
        axes.set_ylabel(say("KiB in the page cache"))
        axes.set_xlim(0, most / 1024)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(thousands)
        axes.grid()
        axes.legend(loc="upper left")


def read_ahead(reads: int = 96) -> ReadAhead:
    """Watch the page cache while an evicted file is read. Raises Unmeasured where pages aren't told."""
    file_bytes = 16 * MIB
    with scratch(file_bytes) as directory:
        path = directory / "ahead"
        fill(path, file_bytes)
        pages(path)
        check_evictable(path)
        found = []
        every = range(0, file_bytes, BLOCK_BYTES)
        for positions in (every[:reads], random.Random(4).sample(every, reads)):
            evict(path)
            fd = os.open(path, os.O_RDONLY)
            steps = []
            for number, position in enumerate(positions, 1):
                os.pread(fd, BLOCK_BYTES, position)
                counts = pages(path)
                steps.append((number * BLOCK_BYTES, counts.resident * counts.page_bytes))
            os.close(fd)
            found.append(tuple(steps))
        return ReadAhead(found[0], found[1], file_bytes)
