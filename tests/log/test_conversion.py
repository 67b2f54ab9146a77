"""What clients of old versions send, message sets v0 and v1, becomes a v2 batch, or is refused as by Kafka 3."""

from __future__ import annotations

import kafka.record.legacy_records as kafka_python
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import LOG_APPEND_TIME, NewRecord, Record, build_batch, read_batches
from minikafka.records.compression import Compression, compress
from minikafka.records.legacy import _message, message_set

OLD_CODECS = (Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4)


def records(log, count=5) -> list[Record]:
    now_ms = log.world.clock.time_ms()
    return [Record(i, now_ms + i, b"k%d" % i if i % 3 else None, b"v" * i) for i in range(count)]


def append(log, data: bytes, **options):
    return log.append_as_leader(data, 4, takes_old_formats=True, **options)


def refusal(log, data: bytes) -> ApiError:
    before = log.log_end_offset
    with pytest.raises(ApiError) as error:
        append(log, data)
    assert log.log_end_offset == before
    return error.value


@pytest.mark.parametrize("codec", OLD_CODECS)
@pytest.mark.parametrize("magic", [0, 1])
def test_a_message_set_becomes_one_batch_in_its_own_codec(lab, magic, codec):
    log = lab.open()
    sent = records(log)
    append(log, build_batch([NewRecord(sent[0].timestamp_ms, b"a", b"b")]))
    appended = append(log, message_set(sent, magic, compression=codec))
    assert (appended.first_offset, appended.last_offset, appended.log_append_time_ms) == (1, 5, -1)
    _, batch = read_batches(log.read(0, 9999))
    header = batch.header
    assert (header.magic, header.compression, header.partition_leader_epoch) == (2, codec, 4)
    assert batch.crc_is_valid()
    due = [r._replace(offset=r.offset + 1, timestamp_ms=r.timestamp_ms if magic else -1) for r in sent]
    assert list(batch.records()) == due
    assert header.max_timestamp == appended.max_timestamp == (sent[-1].timestamp_ms if magic else -1)


def test_the_topics_codec_and_its_append_time_are_taken(lab):
    log = lab.open(compression_type="zstd", message_timestamp_type=LOG_APPEND_TIME)
    for magic in (0, 1):
        sent = records(log)
        appended = append(log, message_set(sent, magic, compression=Compression.GZIP))
        now_ms = log.world.clock.time_ms()
        assert appended.log_append_time_ms == appended.max_timestamp == now_ms
        [batch] = read_batches(log.read(appended.first_offset, 9999))
        assert (batch.header.compression, batch.header.timestamp_type) == (Compression.ZSTD, LOG_APPEND_TIME)
        assert {r.timestamp_ms for r in batch.records()} == {now_ms}
        assert [r.value for r in batch.records()] == [r.value for r in sent]


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("codec", [Compression.NONE, Compression.GZIP, Compression.SNAPPY])
def test_what_another_client_sends_is_taken(lab, magic, codec):
    """Its wrapper keeps offset 0, whatever is inside."""
    log = lab.open()
    builder = kafka_python.LegacyRecordBatchBuilder(magic, int(codec), 1 << 20)
    sent = records(log)
    for r in sent:
        builder.append(r.offset, r.timestamp_ms, r.key, r.value)
    append(log, bytes(builder.build()))
    [batch] = read_batches(log.read(0, 9999))
    assert [(r.offset, r.key, r.value) for r in batch.records()] == [(r.offset, r.key, r.value) for r in sent]


@given(st.lists(st.tuples(st.none() | st.binary(max_size=50), st.none() | st.binary(max_size=99)), min_size=1),
       st.sampled_from([0, 1]), st.sampled_from(OLD_CODECS), st.integers(0, 2**40))  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_every_set_arrives_whole(contents, magic, codec, base):
    from tests.log.conftest import Lab

    log = Lab().open()
    sent = [Record(base + i, i, key, value) for i, (key, value) in enumerate(contents)]
    append(log, message_set(sent, magic, compression=codec))
    [batch] = read_batches(log.read(0, 1 << 20, at_least_one=True))
    assert [(r.key, r.value) for r in batch.records()] == contents


def test_without_the_keyword_old_formats_are_refused(lab):
    log = lab.open()
    with pytest.raises(ApiError) as error:
        log.append_as_leader(message_set(records(log), 1), 0)
    assert error.value.code == ErrorCode.INVALID_RECORD
    append(log, build_batch([NewRecord(1, b"a", b"b")]))
    assert log.log_end_offset == 1


