"""Message sets v0 and v1 made into the one v2 batch that a log of today stores.

Rule: what an old producer sent is checked as strictly as a v2 batch, each refusal with the code that Kafka 3 gave,
and then becomes a batch that goes the way of all batches. Offsets that the producer wrote don't matter; a v0 message
has no time (-1). Kafka 3.x: `LogValidator.convertAndAssignOffsetsNonCompressed`, `buildRecordsAndAssignOffsets`,
`UnifiedLog.analyzeAndValidateRecords`. Kafka 4 has no request left that brings old messages (KIP-896).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records import legacy
from minikafka.records.building import build_batch
from minikafka.records.compression import Compression
from minikafka.records.errors import CorruptChecksum, CorruptCompression, CorruptRecords, DecompressionLimit
from minikafka.records.header import (
    CREATE_TIME,
    LOG_APPEND_TIME,
    MAGIC_AT,
    MAGIC_V2,
    NO_TIMESTAMP,
    TIMESTAMP_TYPE_FLAG,
)
from minikafka.records.legacy import Message
from minikafka.records.record import NewRecord
from minikafka.records.validation import AppendLimits, RecordError, RecordsRefused, first_batch

Target = Callable[[Compression], tuple[Compression, int | None]]
"""From the codec of what came to the codec and level that the topic wants."""


def is_old(data: memoryview) -> bool:
    """Does `data` begin with a message of an old format?"""
    return len(data) > MAGIC_AT and data[MAGIC_AT] < MAGIC_V2


def converted(data: memoryview, limits: AppendLimits, target: Target, topic_partition: str) -> bytes:
    """The messages in `data` as one v2 batch at offset 0, in the codec that the topic wants.

    Messages that are cut off at the end are left out. Raises `ApiError`: CORRUPT_MESSAGE, MESSAGE_TOO_LARGE,
    INVALID_RECORD, or UNKNOWN_SERVER_ERROR where Kafka stumbled.
    """
    try:
        outer = list(_outer_messages(data, limits, topic_partition))
        codecs = [message.compression for message in outer if message.compression != Compression.NONE]
        if not codecs:
            source, inner = Compression.NONE, outer
        elif len(outer) > 1:
            raise _invalid("Compressed outer record has more than one batch")
        else:
            source, inner = codecs[0], _inner_messages(outer[0], limits, topic_partition)
    except DecompressionLimit as error:
        raise ApiError(ErrorCode.MESSAGE_TOO_LARGE, f"{error}") from error
    except CorruptCompression as error:
        raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, f"{error}") from error
    except CorruptChecksum as error:
        sentence = f"{error} in topic partition {topic_partition}."
        raise ApiError(ErrorCode.CORRUPT_MESSAGE, sentence) from error
    except CorruptRecords as error:
        raise _invalid(f"{error} in topic partition {topic_partition}.") from error
    if any(message.timestamp_ms < NO_TIMESTAMP for message in inner):
        raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, "Invalid negative timestamp")
    codec, level = target(source)
    return build_batch(
        [NewRecord(one.timestamp_ms, _copy(one.key), _copy(one.value)) for one in inner],
        compression=codec,
        level=level,
        timestamp_type=LOG_APPEND_TIME if outer[0].attributes & TIMESTAMP_TYPE_FLAG else CREATE_TIME,
    )


def _outer_messages(data: memoryview, limits: AppendLimits, topic_partition: str) -> Iterator[Message]:
    magic = data[MAGIC_AT]
    position = 0
    while raw := first_batch(data[position:]):
        position += len(raw)
        if len(raw) > limits.max_message_bytes:
            raise ApiError(
                ErrorCode.MESSAGE_TOO_LARGE,
                f"The record batch size in the append to {topic_partition} is {len(raw)} bytes "
                f"which exceeds the maximum configured value of {limits.max_message_bytes}.",
            )
        if raw[MAGIC_AT] != magic:
            raise _invalid(
                f"Batch magic {raw[MAGIC_AT]} is not the same as the first batch's magic byte {magic} "
                f"in topic partition {topic_partition}"
            )
        yield legacy.read_message(raw)
    if not position:
        raise _invalid("Record batch has no batches at all")


def _inner_messages(wrapper: Message, limits: AppendLimits, topic_partition: str) -> list[Message]:
    inside = legacy.messages_inside(wrapper, limit_bytes=limits.decompressed_limit_bytes)
    legacy.shift_of(wrapper, inside[-1].offset)
    errors = [
        RecordError(
            index,
            f"Record's magic does not match outer magic {wrapper.magic} in topic partition {topic_partition}",
        )
        for index, message in enumerate(inside)
        if message.magic != wrapper.magic
    ]
    if errors:
        raise RecordsRefused(
            ErrorCode.INVALID_RECORD,
            f"One or more records have been rejected due to {len(errors)} record errors in total, "
            f"and only showing the first three errors at most: {[list(error) for error in errors[:3]]}",
            tuple(errors),
        )
    if wrapper.attributes & TIMESTAMP_TYPE_FLAG:
        return [message._replace(timestamp_ms=wrapper.timestamp_ms) for message in inside]
    return inside


def _copy(data: memoryview | None) -> bytes | None:
    return None if data is None else bytes(data)


def _invalid(message: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_RECORD, message)
