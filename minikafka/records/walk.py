"""A pass over the records of a batch that looks at lengths and deltas only.

The rule: no key, value or header is copied, and a small number costs one byte read; this is what stands
between a producer and the disk for every record. Kafka reads the same fields in
`DefaultRecordBatch.skipKeyValueIterator`.
"""

from __future__ import annotations

from typing import NamedTuple

from minikafka.records.errors import CorruptRecords
from minikafka.records.varint import read_unsigned, read_varint


class Walked(NamedTuple):
    """What a walk found. Deltas are relative to the batch's base timestamp, in ms."""

    smallest_delta_ms: int
    largest_delta_ms: int
    keyless_count: int
    first_gap: int
    """The index of the first record whose offset delta is not its index; -1 when there is none."""


def walk_records(data: bytes | memoryview, count: int) -> Walked:
    """Walk the `count` uncompressed records that must fill `data` exactly; `CorruptRecords` otherwise."""
    try:
        return _walk(data, count)
    except IndexError:
        raise CorruptRecords("Incorrect declared batch size, premature EOF reached") from None


def _walk(data: bytes | memoryview, count: int) -> Walked:
    position, end = 0, len(data)
    smallest, largest = 1 << 63, -(1 << 63)
    raw_before = -1
    keyless, first_gap = 0, -1
    for index in range(count):
        # The record's length: mostly one or two bytes, so these are read in line.
        raw = data[position]
        position += 1
        if raw > 127:
            byte = data[position]
            if byte < 128:
                raw = raw & 127 | byte << 7
                position += 1
            else:
                raw, position = read_unsigned(data, position - 1)
        stop = position + (raw >> 1)
        if raw & 1 or stop > end:
            raise CorruptRecords("Incorrect declared batch size, premature EOF reached")
        position += 1  # the attributes byte is unused
        # The timestamp delta.
        raw = data[position]
        position += 1
        if raw > 127:
            raw, position = read_unsigned(data, position - 1)
        if raw != raw_before:
            raw_before = raw
            delta = (raw >> 1) ^ -(raw & 1)
            if delta < smallest:
                smallest = delta
            if delta > largest:
                largest = delta
        # The offset delta.
        raw = data[position]
        position += 1
        if raw > 127:
            byte = data[position]
            if byte < 128:
                raw = raw & 127 | byte << 7
                position += 1
            else:
                raw, position = read_unsigned(data, position - 1)
        if raw != index << 1 and first_gap < 0:
            first_gap = index
        # The key and the value: their lengths only.
        raw = data[position]
        position += 1
        if raw > 127:
            raw, position = read_unsigned(data, position - 1)
        if raw & 1:
            keyless += 1
        else:
            position += raw >> 1
        raw = data[position]
        position += 1
        if raw > 127:
            byte = data[position]
            if byte < 128:
                raw = raw & 127 | byte << 7
                position += 1
            else:
                raw, position = read_unsigned(data, position - 1)
        if not raw & 1:
            position += raw >> 1
        # The headers: mostly none.
        if data[position]:
            position = _skip_headers(data, position, stop)
        else:
            position += 1
        if position != stop:
            raise CorruptRecords("Invalid record: its fields don't fill its declared length")
    if position != end:
        raise CorruptRecords("Incorrect declared batch size, records still remaining in file")
    return Walked(smallest, largest, keyless, first_gap)


def _skip_headers(data: bytes | memoryview, position: int, stop: int) -> int:
    count, position = read_varint(data, position)
    if count < 0 or count > stop - position:
        raise CorruptRecords(f"Found invalid number of record headers {count}")
    for _ in range(count):
        size, position = read_varint(data, position)
        if size < 0:
            raise CorruptRecords("Invalid negative header key size")
        position += size
        size, position = read_varint(data, position)
        if size > 0:
            position += size
        if position > stop:
            raise CorruptRecords("A header is longer than its record")
    return position
