"""A log gives back what was appended, at the offsets that it gave out, in whole batches."""

from __future__ import annotations

import dataclasses

import pytest

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import (
    CREATE_TIME,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    BatchHeader,
    NewRecord,
    build_batch,
    header_with_timestamp,
    read_batches,
)
from minikafka.records.compression import Compression

START_MS = 1_700_000_000_000


def test_batches_get_consecutive_offsets_and_the_leaders_epoch(lab, batch_of, values_in):
    log = lab.open()
    first = log.append_as_leader(batch_of(b"a", b"b"), 3)
    second = log.append_as_leader(memoryview(batch_of(b"c")), 4)
    assert (first.first_offset, first.last_offset, second.first_offset) == (0, 1, 2)
    assert values_in(log) == [(0, b"a"), (1, b"b"), (2, b"c")]
    headers = [batch.header for batch in read_batches(log.read(0, 10_000))]
    assert [header.partition_leader_epoch for header in headers] == [3, 4]
    assert [tuple(entry) for entry in log.epochs.entries] == [(3, 0), (4, 2)]


def test_the_senders_bytes_are_left_alone(lab, batch_of):
    log = lab.open()
    data = bytearray(batch_of(b"a"))
    before = bytes(data)
    log.append_as_leader(memoryview(data), 1)
    log.append_as_leader(memoryview(data), 1)
    assert data == before


def test_a_read_in_the_middle_of_a_batch_gives_the_whole_batch(lab, batch_of):
    log = lab.open()
    log.append_as_leader(batch_of(b"a", b"b", b"c"), 0)
    assert BatchHeader.read(log.read(2, 10_000)).base_offset == 0


def test_a_read_stops_before_the_limit_offset(lab, batch_of):
    log = lab.open()
    for _ in range(4):
        log.append_as_leader(batch_of(b"a", b"b"), 0)
    for limit, offsets in ((8, [0, 2, 4, 6]), (7, [0, 2, 4]), (6, [0, 2, 4]), (1, []), (0, [])):
        found = [batch.header.base_offset for batch in read_batches(log.read(0, 10_000, up_to_offset=limit))]
        assert found == offsets


def test_max_bytes_cuts_between_batches_unless_at_least_one_is_asked(lab, batch_of):
    log = lab.open()
    data = batch_of(b"x" * 200)
    for _ in range(3):
        log.append_as_leader(data, 0)
    assert len(log.read(0, len(data) * 2 + 5)) == len(data) * 2
    assert len(log.read(0, 50)) == 0
    assert len(log.read(0, 50, at_least_one=True)) == len(data)
    assert len(log.read(0, 0, at_least_one=True)) == len(data)
    assert len(log.read(0, 50, up_to_offset=0, at_least_one=True)) == 0
    assert len(log.read(3, 50, at_least_one=True)) == 0


@pytest.mark.parametrize("offset", [-1, 3, 100])
def test_offsets_outside_the_log_are_out_of_range(lab, batch_of, offset):
    log = lab.open()
    log.append_as_leader(batch_of(b"a", b"b"), 0)
    with pytest.raises(ApiError) as error:
        log.read(offset, 100)
    assert error.value.code == ErrorCode.OFFSET_OUT_OF_RANGE


def test_every_offset_is_found_in_many_segments_with_sparse_indexes(lab, batch_of, values_in):
    log = lab.open(segment_bytes=3000, index_interval_bytes=300)
    for number in range(120):
        log.append_as_leader(batch_of(*(b"%d.%d" % (number, i) for i in range(number % 4 + 1))), 0)
    everything = values_in(log)
    assert len(log.segments) > 3 and [offset for offset, _ in everything] == list(range(log.log_end_offset))
    for offset in range(log.log_end_offset):
        for max_bytes in (1, 150, 900, 10_000):
            data = log.read(offset, max_bytes, at_least_one=True)
            headers = [batch.header for batch in read_batches(data)]
            assert headers[0].base_offset <= offset <= headers[0].last_offset
            assert sum(header.size_bytes for header in headers) == len(data)
        for limit in (offset + 1, offset + 7):
            data = log.read(offset, 10_000, up_to_offset=limit)
            assert all(batch.header.last_offset < limit for batch in read_batches(data))


