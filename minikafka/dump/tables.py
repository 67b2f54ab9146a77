"""The binary files beside a segment: both indexes, the transaction index, the producers' snapshot.

Rule: fixed-size entries, read in chunks; what Kafka has preallocated with zeros is reported in one row.
Kafka: `OffsetIndex`, `TimeIndex`, `TransactionIndex` (`AbortedTxn`), `ProducerSnapshot.json`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from minikafka.dump.source import Source
from minikafka.dump.value import Field, Problem, Row, Value
from minikafka.records.checksum import crc32c

Part = tuple[str, int, Value, str]
"""Name, size, value, note."""


class Layout(NamedTuple):
    """One entry of a file: its `struct`, and the name of each number. A name in `relative` counts from the
    base offset."""

    kind: str
    entry: struct.Struct
    names: tuple[str, ...]
    relative: frozenset[str] = frozenset()


OFFSET_INDEX = Layout(
    "offset index entry",
    struct.Struct(">Ii"),
    ("relative_offset", "position"),
    frozenset({"relative_offset"}),
)
TIME_INDEX = Layout(
    "time index entry", struct.Struct(">qI"), ("timestamp", "relative_offset"), frozenset({"relative_offset"})
)
TRANSACTION_INDEX = Layout(
    "aborted transaction",
    struct.Struct(">hqqqq"),
    ("version", "producer_id", "first_offset", "last_offset", "last_stable_offset"),
)
PRODUCER = Layout(
    "producer",
    struct.Struct(">qhiqiqiq"),
    (
        "producer_id",
        "producer_epoch",
        "last_sequence",
        "last_offset",
        "offset_delta",
        "timestamp",
        "coordinator_epoch",
        "current_txn_first_offset",
    ),
)
EARLIER = Layout(
    "earlier batch",
    struct.Struct(">qiiqqq"),
    ("producer_id", "base_sequence", "last_sequence", "base_offset", "last_offset", "timestamp"),
)
_COUNT = struct.Struct(">i")
_CHUNK_ENTRIES = 4096
_SNAPSHOT_HEAD = struct.Struct(">hIi")
SNAPSHOT_VERSION = 1
LARGEST_SNAPSHOT_BYTES = 256 * 1024 * 1024


def row_of(kind: str, position: int, data: bytes, parts: list[Part]) -> Row:
    """A row of fields that lie one after the other."""
    fields, at = [], position
    for name, size, value, note in parts:
        fields.append(Field(name, at, size, value, note))
        at += size
    return Row(kind, position, data, tuple(fields))


def entry_row(layout: Layout, data: bytes, position: int, base_offset: int) -> Row:
    """One entry, its relative offset made absolute in the note."""
    parts: list[Part] = []
    sizes = [struct.calcsize(">" + code) for code in layout.entry.format[1:]]
    for name, size, value in zip(layout.names, sizes, layout.entry.unpack(data), strict=True):
        note = f"offset {base_offset + value}" if name in layout.relative and base_offset >= 0 else ""
        parts.append((name, size, value, note))
    return row_of(layout.kind, position, data, parts)


def read_entries(source: Source, layout: Layout, base_offset: int) -> Iterator[Row | Problem]:
    """The entries of an index. Zeros to the end of the file are one row of kind `preallocated`."""
    size, position = layout.entry.size, 0
    zeros_from = _end_of_use(source, size)
    while position + size <= zeros_from:
        chunk = source.read_at(position, min(size * _CHUNK_ENTRIES, zeros_from - position))
        for start in range(0, len(chunk) - size + 1, size):
            yield entry_row(layout, chunk[start : start + size], position + start, base_offset)
        if len(chunk) < size:
            return
        position += len(chunk) - len(chunk) % size
    rest = source.size - position
    if rest % size:
        tail = position + rest - rest % size
        yield Problem(tail, rest % size, f"the file's last {rest % size} bytes are no whole entry of {size}")
    if rest >= size:
        yield row_of("preallocated", position, b"", [("zeros", rest, rest, "bytes without an entry yet")])


def _end_of_use(source: Source, entry_bytes: int) -> int:
    """Where the zeros at the end of the file begin, counted in whole entries."""
    end = source.size
    while end > 0:
        start = max(0, end - 64 * 1024)
        used = len(source.read_at(start, end - start).rstrip(b"\x00"))
        if used:
            used += start
            return min(source.size, used + -used % entry_bytes)
        end = start
    return 0


def read_snapshot(source: Source) -> Iterator[Row | Problem]:
    """The producers' snapshot: a head with a checksum, then one row a producer, then (ours only) earlier batches."""
    if source.size > LARGEST_SNAPSHOT_BYTES:
        yield Problem(0, source.size, f"{source.size} bytes are too many for a producer snapshot")
        return
    data = source.read_at(0, source.size)
    if len(data) < _SNAPSHOT_HEAD.size:
        yield Problem(0, len(data), f"a producer snapshot has at least 10 bytes, this one {len(data)}")
        return
    version, crc, count = _SNAPSHOT_HEAD.unpack_from(data)
    computed = crc32c(data[6:])
    right = "CRC-32C of all that follows: right" if crc == computed else f"WRONG: the bytes have {computed}"
    parts: list[Part] = [
        ("version", 2, version, ""),
        ("crc", 4, crc, right),
        ("count", 4, count, "producers"),
    ]
    yield row_of("snapshot head", 0, data[:10], parts)
    if version != SNAPSHOT_VERSION:
        yield Problem(0, 2, f"the version is {version}, not {SNAPSHOT_VERSION}")
    if crc != computed:
        yield Problem(2, len(data) - 2, f"the checksum is {crc}, the bytes after it have {computed}")
    size, position = PRODUCER.entry.size, 10
    there = min(max(count, 0), (len(data) - 10) // size)
    for _ in range(there):
        yield entry_row(PRODUCER, data[position : position + size], position, -1)
        position += size
    if count != there:
        yield Problem(6, 4, f"{count} producers are announced, {there} are there")
    yield from _earlier_batches(data, position)


def _earlier_batches(data: bytes, position: int) -> Iterator[Row | Problem]:
    """What stands behind the producers."""
    size, rest = EARLIER.entry.size, len(data) - position
    count = _COUNT.unpack_from(data, position)[0] if rest >= _COUNT.size else -1
    if not rest:
        return
    if rest != _COUNT.size + count * size:
        yield Problem(position, rest, f"the last {rest} bytes are no producer")
        return
    parts: list[Part] = [
        ("count", _COUNT.size, count, "batches before the last, of which Kafka keeps nothing")
    ]
    yield row_of("earlier batches", position, data[position : position + _COUNT.size], parts)
    for at in range(position + _COUNT.size, len(data), size):
        yield entry_row(EARLIER, data[at : at + size], at, -1)
