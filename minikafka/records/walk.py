"""A pass over the records of a batch that looks at lengths and deltas only.

Rule: no key, value or header is copied, and a small number costs one byte read; this is what stands
between a producer and the disk for every record. Kafka reads the same fields in
`DefaultRecordBatch.skipKeyValueIterator`.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from minikafka.records.errors import CorruptRecords, OverlongNumber
from minikafka.records.runs import SHORTEST, WELL_WORTH, Run, find_run
from minikafka.records.varint import MAX_BYTES_32, read_unsigned, read_unsigned_32

_INT64_MAX = 0x7FFFFFFFFFFFFFFF
_NINE = struct.Struct("9B")
_read_nine = _NINE.unpack_from


class Walked(NamedTuple):
    """What a walk found. Deltas are relative to the batch's base timestamp, in ms."""

    smallest_delta_ms: int
    largest_delta_ms: int
    keyless_count: int
    first_gap: int
    """The index of the first record whose offset delta is not its index; -1 when there is none."""


_NOTHING = Walked(_INT64_MAX, -_INT64_MAX - 1, 0, -1)


def walk_records(data: bytes | memoryview, count: int) -> Walked:
    """Walk the `count` uncompressed records that must fill `data` exactly; `CorruptRecords` otherwise."""
    patience, position, index, size, walked = 1, 0, 0, 0, _NOTHING
    try:
        while True:
            position, index, size, walked = _walk_singly(data, count, patience, position, index, walked)
            if index >= count:
                break
            run = find_run(data, position - size, index - 1, count - index)
            # Where sizes repeat by chance only, the search for runs soon gives up.
            patience = patience * 4 if run is None or run.records < WELL_WORTH else 1
            if run is not None:
                position, index, walked = (
                    position + run.records * size,
                    index + run.records,
                    _joined(walked, run),
                )
                patience = 1 if run.ended_at_a_width else patience
    except IndexError:
        raise CorruptRecords("Incorrect declared batch size, premature EOF reached") from None
    if position != len(data):
        raise CorruptRecords("Incorrect declared batch size, records still remaining in file")
    return walked


def _joined(walked: Walked, run: Run) -> Walked:
    return Walked(
        min(walked.smallest_delta_ms, run.smallest_delta_ms),
        max(walked.largest_delta_ms, run.largest_delta_ms),
        walked.keyless_count + (0 if run.shape.has_keys else run.records),
        walked.first_gap,
    )


def _walk_singly(
    data: bytes | memoryview, count: int, patience: int, position: int, begin: int, walked: Walked
) -> tuple[int, int, int, Walked]:
    """Record by record, from record `begin` at `position` on; where it ended, the size of the last record, and what
    was found. It ends early when `patience` records had the size of the one before, and more may have."""
    smallest, largest, keyless, first_gap = walked
    end, delta_before, length_before = len(data), -1, -1
    last_fast = end - _NINE.size
    if count - begin <= patience + SHORTEST:
        patience = count  # what is left isn't worth a search
    for index in range(begin, count):
        # Nine bytes at once hold the length (1-2 bytes), the attributes, the timestamp's delta (1-2), the
        # offset's (1-3) and the length of the key (1). What is longer makes a number too large here, and
        # is read again slowly.
        length = 1 << 20
        if position <= last_fast:
            a, b, c, d, e, f, g, h, i = _read_nine(data, position)
            if a < 128:
                length, at, delta, e, f, g, h, i = a, position + 1, c, d, e, f, g, h
            else:
                length, at, delta = a & 127 | b << 7, position + 2, d
            stop = at + (length >> 1)
            at += 4
            if delta > 127:
                delta, e, f, g, h, at = delta & 127 | e << 7, f, g, h, i, at + 1
            if e > 127:
                e, f, at = e & 127 | f << 7, g, at + 1
                if e > 16383:
                    e, f, at = e & 16383 | f << 14, h, at + 1
        if length > 16383 or delta > 16383 or e > 2097151 or f > 127:
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
        a = data[at]
        at += 1
        if a > 127:
            b = data[at]
            if b < 128:
                a, at = a & 127 | b << 7, at + 1
            else:
                a, at = read_unsigned_32(data, at - 1)
        if not a & 1:
            at += a >> 1
        at = _skip_headers(data, at, stop) if data[at] else at + 1
        if at != stop:
            raise CorruptRecords("Invalid record: its fields don't fill its declared length")
        if length == length_before:
            patience -= 1
            if not patience:
                walked = Walked(smallest, largest, keyless, first_gap)
                return stop, index + 1, stop - position, walked
        length_before = length
        position = stop
    return position, count, 0, Walked(smallest, largest, keyless, first_gap)


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
