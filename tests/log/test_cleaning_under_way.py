"""A log that is cut, shortened or not yet replicated while a compaction looks for the ends of its transactions."""

from __future__ import annotations

import pytest

from minikafka.log import cleaned_transactions
from minikafka.log.cleanable import dirty_part
from minikafka.log.cleaner import clean
from minikafka.records.batch import NewRecord, build_batch, read_batches
from minikafka.records.control import end_transaction_batch

START_MS = 1_700_000_000_000
SEGMENT = {"segment_bytes": 300, "index_interval_bytes": 100}


@pytest.fixture(autouse=True)
def short_turns(monkeypatch):
    monkeypatch.setattr(cleaned_transactions, "HEADERS_A_TURN", 2)


def put(log, key: bytes, *, producer: int = -1, sequence: int = -1) -> int:
    batch = build_batch(
        [NewRecord(START_MS, key, b"a value")],
        producer_id=producer,
        producer_epoch=0,
        base_sequence=sequence,
        transactional=producer >= 0,
    )
    return log.append_as_leader(batch, 0).first_offset


def abort(log, producer: int) -> int:
    marker = end_transaction_batch(
        commit=False, coordinator_epoch=0, timestamp_ms=START_MS, producer_id=producer, producer_epoch=0
    )
    return log.append_as_leader(marker, 0, origin="coordinator").first_offset


def filled(lab, count: int, **config):
    log = lab.open(**{"cleanup_policy": "compact", **SEGMENT, **config})
    for _ in range(count):
        put(log, b"k")
    log.high_watermark = log.log_end_offset
    return log


def offsets(log) -> list[int]:
    found, at = [], log.log_start_offset
    while at < log.log_end_offset:
        for batch in read_batches(log.read(at, 10_000, at_least_one=True)):
            found += [record.offset for record in batch.records()]
            at = batch.header.next_offset
    return found


def after_turns(log, lab, count: int):
    passing = clean(log, dirty_part(log, lab.now_ms()), 1000)
    for _ in range(count):
        next(passing)
    return passing


def test_a_truncated_log_has_no_new_files(lab):
    log = filled(lab, 20)
    passing = after_turns(log, lab, 1)
    log.truncate_to(5)
    files = lab.files()
    assert list(passing) == []
    assert lab.files() == files
    assert offsets(log) == [0, 1, 2, 3, 4]


def test_segments_that_retention_took_do_not_come_back(lab):
    log = filled(lab, 20, cleanup_policy="compact,delete", retention_bytes=500, retention_ms=-1)
    passing = after_turns(log, lab, 1)
    assert log.delete_old_segments() > 2
    files, start = lab.files(), log.log_start_offset
    assert list(passing) == []
    assert lab.files() == files
    log.close()
    assert lab.open(clean=True).log_start_offset == start > 0


def test_a_cut_of_the_active_segment_is_no_damage(lab):
    log = filled(lab, 60, segment_bytes=3000)
    active = log.segments.active.base_offset
    passing = after_turns(log, lab, (active + 6) // 2)
    log.truncate_to(active + 2)
    for _ in range(10):
        put(log, b"other")
    assert list(passing) == []


def test_a_pass_goes_on_while_the_log_grows(lab):
    log = filled(lab, 20)
    passing = after_turns(log, lab, 1)
    for _ in range(10):
        put(log, b"k")
    list(passing)
    assert log.cleaned_up_to == 18
    assert offsets(log) == list(range(17, 30))


def test_after_a_start_a_transaction_is_undecided_until_its_marker_is_replicated(lab):
    log = lab.open(cleanup_policy="compact", **SEGMENT)
    put(log, b"k")
    for sequence, key in enumerate([b"k", b"a", b"b", b"c", b"d", b"e", b"f"]):
        put(log, key, producer=7, sequence=sequence)
    marker = abort(log, 7)
    for _ in range(6):
        put(log, b"other")
    log.close()
    log = lab.open(clean=True)  # the snapshot at the end no longer knows when the transaction ended
    log.high_watermark = marker - 2
    assert dirty_part(log, lab.now_ms()).end > 1
    list(clean(log, dirty_part(log, lab.now_ms()), 1000))
    assert offsets(log)[0] == 0, "data that was rolled back superseded what is committed"
    log.high_watermark = log.log_end_offset
    list(clean(log, dirty_part(log, lab.now_ms()), 1000))
    assert offsets(log)[0] == 0
    assert not set(offsets(log)) & set(range(1, marker))
