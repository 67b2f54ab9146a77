"""Double caching: a process that keeps what it has read keeps it a second time, for the kernel has it already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikafka_lessons.language import say, sentence
from minikafka_lessons.measure.own_process import ask, can_ask
from minikafka_lessons.measure.results import MIB, Shown, size, spread_words, three, whisker
from minikafka_lessons.measure.rounds import Spread, budget, scaled
from minikafka_lessons.measure.scratch import check_evictable, evict, fill, pages, scratch
from minikafka_lessons.show import ink

WAYS = {
    "nothing": sentence("nothing is read yet"),
    "cache": sentence("read, and kept in a cache of its own"),
    "after": sentence("… and that process has ended"),
    "read": sentence("read through the page cache only"),
    "map": sentence("mapped (mmap)"),
}
ROUNDS = 3


@dataclass(frozen=True, repr=False)
class DoubleCaching(Shown):
    """Way → bytes in the process, bytes of the file in the page cache."""

    own_bytes: dict[str, Spread]
    page_cache_bytes: dict[str, Spread]
    file_bytes: int

    headline = sentence("Where the bytes of one file lie")
    size_inches = (8.9, 3.2)

    def copies(self, way: str) -> float:
        """How many times the file is in memory."""
        return (self.own_bytes[way].median + self.page_cache_bytes[way].median) / self.file_bytes

    @property
    def note(self) -> str:
        return say(
            "A file of {size}, evicted before each way; a fresh process each, {rounds} rounds.",
            size=size(self.file_bytes),
            rounds=ROUNDS,
        )

    def headers(self) -> list[str]:
        return ["", say("in the process"), say("spread"), say("in the page cache"), say("copies in memory")]

    def rows(self) -> list[list[object]]:
        return [
            [
                say(name),
                size(self.own_bytes[way].median),
                spread_words(self.own_bytes[way], size),
                size(self.page_cache_bytes[way].median),
                f"{self.copies(way):.1f}",
            ]
            for way, name in WAYS.items()
        ]

    def draw(self, figure: Any) -> None:
        """Stacked bars."""
        axes = figure.subplots()
        for place, way in enumerate(WAYS):
            own, cached = self.own_bytes[way].times(1 / MIB), self.page_cache_bytes[way].times(1 / MIB)
            axes.barh(place, cached.median, height=0.6, color=ink.GREEN, alpha=0.75, linewidth=0)
            axes.barh(
                place, own.median, left=cached.median, height=0.6, color=ink.ORANGE, alpha=0.75, linewidth=0
            )
            total = Spread(tuple(a + b for a, b in zip(own.values, cached.values, strict=True)))
            whisker(axes, total, place)
            axes.text(
                total.high + self.file_bytes / MIB * 0.04, place, f"{three(self.copies(way))} ×", va="center"
            )
        axes.set_yticks(range(len(WAYS)), [say(way) for way in WAYS.values()])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlabel(say("MiB of memory"))
        axes.set_xlim(0, self.file_bytes / MIB * 2.35)
        axes.grid(axis="x")
        axes.barh(0, 0, color=ink.GREEN, alpha=0.75, label=say("page cache (the kernel's, for all)"))
        axes.barh(0, 0, color=ink.ORANGE, alpha=0.75, label=say("the process' own memory"))
        axes.legend(loc="lower right")


def double_caching(seconds: float | None = None) -> DoubleCaching:
    """Measure. Raises Unmeasured where residency isn't told or files can't be evicted."""
    seconds = budget(seconds)
    can_ask()
    file_bytes = scaled(128 * MIB, seconds, 8 * MIB)
    own: dict[str, list[float]] = {way: [] for way in WAYS}
    cached: dict[str, list[float]] = {way: [] for way in WAYS}
    with scratch(file_bytes) as directory:
        path = directory / "double"
        fill(path, file_bytes)
        pages(path)
        check_evictable(path)
        for _ in range(ROUNDS):
            for way in WAYS:
                if way == "after":  # the process of the way before is gone
                    counts = pages(path)
                    found = {"own": 0, "page_cache": counts.resident * counts.page_bytes}
                else:
                    evict(path)
                    found = ask("minikafka_lessons.measure.double_child", path, way)
                own[way].append(found["own"])
                cached[way].append(found["page_cache"])
    return DoubleCaching(
        {way: Spread(tuple(values)) for way, values in own.items()},
        {way: Spread(tuple(values)) for way, values in cached.items()},
        file_bytes,
    )
