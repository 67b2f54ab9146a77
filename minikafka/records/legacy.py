"""Messages of the formats v0 and v1, which brokers wrote before Kafka 0.11, and wrappers that hold many.

    offset 8 | size 4 | crc 4 | magic 1 | attributes 1 | timestamp 8 (v1) | key length 4, key | value length 4, value

A message is a batch of one. A compressed set is the value of a wrapper message, whose offset is the last one inside;
inside, v0 has the offsets themselves, v1 has them relative to the first. A wrapper whose time is that of the append
gives it to all inside.

Rule: nothing here is believed before its checksum is right, for a damaged magic byte would make an old message of
a v2 batch. What a message says is told in a `BatchHeader`, so that who goes through a log needs to know one kind of
header. Kafka: `AbstractLegacyRecordBatch`, `LegacyRecord`, `MemoryRecordsBuilder` (KIP-31, KIP-32).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from minikafka.records.compression import DEFAULT_LIMIT_BYTES, Compression, compress, decompress
from minikafka.records.errors import CorruptChecksum, CorruptCompression, CorruptRecords
from minikafka.records.header import (
    CODEC_MASK,
    INT32_MAX,
    LENGTH_AT,
    LOG_APPEND_TIME,
    LOG_OVERHEAD_BYTES,
    MAGIC_AT,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    TIMESTAMP_TYPE_FLAG,
    BatchHeader,
)
from minikafka.records.lz4_descriptor import with_broken_checksum, with_right_checksum
from minikafka.records.record import Record
from minikafka.records.varint import Buffer

OLD_MAGICS = (0, 1)
SMALLEST_MESSAGE_BYTES = 26
"""A v0 message without key and value."""
_BEGINNING = struct.Struct(">qiIBB")
_INT64 = struct.Struct(">q")
_LENGTH = struct.Struct(">i")
_CRC = struct.Struct(">I")
_FLAGS = {0: CODEC_MASK, 1: CODEC_MASK | TIMESTAMP_TYPE_FLAG}
"""The bits of the attributes that mean something, by magic."""


class Message(NamedTuple):
    """One message as it stands: a wrapper's value is still compressed, an offset inside not yet the log's."""

    offset: int
    magic: int
    attributes: int
    timestamp_ms: int
    """-1 in v0."""
    key: memoryview | None
    value: memoryview | None

    @property
    def compression(self) -> Compression:
        """The codec; `CorruptRecords` for zstd, which is younger, and `CorruptCompression` for what is none."""
        codec = self.attributes & CODEC_MASK
        if codec == Compression.ZSTD:
            raise CorruptRecords(f"a message of format v{self.magic} is compressed with zstd")
        if codec > Compression.ZSTD:
            raise CorruptCompression(f"unknown compression type {codec}")
        return Compression(codec)


def size_of(data: Buffer, position: int = 0) -> int:
    """How many bytes the message at `position` says it has, of which the first 12 must be there."""
    size: int = LOG_OVERHEAD_BYTES + _LENGTH.unpack_from(data, position + LENGTH_AT)[0]
    return size


def offset_of(data: Buffer, position: int = 0) -> int:
    """The offset of the message at `position`: of a wrapper, the last one inside."""
    offset: int = _INT64.unpack_from(data, position)[0]
    return offset


def read_message(data: memoryview) -> Message:
    """The one message that `data` is; `CorruptChecksum` or another `CorruptRecords` when it isn't whole."""
    end = len(data)
    if end < SMALLEST_MESSAGE_BYTES:
        raise CorruptRecords(f"a message has {end} bytes, less than its own fields")
    offset, size, crc, magic, attributes = _BEGINNING.unpack_from(data)
    if magic not in OLD_MAGICS:
        raise CorruptRecords(f"a message has magic {magic} where 0 or 1 is expected")
    if size != end - LOG_OVERHEAD_BYTES:
        raise CorruptRecords(f"a message of {end} bytes is said to have {size + LOG_OVERHEAD_BYTES}")
    if zlib.crc32(data[MAGIC_AT:]) != crc:
        raise CorruptChecksum(f"Record is corrupt (stored crc = {crc})")
    at, timestamp_ms = _BEGINNING.size, NO_TIMESTAMP
    if magic == 1:
        timestamp_ms, at = _INT64.unpack_from(data, at)[0], at + _INT64.size
    key, at = _content(data, at)
    value, at = _content(data, at)
    if at != end:
        raise CorruptRecords("a message's fields don't fill its size")
    return Message(offset, magic, attributes & _FLAGS[magic], timestamp_ms, key, value)


