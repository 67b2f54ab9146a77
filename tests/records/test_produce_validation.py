"""What a leader refuses, with Kafka's error code for each."""

from __future__ import annotations

import struct

import crc32c
import pytest

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import HEADER, BatchHeader, NewRecord, build_batch
from minikafka.records.compression import Compression
from minikafka.records.control import end_transaction_batch
from minikafka.records.validation import AppendLimits, RecordsRefused, validate_batches

NOW = 1_700_000_000_000
RECORDS = [NewRecord(NOW + i, b"key", b"value %d" % i) for i in range(3)]
CODECS = list(Compression)


def with_header(data: bytes, **fields: int) -> bytes:
    """`data` with header fields replaced, and a checksum that fits."""
    header = BatchHeader.read(data)._replace(crc=0, **fields)
    raw = HEADER.pack(*header) + data[HEADER.size :]
    if "crc" in fields:
        return raw
    return raw[:17] + struct.pack(">I", crc32c.crc32c(raw[21:])) + raw[21:]


def with_payload(payload: bytes, count: int, codec: Compression = Compression.NONE) -> bytes:
    from minikafka.records.compression import compress

    packed = compress(codec, payload) if codec else payload
    template = build_batch([NewRecord(NOW, None, None)] * count)[: HEADER.size]
    return with_header(template + packed, batch_length=49 + len(packed), attributes=int(codec))


def refusal(data: bytes, limits: AppendLimits | None = None, **options) -> ErrorCode:
    with pytest.raises(ApiError) as error:
        validate_batches(memoryview(data), limits or AppendLimits(), NOW, **options)
    return error.value.code


@pytest.mark.parametrize("codec", CODECS)
def test_a_good_batch_passes(codec):
    valid = validate_batches(memoryview(build_batch(RECORDS, compression=codec)), AppendLimits(), NOW)
    assert valid.max_timestamp == NOW + 2


def test_a_wrong_checksum_is_corrupt():
    data = bytearray(build_batch(RECORDS))
    data[-1] ^= 1
    assert refusal(bytes(data)) == ErrorCode.CORRUPT_MESSAGE


def test_no_batch_or_half_a_batch_is_invalid():
    data = build_batch(RECORDS)
    for piece in (b"", data[:10], data[:40], data[:-1]):
        assert refusal(piece) == ErrorCode.INVALID_RECORD


def test_two_batches_are_invalid_but_a_torn_second_is_ignored():
    data = build_batch(RECORDS)
    assert refusal(data * 2) == ErrorCode.INVALID_RECORD
    assert validate_batches(memoryview(data + data[:-1]), AppendLimits(), NOW).batch.data == data


@pytest.mark.parametrize("length", [-1, 0, 13, -(2**31)])
def test_an_impossible_length_is_corrupt(length):
    data = build_batch(RECORDS)
    assert refusal(data[:8] + struct.pack(">i", length) + data[12:]) == ErrorCode.CORRUPT_MESSAGE


def test_a_length_shorter_than_the_header_is_corrupt():
    data = build_batch(RECORDS)
    assert refusal(data[:8] + struct.pack(">i", 48) + data[12:60]) == ErrorCode.CORRUPT_MESSAGE
    assert refusal(data[:8] + struct.pack(">i", 30) + data[12:42]) == ErrorCode.UNKNOWN_SERVER_ERROR


@pytest.mark.parametrize(
    ("magic", "code"),
    [
        (0, ErrorCode.INVALID_RECORD),
        (1, ErrorCode.INVALID_RECORD),
        (3, ErrorCode.CORRUPT_MESSAGE),
        (255, ErrorCode.CORRUPT_MESSAGE),
    ],
)
def test_other_formats_are_refused(magic, code):
    data = bytearray(build_batch(RECORDS))
    data[16] = magic
    assert refusal(bytes(data)) == code


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(("count", "delta"), [(2, 1), (4, 3), (2, 2), (3, 1), (0, -1), (-1, 2), (1000, 999)])
def test_a_count_that_lies_is_invalid(codec, count, delta):
    data = build_batch(RECORDS, compression=codec)
    assert refusal(with_header(data, record_count=count, last_offset_delta=delta)) == ErrorCode.INVALID_RECORD


