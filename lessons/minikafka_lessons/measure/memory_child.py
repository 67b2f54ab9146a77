"""The process that fills its memory with records: `python -m … FORM COUNT STEPS`.

Prints a list of [records, bytes, seconds of a full collection] and the collector's share of the building time.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minikafka.records.batch import NewRecord, build_batch
from minikafka_lessons import data
from minikafka_lessons.measure.own_process import own_bytes, settle

BATCH = 1_000


@dataclass(slots=True)
class Reading:
    """A record as an object."""

    offset: int
    timestamp_ms: int
    station: str
    text: str


def main(form: str, count: int, steps: int) -> None:
    """Build in steps, look after each."""
    rows = data.weather(4_000)
    built: list[Any] = []
    add = ADDING[form]
    add([], rows, 0, BATCH)  # imports and first uses are no part of it
    paid = _Collector()
    settle()
    before = own_bytes()
    found, building = [], 0.0
    for step in range(1, steps + 1):
        start, end = count * (step - 1) // steps, count * step // steps
        paid.on = True
        began = time.perf_counter()
        add(built, rows, start, end)
        building += time.perf_counter() - began
        paid.on = False
        began = time.perf_counter()
        gc.collect()
        collection = time.perf_counter() - began
        found.append([end, own_bytes() - before, collection])
    print(json.dumps({"steps": found, "gc_share": paid.seconds / building}))


class _Collector:
    """The seconds that collections took while `on`."""

    def __init__(self) -> None:
        self.on, self.seconds, self._began = False, 0.0, 0.0
        gc.callbacks.append(self)

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        elif self.on:
            self.seconds += time.perf_counter() - self._began


Rows = list[tuple[str, str]]


def _dicts(built: list[Any], rows: Rows, start: int, end: int) -> None:
    for n in range(start, end):
        station, text = rows[n % len(rows)]
        built.append(json.loads(f'{{"offset":{n},"key":"{station}","value":{{"text":"{text}","at":{n}}}}}'))


def _objects(built: list[Any], rows: Rows, start: int, end: int) -> None:
    for n in range(start, end):
        station, text = rows[n % len(rows)]
        # What comes from a socket is a new text each time.
        built.append(Reading(n, 1_262_304_000_000 + n, (station + " ")[:-1], (text + " ")[:-1]))


def _bytes(built: list[Any], rows: Rows, start: int, end: int) -> None:
    encoded = [(key.encode(), value.encode()) for key, value in rows]
    for base in range(start, end, BATCH):
        records = [
            NewRecord(1_262_304_000_000 + n, *encoded[n % len(encoded)])
            for n in range(base, min(base + BATCH, end))
        ]
        built.append(build_batch(records, base_offset=base))


ADDING: dict[str, Callable[[list[Any], Rows, int, int], None]] = {
    "dictionaries": _dicts,
    "objects": _objects,
    "bytes": _bytes,
}

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
