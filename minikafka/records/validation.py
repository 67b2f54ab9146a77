"""What a leader checks before it appends a batch that somebody sent.

Rule: nothing enters a log that a consumer could stumble over, and each refusal has the error code that
Kafka gives. The checks come in Kafka's order: shape, size, checksum, header, records.

Where Kafka stumbles over a batch (UNKNOWN_SERVER_ERROR: a broken compressed stream, an unknown codec), so
do we, with a message; tried on 4.3.1. One difference: a compressed record whose declared length lies is
refused here, while Kafka doesn't look at it.

Kafka: `ProduceRequest.validateRecords`, `UnifiedLog.analyzeAndValidateRecords`, `LogValidator`
(KIP-467 for the errors of single records).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import Batch, Record
from minikafka.records.compression import DEFAULT_LIMIT_BYTES, Compression
from minikafka.records.errors import CorruptCompression, CorruptRecords, DecompressionLimit, OverlongNumber
from minikafka.records.header import (
    ATTRIBUTES_AT,
    CODEC_MASK,
    CONTROL_FLAG,
    HEADER_BYTES,
    LENGTH_AT,
    LOG_APPEND_TIME,
    LOG_OVERHEAD_BYTES,
    MAGIC_AT,
    MAGIC_V2,
    NO_TIMESTAMP,
    TIMESTAMP_TYPE_FLAG,
    TRANSACTIONAL_FLAG,
    BatchHeader,
)
from minikafka.records.walk import Walked, walk_records

Origin = Literal["client", "coordinator", "replication"]

_SMALLEST_BATCH_BYTES = 14
"""Kafka takes no length below that of the oldest message format (`LegacyRecord.RECORD_OVERHEAD_V0`)."""

_INT64_MAX = 0x7FFFFFFFFFFFFFFF

_PRODUCER_ID_END = 51
"""Where the producer id ends in the header."""


class RecordError(NamedTuple):
    """What is wrong with one record of a batch, for the produce response's `record_errors`."""

    batch_index: int
    message: str


class RecordsRefused(ApiError):
    """A batch is refused for some of its records: INVALID_RECORD or INVALID_TIMESTAMP, and which."""

    def __init__(self, code: ErrorCode, message: str, record_errors: tuple[RecordError, ...]) -> None:
        super().__init__(code, message)
        self.record_errors = record_errors


@dataclass(frozen=True, slots=True)
class AppendLimits:
    """What a topic asks of batches that are appended; times in ms."""

    max_message_bytes: int = 1_048_588
    is_compacted: bool = False
    timestamp_type: int = 0
    timestamp_before_max_ms: int = 0x7FFFFFFFFFFFFFFF
    timestamp_after_max_ms: int = 3_600_000
    decompressed_limit_bytes: int = DEFAULT_LIMIT_BYTES


class ValidBatch(NamedTuple):
    """A batch that may be appended once it has an offset. `max_timestamp` is that of its records, or the
    time of the append."""

    batch: Batch
    max_timestamp: int


def validate_batches(
    data: memoryview,
    limits: AppendLimits,
    now_ms: int,
    *,
    origin: Origin = "client",
    topic_partition: str = "",
) -> ValidBatch:
    """The one batch in `data`, checked; `ApiError` with Kafka's code when it is refused."""
    batch = _only_batch_of(data)
    header = batch.header
    if origin == "client" and header.base_offset != 0:
        raise _invalid(
            f"The baseOffset of the record batch in the append to {topic_partition} should be 0, "
            f"but it is {header.base_offset}"
        )
    size = len(batch.data)
    if size > limits.max_message_bytes:
        raise ApiError(
            ErrorCode.MESSAGE_TOO_LARGE,
            f"The record batch size in the append to {topic_partition} is {size} bytes "
            f"which exceeds the maximum configured value of {limits.max_message_bytes}.",
        )
    if not batch.crc_is_valid():
        raise ApiError(
            ErrorCode.CORRUPT_MESSAGE,
            f"Record is corrupt (stored crc = {header.crc}) in topic partition {topic_partition}.",
        )
    if origin == "client" and (problem := _problem(header)):
        raise _invalid(f"{problem} in topic partition {topic_partition}")
    try:
        payload = batch.payload(limit_bytes=limits.decompressed_limit_bytes)
        walked = walk_records(payload, header.record_count)  # type: ignore[arg-type]
    except DecompressionLimit as error:
        raise ApiError(ErrorCode.MESSAGE_TOO_LARGE, str(error)) from error
    except CorruptCompression as error:
        raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, f"{error}") from error
    except CorruptRecords as error:
        if isinstance(error, OverlongNumber) and header.compression == Compression.NONE:
            # Kafka stumbles over it, except in a compressed stream.
            raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, f"{error}") from error
        raise _invalid(str(error)) from error
    _check_records(batch, walked, limits, now_ms, topic_partition)
    if walked.first_gap >= 0 and header.attributes & CODEC_MASK:
        # Kafka means to make such a batch again and stumbles. In an uncompressed one it doesn't look.
        raise ApiError(
            ErrorCode.UNKNOWN_SERVER_ERROR,
            f"Record {walked.first_gap} of the batch has an offset that is not consecutive "
            f"in topic partition {topic_partition}",
        )
    if limits.timestamp_type == LOG_APPEND_TIME:
        max_timestamp = now_ms
    else:
        max_timestamp = max(NO_TIMESTAMP, header.base_timestamp + walked.largest_delta_ms)
    return ValidBatch(batch, max_timestamp)


