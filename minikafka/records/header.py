"""The 61 bytes before the records of a v2 batch, and what their bits mean.

Rule: read with one `struct`, never byte by byte. Kafka: the offsets and masks of `DefaultRecordBatch`.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from minikafka.records.compression import Compression
from minikafka.records.errors import CorruptCompression
from minikafka.records.varint import Buffer

HEADER = struct.Struct(">qiibIhiqqqhii")
HEADER_BYTES = HEADER.size
LENGTH_AT = 8
EPOCH_AT = 12
"""`batch_length` is here, and counts the bytes after itself."""
LOG_OVERHEAD_BYTES = 12
MAGIC_AT = 16
CRC_AT = 17
ATTRIBUTES_AT = 21
"""The checksum covers everything from here to the end of the batch."""
MAGIC_V2 = 2

CODEC_MASK = 0x07
TIMESTAMP_TYPE_FLAG = 0x08
TRANSACTIONAL_FLAG = 0x10
CONTROL_FLAG = 0x20
DELETE_HORIZON_FLAG = 0x40

CREATE_TIME = 0
LOG_APPEND_TIME = 1
NO_TIMESTAMP = -1
NO_PRODUCER_ID = -1
NO_SEQUENCE = -1
INT32_MAX = 0x7FFFFFFF


_CODECS = tuple(Compression)


class BatchHeader(NamedTuple):
    """The 61 bytes before the records, field by field (sizes in bytes, times in ms since the epoch)."""

    base_offset: int
    batch_length: int
    partition_leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int

    @classmethod
    def read(cls, data: Buffer, position: int = 0) -> BatchHeader:
        """The header at `position`; at least 61 bytes must be there (`struct.error` otherwise)."""
        return cls._make(HEADER.unpack_from(data, position))

    def placed(self, base_offset: int, leader_epoch: int) -> BatchHeader:
        """The same at its place in a log."""
        length, rest = self[1], self[3:]
        return BatchHeader(base_offset, length, leader_epoch, *rest)

    @property
    def size_bytes(self) -> int:
        """The whole batch, header included."""
        return LOG_OVERHEAD_BYTES + self.batch_length

    @property
    def last_offset(self) -> int:
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        return self.base_offset + self.last_offset_delta + 1

    @property
    def last_sequence(self) -> int:
        """The sequence number of the last record; numbers wrap to 0 after 2**31-1."""
        if self.base_sequence == NO_SEQUENCE:
            return NO_SEQUENCE
        return (self.base_sequence + self.last_offset_delta) & INT32_MAX

    @property
    def compression(self) -> Compression:
        """The codec; `CorruptCompression` for one of the three numbers that mean nothing."""
        codec = self.attributes & CODEC_MASK
        if codec > Compression.ZSTD:
            raise CorruptCompression(f"unknown compression type {codec}")
        return _CODECS[codec]

    @property
    def timestamp_type(self) -> int:
        """`CREATE_TIME` or `LOG_APPEND_TIME`."""
        return LOG_APPEND_TIME if self.attributes & TIMESTAMP_TYPE_FLAG else CREATE_TIME

    @property
    def is_transactional(self) -> bool:
        return bool(self.attributes & TRANSACTIONAL_FLAG)

    @property
    def is_control(self) -> bool:
        return bool(self.attributes & CONTROL_FLAG)

    @property
    def has_delete_horizon(self) -> bool:
        """Set by compaction; then `base_timestamp` is the time after which tombstones may go."""
        return bool(self.attributes & DELETE_HORIZON_FLAG)
