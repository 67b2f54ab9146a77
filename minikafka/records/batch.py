"""The record batch, format v2: a 61-byte header and the records after it; and how batches of any format are read.

Rule: the header is read with one `struct`, the records only on demand. What a broker changes on the
way in (base offset, leader epoch) lies before the checksummed part, so a batch is stored as it came.

    base_offset 8 | batch_length 4 | leader_epoch 4 | magic 1 | crc 4 | attributes 2 | last_offset_delta 4
    base_timestamp 8 | max_timestamp 8 | producer_id 8 | producer_epoch 2 | base_sequence 4 | count 4 | records

Kafka: `DefaultRecordBatch`, `DefaultRecord`, `MemoryRecords` (KIP-98, KIP-32 timestamps, KIP-82 headers).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from minikafka.records import legacy
from minikafka.records.building import BatchBuilder, build_batch, encode_record, record_size_bytes
from minikafka.records.checksum import crc32c
from minikafka.records.compression import DEFAULT_LIMIT_BYTES, Compression, decompress
from minikafka.records.decoding import decode_records
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
from minikafka.records.record import Header, NewRecord, Record
from minikafka.records.varint import Buffer

_PREFIX = struct.Struct(">qiib")
_LENGTH = struct.Struct(">i")
_CRC = struct.Struct(">I")


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
        return crc32c(self.data[ATTRIBUTES_AT:]) == self.header.crc

    def payload(self, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> Buffer:
        """The records' bytes, decompressed where the batch is compressed (`CorruptRecords`)."""
        records = self.data[HEADER_BYTES:]
        if not self.header.attributes & CODEC_MASK:
            return records
        return decompress(self.header.compression, records, limit_bytes=limit_bytes)

    def records(self, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> Iterator[Record]:
        """The records, decoded one by one; `CorruptRecords` where they aren't what the header promises."""
        return decode_records(self.header, self.payload(limit_bytes=limit_bytes))


class OldBatch(Batch):
    """A message of format v0 or v1, alone or a wrapper of many; its header is told in the words of v2."""

    __slots__ = ()

    def crc_is_valid(self) -> bool:
        return zlib.crc32(self.data[MAGIC_AT:]) == self.header.crc

    def payload(self, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> Buffer:
        """The messages: the one that this is, or those inside, with the offsets that they have there."""
        if self.header.compression == Compression.NONE:
            return self.data
        return legacy.unpacked(legacy.read_message(self.data), limit_bytes=limit_bytes)

    def records(self, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> Iterator[Record]:
        return legacy.records_of(self.data, limit_bytes=limit_bytes)


def batch_of(header: BatchHeader, data: memoryview) -> Batch:
    """The batch of whatever format that is in `data`, with `header`."""
    return Batch(header, data) if header.magic == MAGIC_V2 else OldBatch(header, data)


def read_batches(data: Buffer) -> Iterator[Batch]:
    """The whole batches of `data`, of every format, in order; an incomplete one at the end ends the iteration.

    Raises `CorruptRecords` at a batch with an impossible length or an unknown magic, and at a damaged one of an
    old format.
    """
    view = data if type(data) is memoryview else memoryview(data)
    position, end = 0, len(view)
    while True:
        while end - position >= HEADER_BYTES:
            header = BatchHeader._make(HEADER.unpack_from(view, position))
            size = LOG_OVERHEAD_BYTES + header.batch_length
            if header.magic != MAGIC_V2:
                break
            if size < HEADER_BYTES:
                raise CorruptRecords(f"a batch is said to be {size} bytes long, less than its own header")
            if size > end - position:
                return
            yield Batch(header, view[position : position + size])
            position += size
        if end - position <= MAGIC_AT or view[position + MAGIC_AT] == MAGIC_V2:
            return
        if (message := _old_message(view, position)) is None:
            return
        yield OldBatch(legacy.header_of(message), message)
        position += len(message)


def _old_message(view: memoryview, position: int) -> memoryview | None:
    """The message that begins there; None when it isn't all there."""
    magic, size = view[position + MAGIC_AT], legacy.size_of(view, position)
    if magic not in legacy.OLD_MAGICS:
        raise CorruptRecords(f"a batch has magic {magic} where 2 is expected")
    if size < legacy.SMALLEST_MESSAGE_BYTES:
        raise CorruptRecords(f"a message is said to be {size} bytes long")
    return view[position : position + size] if size <= len(view) - position else None


def set_base_offset_and_epoch(batch: bytearray | memoryview, base_offset: int, leader_epoch: int) -> None:
    """Write both in place; they lie outside the checksum. `batch` must be writable."""
    length = _LENGTH.unpack_from(batch, LENGTH_AT)[0]
    _PREFIX.pack_into(batch, 0, base_offset, length, leader_epoch, MAGIC_V2)


def prefix_of(header: BatchHeader) -> bytes:
    """The first 17 bytes of a batch, which its checksum doesn't cover: for a gathering write that leaves the
    sender's bytes alone."""
    return _PREFIX.pack(header.base_offset, header.batch_length, header.partition_leader_epoch, MAGIC_V2)


def header_with_timestamp(header: BatchHeader, data: memoryview, timestamp_type: int, max_ms: int) -> bytes:
    """The 61 header bytes with another timestamp type and largest timestamp, and the checksum that follows
    from them over the records in `data`. As `DefaultRecordBatch.setMaxTimestamp`."""
    attributes = header.attributes & ~TIMESTAMP_TYPE_FLAG
    if timestamp_type == LOG_APPEND_TIME:
        attributes |= TIMESTAMP_TYPE_FLAG
    fields = header._replace(attributes=attributes, max_timestamp=max_ms, crc=0)
    raw = bytearray(HEADER.pack(*fields))
    checksum = crc32c(data[HEADER_BYTES:], crc32c(memoryview(raw)[ATTRIBUTES_AT:]))
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
    "OldBatch",
    "Record",
    "batch_of",
    "build_batch",
    "decode_records",
    "encode_record",
    "header_with_timestamp",
    "prefix_of",
    "read_batches",
    "record_size_bytes",
    "set_base_offset_and_epoch",
]