def first_batch(data: memoryview) -> memoryview:
    """The first batch in `data`, of any format; empty when it isn't all there.

    CORRUPT_MESSAGE when its length or magic can't be.
    """
    if len(data) < LOG_OVERHEAD_BYTES:
        return data[:0]
    length = int.from_bytes(data[LENGTH_AT:LOG_OVERHEAD_BYTES], "big", signed=True)
    if length < _SMALLEST_BATCH_BYTES:
        raise ApiError(
            ErrorCode.CORRUPT_MESSAGE,
            f"Record size {length} is less than the minimum record overhead ({_SMALLEST_BATCH_BYTES})",
        )
    if len(data) <= MAGIC_AT:
        return data[:0]
    if data[MAGIC_AT] > MAGIC_V2:
        magic = int.from_bytes(data[MAGIC_AT : MAGIC_AT + 1], "big", signed=True)
        raise ApiError(ErrorCode.CORRUPT_MESSAGE, f"Invalid magic found in record: {magic}")
    size = LOG_OVERHEAD_BYTES + length
    return data[:size] if size <= len(data) else data[:0]


def is_transactional(batch: memoryview) -> bool:
    """Does a `first_batch` claim to belong to a transaction? Older formats know of none."""
    return (
        len(batch) > 0 and batch[MAGIC_AT] == MAGIC_V2 and bool(batch[ATTRIBUTES_AT + 1] & TRANSACTIONAL_FLAG)
    )


def only_batch(data: memoryview, *, zstd_is_known: bool = True) -> memoryview:
    """The single batch of a produce request's `data`, not yet checked inside; bytes after it that don't make
    up a whole batch are left out.

    INVALID_RECORD when there is none, more than one, or one of an old format; CORRUPT_MESSAGE when a length
    or a magic can't be; UNSUPPORTED_COMPRESSION_TYPE for zstd where that isn't known yet.
    """
    batch = first_batch(data)
    if not batch:
        raise _invalid("Produce requests must have at least one record batch per partition")
    if batch[MAGIC_AT] != MAGIC_V2:
        raise _invalid("Produce requests are only allowed to contain record batches with magic version 2")
    if not zstd_is_known and batch[ATTRIBUTES_AT + 1] & CODEC_MASK == Compression.ZSTD:
        raise ApiError(
            ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
            "Produce requests of this version are not allowed to use ZStandard compression",
        )
    if len(data) > len(batch) and first_batch(data[len(batch) :]):
        raise _invalid("Produce requests must have exactly one record batch per partition")
    return batch


def _only_batch_of(data: memoryview) -> Batch:
    """`only_batch` with its header read."""
    if len(data) >= HEADER_BYTES:
        header = BatchHeader.read(data)
        if header.magic == MAGIC_V2 and LOG_OVERHEAD_BYTES + header.batch_length == len(data):
            return Batch(header, data)  # the usual case
    view = only_batch(data)
    if len(view) < HEADER_BYTES:
        # Kafka reads the producer id before it looks at the size, and stumbles when that isn't there.
        stumbles = len(view) < _PRODUCER_ID_END
        raise ApiError(
            ErrorCode.UNKNOWN_SERVER_ERROR if stumbles else ErrorCode.CORRUPT_MESSAGE,
            f"Record batch is corrupt (the size {len(view)} is smaller than the minimum allowed overhead "
            f"{HEADER_BYTES})",
        )
    return Batch(BatchHeader.read(view), view)


