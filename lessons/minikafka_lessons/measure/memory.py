"""A million records in memory, as Python objects and as the bytes of Kafka's batches; and what the collector pays."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from minikafka_lessons.language import say, sentence
from minikafka_lessons.measure.own_process import ask, can_ask, free_bytes
from minikafka_lessons.measure.results import MIB, Shown, bars, size, spread_words, three
from minikafka_lessons.measure.rounds import Spread, budget, scaled
from minikafka_lessons.show import ink

FORMS = {
    "dictionaries": sentence("dictionaries (parsed JSON)"),
    "objects": sentence("objects (slots)"),
    "bytes": sentence("bytes (record batches)"),
}
COLOURS = {"dictionaries": ink.ORANGE, "objects": ink.VIOLET, "bytes": ink.GREEN}
STEPS = 4
AT_LEAST, AT_MOST = 2, 3
LARGEST_BYTES = 1_200
"""More than any form takes for a record."""


@dataclass(frozen=True, repr=False)
class Memory(Shown):
    """Form → at each number of records: memory in bytes, seconds of a full garbage collection. `gc_share`: of the time
    that building took, what automatic collections took."""

    counts: tuple[int, ...]
    memory_bytes: dict[str, tuple[Spread, ...]]
    collection_s: dict[str, tuple[Spread, ...]]
    gc_share: dict[str, Spread]

    size_inches = (8.9, 3.8)

    @property
    def title(self) -> str:
        """With the number."""
        return say("{n:,} records in memory", n=self.counts[-1])

    def ratio(self, form: str = "dictionaries") -> float:
        """How many times the memory of bytes a form takes."""
        return self.memory_bytes[form][-1].median / self.memory_bytes["bytes"][-1].median

    def collection_ratio(self, form: str = "dictionaries") -> float:
        """How many times the time of a collection."""
        return self.collection_s[form][-1].median / self.collection_s["bytes"][-1].median

    @property
    def note(self) -> str:
        return say("Each form in a fresh process; a collection is a full one, with nothing to be freed.")

    def headers(self) -> list[str]:
        return [
            say("records as"),
            say("memory"),
            say("a record"),
            say("one collection"),
            say("spread"),
            say("of building: collector"),
        ]

    def rows(self) -> list[list[object]]:
        found: list[list[object]] = []
        for form, name in FORMS.items():
            memory, collection = self.memory_bytes[form][-1], self.collection_s[form][-1]
            found.append(
                [
                    say(name),
                    size(memory.median),
                    f"{memory.median / self.counts[-1]:.0f} B",
                    milliseconds(collection.median),
                    spread_words(collection, milliseconds),
                    f"{self.gc_share[form].median:.0%}",
                ]
            )
        return found

    def draw(self, figure: Any) -> None:
        """Memory as bars; the time of a collection against the number of records."""
        left, right = figure.subplots(1, 2, width_ratios=(5, 4))
        spreads = [self.memory_bytes[form][-1].times(1 / MIB) for form in FORMS]
        names = [say(name).replace(" (", "\n(") for name in FORMS.values()]
        bars(left, names, spreads, [COLOURS[form] for form in FORMS], lambda v: f"{three(v)} MiB")
        left.set_title(say("memory"))
        left.set_xlabel("MiB")
        for form in FORMS:
            curve = [s.times(1_000) for s in self.collection_s[form]]
            right.errorbar(
                self.counts,
                [s.median for s in curve],
                yerr=[[s.median - s.low for s in curve], [s.high - s.median for s in curve]],
                color=COLOURS[form],
                marker="o",
                markersize=4,
                linewidth=1.8,
                capsize=3,
                label=say(FORMS[form]).split(" (")[0],
            )
        right.set_title(say("one pass of the garbage collector"))
        right.set_xlabel(say("records in memory"))
        right.set_ylabel(say("milliseconds"))
        right.set_xticks((0, self.counts[-1] // 2, self.counts[-1]))
        right.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        right.set_ylim(bottom=0)
        right.set_xlim(left=0)
        right.grid()
        right.legend(loc="upper left")


def milliseconds(seconds: float) -> str:
    """`12.3 ms`."""
    return f"{three(seconds * 1_000)} ms"


def memory(seconds: float | None = None, count: int | None = None) -> Memory:
    """Measure, with a million records from four seconds on. Raises Unmeasured where memory can't be told."""
    seconds = budget(seconds)
    can_ask()
    if count is None:
        # No more than half of what is free: a measurement must not make the machine swap.
        count = min(scaled(1_000_000, seconds, 5_000), free_bytes() // (2 * LARGEST_BYTES))
    rounds: dict[str, list[Any]] = {form: [] for form in FORMS}
    began = time.perf_counter()
    for number in range(AT_MOST):
        if number >= AT_LEAST and time.perf_counter() - began > 2 * seconds:
            break  # a million objects take long to build: two rounds are a spread, too
        for form in FORMS:
            rounds[form].append(ask("minikafka_lessons.measure.memory_child", form, count, STEPS))

    def column(form: str, number: int) -> tuple[Spread, ...]:
        return tuple(Spread(tuple(r["steps"][s][number] for r in rounds[form])) for s in range(STEPS))

    return Memory(
        tuple(step[0] for step in rounds["bytes"][0]["steps"]),
        {form: column(form, 1) for form in FORMS},
        {form: column(form, 2) for form in FORMS},
        {form: Spread(tuple(r["gc_share"] for r in rounds[form])) for form in FORMS},
    )
