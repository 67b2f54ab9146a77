"""Batch size × codec × kind of data: how small it gets, and how fast that goes.

The batches are Kafka's own (record batch v2, `records.batch`), the codecs those of minikafka's brokers and clients.
"""

from __future__ import annotations

import json
import os
import random
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minikafka.records.batch import HEADER_BYTES, NewRecord, build_batch
from minikafka.records.compression import Compression, compress, decompress
from minikafka_lessons import data
from minikafka_lessons.language import say, sentence
from minikafka_lessons.measure.results import MIB, Shown, mib_a_second, spread_words, thousands, three
from minikafka_lessons.measure.rounds import Spread, budget, interleaved, scaled
from minikafka_lessons.show import ink
from minikafka_lessons.show.figure import TEXT

KINDS = (sentence("JSON text"), sentence("weather rows"), sentence("random bytes"))
NUMBERS = sentence("binary numbers")
"""A fourth kind, where numbers are eight bytes and not text."""
CODECS = (sentence("none"), "gzip", "snappy", "lz4", "zstd")
BATCH_RECORDS = (1, 10, 100, 1_000)
COLOURS = {
    "none": "#858d97",
    "gzip": ink.BLUE,
    "snappy": ink.ORANGE,
    "lz4": ink.PINK,
    "zstd": ink.GREEN,
}
SHAPES = {"none": "x", "gzip": "o", "snappy": "s", "lz4": "D", "zstd": "^"}
Key = tuple[str, str]
"""Kind, codec."""


@dataclass(frozen=True, repr=False)
class Compressions(Shown):
    """`sizes`: (kind, codec, records in a batch) → bytes of a record, batch header included. Speeds in bytes of records
    a second, of batches of the largest size."""

    records: dict[str, int]
    plain: dict[str, float]
    sizes: dict[tuple[str, str, int], float]
    compressing: dict[Key, Spread]
    decompressing: dict[Key, Spread]

    headline = sentence("Batches and codecs")
    words = 2
    size_inches = (8.9, 6.2)

    def ratio(self, kind: str, codec: str, batch: int = BATCH_RECORDS[-1]) -> float:
        """Key and value bytes to the bytes of the batch; below 1 where a batch is bigger than what is in it."""
        return self.plain[kind] / self.sizes[(kind, codec, batch)]

    @property
    def note(self) -> str:
        return say(
            "Times smaller, by records in a batch; speeds with {n:,}, in bytes before compression.",
            n=BATCH_RECORDS[-1],
        )

    def headers(self) -> list[str]:
        small, large = BATCH_RECORDS[0], BATCH_RECORDS[-1]
        return [
            say("data"),
            say("codec"),
            say("{n:,} a batch", n=small),
            say("{n:,} a batch", n=large),
            say("compress"),
            say("spread"),
            say("decompress"),
        ]

    def rows(self) -> list[list[object]]:
        found: list[list[object]] = []
        for kind in KINDS:
            for codec in CODECS:
                row: list[object] = [
                    say(kind),
                    say(codec),
                    three(self.ratio(kind, codec, BATCH_RECORDS[0])),
                    three(self.ratio(kind, codec)),
                ]
                if codec == "none":
                    row += ["", "", ""]
                else:
                    speed = self.compressing[(kind, codec)]
                    row += [
                        mib_a_second(speed.median),
                        spread_words(speed, mib_a_second),
                        mib_a_second(self.decompressing[(kind, codec)].median),
                    ]
                found.append(row)
        return found

    def draw(self, figure: Any) -> None:
        """Above: the ratio grows with the batch. Below: what a ratio costs."""
        grid = figure.subplots(2, 3, sharex="row", sharey="row")
        best = max(self.ratio(kind, codec) for kind in KINDS for codec in CODECS)
        for column, kind in enumerate(KINDS):
            above, below = grid[0][column], grid[1][column]
            for codec in CODECS:
                style = {"color": COLOURS[codec], "marker": SHAPES[codec], "markersize": 5}
                ratios = [self.ratio(kind, codec, n) for n in BATCH_RECORDS]
                above.plot(BATCH_RECORDS, ratios, linewidth=1.8, label=say(codec), **style)
                if codec == "none":
                    continue
                for spreads, filled in ((self.compressing, True), (self.decompressing, False)):
                    speed = spreads[(kind, codec)].times(1 / MIB)
                    below.plot(
                        [speed.low, speed.high],
                        [ratios[-1]] * 2,
                        color=COLOURS[codec],
                        linewidth=1.4,
                        alpha=0.8,
                    )
                    below.plot(
                        [speed.median],
                        [ratios[-1]],
                        linestyle="",
                        fillstyle="full" if filled else "none",
                        **style,
                    )
            above.set_title(say(kind))
            above.axhline(1, color=TEXT, linewidth=0.8, linestyle=":")
            below.axhline(1, color=TEXT, linewidth=0.8, linestyle=":")
            above.set_xscale("log")
            above.set_xticks(BATCH_RECORDS, [f"{n:,}" for n in BATCH_RECORDS])
            above.minorticks_off()
            below.set_xscale("log")
            above.set_xlabel(say("records in a batch"))
            below.set_xlabel(say("MiB/s (logarithmic)"))
            below.xaxis.set_major_formatter(thousands)
            for axes in (above, below):
                axes.set_ylim(0, best * 1.12)
            above.grid()
            below.grid()
        grid[0][0].set_ylabel(say("times smaller"))
        grid[1][0].set_ylabel(say("times smaller"))
        grid[0][0].legend(loc="upper left")
        for fill, name in (("full", say("compress")), ("none", say("decompress"))):
            grid[1][2].plot([], [], "o", color=TEXT, fillstyle=fill, label=name, markersize=5)
        grid[1][2].legend(loc="upper left")