def test_what_kafka_refuses_is_refused_with_its_code(lab):
    log = lab.open(max_message_bytes=2000)
    some = records(log)
    packed = [message_set(some, magic, compression=Compression.GZIP) for magic in (0, 1)]
    plain = [message_set(some, magic) for magic in (0, 1)]
    damaged = bytearray(plain[0])
    damaged[20] ^= 1
    cases = [
        (packed[1] + packed[1], "INVALID_RECORD"),
        (plain[1] + packed[1], "INVALID_RECORD"),
        (plain[0] + plain[1], "INVALID_RECORD"),
        (bytes(damaged), "CORRUPT_MESSAGE"),
        (plain[0][:20], "INVALID_RECORD"),
        (wrapper(1, b"not gzip at all", Compression.GZIP), "UNKNOWN_SERVER_ERROR"),
        (wrapper(1, compress(Compression.GZIP, plain[0]), Compression.GZIP), "INVALID_RECORD"),
        (wrapper(1, compress(Compression.GZIP, packed[1]), Compression.GZIP), "INVALID_RECORD"),
        (wrapper(1, compress(Compression.GZIP, b""), Compression.GZIP), "INVALID_RECORD"),
        (wrapper(1, compress(Compression.GZIP, bytes(damaged)), Compression.GZIP), "CORRUPT_MESSAGE"),
        (wrapper(1, compress(Compression.ZSTD, plain[1]), Compression.ZSTD), "INVALID_RECORD"),
        (wrapper(1, plain[1], 7), "UNKNOWN_SERVER_ERROR"),
        (wrapper(1, None, Compression.GZIP), "INVALID_RECORD"),
        (
            wrapper(1, compress(Compression.GZIP, bytes(200 * 1024 * 1024)), Compression.GZIP),
            "MESSAGE_TOO_LARGE",
        ),
        (message_set([Record(0, 0, None, bytes(3000))], 1), "MESSAGE_TOO_LARGE"),
        (message_set([Record(0, some[0].timestamp_ms + 10**8, None, b"")], 1), "INVALID_TIMESTAMP"),
        (message_set([Record(0, -2, None, b"")], 1), "UNKNOWN_SERVER_ERROR"),
    ]
    for number, (data, code) in enumerate(cases):
        assert refusal(log, data).code.name == code, number


def test_a_producer_may_not_say_that_its_times_are_those_of_the_append_where_the_topic_sets_them(lab):
    log = lab.open()
    for codec in (Compression.NONE, Compression.LZ4):
        sent = records(log)
        data = message_set(sent, 1, compression=codec, timestamp_type=LOG_APPEND_TIME)
        first = append(log, data).first_offset
        [batch] = read_batches(log.read(first, 9999))
        assert batch.header.timestamp_type == 0
        assert {r.timestamp_ms for r in batch.records()} == {sent[-1].timestamp_ms}
    lab.crash(log)
    log = lab.open(message_timestamp_type=LOG_APPEND_TIME)
    error = refusal(log, data)
    assert error.code == ErrorCode.INVALID_TIMESTAMP
    assert [e.batch_index for e in error.record_errors] == [0, 1, 2, 3, 4]


def wrapper(magic: int, value: bytes | None, codec: int) -> bytes:
    return _message(0, magic, codec, 5, None, value)


def test_a_compacted_topic_wants_keys(lab):
    log = lab.open(cleanup_policy="compact")
    error = refusal(log, message_set(records(log, 4), 0, compression=Compression.LZ4))
    assert error.code == ErrorCode.INVALID_RECORD
    assert [e.batch_index for e in error.record_errors] == [0, 3]


def test_messages_cut_off_at_the_end_are_left_out(lab):
    log = lab.open()
    data = message_set(records(log, 3), 1)
    append(log, data[:-5])
    assert log.log_end_offset == 2


def test_each_damaged_byte_is_noticed(lab):
    log = lab.open()
    for magic in (0, 1):
        for codec in OLD_CODECS:
            data = message_set(records(log, 1), magic, compression=codec)
            for at in range(8, len(data)):
                wrong = bytearray(data)
                wrong[at] ^= 1 << at % 8
                refusal(log, bytes(wrong))
