"""Four codecs × four kinds of data × batch size: how small a batch gets and how fast, each with its spread.

Every round takes another portion of the records, so that a ratio has a spread, too. The batches are Kafka's own
(record batch v2), header and all.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from minikafka.records.batch import HEADER_BYTES, NewRecord, build_batch
from minikafka.records.compression import Compression, compress, decompress
from minikafka_lessons.language import say, sentence
from minikafka_lessons.measure.batches import (
    BATCH_RECORDS,
    CODECS,
    COLOURS,
    KINDS,
    NUMBERS,
    SHAPES,
    records_of,
)
from minikafka_lessons.measure.results import MIB, Shown, mib_a_second, thousands, three
from minikafka_lessons.measure.rounds import Spread, budget, interleaved, scaled
from minikafka_lessons.show import ink
from minikafka_lessons.show.figure import TEXT

FOUR_KINDS = (*KINDS[:2], NUMBERS, KINDS[2])
PORTION_RECORDS = BATCH_RECORDS[-1]
PORTIONS = 8
BRACKET = re.compile(r" (\([^()<>]*–[^()<>]*\))</td>")
"""How far rounds lay apart, at the end of a cell."""
FINE_S = 1e-5
clock = time.thread_time if time.get_clock_info("thread_time").resolution < FINE_S else time.perf_counter
"""Processor time where it is told finely: what else this machine does meanwhile is no codec's fault."""
Case = tuple[str, str, int]
"""Kind, codec, records in a batch."""


@dataclass(frozen=True, repr=False)
class Codecs(Shown):
    """`smaller`: key and value bytes to the bytes of their batches. Speeds: bytes of keys and values a second."""

    smaller: dict[Case, Spread]
    packing: dict[Case, Spread]
    unpacking: dict[Case, Spread]

    headline = sentence("Four codecs, four kinds of data")
    words = 2
    size_inches = (10.4, 6.2)

    def ratio(self, kind: str, codec: str, batch: int = BATCH_RECORDS[-1]) -> float:
        """Times smaller, in the middle; below 1 where a batch is bigger than what is in it."""
        return self.smaller[(kind, codec, batch)].median

    def speed(self, kind: str, codec: str, batch: int = BATCH_RECORDS[-1]) -> float:
        """Bytes packed a second, in the middle."""
        return self.packing[(kind, codec, batch)].median

    @property
    def note(self) -> str:
        return say(
            "Times smaller, by records in a batch, and speeds with {n:,}; each with how far rounds lay apart.",
            n=BATCH_RECORDS[-1],
        )

    def headers(self) -> list[str]:
        sizes = [f"{n:,}" for n in BATCH_RECORDS]
        return [say("data"), say("codec"), *sizes, say("pack"), say("unpack")]

    def rows(self) -> list[list[object]]:
        found: list[list[object]] = []
        for kind in FOUR_KINDS:
            for codec in CODECS:
                row: list[object] = [say(kind), say(codec)]
                row += [_with_spread(self.smaller[(kind, codec, n)], three) for n in BATCH_RECORDS]
                for speeds in (self.packing, self.unpacking):
                    speed = speeds[(kind, codec, BATCH_RECORDS[-1])]
                    row.append("" if codec == "none" else _with_spread(speed, mib_a_second))
                found.append(row)
        return found

    def _repr_html_(self) -> str:
        """Each bracket under its number: side by side they would need more than the width of a page."""
        small = f'<br><span style="font-size:10.5px;color:{ink.MUTED}">'
        return BRACKET.sub(rf"{small}\1</span></td>", super()._repr_html_())

    def draw(self, figure: Any) -> None:
        """Above: how small. Below: how fast. Both against the size of the batch."""
        grid = figure.subplots(2, len(FOUR_KINDS), sharex=True, sharey="row")
        for column, kind in enumerate(FOUR_KINDS):
            above, below = grid[0][column], grid[1][column]
            for place, codec in enumerate(CODECS):
                _line(above, kind, codec, place, self.smaller, 1)
                if codec != "none":
                    _line(below, kind, codec, place, self.packing, 1 / MIB)
            above.set_title(say(kind))
            above.axhline(1, color=TEXT, linewidth=0.8, linestyle=":")
            below.set_yscale("log")
            below.yaxis.set_major_formatter(thousands)
            for axes in (above, below):
                axes.set_xscale("log")
                axes.set_xticks(BATCH_RECORDS, [f"{n:,}" for n in BATCH_RECORDS])
                axes.minorticks_off()
                axes.grid()
            below.set_xlabel(say("records in a batch"))
        grid[0][0].set_ylabel(say("times smaller"))
        grid[1][0].set_ylabel(say("MiB/s (logarithmic)"))
        grid[0][0].legend(loc="upper left")


