"""Do the entries of an index point at what they should? Read along with the segment they belong to.

Rule: entries and batches both ascend, so one pass over both tells, and nothing is kept in memory.
Kafka: `DumpLogSegments` (index mismatches), `OffsetIndex.sanityCheck`, `TimeIndex.sanityCheck`.
"""

from __future__ import annotations

from collections.abc import Iterator

from minikafka.dump.segment import DumpedBatch
from minikafka.dump.source import Source
from minikafka.dump.tables import OFFSET_INDEX, TIME_INDEX, Layout, read_entries
from minikafka.dump.value import BadBytes, Problem, Row

Entry = tuple[Row, int, int]
"""The row, and its two numbers."""


class _Entries:
    """The entries of an index one by one. Those that don't ascend are put aside with a problem."""

    def __init__(self, source: Source, layout: Layout, base_offset: int) -> None:
        self.problems: list[Problem] = []
        self._ascending_both = layout is OFFSET_INDEX
        self._rows = read_entries(source, layout, base_offset)
        self._last: tuple[int, int] | None = None

    def next(self) -> Entry | None:
        for item in self._rows:
            if isinstance(item, Problem):
                self.problems.append(item)
            elif item.kind != "preallocated":
                first, second = (int(str(field.value)) for field in item.fields)
                if self._in_order(item, first, second):
                    self._last = first, second
                    return item, first, second
        return None

    def _in_order(self, row: Row, first: int, second: int) -> bool:
        if self._last is None:
            return True
        before, before_second = self._last
        if first > before and (
            second > before_second or (not self._ascending_both and second == before_second)
        ):
            return True
        names = " and ".join(field.name for field in row.fields)
        self.problems.append(
            _at(row, f"out of order: {names} are {first} and {second} after {before} and {before_second}")
        )
        return False

    def drain(self) -> Iterator[Problem]:
        """The problems noted since the last call."""
        found, self.problems = self.problems, []
        yield from found


def _at(row: Row, sentence: str) -> Problem:
    return Problem(row.position, len(row.data), f"{row.kind} {sentence}")


def check_offset_index(
    source: Source, batches: Iterator[DumpedBatch | Problem], base_offset: int
) -> Iterator[Problem]:
    """Each entry names the last offset of the batch that begins at its position."""
    entries = _Entries(source, OFFSET_INDEX, base_offset)
    entry = entries.next()
    log_end = 0
    for batch in batches:
        if isinstance(batch, Problem):
            log_end = max(log_end, batch.position)
            break
        log_end = batch.end
        while entry and entry[2] <= batch.position:
            row, relative, position = entry
            if position < batch.position:
                yield _at(row, f"points to byte {position} of the segment, where no batch begins")
            elif base_offset + relative != batch.header.last_offset:
                yield _at(
                    row,
                    f"says offset {base_offset + relative} for the batch at byte {position} of the segment, "
                    f"which ends with {batch.header.last_offset}",
                )
            entry = entries.next()
            yield from entries.drain()
    while entry:
        row, _, position = entry
        where = f"the segment, which has {log_end} readable bytes"
        inside = position < log_end
        yield _at(
            row,
            f"points to byte {position} of the segment, where no batch begins"
            if inside
            else f"points to byte {position} of {where}",
        )
        entry = entries.next()
    yield from entries.drain()


def check_time_index(
    source: Source, batches: Iterator[DumpedBatch | Problem], base_offset: int
) -> Iterator[Problem]:
    """Each entry names the largest timestamp so far, and an offset in the batch that has it."""
    entries = _Entries(source, TIME_INDEX, base_offset)
    entry = entries.next()
    largest = -1
    for batch in batches:
        if isinstance(batch, Problem):
            break
        while entry and base_offset + entry[2] <= batch.header.last_offset:
            if wrong := _wrong_time(batch, entry[1], base_offset + entry[2], largest):
                yield _at(entry[0], wrong)
            entry = entries.next()
            yield from entries.drain()
        largest = max(largest, batch.header.max_timestamp)
    while entry:
        yield _at(entry[0], f"points to offset {base_offset + entry[2]}, behind the end of the segment")
        entry = entries.next()
    yield from entries.drain()


def _wrong_time(batch: DumpedBatch, timestamp_ms: int, offset: int, largest_before: int) -> str:
    """What is wrong with the entry whose offset lies at or before the end of `batch`; empty if nothing."""
    header = batch.header
    if offset < header.base_offset:
        return f"points to offset {offset}, which no batch holds"
    if timestamp_ms < largest_before:
        return f"says {timestamp_ms} at offset {offset}, but {largest_before} comes before it"
    if timestamp_ms != header.max_timestamp:
        return f"says {timestamp_ms} at offset {offset}, whose batch has {header.max_timestamp} as its largest time"
    if offset != header.last_offset:  # until 3.6 Kafka named the record itself
        try:
            if all(one.timestamp_ms != timestamp_ms for one in batch.records() if one.offset == offset):
                return f"points to offset {offset}, which has another time than {timestamp_ms}"
        except BadBytes:
            return f"points to offset {offset} in a batch that can't be read"
    return ""
