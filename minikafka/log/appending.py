"""What happens to a batch between its validation and the disk.

Rule: a batch is written as it came, only its beginning is new; it is made again only where the topic's
codec differs from the producer's. Kafka: `LogValidator` (in-place
assignment, `buildRecordsAndAssignOffsets`), `UnifiedLog.analyzeAndValidateRecords`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from minikafka.log.config import LogConfig
from minikafka.log.producers import BatchMetadata, marker_in
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import (
    HEADER_BYTES,
    LOG_APPEND_TIME,
    MAGIC_AT,
    Batch,
    BatchHeader,
    NewRecord,
    build_batch,
    header_with_timestamp,
    prefix_of,
    read_batches,
)
from minikafka.records.errors import CorruptRecords
from minikafka.records.validation import ValidBatch


class Appended(NamedTuple):
    """Where a batch went. `duplicate`: it had been appended before, and these are its offsets then.
    `log_append_time_ms` is -1 unless the topic's timestamps are those of the append; a duplicate's is its largest
    timestamp, whatever the topic says (so does Kafka)."""

    first_offset: int
    last_offset: int
    log_append_time_ms: int
    log_start_offset: int
    max_timestamp: int
    duplicate: bool


def repeated(known: BatchMetadata, log_start_offset: int) -> Appended:
    """The answer to a batch that was appended before."""
    time_ms = known.timestamp_ms
    return Appended(known.first_offset, known.last_offset, time_ms, log_start_offset, time_ms, True)


def prepare(
    valid: ValidBatch, config: LogConfig, first_offset: int, leader_epoch: int, topic_partition: str
) -> tuple[BatchHeader, Sequence[bytes | memoryview]]:
    """The final header, and the buffers to write: the sender's bytes, with a new beginning.

    Raises `ApiError` MESSAGE_TOO_LARGE when the batch had to be made again and has grown too large.
    """
    header, data = valid.batch.header, valid.batch.data
    if config.compression_type != "producer" and _changes_codec(header, config):
        rebuilt = _rebuild(valid, config, first_offset, leader_epoch)
        if len(rebuilt) > config.max_message_bytes:
            raise ApiError(
                ErrorCode.MESSAGE_TOO_LARGE,
                f"Message batch size is {len(rebuilt)} bytes in append to partition {topic_partition} "
                f"which exceeds the maximum configured size of {config.max_message_bytes}.",
            )
        return BatchHeader.read(rebuilt), (rebuilt,)
    final, timestamp_type = header.placed(first_offset, leader_epoch), config.message_timestamp_type
    if header.timestamp_type == timestamp_type and header.max_timestamp == valid.max_timestamp:
        # The usual case: only the 17 bytes before the checksum change.
        return final, (prefix_of(final), data[MAGIC_AT + 1 :])
    head = header_with_timestamp(final, data, timestamp_type, valid.max_timestamp)
    return BatchHeader.read(head), (head, data[HEADER_BYTES:])


def _changes_codec(header: BatchHeader, config: LogConfig) -> bool:
    return config.target_compression(header.compression)[0] != header.compression


def check_fits(header: BatchHeader, config: LogConfig, topic_partition: str) -> None:
    """Raises `ApiError` RECORD_LIST_TOO_LARGE for a batch that no segment could hold."""
    if header.size_bytes > config.segment_bytes:
        raise ApiError(
            ErrorCode.RECORD_LIST_TOO_LARGE,
            f"Message batch size is {header.size_bytes} bytes in append to partition {topic_partition}, "
            f"which exceeds the maximum configured segment size of {config.segment_bytes}.",
        )


def _rebuild(valid: ValidBatch, config: LogConfig, first_offset: int, leader_epoch: int) -> bytes:
    """The batch in the topic's codec, its records at consecutive offsets (`compression.type`)."""
    header = valid.batch.header
    codec, level = config.target_compression(header.compression)
    rebuilt = build_batch(
        [NewRecord(_in_64_bits(r.timestamp_ms), r.key, r.value, r.headers) for r in valid.batch.records()],
        base_offset=first_offset,
        compression=codec,
        level=level,
        leader_epoch=leader_epoch,
        producer_id=header.producer_id,
        producer_epoch=header.producer_epoch,
        base_sequence=header.base_sequence,
        transactional=header.is_transactional,
        control=header.is_control,
    )
    if config.message_timestamp_type != LOG_APPEND_TIME:
        return rebuilt
    view = memoryview(rebuilt)
    head = header_with_timestamp(BatchHeader.read(rebuilt), view, LOG_APPEND_TIME, valid.max_timestamp)
    return head + rebuilt[HEADER_BYTES:]


def _in_64_bits(timestamp_ms: int) -> int:
    """A topic that sets the times itself takes records of any."""
    return max(-1 << 63, min(timestamp_ms, (1 << 63) - 1))


def checked_batches(data: memoryview, topic_partition: str) -> list[Batch]:
    """The whole batches that a leader sent: checksums, order and markers verified (`ApiError` CORRUPT_MESSAGE)."""
    batches, next_offset = [], -1
    try:
        for batch in read_batches(data):
            if not batch.crc_is_valid():
                raise CorruptRecords(f"Record is corrupt (stored crc = {batch.header.crc})")
            if batch.header.base_offset < next_offset:
                raise CorruptRecords("Out of order offsets found")
            next_offset = batch.header.next_offset
            if batch.header.is_control and batch.header.producer_id >= 0:
                marker_in(batch)  # can it be read?
            batches.append(batch)
    except CorruptRecords as error:
        raise ApiError(ErrorCode.CORRUPT_MESSAGE, f"{error} in topic partition {topic_partition}.") from error
    return batches


def has_gaps(batches: Sequence[Batch], next_offset: int) -> bool:
    """Do these batches, appended at `next_offset`, leave offsets out?"""
    for batch in batches:
        if batch.header.base_offset > next_offset:
            return True
        next_offset = batch.header.next_offset
    return False