def _line(axes: Any, kind: str, codec: str, place: int, spreads: dict[Case, Spread], factor: float) -> None:
    """Medians, a whisker from the smallest round to the largest, a dot for each round."""
    found = [spreads[(kind, codec, n)].times(factor) for n in BATCH_RECORDS]
    at = [
        n * 1.07 ** (place - 2) for n in BATCH_RECORDS
    ]  # side by side, so that whiskers don't hide each other
    middles = [spread.median for spread in found]
    apart = [
        [max(0.0, spread.median - spread.low) for spread in found],
        [max(0.0, spread.high - spread.median) for spread in found],
    ]
    colour = COLOURS[codec]
    style = {"color": colour, "marker": SHAPES[codec], "markersize": 5, "linewidth": 1.6}
    axes.errorbar(at, middles, yerr=apart, label=say(codec), elinewidth=1.4, capsize=2.5, **style)
    for x, spread in zip(at, found, strict=True):
        axes.plot([x] * len(spread.values), spread.values, ".", color=colour, markersize=2.2, alpha=0.5)


def _with_spread(spread: Spread, unit: Callable[[float], str]) -> str:
    """`5.44 (5.40–5.51)`; the middle alone where the rounds show the same."""
    middle, low, high = unit(spread.median), unit(spread.low), unit(spread.high)
    if low == high:
        return middle
    return f"{middle} ({low.partition(' ')[0]}–{high.partition(' ')[0]})"


def codecs(seconds: float | None = None) -> Codecs:
    """Measure. Takes about `seconds`."""
    seconds = budget(seconds)
    portion = scaled(PORTION_RECORDS, seconds, 100)
    smaller: dict[Case, list[float]] = {}
    cases: dict[str, Callable[[], float]] = {}
    for kind in FOUR_KINDS:
        records = records_of(kind, PORTION_RECORDS * PORTIONS)
        for batch in BATCH_RECORDS:
            pieces = [_piece(records, n * PORTION_RECORDS, batch, portion) for n in range(PORTIONS)]
            for codec in CODECS:
                case = (kind, codec, batch)
                sizes = smaller[case] = []
                cases[f"p/{_name(case)}"] = _packing(codec, pieces, sizes)
                cases[f"u/{_name(case)}"] = _unpacking(codec, pieces)
    found = interleaved(cases, seconds)
    return Codecs(
        {case: Spread(tuple(sizes[1:])) for case, sizes in smaller.items()},  # the first round warms up
        {case: found[f"p/{_name(case)}"] for case in smaller},
        {case: found[f"u/{_name(case)}"] for case in smaller},
    )


def _name(case: Case) -> str:
    return "/".join(map(str, case))


@dataclass(frozen=True)
class Piece:
    """A portion of the records: the bytes of its keys and values, and what its batches hold before they are packed."""

    plain_bytes: int
    payloads: list[bytes]


def _piece(records: Sequence[NewRecord], begin: int, batch: int, portion: int) -> Piece:
    # Batches of one record show what they cost in fewer of them.
    enough = max(batch, portion // 5 if batch == 1 else portion)
    some = records[begin : begin + enough]
    batches = [build_batch(some[at : at + batch])[HEADER_BYTES:] for at in range(0, len(some), batch)]
    return Piece(sum(len(r.key or b"") + len(r.value or b"") for r in some), [bytes(b) for b in batches])


def _packing(codec: str, pieces: list[Piece], sizes: list[float]) -> Callable[[], float]:
    compression, turn = Compression.from_name(codec), count()

    def run() -> float:
        piece = pieces[next(turn) % len(pieces)]
        began = clock()
        packed = [compress(compression, payload) for payload in piece.payloads]
        took_s = clock() - began
        sizes.append(piece.plain_bytes / sum(HEADER_BYTES + len(one) for one in packed))
        return piece.plain_bytes / took_s

    return run


def _unpacking(codec: str, pieces: list[Piece]) -> Callable[[], float]:
    compression, turn = Compression.from_name(codec), count()
    packed = [[compress(compression, payload) for payload in piece.payloads] for piece in pieces]

    def run() -> float:
        number = next(turn) % len(pieces)
        began = clock()
        for one in packed[number]:
            decompress(compression, one)
        return pieces[number].plain_bytes / (clock() - began)

    return run