def test_an_event_tells_of_each_roll_and_files_have_kafkas_names(lab, batch_of):
    log = lab.open(segment_bytes=300)
    events = []
    lab.world.trace.subscribe(lambda traced: events.append(traced.event))
    for _ in range(3):
        log.append_as_leader(batch_of(b"x" * 120), 0)
    assert [(event.kind, event.base_offset) for event in events] == [
        ("SegmentRolled", 1),
        ("SegmentRolled", 2),
    ]
    expected = {f"{base:020d}{suffix}" for base in range(3) for suffix in (".log", ".index", ".timeindex")}
    assert expected <= set(lab.files())
    assert "leader-epoch-checkpoint" in lab.files()


def test_a_segment_rolls_for_its_age_by_timestamps(lab, batch_of):
    log = lab.open(segment_ms=1000)
    log.append_as_leader(batch_of(b"a", timestamp_ms=START_MS), 0)
    log.append_as_leader(batch_of(b"b", timestamp_ms=START_MS + 1000), 0)
    assert len(log.segments) == 1
    log.append_as_leader(batch_of(b"c", timestamp_ms=START_MS + 1001), 0)
    assert [segment.base_offset for segment in log.segments] == [0, 2]


def test_a_segment_rolls_when_its_index_is_full_or_its_offsets_overflow(lab, batch_of, values_in):
    log = lab.open(segment_index_bytes=8 * 3, index_interval_bytes=0)
    for _ in range(8):
        log.append_as_leader(batch_of(b"a"), 0)
    assert len(log.segments) > 1
    far = build_batch([NewRecord(START_MS, b"k", b"far")], base_offset=2**31 + 100)
    log.append_as_follower(far)
    assert log.segments[-1].base_offset == 2**31 + 100
    assert values_in(log)[-1] == (2**31 + 100, b"far")


def test_log_append_time_replaces_times_and_checksum(lab, batch_of):
    log = lab.open(message_timestamp_type=1)
    appended = log.append_as_leader(batch_of(b"a", b"b", timestamp_ms=5), 0)
    assert appended.log_append_time_ms == lab.now_ms()
    (batch,) = read_batches(log.read(0, 1000))
    assert batch.crc_is_valid() and batch.header.timestamp_type == 1
    assert {record.timestamp_ms for record in batch.records()} == {lab.now_ms()}


def test_a_lying_maximum_timestamp_is_set_right(lab, batch_of):
    from minikafka.records.batch import header_with_timestamp

    log = lab.open()
    data = batch_of(b"a", b"b")
    head = header_with_timestamp(BatchHeader.read(data), memoryview(data), 0, START_MS + 999_999)
    assert log.append_as_leader(head + data[61:], 0).max_timestamp == START_MS + 1
    (batch,) = read_batches(log.read(0, 1000))
    assert batch.crc_is_valid() and batch.header.max_timestamp == START_MS + 1


@pytest.mark.parametrize("codec", list(Compression))
def test_the_topics_codec_wins_over_the_producers(lab, batch_of, values_in, codec):
    log = lab.open(compression_type="uncompressed" if codec == 0 else codec.name.lower())
    log.append_as_leader(batch_of(b"a", b"b", compression=Compression.GZIP, producer_id=5, producer_epoch=1,
                                  base_sequence=0), 2)  # fmt: skip
    log.append_as_leader(batch_of(b"c"), 2)
    headers = [batch.header for batch in read_batches(log.read(0, 1000))]
    assert {header.compression for header in headers} == {codec}
    assert headers[0].producer_id == 5 and headers[0].partition_leader_epoch == 2
    assert values_in(log) == [(0, b"a"), (1, b"b"), (2, b"c")]


