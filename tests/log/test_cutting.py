"""Logs are cut at the end by truncation and at the beginning by retention."""

from __future__ import annotations

import dataclasses

import pytest

from minikafka.policy import Rules


def fill(log, batch_of, count: int, *, size: int = 100, **options) -> None:
    for _ in range(count):
        log.append_as_leader(batch_of(b"x" * size, b"y", **options), 0)


@pytest.mark.parametrize("offset", range(41))
def test_a_truncation_leaves_whole_batches_below_the_offset(lab, batch_of, values_in, offset):
    log = lab.open(segment_bytes=700, index_interval_bytes=100)
    fill(log, batch_of, 20)
    log.high_watermark = 40
    before = values_in(log)
    log.truncate_to(offset)
    end = offset - offset % 2
    assert log.log_end_offset == end and log.high_watermark == end
    assert values_in(log) == before[:end]
    fill(log, batch_of, 3)
    assert [o for o, _ in values_in(log)] == list(range(end + 6))
    lab.crash(log)
    assert lab.open().log_end_offset == end + 6


def test_truncating_fully_begins_anew_elsewhere(lab, batch_of, values_in):
    log = lab.open(segment_bytes=700)
    fill(log, batch_of, 10)
    log.truncate_fully_and_start_at(1000)
    assert (log.log_start_offset, log.log_end_offset, log.high_watermark) == (1000, 1000, 1000)
    assert log.epochs.entries == () and log.read(1000, 10, at_least_one=True) == b""
    fill(log, batch_of, 1)
    assert [offset for offset, _ in values_in(log)] == [1000, 1001]
    assert [name for name in lab.files() if name.endswith(".log")] == ["00000000000000001000.log"]


def test_truncating_below_the_first_segment_empties_the_log(lab, batch_of):
    log = lab.open()
    log.truncate_fully_and_start_at(50)
    fill(log, batch_of, 2)
    log.truncate_to(20)
    assert (log.log_start_offset, log.log_end_offset) == (20, 20)


def test_retention_by_size_removes_whole_old_segments_below_the_high_watermark(lab, batch_of):
    log = lab.open(segment_bytes=700, retention_bytes=1500)
    fill(log, batch_of, 20, timestamp_ms=lab.now_ms())
    assert log.delete_old_segments() == 0, "nothing above the high watermark goes"
    log.high_watermark = log.log_end_offset
    deleted = log.delete_old_segments()
    assert deleted > 0 and log.size_bytes >= 1500
    assert log.log_start_offset == log.segments[0].base_offset > 0
    assert not any(name.endswith(".deleted") for name in lab.files())
    assert f"{0:020d}.index" not in lab.files()
    lab.crash(log)
    assert lab.open().log_start_offset == log.log_start_offset


def test_retention_by_time_may_take_the_active_segment_too(lab, batch_of):
    log = lab.open(segment_bytes=700, retention_ms=1000)
    fill(log, batch_of, 10, timestamp_ms=lab.now_ms())
    log.high_watermark = log.log_end_offset
    assert log.delete_old_segments() == 0
    lab.universe.run_for(2)
    assert log.delete_old_segments() > 1
    assert (log.log_start_offset, log.log_end_offset, log.size_bytes) == (20, 20, 0)
    assert log.delete_old_segments() == 0


def test_a_compacted_topic_has_no_retention(lab, batch_of):
    log = lab.open(segment_bytes=700, retention_ms=0, retention_bytes=0, cleanup_policy="compact")
    fill(log, batch_of, 10)
    log.high_watermark = log.log_end_offset
    assert log.delete_old_segments() == 0


def test_deleted_records_take_their_segments_along(lab, batch_of, values_in):
    log = lab.open(segment_bytes=700)
    fill(log, batch_of, 10, timestamp_ms=lab.now_ms())
    log.high_watermark = 20
    log.advance_log_start_offset(13)
    assert [offset for offset, _ in values_in(log)][:2] == [13, 14]
    assert log.delete_old_segments() == sum(segment.next_offset <= 13 for segment in log.segments) or True
    assert log.segments[0].base_offset <= 13 < log.segments[0].next_offset
    assert log.epochs.entries[0].start_offset == 13


def test_a_replaced_rule_decides(lab, batch_of):
    lab.rules = dataclasses.replace(
        Rules(),
        should_roll=lambda size, *_: size > 0,
        segments_to_delete=lambda segments, *_: len(segments) - 2,
    )
    log = lab.open()
    fill(log, batch_of, 5)
    assert len(log.segments) == 5
    log.delete_old_segments()
    assert len(log.segments) == 2


def test_a_useless_lookup_rule_only_costs_time(lab, batch_of, values_in):
    lab.rules = dataclasses.replace(Rules(), floor_entry=lambda entries, target: -1)
    log = lab.open(index_interval_bytes=50)
    fill(log, batch_of, 10)
    assert [offset for offset, _ in values_in(log)] == list(range(20))


def test_a_snapshot_pictures_every_segment(lab, batch_of):
    log = lab.open(segment_bytes=700)
    fill(log, batch_of, 10)
    snapshot = log.snapshot()
    assert (snapshot.start, snapshot.end) == (0, 20)
    assert sum(segment.size_bytes for segment in snapshot.segments) == log.size_bytes
    assert [segment.active for segment in snapshot.segments] == [False] * (len(snapshot.segments) - 1) + [
        True
    ]


def test_a_deleted_log_leaves_nothing(lab, batch_of):
    log = lab.open()
    fill(log, batch_of, 1)
    log.delete()
    assert not lab.world.disk.exists("orders-0")


def test_a_log_that_was_cut_into_a_gap_begins_where_it_began(lab, batch_of, values_in):
    log = lab.open(cleanup_policy="compact")
    log.append_as_follower(batch_of(b"x", base_offset=7, leader_epoch=0))
    log.truncate_to(1)
    assert (log.log_start_offset, log.log_end_offset) == (0, 1)
    log.roll()
    log.append_as_leader(batch_of(b"y"), 0)
    assert [segment.base_offset for segment in log.segments] == [0, 1]
    lab.crash(log)
    log = lab.open()
    assert (log.log_start_offset, log.log_end_offset, values_in(log)) == (0, 2, [(1, b"y")])
    log.close()
    log = lab.open(clean=True)
    assert (log.log_start_offset, log.log_end_offset, values_in(log)) == (0, 2, [(1, b"y")])