def _content(data: memoryview, at: int) -> tuple[memoryview | None, int]:
    begin = at + _LENGTH.size
    if begin > len(data):
        raise CorruptRecords("a message is shorter than its fields")
    size: int = _LENGTH.unpack_from(data, at)[0]
    if size < 0:
        return None, begin
    if begin + size > len(data):
        raise CorruptRecords("a key or value is longer than its message")
    return data[begin : begin + size], begin + size


def header_of(data: memoryview) -> BatchHeader:
    """What the whole message `data` says, in the words of a v2 header; a wrapper is unpacked for it.

    Raises `CorruptRecords`, also when the offsets inside a wrapper don't lead up to its own.
    """
    message = read_message(data)
    first, count = message.offset, 1
    if message.compression != Compression.NONE:
        first, count = _offsets_inside(message)
    if first < 0 or message.offset - first > INT32_MAX:
        raise CorruptRecords(f"a message set has offsets from {first} to {message.offset}")
    return _header(data, message.attributes, message.timestamp_ms, first, count)


def header_of_damaged(data: memoryview | bytes) -> BatchHeader:
    """What the first 26 bytes of a message say, though nothing bears it out; a wrapper's first offset is unknown,
    and the last takes its place."""
    *_, magic, attributes = _BEGINNING.unpack_from(data)
    timestamp_ms = _INT64.unpack_from(data, _BEGINNING.size)[0] if magic == 1 else NO_TIMESTAMP
    return _header(data, attributes & _FLAGS[magic], timestamp_ms, offset_of(data), 1)


def _header(
    data: memoryview | bytes, attributes: int, timestamp_ms: int, first: int, count: int
) -> BatchHeader:
    offset, size, crc, magic, _ = _BEGINNING.unpack_from(data)
    return BatchHeader(
        base_offset=first,
        batch_length=size,
        partition_leader_epoch=-1,
        magic=magic,
        crc=crc,
        attributes=attributes,
        last_offset_delta=offset - first,
        base_timestamp=timestamp_ms,
        max_timestamp=timestamp_ms,
        producer_id=NO_PRODUCER_ID,
        producer_epoch=-1,
        base_sequence=NO_SEQUENCE,
        record_count=count,
    )


def _offsets_inside(wrapper: Message) -> tuple[int, int]:
    """(the first offset, how many) of a wrapper as a log has it."""
    first = last = None
    count = 0
    for part in _parts(unpacked(wrapper)):
        offset = offset_of(part)
        if last is not None and offset <= last:
            raise CorruptRecords(f"offset {offset} comes after {last} inside a message")
        first, last, count = offset if first is None else first, offset, count + 1
    if first is None or last is None:
        raise CorruptRecords("a compressed message has none inside")
    shift = shift_of(wrapper, last)
    if last + shift != wrapper.offset:
        raise CorruptRecords(
            f"a message at offset {wrapper.offset} has {last + shift} for its last one inside"
        )
    return first + shift, count


def shift_of(wrapper: Message, last_inside: int) -> int:
    """What makes an offset inside `wrapper` one of the log, given the last one inside."""
    if wrapper.magic == 0 or wrapper.offset == 0:  # some old clients left a v1 wrapper's offset at 0
        return 0
    if wrapper.offset < last_inside:
        raise CorruptRecords(
            f"a message at offset {wrapper.offset} has a relative offset of {last_inside} inside"
        )
    return wrapper.offset - last_inside


