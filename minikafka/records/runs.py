"""Runs of records of one shape: checked column by column, thousands at a time.

Rule: a run is only what a walk of record by record would have found without a complaint, and anything else ends
it. Where records have one size, the bytes that give lengths and counts are at one distance from each other, so a
strided slice brings them together and one comparison tells of all. What differs from record to record is the offset
delta, which must be the record's index, the timestamp delta, and what nobody looks at: attributes, keys, values.

Kafka has nothing like it: the JVM compiles the walk.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import compress
from typing import NamedTuple

from minikafka.records.varint import read_unsigned

SHORTEST = 32
"""Fewer records can't be worth the search."""
WELL_WORTH = 100
"""A search costs as much as this many records, or less, where it finds none."""
_BLOCK = 8192
_MOST_HEADERS = 16
_MOST_DELTA_BYTES = 9
"""A tenth byte may have bits that don't count."""
_INDEX_LIMIT = 1 << 20
_WIDER = (64, _BLOCK, _INDEX_LIMIT)
"""From these records on, offset deltas are a byte longer."""
_COPIED_STRIDE = 512
"""Below it, a copy of all is cheaper than the columns of a memoryview."""

_ALL_BYTES = bytes(range(256))
_HIGH_BIT = bytes(byte >> 7 for byte in range(256))
_LOW_BIT = bytes(byte & 1 for byte in range(256))
_FLIPPED = bytes((1,)) + bytes(255)
_HAS_MORE = (bytes(_BLOCK), bytes((1,)) * _BLOCK)

