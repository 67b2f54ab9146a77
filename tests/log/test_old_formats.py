"""Logs with message sets v0 and v1 in them, mixed with batches v2: served as they are, found, cut, compacted."""

from __future__ import annotations

import random

import pytest

from minikafka.log.cleanable import dirty_part
from minikafka.log.cleaner import clean
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import LOG_APPEND_TIME, NewRecord, Record, build_batch, read_batches
from minikafka.records.compression import Compression
from minikafka.records.legacy import message_set

START_MS = 1_700_000_000_000
OLD_CODECS = (Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4)


def old_sets(seed: int = 1, count: int = 60) -> tuple[list[bytes], list[Record]]:
    """Sets of both old formats and batches v2 at consecutive offsets; and the records that a reader sees."""
    chance, sets, right, offset = random.Random(seed), [], [], 0
    for number in range(count):
        records = [
            Record(offset + i, START_MS + number * 10 + i, b"k%d" % chance.randrange(9), chance.randbytes(20))
            for i in range(chance.randrange(1, 5))
        ]
        offset += len(records)
        magic, codec = number % 3, chance.choice(OLD_CODECS)
        if magic == 2:
            new = [NewRecord(*record[1:]) for record in records]
            sets.append(build_batch(new, base_offset=records[0].offset, compression=codec, leader_epoch=3))
        else:
            is_append_time = chance.random() < 0.3
            kind = LOG_APPEND_TIME if is_append_time else 0
            sets.append(message_set(records, magic, compression=codec, timestamp_type=kind))
            if magic == 0:
                records = [record._replace(timestamp_ms=-1) for record in records]
            elif is_append_time:
                records = [record._replace(timestamp_ms=records[-1].timestamp_ms) for record in records]
        right += records
    return sets, right


@pytest.fixture
def written(lab):
    """An open log of several segments, what was put into it, and the records in it."""
    log = lab.open(segment_bytes=1500, index_interval_bytes=200, retention_ms=-1)
    sets, right = old_sets()
    for one in sets:
        log.append_as_follower(one)
    assert len(log.segments) > 3
    return log, sets, right


def bytes_in(log, start=0, max_bytes=400) -> bytes:
    out, at = [], start
    while at < log.log_end_offset:
        data = log.read(at, max_bytes, at_least_one=True)
        assert data, at
        out.append(bytes(data))
        at = list(read_batches(data))[-1].header.next_offset
    return b"".join(out)


def records_in(log, start=0, max_bytes=400) -> list[Record]:
    return [
        r for b in read_batches(bytes_in(log, start, max_bytes)) for r in b.records() if r.offset >= start
    ]


def test_what_was_put_in_is_served_byte_by_byte(written):
    log, sets, right = written
    assert log.log_end_offset == right[-1].offset + 1
    for max_bytes in (1, 90, 400, 100_000):
        assert bytes_in(log, max_bytes=max_bytes) == b"".join(sets)
    assert records_in(log) == right
    assert {batch.header.magic for batch in read_batches(log.read(0, 9999))} == {0, 1, 2}


def test_a_read_begins_with_the_set_that_holds_its_offset_and_ends_before_the_limit(written):
    log, _, right = written
    for record in right:
        assert records_in(log, record.offset)[0] == record
        data = log.read(0, 1 << 20, up_to_offset=record.offset)
        assert all(batch.header.next_offset <= record.offset for batch in read_batches(data))


@pytest.mark.parametrize("clean_shutdown", [True, False])
def test_it_opens_again_as_it_was(lab, written, clean_shutdown):
    log, _, right = written
    if clean_shutdown:
        log.close()
    else:
        lab.crash(log)
    log = lab.open(clean=clean_shutdown)
    assert records_in(log) == right
    assert log.epochs.latest == 3


def test_indexes_are_made_again_from_old_messages(lab, written):
    log, _, right = written
    log.close()
    before = {name: lab.world.disk.read_bytes(f"orders-0/{name}") for name in lab.files() if "index" in name}
    for name in before:
        lab.world.disk.remove(f"orders-0/{name}")
    log = lab.open(clean=False)
    assert records_in(log) == right
    log.close()
    assert before == {n: lab.world.disk.read_bytes(f"orders-0/{n}") for n in lab.files() if n in before}


def test_a_torn_message_is_cut_off(lab):
    for magic in (0, 1):
        whole = [Record(i, START_MS + i, b"key", b"value %d" % i) for i in range(4)]
        log = lab.open()
        log.truncate_fully_and_start_at(0)
        log.append_as_follower(message_set(whole, magic))
        torn = message_set(
            [Record(4, START_MS, b"key", b"never whole")] * 1, magic, compression=Compression.GZIP
        )
        size = log.segments[-1].size_bytes
        for cut in range(1, len(torn)):
            lab.crash(log)
            file = lab.world.disk.open(log.segments[-1].path)
            file.append(torn[:cut])
            log = lab.open()
            assert log.segments[-1].size_bytes == size, cut
            assert log.log_end_offset == 4
        assert [r.value for r in records_in(log)] == [r.value for r in whole]
        lab.crash(log)


def test_a_time_finds_the_first_record_that_is_as_late(written):
    log, _, right = written
    for at_ms in range(START_MS - 1, START_MS + 620, 7):
        due = next((r for r in right if r.timestamp_ms >= at_ms), None)
        found = log.offset_for_timestamp(at_ms)
        assert (None if found is None else found[:2]) == (due and (due.timestamp_ms, due.offset)), at_ms
    latest = max(r.timestamp_ms for r in right)
    found = log.offset_of_max_timestamp()
    assert found is not None and found[0] == latest