def unpacked(wrapper: Message, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> memoryview:
    """The message set inside a wrapper (`CorruptRecords`)."""
    if wrapper.value is None:
        raise CorruptRecords("a compressed message has no value")
    value: Buffer = wrapper.value
    if wrapper.compression == Compression.LZ4 and wrapper.magic == 0:
        value = with_right_checksum(bytes(value))
    return memoryview(decompress(wrapper.compression, value, limit_bytes=limit_bytes))


def _parts(message_set: memoryview) -> Iterator[memoryview]:
    """The bytes of each message of a set, which must fill it."""
    at, end = 0, len(message_set)
    while at < end:
        size = size_of(message_set, at) if end - at >= LOG_OVERHEAD_BYTES else 0
        if not SMALLEST_MESSAGE_BYTES <= size <= end - at:
            raise CorruptRecords(f"a message inside another has {size} bytes where {end - at} remain")
        yield message_set[at : at + size]
        at += size


def messages_inside(wrapper: Message, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> list[Message]:
    """The messages inside, at least one, checksums verified, with the offsets that they have there."""
    inside = [read_message(part) for part in _parts(unpacked(wrapper, limit_bytes=limit_bytes))]
    if not inside:
        raise CorruptRecords("a compressed message has none inside")
    if any(message.attributes & CODEC_MASK for message in inside):
        raise CorruptRecords("a message inside a compressed one is compressed itself")
    return inside


def records_of(data: memoryview, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> Iterator[Record]:
    """The records of the whole message `data`, with the log's offsets (`CorruptRecords`)."""
    message = read_message(data)
    if message.compression == Compression.NONE:
        yield _record(message, message.offset, message.timestamp_ms)
        return
    inside = messages_inside(message, limit_bytes=limit_bytes)
    shift = shift_of(message, inside[-1].offset)
    is_append_time = bool(message.attributes & TIMESTAMP_TYPE_FLAG)
    for one in inside:
        gives_time = is_append_time and one.magic == 1
        yield _record(one, one.offset + shift, message.timestamp_ms if gives_time else one.timestamp_ms)


def _record(message: Message, offset: int, timestamp_ms: int) -> Record:
    key, value = message.key, message.value
    return Record(
        offset, timestamp_ms, None if key is None else bytes(key), None if value is None else bytes(value)
    )


# -- writing ---------------------------------------------------------------------------------------------


def message_set(
    records: Sequence[Record],
    magic: int,
    *,
    compression: Compression = Compression.NONE,
    timestamp_type: int = 0,
) -> bytes:
    """`records` (at least one, offsets ascending) as messages one after the other, or in one wrapper.

    Headers have no place in them and must be empty. With `timestamp_type=LOG_APPEND_TIME` the largest timestamp
    given is that of every record.
    """
    assert records, "a message set has at least one message"
    assert magic in OLD_MAGICS, magic
    assert not any(record.headers for record in records), "the old formats have no headers"
    assert compression < Compression.ZSTD, "the old formats don't know zstd"
    flags = TIMESTAMP_TYPE_FLAG if magic == 1 and timestamp_type == LOG_APPEND_TIME else 0
    latest_ms = max(record.timestamp_ms for record in records)
    first = records[0].offset if magic == 1 and compression != Compression.NONE else 0
    messages = b"".join(
        _message(r.offset - first, magic, flags, latest_ms if flags else r.timestamp_ms, r.key, r.value)
        for r in records
    )
    if compression == Compression.NONE:
        return messages
    packed = compress(compression, messages)
    if compression == Compression.LZ4 and magic == 0:
        packed = with_broken_checksum(packed)
    return _message(records[-1].offset, magic, flags | compression, latest_ms, None, packed)


def _message(
    offset: int, magic: int, attributes: int, timestamp_ms: int, key: bytes | None, value: bytes | None
) -> bytes:
    body = [bytes((magic, attributes)), _INT64.pack(timestamp_ms) if magic == 1 else b""]
    for part in (key, value):
        body += (_LENGTH.pack(-1 if part is None else len(part)), part or b"")
    joined = b"".join(body)
    return b"".join(
        (_INT64.pack(offset), _LENGTH.pack(4 + len(joined)), _CRC.pack(zlib.crc32(joined)), joined)
    )