# The bytes of the offset deltas of 8192 records, in zigzag form: 0, 2, 4 … of one, two or three bytes.
_ONLY = bytes(2 * index for index in range(64))
_LOW = bytes(128 | 2 * index & 127 for index in range(64)) * (_BLOCK // 64)
_SECOND = bytes(index >> 6 for index in range(_BLOCK))
_SECOND_OF_THREE = bytes(128 | index >> 6 for index in range(_BLOCK))


class Run(NamedTuple):
    """So many records, and the extremes of their timestamp deltas in ms."""

    records: int
    ended_at_a_width: bool
    """It ended where offset deltas grow by a byte; the next record may begin another run."""
    smallest_delta_ms: int
    largest_delta_ms: int
    shape: Shape


class Shape(NamedTuple):
    """Where in a record the bytes are that make its shape, relative to its beginning."""

    stride: int
    lengths: list[tuple[int, int]]
    """(place, value) of the bytes of the record's length."""
    constants: list[tuple[int, int]]
    """The same of the other bytes that are alike in every record of the run."""
    delta_at: int
    offset_at: int
    key_at: int
    key_bytes: int
    has_keys: bool
    value_at: int
    value_bytes: int
    has_values: bool
    has_headers: bool


def find_run(data: bytes | memoryview, position: int, index: int, limit: int) -> Run | None:
    """How many records, at most `limit`, follow the one at `position` and have its shape. That one is record
    `index` of its batch and was found good. None when it is of a kind that isn't known here."""
    shape = _shape_of(data, position, index)
    if shape is None:
        return None
    stride = shape.stride
    limit = min(limit + 1, (len(data) - position) // stride)
    deltas: list[int] = []
    done = 0
    while done < limit:
        first = index + done
        # Within a block all but the lowest two bytes of the offset deltas are constant.
        block_end = 64 if first < 64 else (first // _BLOCK + 1) * _BLOCK
        size = min(limit - done, block_end - first)
        begin = position + done * stride
        same = _same(data[begin : begin + size * stride], shape, first, size, deltas)
        done += same
        if same < size or first + size in _WIDER:
            break
    grows = index + done in _WIDER
    return Run(done - 1, grows, min(deltas), max(deltas), shape)


def _shape_of(data: bytes | memoryview, position: int, index: int) -> Shape | None:
    if index >= _INDEX_LIMIT:
        return None
    length, after = read_unsigned(data, position)
    stride = after + (length >> 1) - position
    lengths = range(position, after)
    delta_at = after + 1  # the attributes byte is unused
    offset_at = read_unsigned(data, delta_at)[1]
    expected = b"".join(_offset_columns(index, 1))
    at = offset_at + len(expected)
    if bytes(data[offset_at:at]) != expected or offset_at - delta_at > _MOST_DELTA_BYTES:
        return None
    fixed: list[int] = []
    key_at, key_bytes, has_keys = _sized(data, at, fixed)
    value_at, value_bytes, has_values = _sized(data, key_at + key_bytes, fixed)
    at = value_at + value_bytes
    headers, after = read_unsigned(data, at)
    if headers >> 1 > _MOST_HEADERS:
        return None
    fixed += range(at, after)
    for _ in range(headers):  # in zigzag form, that is twice their number: a key and a value each
        at, size, _is_there = _sized(data, after, fixed)
        after = at + size
    return Shape(
        stride,
        [(at - position, data[at]) for at in lengths],
        [(at - position, data[at]) for at in fixed],
        delta_at - position,
        offset_at - position,
        key_at - position,
        key_bytes,
        has_keys,
        value_at - position,
        value_bytes,
        has_values,
        headers > 0,
    )


def _sized(data: bytes | memoryview, at: int, fixed: list[int]) -> tuple[int, int, bool]:
    """Of what has its size in front: where it begins, its size, and is it there? Notes where the size's bytes are."""
    size, after = read_unsigned(data, at)
    fixed += range(at, after)
    return (after, 0, False) if size & 1 else (after, size >> 1, True)  # odd: negative, which is null


def _same(records: bytes | memoryview, shape: Shape, index: int, size: int, deltas: list[int]) -> int:
    """How many of the `size` records, `index` the first, have the shape; adds their timestamp deltas."""
    stride = shape.stride
    # The lengths tell how far the rest need be looked at.
    same = size
    for at, value in shape.lengths:
        same = _agreeing(records[at::stride], bytes((value,)) * size, same)
    if same < size:
        size, records = same, records[: same * stride]
    if stride < _COPIED_STRIDE:
        records = bytes(records)
    for at, value in shape.constants:
        same = _agreeing(records[at::stride], bytes((value,)) * size, same)
    for at, expected in enumerate(_offset_columns(index, size), shape.offset_at):
        same = _agreeing(records[at::stride], expected, same)
    columns = [bytes(records[at::stride]) for at in range(shape.delta_at, shape.offset_at)]
    last = len(columns) - 1
    for at, column in enumerate(columns):
        same = _agreeing(column.translate(_HIGH_BIT), _HAS_MORE[at < last][:size], same)
    if same:
        deltas += _extremes([column[:same] for column in columns])
    return same


def _agreeing(column: bytes | memoryview, expected: bytes, limit: int) -> int:
    """How many bytes, of the first `limit`, are as expected before the first that isn't."""
    if column == expected:  # in place: a third of what a copy of a memoryview's column costs
        return limit
    column = bytes(column)
    if column[:limit] == expected[:limit]:
        return limit
    return bisect_left(range(limit), True, key=lambda n: column[: n + 1] != expected[: n + 1])


def _offset_columns(index: int, size: int) -> tuple[bytes, ...]:
    """The bytes of the offset deltas `index`, `index` + 1 …, as columns; all in one block."""
    if index < 64:
        return (_ONLY[index : index + size],)
    at = index % _BLOCK
    low = _LOW[at : at + size]
    if index < _BLOCK:
        return low, _SECOND[at : at + size]
    return low, _SECOND_OF_THREE[at : at + size], bytes((index // _BLOCK,)) * size


def _extremes(columns: list[bytes]) -> tuple[int, int]:
    """The smallest and the largest of the signed numbers whose varint bytes are in `columns`, lowest first."""
    if len(columns) == 1:
        present = [(z >> 1) ^ -(z & 1) for z in _distinct(columns[0])]
        return min(present), max(present)
    signs = columns[0].translate(_LOW_BIT)
    negatives, others = columns, columns
    if 0 in signs and 1 in signs:
        negatives, others = _where(columns, signs), _where(columns, signs.translate(_FLIPPED))
    if 1 in signs:  # in zigzag form 1, 3, 5 … are -1, -2, -3 …
        smallest = -1 - (_extreme(negatives, max) >> 1)
        largest = -1 - (_extreme(negatives, min) >> 1)
    if 0 in signs:
        largest = _extreme(others, max) >> 1
    if 1 not in signs:
        smallest = _extreme(others, min) >> 1
    return smallest, largest


def _extreme(columns: list[bytes], pick: Callable[[bytes], int]) -> int:
    *lower, top = columns
    byte = pick(_distinct(top))
    if not lower:
        return byte & 127
    first, end = top.find(byte), top.rfind(byte) + 1
    if top[first:end] == bytes((byte,)) * (end - first):
        lower = [column[first:end] for column in lower]  # times mostly grow
    else:
        lower = _where(lower, top.translate(bytes(byte) + b"\1" + bytes(255 - byte)))
    return (byte & 127) << 7 * len(lower) | _extreme(lower, pick)


def _distinct(column: bytes) -> bytes:
    """What isn't absent is there: the loop over the column is C's."""
    return _ALL_BYTES.translate(None, _ALL_BYTES.translate(None, column))


def _where(columns: list[bytes], mask: bytes) -> list[bytes]:
    return [bytes(compress(column, mask)) for column in columns]