def test_a_base_offset_other_than_zero_is_invalid_from_a_client():
    data = build_batch(RECORDS, base_offset=3)
    assert refusal(data) == ErrorCode.INVALID_RECORD
    validate_batches(memoryview(data), AppendLimits(), NOW, origin="coordinator")


def test_a_control_batch_is_invalid_from_a_client():
    data = end_transaction_batch(
        commit=True, coordinator_epoch=0, timestamp_ms=NOW, producer_id=1, producer_epoch=0
    )
    assert refusal(data) == ErrorCode.INVALID_RECORD
    validate_batches(memoryview(data), AppendLimits(is_compacted=True), NOW, origin="coordinator")


def test_a_producer_id_without_a_sequence_is_invalid():
    assert refusal(build_batch(RECORDS, producer_id=4, producer_epoch=0)) == ErrorCode.INVALID_RECORD


def test_too_large_is_said_before_anything_inside():
    data = bytearray(build_batch(RECORDS))
    data[-1] ^= 1
    assert refusal(bytes(data), AppendLimits(max_message_bytes=len(data) - 1)) == ErrorCode.MESSAGE_TOO_LARGE


@pytest.mark.parametrize("codec", CODECS)
def test_a_keyless_record_on_a_compacted_topic_is_named(codec):
    data = build_batch([*RECORDS, NewRecord(NOW, None, b"x")], compression=codec)
    with pytest.raises(RecordsRefused) as error:
        validate_batches(memoryview(data), AppendLimits(is_compacted=True), NOW)
    assert error.value.code == ErrorCode.INVALID_RECORD
    assert [record_error.batch_index for record_error in error.value.record_errors] == [3]


def test_times_too_far_ahead_or_behind_are_named():
    limits = AppendLimits(timestamp_before_max_ms=1000, timestamp_after_max_ms=500)
    times = [NOW, NOW + 500, NOW + 501, NOW - 1000, NOW - 1001, -1]
    data = build_batch([NewRecord(time, b"k", b"v") for time in times])
    with pytest.raises(RecordsRefused) as error:
        validate_batches(memoryview(data), limits, NOW)
    assert error.value.code == ErrorCode.INVALID_TIMESTAMP
    assert [record_error.batch_index for record_error in error.value.record_errors] == [2, 4]


def test_a_client_may_not_claim_log_append_time():
    data = build_batch(RECORDS, timestamp_type=1)
    for limits in (AppendLimits(timestamp_type=1),):
        assert refusal(data, limits) == ErrorCode.INVALID_TIMESTAMP


def gap_payload() -> bytes:
    from minikafka.records.batch import encode_record

    return b"".join(encode_record(NewRecord(NOW, b"k", b"v"), delta, 0) for delta in (0, 2, 3))


def test_gaps_between_offsets_are_answered_as_kafka_does():
    validate_batches(memoryview(with_payload(gap_payload(), 3)), AppendLimits(), NOW)
    packed = with_payload(gap_payload(), 3, Compression.LZ4)
    assert refusal(packed) == ErrorCode.UNKNOWN_SERVER_ERROR


@pytest.mark.parametrize("codec", CODECS[1:])
def test_a_bomb_is_too_large_and_over_garbage_we_stumble_as_kafka_does(codec):
    bomb = with_payload(bytes(4_000_000), 1, codec)
    limits = AppendLimits(decompressed_limit_bytes=1_000_000)
    assert refusal(bomb, limits) == ErrorCode.MESSAGE_TOO_LARGE
    garbage = with_header(build_batch(RECORDS), attributes=int(codec))
    assert refusal(garbage) == ErrorCode.UNKNOWN_SERVER_ERROR


def test_over_an_unknown_codec_we_stumble_as_kafka_does():
    assert refusal(with_header(build_batch(RECORDS), attributes=7)) == ErrorCode.UNKNOWN_SERVER_ERROR
