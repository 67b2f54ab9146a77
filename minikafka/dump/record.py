"""A record as a dump shows it, and the quick way to read one that is right.

Rule: a dump has millions, so no field is made before somebody looks at it; where anything is odd the slow reader
goes over the same bytes, and says what and where. Kafka: `DefaultRecord.readFrom`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from minikafka.dump.value import Decoded, Field
from minikafka.records.errors import CorruptRecords
from minikafka.records.record import Header
from minikafka.records.varint import read_varint


class DumpedRecord(NamedTuple):
    """One record; `position` and `size` are those of its bytes. `sequence` is -1 without an idempotent producer.

    `crc` and `crc_is_valid` are those of a message of an old format; records of a v2 batch have none of their own.
    `note`: why it can't be told what it says.
    """

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    sequence: int
    position: int
    size: int
    make_field: Callable[[], Field]
    decoded: Decoded | None = None
    note: str = ""
    crc: int | None = None
    crc_is_valid: bool = True

    @property
    def field(self) -> Field:
        """The field that covers its bytes, with its parts."""
        return self.make_field()


class Parsed(NamedTuple):
    """What is in a record, numbers as they are, and where it ends."""

    timestamp_delta: int
    offset_delta: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    stop: int


def parse_quickly(data: bytes, position: int) -> Parsed | None:
    """The record at `position`; None where it isn't quite right, or the bytes end."""
    try:
        byte = data[position]
        length, at = (byte >> 1, position + 1) if byte < 128 and not byte & 1 else read_varint(data, position)
        stop = at + length
        if length < 0 or stop > len(data):
            return None
        at += 1  # the attributes
        byte = data[at]
        time, at = (byte >> 1, at + 1) if byte < 128 and not byte & 1 else read_varint(data, at)
        byte = data[at]
        offset, at = (byte >> 1, at + 1) if byte < 128 and not byte & 1 else read_varint(data, at)
        key, at = _content(data, at)
        value, at = _content(data, at)
        headers: tuple[Header, ...] = ()
        if data[at]:
            headers, at = _headers(data, at, stop)
        else:
            at += 1
    except (IndexError, CorruptRecords):
        return None
    return Parsed(time, offset, key, value, headers, stop) if at == stop else None


def _content(data: bytes, at: int) -> tuple[bytes | None, int]:
    byte = data[at]
    size, at = (byte >> 1, at + 1) if byte < 128 and not byte & 1 else read_varint(data, at)
    if size < 0:
        return None, at
    return data[at : at + size], at + size


def _headers(data: bytes, at: int, stop: int) -> tuple[tuple[Header, ...], int]:
    count, at = read_varint(data, at)
    if not 0 <= count <= stop - at:
        raise CorruptRecords("a header count that can't be")
    headers = []
    for _ in range(count):
        key, at = _content(data, at)
        if key is None:
            raise CorruptRecords("a header without a key")
        value, at = _content(data, at)
        headers.append((key.decode("utf-8", "replace"), value))
    return tuple(headers), at