def _problem(header: BatchHeader) -> str:
    """Why a client's batch can't have this header; empty when it can."""
    delta, count = header.last_offset_delta, header.record_count
    if delta < 0:
        return f"Batch has an invalid offset range: [{header.base_offset}, {header.last_offset}]"
    if count <= 0:
        return f"Invalid reported count for record batch: {count}"
    if delta + 1 != count:
        return (
            f"Inconsistent batch offset range [{header.base_offset}, {header.last_offset}] "
            f"and count of records {count}"
        )
    if header.attributes & CONTROL_FLAG:
        return "Clients are not allowed to write control records"
    if header.producer_id >= 0 and header.base_sequence < 0:
        return (
            f"Invalid sequence number {header.base_sequence} in record batch with producerId "
            f"{header.producer_id}"
        )
    return ""


def _check_records(
    batch: Batch, walked: Walked, limits: AppendLimits, now_ms: int, topic_partition: str
) -> None:
    """The common case is decided from the walk's extremes; only a batch in doubt is decoded."""
    header = batch.header
    keys_are_fine = not (limits.is_compacted and walked.keyless_count and not header.is_control)
    times_are_fine = not header.attributes & TIMESTAMP_TYPE_FLAG
    if times_are_fine and limits.timestamp_type != LOG_APPEND_TIME:
        ahead_ms = header.base_timestamp - now_ms
        times_are_fine = (
            ahead_ms + walked.largest_delta_ms <= limits.timestamp_after_max_ms
            and -ahead_ms - walked.smallest_delta_ms <= limits.timestamp_before_max_ms
            and header.base_timestamp + walked.largest_delta_ms <= _INT64_MAX
        )
    if keys_are_fine and times_are_fine:
        return
    errors = list(_record_errors(batch, limits, now_ms, topic_partition))
    if not errors:
        return
    if any(code == ErrorCode.INVALID_TIMESTAMP for code, _ in errors):
        code, message = (
            ErrorCode.INVALID_TIMESTAMP,
            "One or more records have been rejected due to invalid timestamp",
        )
    else:
        code, message = (
            ErrorCode.INVALID_RECORD,
            f"One or more records have been rejected due to {len(errors)} record errors in total, "
            f"and only showing the first three errors at most: {[list(error) for _, error in errors[:3]]}",
        )
    raise RecordsRefused(code, message, tuple(error for _, error in errors))


def _record_errors(
    batch: Batch, limits: AppendLimits, now_ms: int, topic_partition: str
) -> Iterator[tuple[ErrorCode, RecordError]]:
    appends_time = limits.timestamp_type == LOG_APPEND_TIME
    for index, record in enumerate(batch.records(limit_bytes=limits.decompressed_limit_bytes)):
        if limits.is_compacted and record.key is None and not batch.header.is_control:
            sentence = (
                f"Compacted topic cannot accept message without key in topic partition {topic_partition}"
            )
            yield ErrorCode.INVALID_RECORD, RecordError(index, sentence)
        elif not appends_time and record.timestamp_ms != NO_TIMESTAMP:
            if _is_out_of_range(record, limits, now_ms):
                sentence = (
                    f"Timestamp {record.timestamp_ms} of message with offset {record.offset} is out of range. "
                    f"The timestamp should be within [{now_ms - limits.timestamp_before_max_ms}, "
                    f"{now_ms + limits.timestamp_after_max_ms}]"
                )
                yield ErrorCode.INVALID_TIMESTAMP, RecordError(index, sentence)
        elif batch.header.timestamp_type == LOG_APPEND_TIME:
            sentence = (
                "Invalid timestamp type in message. Producer should not set timestamp type to LogAppendTime."
            )
            yield ErrorCode.INVALID_TIMESTAMP, RecordError(index, sentence)


def _is_out_of_range(record: Record, limits: AppendLimits, now_ms: int) -> bool:
    """A time that 64 bits don't hold is (in Kafka it wraps to one long ago)."""
    age_ms = now_ms - record.timestamp_ms
    return (
        age_ms > limits.timestamp_before_max_ms
        or -age_ms > limits.timestamp_after_max_ms
        or record.timestamp_ms > _INT64_MAX
    )


def _invalid(message: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_RECORD, message)


__all__ = [
    "AppendLimits",
    "Origin",
    "RecordError",
    "RecordsRefused",
    "ValidBatch",
    "first_batch",
    "is_transactional",
    "only_batch",
    "validate_batches",
]
