"""The record batch, format v2: a 61-byte header and the records after it.

The rule: the header is read with one `struct`, the records only on demand. What a broker changes on the
way in (base offset, leader epoch) lies before the checksummed part, so a batch is stored as it came.

    base_offset 8 | batch_length 4 | leader_epoch 4 | magic 1 | crc 4 | attributes 2 | last_offset_delta 4
    base_timestamp 8 | max_timestamp 8 | producer_id 8 | producer_epoch 2 | base_sequence 4 | count 4 | records

Kafka: `DefaultRecordBatch`, `DefaultRecord`, `MemoryRecords` (KIP-98, KIP-32 timestamps, KIP-82 headers).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import crc32c

from minikafka.records.compression import DEFAULT_LIMIT_BYTES, Compression, compress, decompress
from minikafka.records.errors import CorruptRecords
from minikafka.records.header import (
    ATTRIBUTES_AT,
    CODEC_MASK,
    CONTROL_FLAG,
    CRC_AT,
    CREATE_TIME,
    DELETE_HORIZON_FLAG,
    HEADER,
    HEADER_BYTES,
    LENGTH_AT,
    LOG_APPEND_TIME,
    LOG_OVERHEAD_BYTES,
    MAGIC_AT,
    MAGIC_V2,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    TIMESTAMP_TYPE_FLAG,
    TRANSACTIONAL_FLAG,
    BatchHeader,
)
from minikafka.records.varint import Buffer, encode_varint, read_varint, varint_size

_PREFIX = struct.Struct(">qiib")
_OFFSET = struct.Struct(">q")
_LENGTH = struct.Struct(">i")
_CRC = struct.Struct(">I")

Header = tuple[str, bytes | None]


class Record(NamedTuple):
    """One record as a reader sees it: its own offset and time."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


class NewRecord(NamedTuple):
    """One record as a writer gives it: no offset yet."""

    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


