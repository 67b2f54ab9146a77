"""Writing v2 batches: all at once, or record by record until one is full.

Rule: a record is encoded once, when it comes. Kafka: `MemoryRecordsBuilder`, `DefaultRecord.writeTo`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from minikafka.records.checksum import crc32c
from minikafka.records.compression import Compression, compress
from minikafka.records.header import (
    ATTRIBUTES_AT,
    CONTROL_FLAG,
    CRC_AT,
    CREATE_TIME,
    HEADER,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    LOG_OVERHEAD_BYTES,
    MAGIC_V2,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    TIMESTAMP_TYPE_FLAG,
    TRANSACTIONAL_FLAG,
)
from minikafka.records.record import Header, NewRecord
from minikafka.records.varint import SHORT, SHORT_LIMIT, encode_varint, varint_size

_CRC = struct.Struct(">I")
_ATTRIBUTES = b"\x00"
_NO_HEADERS = b"\x00"
_ROOM_FOR_HEADER = bytes(HEADER_BYTES)
_NULL = b"\x01"
"""The size of a key or value that isn't there, which is -1."""


def encode_record(record: NewRecord, offset_delta: int, timestamp_delta_ms: int) -> bytes:
    """One record with its length in front, as it is in a batch."""
    _, key, value, headers = record
    return b"".join(encoded_parts(offset_delta, timestamp_delta_ms, key, value, headers)[1])


def encoded_parts(
    offset_delta: int,
    timestamp_delta_ms: int,
    key: bytes | None,
    value: bytes | None,
    headers: tuple[Header, ...],
) -> tuple[int, tuple[bytes, ...]]:
    """(size in bytes, pieces to be joined), so that the value is not copied for one record's sake."""
    timestamp = encode_varint(timestamp_delta_ms)
    offset = SHORT[offset_delta] if offset_delta < SHORT_LIMIT else encode_varint(offset_delta)
    size = 1 + len(timestamp) + len(offset)
    if key is None:
        key_size, key = _NULL, b""
    else:
        size += len(key)
        key_size = encode_varint(len(key))
    if value is None:
        value_size, value = _NULL, b""
    else:
        length = len(value)
        size += length
        value_size = SHORT[length] if length < SHORT_LIMIT else encode_varint(length)
    tail = _encode_headers(headers) if headers else _NO_HEADERS
    size += len(key_size) + len(value_size) + len(tail)
    start = SHORT[size] if size < SHORT_LIMIT else encode_varint(size)
    parts = (start, _ATTRIBUTES, timestamp, offset, key_size, key, value_size, value, tail)
    return len(start) + size, parts


def _encode_headers(headers: tuple[Header, ...]) -> bytes:
    parts = [encode_varint(len(headers))]
    for name, content in headers:
        encoded = name.encode()
        parts += (encode_varint(len(encoded)), encoded)
        parts += (_NULL,) if content is None else (encode_varint(len(content)), content)
    return b"".join(parts)


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
    parts: list[bytes] = []
    for index, (time_ms, key, value, headers) in enumerate(records):
        parts += encoded_parts(index, time_ms - base_ms, key, value, headers)[1]
    data = _assemble(
        parts,
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
    return bytes(data)


def _assemble(
    parts: Sequence[bytes],
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
) -> bytearray:
    if compression != Compression.NONE:
        parts = (compress(compression, b"".join(parts), level),)
    data = bytearray().join((_ROOM_FOR_HEADER, *parts))  # the only copy
    HEADER.pack_into(
        data,
        0,
        base_offset,
        len(data) - LOG_OVERHEAD_BYTES,
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
    _CRC.pack_into(data, CRC_AT, crc32c(memoryview(data)[ATTRIBUTES_AT:]))
    return data


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
        self._parts: list[bytes] = []
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
        count = self.record_count
        if not count:
            self._base_timestamp = timestamp_ms
        size, parts = encoded_parts(count, timestamp_ms - self._base_timestamp, key, value, headers)
        size_bytes = self.size_bytes + size
        if size_bytes > self.size_limit_bytes and count:
            return False
        self._parts += parts
        self.record_count = count + 1
        self.size_bytes = size_bytes
        if timestamp_ms > self._max_timestamp:
            self._max_timestamp = timestamp_ms
        return True

    def build(
        self,
        *,
        producer_id: int = NO_PRODUCER_ID,
        producer_epoch: int = -1,
        base_sequence: int = NO_SEQUENCE,
        transactional: bool = False,
    ) -> bytearray:
        """The batch with base offset 0; may be called again with another producer id or sequence."""
        assert self.record_count, "a batch has at least one record"
        return _assemble(
            self._parts,
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