def compression(seconds: float | None = None) -> Compressions:
    """Measure. Takes about `seconds`."""
    seconds = budget(seconds)
    samples = {kind: records_of(kind, scaled(8_000, seconds, BATCH_RECORDS[-1])) for kind in KINDS}
    plain = {
        k: sum(len(r.key or b"") + len(r.value or b"") for r in rs) / len(rs) for k, rs in samples.items()
    }
    sizes = {
        (kind, codec, batch): _bytes_a_record(records, codec, batch)
        for kind, records in samples.items()
        for codec in CODECS
        for batch in BATCH_RECORDS
    }
    cases: dict[str, Callable[[], float]] = {}
    for kind, records in samples.items():
        payloads = [
            build_batch(records[i : i + BATCH_RECORDS[-1]])[HEADER_BYTES:]
            for i in range(0, min(len(records), 4_000), BATCH_RECORDS[-1])
        ]
        for codec in CODECS[1:]:
            cases[f"c/{kind}/{codec}"] = _compressing(codec, payloads)
            cases[f"d/{kind}/{codec}"] = _decompressing(codec, payloads)
    found = interleaved(cases, seconds * 0.6)
    keys = [(kind, codec) for kind in KINDS for codec in CODECS[1:]]
    return Compressions(
        {kind: len(records) for kind, records in samples.items()},
        plain,
        sizes,
        {key: found["c/" + "/".join(key)] for key in keys},
        {key: found["d/" + "/".join(key)] for key in keys},
    )


def records_of(kind: str, count: int) -> list[NewRecord]:
    """Records of one kind; the first two are real data (vega_datasets)."""
    chance = random.Random(5)
    if kind == KINDS[0]:
        airports = data.airports()
        rows = [airports[n % len(airports)] for n in range(count)]
        pairs = [
            (
                state.encode(),
                json.dumps(
                    {
                        "event": "inspection",
                        "airport": {"iata": name[:3], "name": name[4:], "state": state},
                        "inspector": f"inspector-{chance.randrange(40)}",
                        "passed": chance.random() < 0.9,
                        "minutes": chance.randrange(5, 240),
                    }
                ).encode(),
            )
            for state, name in rows
        ]
    elif kind == KINDS[1]:
        rows = data.weather(count)
        pairs = [(rows[n % len(rows)][0].encode(), rows[n % len(rows)][1].encode()) for n in range(count)]
    elif kind == NUMBERS:
        rows = data.weather(count)
        pairs = [(rows[n][0].encode(), _in_binary(rows[n][1], n)) for n in range(count)]
    else:
        pairs = [(os.urandom(8), os.urandom(120)) for _ in range(count)]
    return [NewRecord(1_262_304_000_000 + n, key, value) for n, (key, value) in enumerate(pairs)]


def _in_binary(weather: str, number: int) -> bytes:
    """The time in ms and the temperature, as eight bytes each."""
    degrees = weather.rpartition(", ")[2].partition(" ")[0]
    return struct.pack(">qd", 1_262_304_000_000 + number * 1_800_000, float(degrees))


def _bytes_a_record(records: list[NewRecord], codec: str, batch: int) -> float:
    """Small batches are sampled: a thousand records tell enough."""
    some = records[: max(batch, 1_000)]
    compression = Compression.from_name(codec)
    batches = [build_batch(some[i : i + batch], compression=compression) for i in range(0, len(some), batch)]
    return sum(map(len, batches)) / len(some)


def _compressing(codec: str, payloads: list[bytes]) -> Callable[[], float]:
    compression = Compression.from_name(codec)

    def run() -> float:
        began = time.perf_counter()
        for payload in payloads:
            compress(compression, payload)
        return sum(map(len, payloads)) / (time.perf_counter() - began)

    return run


def _decompressing(codec: str, payloads: list[bytes]) -> Callable[[], float]:
    compression = Compression.from_name(codec)
    packed = [compress(compression, payload) for payload in payloads]

    def run() -> float:
        began = time.perf_counter()
        for payload in packed:
            decompress(compression, payload)
        return sum(map(len, payloads)) / (time.perf_counter() - began)

    return run
