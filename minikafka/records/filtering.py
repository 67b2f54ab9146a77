"""A batch with some of its records taken out: what compaction writes.

Rule: base offset, last offset, epochs and the producer's sequence stay those of the batch that came, so readers,
followers and producer states see the same log with gaps in it. A delete horizon (KIP-534) takes the place of the base
timestamp, and an attribute bit says so; records' own times don't change.

Kafka: `MemoryRecords.filterTo`, `buildRetainedRecordsInto`, `DefaultRecordBatch.writeEmptyHeader`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from minikafka.records.batch import NewRecord, Record, encode_record
from minikafka.records.checksum import crc32c
from minikafka.records.compression import Compression, compress
from minikafka.records.header import (
    ATTRIBUTES_AT,
    CODEC_MASK,
    CRC_AT,
    DELETE_HORIZON_FLAG,
    HEADER,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    LOG_OVERHEAD_BYTES,
    MAGIC_V2,
    NO_TIMESTAMP,
    BatchHeader,
)

_CRC = struct.Struct(">I")


def filtered_batch(header: BatchHeader, kept: Sequence[Record], delete_horizon_ms: int | None) -> bytes:
    """The batch under `header` with only the `kept` records (at least one), in its own codec. One of an old format
    becomes one of v2 (so since Kafka 4.0), around what stays.

    `delete_horizon_ms`: the time after which its deletion markers may go, None when it has none.
    """
    assert kept, "an empty batch is made by `emptied_batch`"
    if header.magic < MAGIC_V2:
        first, last = kept[0].offset, kept[-1].offset
        header = header._replace(magic=MAGIC_V2, base_offset=first, last_offset_delta=last - first)
    base_ms = kept[0].timestamp_ms if delete_horizon_ms is None else delete_horizon_ms
    payload = b"".join(
        encode_record(
            NewRecord(record.timestamp_ms, record.key, record.value, record.headers),
            record.offset - header.base_offset,
            record.timestamp_ms - base_ms,
        )
        for record in kept
    )
    if header.compression != Compression.NONE:
        payload = compress(header.compression, payload)
    attributes = header.attributes & ~DELETE_HORIZON_FLAG
    if delete_horizon_ms is not None:
        attributes |= DELETE_HORIZON_FLAG
    is_append_time = header.timestamp_type == LOG_APPEND_TIME
    max_ms = header.max_timestamp if is_append_time else max(record.timestamp_ms for record in kept)
    return _sealed(
        header._replace(
            attributes=attributes, base_timestamp=base_ms, max_timestamp=max_ms, record_count=len(kept)
        ),
        payload,
    )


def emptied_batch(header: BatchHeader) -> bytes:
    """The batch under `header` without records: it only keeps an offset and a producer's sequence."""
    attributes = header.attributes & ~(DELETE_HORIZON_FLAG | CODEC_MASK)
    return _sealed(header._replace(attributes=attributes, base_timestamp=NO_TIMESTAMP, record_count=0), b"")


def _sealed(header: BatchHeader, payload: bytes) -> bytes:
    length = HEADER_BYTES - LOG_OVERHEAD_BYTES + len(payload)
    raw = bytearray(HEADER.pack(*header._replace(batch_length=length, crc=0)))
    checksum = crc32c(payload, crc32c(memoryview(raw)[ATTRIBUTES_AT:]))
    _CRC.pack_into(raw, CRC_AT, checksum)
    return bytes(raw) + payload
