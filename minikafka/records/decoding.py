"""The records of a v2 batch, decoded: one by one, and where they have one shape a run of them at a time.

Rule: a run gives what reading one by one would have given, and whatever is not as its header promises is
`CorruptRecords`. Kafka: `DefaultRecord.readFrom`, `DefaultRecordBatch.uncompressedIterator`.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterable, Iterator
from itertools import repeat

from minikafka.records.errors import CorruptRecords
from minikafka.records.header import LOG_APPEND_TIME, BatchHeader
from minikafka.records.record import Header, Record
from minikafka.records.runs import SHORTEST, WELL_WORTH, Run, find_run
from minikafka.records.varint import Buffer, read_unsigned, read_varint

_new_tuple = tuple.__new__
"""`_new_tuple(Record, fields)` is `Record(*fields)` in half the time."""


def decode_records(header: BatchHeader, payload: Buffer) -> Iterator[Record]:
    """The records of an uncompressed `payload` under `header`."""
    data: bytes | memoryview = payload if type(payload) is bytes else memoryview(payload)
    count = header.record_count
    if count < 0:
        raise CorruptRecords(f"a batch has a record count of {count}")
    position, index, patience = 0, 0, 1
    while index < count:
        begin, index, position = yield from _one_by_one(header, data, position, index, patience)
        if index == count:
            break
        run = find_run(data, begin, index - 1, count - index)
        if run is not None and not run.shape.has_headers:
            yield from _run(header, data, position, index, run)
            position, index = position + run.records * run.shape.stride, index + run.records
            if run.ended_at_a_width or run.records >= WELL_WORTH:
                patience = 1
                continue
            patience *= 4  # where sizes repeat by chance only, the search for runs soon gives up
        else:
            patience = count
        data = bytes(data)  # a copy makes reading one by one cheaper
    if position != len(data):
        raise CorruptRecords("bytes remain after the last record of a batch")


def _one_by_one(
    header: BatchHeader, data: bytes | memoryview, position: int, index: int, patience: int
) -> Generator[Record, None, tuple[int, int, int]]:
    """From record `index` at `position` on, until `patience` of them had the length of the one before, and more may
    have. Returns where the last one began, the next one's index, and where that begins.
    """
    count, base_offset, base_ms = header.record_count, header.base_offset, header.base_timestamp
    append_time = header.max_timestamp if header.timestamp_type == LOG_APPEND_TIME else None
    end, begin, length_before = len(data), position, -1
    if count - index <= patience + SHORTEST:
        patience = count  # what is left isn't worth a search
    try:
        for number in range(index, count):
            begin = position
            # The numbers are in their zigzag form: odd ones are negative.
            length = data[position]
            position += 1
            if length > 127:
                length, position = read_unsigned(data, begin)
            stop = position + (length >> 1)
            if length & 1 or stop > end:
                raise CorruptRecords("a record is longer than its batch")
            position += 1  # the attributes byte is unused
            delta = data[position]
            position += 1
            if delta > 127:
                delta, position = read_unsigned(data, position - 1)
            offset = data[position]
            position += 1
            if offset > 127:
                offset, position = read_unsigned(data, position - 1)
            key, position = _read_bytes(data, position, stop)
            value, position = _read_bytes(data, position, stop)
            headers: tuple[Header, ...] = ()
            if data[position]:
                headers, position = _read_headers(data, position, stop)
            else:
                position += 1
            if position != stop:
                raise CorruptRecords("a record's fields don't fill its declared length")
            time_ms = base_ms + ((delta >> 1) ^ -(delta & 1)) if append_time is None else append_time
            offset = base_offset + ((offset >> 1) ^ -(offset & 1))
            yield _new_tuple(Record, (offset, time_ms, key, value, headers))
            if length == length_before:
                patience -= 1
                if not patience:
                    return begin, number + 1, position
            length_before = length
    except IndexError:
        raise CorruptRecords("the data ends inside a varint") from None
    return begin, count, position


def _run(
    header: BatchHeader, data: bytes | memoryview, position: int, index: int, run: Run
) -> Iterator[Record]:
    """The records of a run, from record `index` at `position` on."""
    shape, first = run.shape, header.base_offset + index
    end = position + run.records * shape.stride
    if header.timestamp_type == LOG_APPEND_TIME:
        times: Iterable[int] = repeat(header.max_timestamp)
    elif run.smallest_delta_ms == run.largest_delta_ms:
        times = repeat(header.base_timestamp + run.smallest_delta_ms)
    else:
        delta_at = range(position + shape.delta_at, position + shape.offset_at)
        columns = [bytes(data[at : end : shape.stride]) for at in delta_at]
        times = [header.base_timestamp + delta_ms for delta_ms in _signed(columns)]
    behind = shape.value_at - shape.key_at - shape.key_bytes
    rest = shape.stride - shape.value_at - shape.value_bytes
    contents = struct.Struct(f"{shape.key_at}x{shape.key_bytes}s{behind}x{shape.value_bytes}s{rest}x")
    has_key, has_value = shape.has_keys, shape.has_values
    offsets, pairs = range(first, first + run.records), contents.iter_unpack(memoryview(data)[position:end])
    for offset, time_ms, (key, value) in zip(offsets, times, pairs, strict=False):
        fields = (offset, time_ms, key if has_key else None, value if has_value else None, ())
        yield _new_tuple(Record, fields)


def _signed(columns: list[bytes]) -> list[int]:
    """The signed numbers whose varint bytes are in `columns`, lowest first."""
    numbers: Iterable[int] = columns[-1]
    for column in reversed(columns[:-1]):
        numbers = [higher << 7 | byte & 127 for higher, byte in zip(numbers, column, strict=True)]
    return [(number >> 1) ^ -(number & 1) for number in numbers]


def _read_bytes(data: bytes | memoryview, position: int, stop: int) -> tuple[bytes | None, int]:
    size = data[position]
    begin = position + 1
    if size > 127:
        size, begin = read_unsigned(data, position)
    if size & 1:
        return None, begin
    end = begin + (size >> 1)
    if end > stop:
        raise CorruptRecords("a key, value or header is longer than its record")
    return bytes(data[begin:end]), end


def _read_headers(data: bytes | memoryview, position: int, stop: int) -> tuple[tuple[Header, ...], int]:
    count, position = read_varint(data, position)
    if count < 0 or count > stop - position:
        raise CorruptRecords(f"a record has a header count of {count}")
    headers: list[Header] = []
    for _ in range(count):
        key, position = _read_bytes(data, position, stop)
        if key is None:
            raise CorruptRecords("a header has no key")
        value, position = _read_bytes(data, position, stop)
        headers.append((key.decode("utf-8", "replace"), value))  # as Java's clients do
    return tuple(headers), position