def test_a_set_is_removed_whole_by_a_truncation_into_it(lab, written):
    log, sets, right = written
    bases = [next(read_batches(one)).header for one in sets]
    for header in reversed(bases):
        log.truncate_to(header.last_offset)
        assert log.log_end_offset == header.base_offset or header.magic < 2
        assert records_in(log) == right[: log.log_end_offset]
    assert log.log_end_offset == 0


def test_a_follower_refuses_a_damaged_message_and_one_out_of_order(lab):
    log = lab.open()
    records = [Record(i, START_MS, b"key", b"value %d" % i) for i in range(3)]
    for magic in (0, 1):
        for codec in OLD_CODECS:
            some = records[:1] if codec == Compression.NONE else records  # else a cut tail, which is left out
            right = message_set(some, magic, compression=codec)
            for at in range(12, len(right)):
                wrong = bytearray(right)
                wrong[at] ^= 1 << at % 8
                with pytest.raises(ApiError) as refusal:
                    log.append_as_follower(bytes(wrong))
                assert refusal.value.code == ErrorCode.CORRUPT_MESSAGE
    with pytest.raises(ApiError):
        log.append_as_follower(message_set(records, 1) + message_set(records, 1))
    assert log.log_end_offset == 0


def compact(log) -> None:
    log.high_watermark = log.log_end_offset
    dirty = dirty_part(log, log.world.clock.time_ms())
    assert dirty is not None
    for _ in clean(log, dirty, 1000):
        pass


def read_all(log) -> list[Record]:
    out, at = [], 0
    while at < log.log_end_offset and (data := log.read(at, 4000, at_least_one=True)):
        for batch in read_batches(data):
            assert batch.crc_is_valid()
            out += batch.records()
            at = batch.header.next_offset
    return out


def test_compaction_keeps_the_newest_of_each_key_and_leaves_no_old_format_behind(lab):
    log = lab.open(cleanup_policy="compact", segment_bytes=1500, index_interval_bytes=200)
    sets, right = old_sets(seed=5)
    for one in sets:
        log.append_as_follower(one)
    active = log.segments[-1].base_offset
    newest = {r.key: r.offset for r in right if r.offset < active}
    due = [r for r in right if r.offset >= active or newest[r.key] == r.offset]
    assert 9 < len(due) < len(right)
    compact(log)
    assert read_all(log) == due
    for record in due[:9]:
        assert next(read_batches(log.read(record.offset, 1, at_least_one=True))).header.magic == 2
    lab.crash(log)
    assert read_all(lab.open(was_compacted=True)) == due


def test_a_batch_is_made_anew_around_what_stays_of_a_wrapper(lab):
    for magic, offset in ((0, 0), (1, 100)):
        log = lab.open(cleanup_policy="compact")
        log.truncate_fully_and_start_at(offset)
        log.append_as_follower(
            message_set(
                [Record(offset + i, START_MS + i, b"k%d" % (i % 3), b"v%d" % i) for i in range(10)],
                magic,
                compression=Compression.GZIP,
            )
        )
        log.roll()
        compact(log)
        [batch] = read_batches(log.read(offset, 9999))
        header = batch.header
        assert (header.magic, header.compression, header.record_count) == (2, Compression.GZIP, 3)
        assert (header.base_offset, header.last_offset) == (offset + 7, offset + 9)
        assert [r.offset for r in batch.records()] == [offset + 7, offset + 8, offset + 9]
        assert header.max_timestamp == (START_MS + 9 if magic else -1)
        log.delete()


def marked(lab):
    """A compacted log with a way to put one old message into a segment of its own."""
    log = lab.open(cleanup_policy="compact", delete_retention_ms=1000, segment_bytes=50)

    def put(key, value, at_ms):
        log.append_as_follower(message_set([Record(log.log_end_offset, at_ms, key, value)], 1))
        log.roll()

    return log, put


def test_a_deletion_marker_gets_a_horizon_and_goes_after_it(lab):
    log, put = marked(lab)
    put(b"a", b"1", START_MS)
    put(b"a", None, START_MS)
    compact(log)
    [batch] = read_batches(log.read(0, 9999))
    assert batch.header.base_timestamp == log.world.clock.time_ms() + 1000
    assert batch.header.has_delete_horizon
    assert [(r.key, r.value) for r in batch.records()] == [(b"a", None)]
    lab.universe.run_for(2)
    put(b"b", b"x", START_MS + 1)
    compact(log)
    assert [r.key for r in read_all(log)] == [b"b"]
    assert log.log_end_offset == 3


def test_a_deletion_marker_much_older_than_the_clean_part_goes_at_once(lab):
    log, put = marked(lab)
    put(b"a", b"1", START_MS + 5000)
    compact(log)
    put(b"b", None, START_MS + 3999)
    put(b"c", None, START_MS + 4001)
    compact(log)
    assert [r.key for r in read_all(log)] == [b"a", b"c"]


def test_an_old_batch_behind_new_ones_ends_what_is_known_of_epochs(lab, batch_of):
    """So does Kafka: truncation goes by the high watermark then."""
    log = lab.open()
    log.append_as_follower(batch_of(b"a", leader_epoch=3))
    assert log.epochs.latest == 3
    log.append_as_follower(message_set([Record(1, START_MS, b"k", b"v")], 1))
    assert log.epochs.entries == ()
    log.append_as_follower(batch_of(b"b", base_offset=2, leader_epoch=5))
    assert log.epochs.entries == ((5, 2),)
    log.close()
    assert lab.open(clean=True).epochs.entries == ((5, 2),)