def test_followers_take_batches_as_they_are_across_segments(lab, batch_of, values_in):
    leader = lab.open()
    for number in range(20):
        leader.append_as_leader(batch_of(b"%d" % number, b"x" * 50), number // 7)
    copy = type(lab)(seed=2)
    follower = copy.open(segment_bytes=700)
    assert follower.append_as_follower(leader.read(0, 100_000)) == 40
    assert len(follower.segments) > 3
    assert values_in(follower) == values_in(leader)
    assert follower.epochs.entries == leader.epochs.entries
    with pytest.raises(ApiError):
        follower.append_as_follower(leader.read(0, 100_000))


def test_a_follower_refuses_a_wrong_checksum_and_appends_nothing(lab, batch_of):
    log = lab.open()
    good = batch_of(b"a")
    bad = bytearray(batch_of(b"b", base_offset=1))
    bad[-1] ^= 1
    with pytest.raises(ApiError) as error:
        log.append_as_follower(good + bad)
    assert error.value.code == ErrorCode.CORRUPT_MESSAGE and log.log_end_offset == 0


def test_a_follower_may_start_in_the_middle_of_a_batch(lab, batch_of, values_in):
    log = lab.open()
    log.truncate_fully_and_start_at(12)
    log.append_as_follower(batch_of(b"a", b"b", b"c", b"d", base_offset=10))
    assert (log.log_start_offset, log.log_end_offset) == (12, 14)
    assert values_in(log) == [(12, b"c"), (13, b"d")]


def test_lookup_by_time_finds_the_first_record_late_enough(lab):
    log = lab.open(segment_bytes=1500, index_interval_bytes=200)
    times = [START_MS + t for t in (10, 20, 15, 30, 30, 50, 40, 70, 60, 90)] * 1
    for number in range(10):
        batch = [NewRecord(times[number] + number * 1000 + i, None, b"v" * 30) for i in range(3)]
        log.append_as_leader(build_batch(batch), 7)
    stamps = []
    at = 0
    while at < log.log_end_offset:
        for batch in read_batches(log.read(at, 10_000)):
            stamps += [(record.timestamp_ms, record.offset) for record in batch.records()]
            at = batch.header.next_offset
    for wanted in range(START_MS - 5, START_MS + 9200, 37):
        expected = next(((t, offset, 7) for t, offset in stamps if t >= wanted), None)
        assert log.offset_for_timestamp(wanted) == expected
    assert log.offset_of_max_timestamp() == (max(stamps)[0], max(stamps)[1], 7)


def test_an_empty_log_knows_no_times(lab):
    log = lab.open()
    assert log.offset_for_timestamp(0) is None and log.offset_of_max_timestamp() is None


def test_the_size_between_offsets_counts_across_segments(lab, batch_of):
    log = lab.open(segment_bytes=400)
    data = batch_of(b"x" * 60)
    for _ in range(10):
        log.append_as_leader(data, 0)
    assert log.size_between(0, 10) == 10 * len(data) == log.size_bytes
    assert log.size_between(3, 10) == 7 * len(data)
    assert log.size_between(3, 5) == 2 * len(data)
    assert log.size_between(0, 10, limit_bytes=100) == 100


def test_a_failing_disk_leaves_no_torn_batch(lab, batch_of, values_in):
    log = lab.open()
    log.append_as_leader(batch_of(b"a"), 0)
    lab.universe.fail_disk("broker-1", count=1, path="orders-0/00000000000000000000.log")
    with pytest.raises(OSError):
        log.append_as_leader(batch_of(b"lost"), 0)
    lab.universe.repair_disk("broker-1")
    log.append_as_leader(batch_of(b"b"), 0)
    assert values_in(log) == [(0, b"a"), (1, b"b")]


def beyond_64_bits() -> bytes:
    """Two records; the second's time, in ms, is one more than 64 bits hold."""
    last = (1 << 63) - 1
    data = build_batch([NewRecord(0, b"k", b"a"), NewRecord(1, b"k", b"b")])
    header = BatchHeader.read(data)._replace(base_timestamp=last)
    return header_with_timestamp(header, memoryview(data), CREATE_TIME, last) + data[HEADER_BYTES:]


@pytest.mark.parametrize("codec", ["producer", "gzip"])
def test_a_time_that_64_bits_do_not_hold(lab, codec):
    log = lab.open(message_timestamp_after_max_ms=(1 << 63) - 1, compression_type=codec)
    with pytest.raises(ApiError) as refused:
        log.append_as_leader(beyond_64_bits(), 0)
    assert refused.value.code == ErrorCode.INVALID_TIMESTAMP
    log.config = dataclasses.replace(lab.config, message_timestamp_type=LOG_APPEND_TIME)
    log.append_as_leader(beyond_64_bits(), 0)
    (batch,) = read_batches(log.read(0, 1000))
    assert {record.timestamp_ms for record in batch.records()} == {lab.now_ms()}
