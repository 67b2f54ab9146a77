"""A pass over the records of a batch that looks at lengths and deltas only.

The rule: no key, value or header is copied, and a small number costs one byte read; this is what stands
between a producer and the disk for every record. Kafka reads the same fields in
`DefaultRecordBatch.skipKeyValueIterator`.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from minikafka.records.errors import CorruptRecords, OverlongNumber
from minikafka.records.varint import MAX_BYTES_32, read_unsigned, read_unsigned_32

_INT64_MAX = 0x7FFFFFFFFFFFFFFF
_EIGHT = struct.Struct("8B")
_read_eight = _EIGHT.unpack_from


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
    last_fast = end - _EIGHT.size
    smallest, largest, delta_before = _INT64_MAX, -_INT64_MAX - 1, -1
    keyless, first_gap = 0, -1
    for index in range(count):
        # Eight bytes at once hold the length (1-2 bytes), the attributes, both deltas (1-2 each) and the
        # length of the key (1). What is longer makes a number above 16383 here, and is read again slowly.
        length = 1 << 20
        if position <= last_fast:
            a, b, c, d, e, f, g, h = _read_eight(data, position)
            if a < 128:
                length, at, delta, e, f, g, h = a, position + 1, c, d, e, f, g
            else:
                length, at, delta = a & 127 | b << 7, position + 2, d
            stop = at + (length >> 1)
            at += 4
            if delta > 127:
                delta, e, f, g, at = delta & 127 | e << 7, f, g, h, at + 1
            if e > 127:
                e, f, at = e & 127 | f << 7, g, at + 1
        if length > 16383 or delta > 16383 or e > 16383 or f > 127:
            length, stop, delta, e, f, at = _read_slowly(data, position)
        if length & 1 or stop > end:
            raise CorruptRecords("Incorrect declared batch size, premature EOF reached")
        if delta != delta_before:
            delta_before = delta
            delta_ms = (delta >> 1) ^ -(delta & 1)
            if delta_ms < smallest:
                smallest = delta_ms
            if delta_ms > largest:
                largest = delta_ms
        if e != index << 1 and first_gap < 0:
            first_gap = index
        if f & 1:
            keyless += 1
        else:
            at += f >> 1
        # The value's length, and the headers: mostly none.
        length = data[at]
        at += 1
        if length > 127:
            a = data[at]
            if a < 128:
                length, at = length & 127 | a << 7, at + 1
            else:
                length, at = read_unsigned_32(data, at - 1)
        if not length & 1:
            at += length >> 1
        at = _skip_headers(data, at, stop) if data[at] else at + 1
        if at != stop:
            raise CorruptRecords("Invalid record: its fields don't fill its declared length")
        position = stop
    if position != end:
        raise CorruptRecords("Incorrect declared batch size, records still remaining in file")
    return Walked(smallest, largest, keyless, first_gap)


def _read_slowly(data: bytes | memoryview, position: int) -> tuple[int, int, int, int, int, int]:
    """(length, where the record stops, timestamp delta, offset delta, key length, position after them);
    the numbers in their zigzag form."""
    begin = position
    length, position = read_unsigned(data, position)
    if position - begin > MAX_BYTES_32:
        raise OverlongNumber("The length of a record is a varint of more than 5 bytes")
    stop = position + (length >> 1)
    delta, position = read_unsigned(data, position + 1)
    offset_delta, position = read_unsigned_32(data, position)
    key, position = read_unsigned_32(data, position)
    return length, stop, delta, offset_delta, key, position


def _skip_headers(data: bytes | memoryview, position: int, stop: int) -> int:
    # The numbers are in their zigzag form: odd ones are negative.
    count, position = read_unsigned_32(data, position)
    if count & 1 or count >> 1 > stop - position:
        raise CorruptRecords("Found invalid number of record headers")
    for _ in range(count >> 1):
        size, position = read_unsigned_32(data, position)
        if size & 1:
            raise CorruptRecords("Invalid negative header key size")
        position += size >> 1
        size, position = read_unsigned_32(data, position)
        if not size & 1:
            position += size >> 1
        if position > stop:
            raise CorruptRecords("A header is longer than its record")
    return position