class Batch:
    """A batch in a buffer: `header` is parsed, `data` is a view of the whole batch, nothing is copied."""

    __slots__ = ("data", "header")

    def __init__(self, header: BatchHeader, data: memoryview) -> None:
        self.header = header
        self.data = data

    def __repr__(self) -> str:
        return f"Batch({self.header})"

    def crc_is_valid(self) -> bool:
        """Is the stored checksum that of the bytes from the attributes on?"""
        return crc32c.crc32c(self.data[ATTRIBUTES_AT:]) == self.header.crc

    def payload(self, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> Buffer:
        """The records' bytes, decompressed where the batch is compressed (`CorruptRecords`)."""
        codec = self.header.compression
        records = self.data[HEADER_BYTES:]
        return records if codec == Compression.NONE else decompress(codec, records, limit_bytes=limit_bytes)

    def records(self, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> Iterator[Record]:
        """The records, decoded one by one; `CorruptRecords` where they aren't what the header promises."""
        return decode_records(self.header, self.payload(limit_bytes=limit_bytes))


def read_batches(data: Buffer) -> Iterator[Batch]:
    """The whole batches of `data`, in order; an incomplete one at the end ends the iteration.

    Raises `CorruptRecords` at a batch with an impossible length or a magic other than 2.
    """
    view = data if type(data) is memoryview else memoryview(data)
    position, end = 0, len(view)
    while end - position >= HEADER_BYTES:
        header = BatchHeader._make(HEADER.unpack_from(view, position))
        size = LOG_OVERHEAD_BYTES + header.batch_length
        if header.magic != MAGIC_V2:
            raise CorruptRecords(f"a batch has magic {header.magic} where 2 is expected")
        if size < HEADER_BYTES:
            raise CorruptRecords(f"a batch is said to be {size} bytes long, less than its own header")
        if size > end - position:
            return
        yield Batch(header, view[position : position + size])
        position += size


def decode_records(header: BatchHeader, payload: Buffer) -> Iterator[Record]:
    """The records of an uncompressed `payload` under `header`."""
    # One copy makes every slice below a plain `bytes`, and reading a byte cheaper.
    data = payload if type(payload) is bytes else bytes(payload)
    if header.record_count < 0:
        raise CorruptRecords(f"a batch has a record count of {header.record_count}")
    append_time = header.max_timestamp if header.timestamp_type == LOG_APPEND_TIME else None
    position, end = 0, len(data)
    for _ in range(header.record_count):
        length, position = read_varint(data, position)
        stop = position + length
        if length < 0 or stop > end:
            raise CorruptRecords("a record is longer than its batch")
        delta_ms, position = read_varint(data, position + 1)  # the attributes byte is unused
        offset_delta, position = read_varint(data, position)
        key, position = _read_bytes(data, position, stop)
        value, position = _read_bytes(data, position, stop)
        headers, position = _read_headers(data, position, stop)
        if position != stop:
            raise CorruptRecords("a record's fields don't fill its declared length")
        timestamp_ms = header.base_timestamp + delta_ms if append_time is None else append_time
        yield Record(header.base_offset + offset_delta, timestamp_ms, key, value, headers)
    if position != end:
        raise CorruptRecords("bytes remain after the last record of a batch")


def _read_bytes(data: bytes, position: int, stop: int) -> tuple[bytes | None, int]:
    size, position = read_varint(data, position)
    if size < 0:
        return None, position
    end = position + size
    if end > stop:
        raise CorruptRecords("a key, value or header is longer than its record")
    return data[position:end], end


def _read_headers(data: bytes, position: int, stop: int) -> tuple[tuple[Header, ...], int]:
    count, position = read_varint(data, position)
    if count == 0:
        return (), position
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


def encode_record(record: NewRecord, offset_delta: int, timestamp_delta_ms: int) -> bytes:
    """One record with its length in front, as it stands in a batch."""
    _, key, value, headers = record
    parts = [b"\x00", encode_varint(timestamp_delta_ms), encode_varint(offset_delta)]
    if key is None:
        parts.append(b"\x01")
    else:
        parts += (encode_varint(len(key)), key)
    if value is None:
        parts.append(b"\x01")
    else:
        parts += (encode_varint(len(value)), value)
    parts.append(encode_varint(len(headers)))
    for name, content in headers:
        encoded = name.encode()
        parts += (encode_varint(len(encoded)), encoded)
        parts += (b"\x01",) if content is None else (encode_varint(len(content)), content)
    body = b"".join(parts)
    return encode_varint(len(body)) + body


def build_batch(
    records: Sequence[NewRecord],
    *,
    base_offset: int = 0,
    compression: Compression = Compression.NONE,
    level: int | None = None,
    leader_epoch: int = -1,
    producer_id: int = NO_PRODUCER_ID,
    producer_epoch: int = -1,
    base_sequence: int = NO_SEQUENCE,
    transactional: bool = False,
    control: bool = False,
    timestamp_type: int = CREATE_TIME,
) -> bytes:
    """One batch of `records` (at least one) at consecutive offsets from `base_offset`.

    With `timestamp_type=LOG_APPEND_TIME` the largest timestamp given becomes that of every record.
    """
    assert records, "a batch has at least one record"
    base_ms = records[0].timestamp_ms
    encoded = [encode_record(record, i, record.timestamp_ms - base_ms) for i, record in enumerate(records)]
    return _assemble(
        b"".join(encoded),
        base_offset=base_offset,
        compression=compression,
        level=level,
        leader_epoch=leader_epoch,
        flags=(TIMESTAMP_TYPE_FLAG if timestamp_type == LOG_APPEND_TIME else 0)
        | (TRANSACTIONAL_FLAG if transactional else 0)
        | (CONTROL_FLAG if control else 0),
        count=len(records),
        base_timestamp=base_ms,
        max_timestamp=max(record.timestamp_ms for record in records),
        producer=(producer_id, producer_epoch, base_sequence),
    )


def _assemble(
    payload: bytes,
    *,
    base_offset: int,
    compression: Compression,
    level: int | None,
    leader_epoch: int,
    flags: int,
    count: int,
    base_timestamp: int,
    max_timestamp: int,
    producer: tuple[int, int, int],
) -> bytes:
    if compression != Compression.NONE:
        payload = compress(compression, payload, level)
    header = bytearray(
        HEADER.pack(
            base_offset,
            HEADER_BYTES - LOG_OVERHEAD_BYTES + len(payload),
            leader_epoch,
            MAGIC_V2,
            0,
            compression | flags,
            count - 1,
            base_timestamp,
            max_timestamp,
            *producer,
            count,
        )
    )
    checksum = crc32c.crc32c(payload, crc32c.crc32c(memoryview(header)[ATTRIBUTES_AT:]))
    _CRC.pack_into(header, CRC_AT, checksum)
    return b"".join((header, payload))


class BatchBuilder:
    """A batch that grows record by record until it is full: what a producer's accumulator holds.

    `size_bytes` is an upper bound of the finished batch for compressible data: records count uncompressed.
    """

    def __init__(
        self, size_limit_bytes: int, *, compression: Compression = Compression.NONE, level: int | None = None
    ) -> None:
        self.size_limit_bytes = size_limit_bytes
        self.compression = compression
        self.level = level
        self.size_bytes = HEADER_BYTES
        self.record_count = 0
        self._encoded: list[bytes] = []
        self._base_timestamp = 0
        self._max_timestamp = NO_TIMESTAMP

    def try_append(
        self,
        timestamp_ms: int,
        key: bytes | None,
        value: bytes | None,
        headers: tuple[Header, ...] = (),
    ) -> bool:
        """Add a record; False (and no change) when it doesn't fit. The first record always fits."""
        if not self.record_count:
            self._base_timestamp = timestamp_ms
        record = NewRecord(timestamp_ms, key, value, headers)
        encoded = encode_record(record, self.record_count, timestamp_ms - self._base_timestamp)
        if self.record_count and self.size_bytes + len(encoded) > self.size_limit_bytes:
            return False
        self._encoded.append(encoded)
        self.record_count += 1
        self.size_bytes += len(encoded)
        self._max_timestamp = max(self._max_timestamp, timestamp_ms)
        return True

    def build(
        self,
        *,
        producer_id: int = NO_PRODUCER_ID,
        producer_epoch: int = -1,
        base_sequence: int = NO_SEQUENCE,
        transactional: bool = False,
    ) -> bytes:
        """The batch with base offset 0; may be called again with another producer id or sequence."""
        assert self.record_count, "a batch has at least one record"
        return _assemble(
            b"".join(self._encoded),
            base_offset=0,
            compression=self.compression,
            level=self.level,
            leader_epoch=-1,
            flags=TRANSACTIONAL_FLAG if transactional else 0,
            count=self.record_count,
            base_timestamp=self._base_timestamp,
            max_timestamp=self._max_timestamp,
            producer=(producer_id, producer_epoch, base_sequence),
        )


def record_size_bytes(record: NewRecord, offset_delta: int = 0, timestamp_delta_ms: int = 0) -> int:
    """How many bytes `record` takes in an uncompressed batch, without building it."""
    _, key, value, headers = record
    size = 1 + varint_size(timestamp_delta_ms) + varint_size(offset_delta) + varint_size(len(headers))
    for part in (key, value, *(part for name, content in headers for part in (name.encode(), content))):
        size += varint_size(-1 if part is None else len(part)) + len(part or b"")
    return varint_size(size) + size


def set_base_offset_and_epoch(batch: bytearray | memoryview, base_offset: int, leader_epoch: int) -> None:
    """Write both in place; they lie outside the checksum. `batch` must be writable."""
    length = _LENGTH.unpack_from(batch, LENGTH_AT)[0]
    _PREFIX.pack_into(batch, 0, base_offset, length, leader_epoch, MAGIC_V2)


def prefix_with(batch: Buffer, base_offset: int, leader_epoch: int) -> bytes:
    """The first 17 bytes of `batch` with another base offset and epoch: for a gathering write that
    leaves the sender's bytes alone."""
    length = _LENGTH.unpack_from(batch, LENGTH_AT)[0]
    return _PREFIX.pack(base_offset, length, leader_epoch, MAGIC_V2)


def header_with_timestamp(header: BatchHeader, data: memoryview, timestamp_type: int, max_ms: int) -> bytes:
    """The 61 header bytes with another timestamp type and largest timestamp, and the checksum that follows
    from them over the records in `data`. As `DefaultRecordBatch.setMaxTimestamp`."""
    attributes = header.attributes & ~TIMESTAMP_TYPE_FLAG
    if timestamp_type == LOG_APPEND_TIME:
        attributes |= TIMESTAMP_TYPE_FLAG
    fields = header._replace(attributes=attributes, max_timestamp=max_ms, crc=0)
    raw = bytearray(HEADER.pack(*fields))
    checksum = crc32c.crc32c(data[HEADER_BYTES:], crc32c.crc32c(memoryview(raw)[ATTRIBUTES_AT:]))
    _CRC.pack_into(raw, CRC_AT, checksum)
    return bytes(raw)


__all__ = [
    "ATTRIBUTES_AT",
    "CODEC_MASK",
    "CONTROL_FLAG",
    "CRC_AT",
    "CREATE_TIME",
    "DELETE_HORIZON_FLAG",
    "HEADER",
    "HEADER_BYTES",
    "LENGTH_AT",
    "LOG_APPEND_TIME",
    "LOG_OVERHEAD_BYTES",
    "MAGIC_AT",
    "MAGIC_V2",
    "NO_PRODUCER_ID",
    "NO_SEQUENCE",
    "NO_TIMESTAMP",
    "TIMESTAMP_TYPE_FLAG",
    "TRANSACTIONAL_FLAG",
    "Batch",
    "BatchBuilder",
    "BatchHeader",
    "Compression",
    "CorruptRecords",
    "Header",
    "NewRecord",
    "Record",
    "build_batch",
    "decode_records",
    "encode_record",
    "header_with_timestamp",
    "prefix_with",
    "read_batches",
    "record_size_bytes",
    "set_base_offset_and_epoch",
]
