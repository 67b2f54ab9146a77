"""One bit of one byte of any file is wrong: what is read is right, or an error says that it isn't.

So is what a reader of committed records is told to skip.

The log's own bytes before the checksum (offset, length, leader epoch, magic) are covered by none: neighbours and
index bear witness there. The leader epoch is the exception: it tells readers nothing about the records.
"""

from __future__ import annotations

import contextlib
import dataclasses
import uuid

import pytest

from minikafka.log.checkpoints import CorruptCheckpoint, OffsetCheckpoint
from minikafka.log.log import Log
from minikafka.log.partition_metadata import InconsistentTopicId
from minikafka.protocol.errors import ApiError
from minikafka.records.batch import NewRecord, Record, build_batch
from minikafka.records.compression import Compression
from minikafka.records.control import end_transaction_batch
from minikafka.records.errors import CorruptRecords
from tests.log.flips import TURNS, check_clean_end, check_recovery, every_flip, files_of

START_MS = 1_700_000_000_000
TOPIC_ID = uuid.UUID(int=77)


def values_of(number: int) -> list[bytes]:
    return [b"%d" % number, b"y" * (number % 5 * 9)]


@pytest.fixture
def written(lab):
    """A log of a few segments, closed: its files, and what is in it by offset."""
    log = open_log(lab, clean=True)
    right = {}
    for number in range(18):
        records = [NewRecord(START_MS + number * 10 + i, b"k", v) for i, v in enumerate(values_of(number))]
        batch = build_batch(
            records,
            compression=Compression.ZSTD if number % 7 == 3 else Compression.NONE,
            producer_id=number % 2 + 1,
            producer_epoch=0,
            base_sequence=number // 2 * 2,
        )
        log.append_as_leader(batch, 3 + number // 10)
        right |= {2 * number + i: Record(2 * number + i, *record) for i, record in enumerate(records)}
    log.close()
    return files_of(lab), right


def open_log(lab, *, clean: bool) -> Log:
    config = dataclasses.replace(lab.config, segment_bytes=800, index_interval_bytes=150, retention_ms=-1)
    return Log.open(
        lab.world, "orders-0", "orders", 0, config, lab.rules, clean_shutdown=clean, topic_id=TOPIC_ID
    )


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("max_bytes", [pytest.param(1, marks=pytest.mark.slow), 500])
def test_after_a_clean_end_all_is_right_or_an_error_says_so(lab, written, max_bytes, turn):
    files, right = written
    check_clean_end(lab, lambda: open_log(lab, clean=True), every_flip(lab, files, turn), right, max_bytes)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.slow
def test_a_recovery_keeps_a_right_beginning_and_says_what_it_cut(lab, written, turn):
    files, right = written
    check_recovery(lab, lambda: open_log(lab, clean=False), every_flip(lab, files, turn), right)


@pytest.mark.parametrize("turn", TURNS)
def test_a_lookup_by_time_is_right_or_an_error_says_so(lab, written, turn):
    files, right = written
    for where in every_flip(lab, files, turn):
        if ".log at" in where:
            continue
        try:
            log = open_log(lab, clean=True)
            for offset in range(0, len(right), 5):
                found = log.offset_for_timestamp(right[offset].timestamp_ms)
                assert found is not None and found[:2] == (right[offset].timestamp_ms, offset), (
                    where,
                    offset,
                )
        except (ApiError, CorruptRecords, InconsistentTopicId):
            continue


def test_producers_are_those_of_the_log(lab, written):
    files, _ = written
    for where in every_flip(lab, files, suffix=".snapshot"):
        log = open_log(lab, clean=True)
        assert {s.producer_id: s.last_sequence for s in log.producers} == {1: 17, 2: 17}, where


@pytest.fixture
def transactional(lab):
    """Transactions that overlap over a few segments, closed: the files, and the aborted ones."""
    log = open_log(lab, clean=True)

    def write(producer: int, sequence: int) -> None:
        record = NewRecord(START_MS, b"k", b"v" * 20)
        log.append_as_leader(
            build_batch(
                [record], producer_id=producer, producer_epoch=0, base_sequence=sequence, transactional=True
            ),
            0,
        )

    for number in range(9):
        for producer in (1, 2):
            write(producer, number)
        for producer in (1, 2):
            if (number + producer) % 2:
                marker = end_transaction_batch(
                    commit=number % 3 == 0,
                    coordinator_epoch=0,
                    timestamp_ms=START_MS,
                    producer_id=producer,
                    producer_epoch=0,
                )
                log.append_as_leader(marker, 0, origin="coordinator")
    aborted = log.aborted_transactions(0, log.log_end_offset)
    log.close()
    files = files_of(lab)
    assert sum(name.endswith(".txnindex") for name in files) > 1 and len(aborted) > 4
    return files, aborted


@pytest.mark.slow
@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("turn", [0, 3, 6])
def test_the_aborted_transactions_are_right_or_an_error_says_so(lab, transactional, clean, turn):
    files, right = transactional
    told = 0
    for where in every_flip(lab, files, turn):
        try:
            log = open_log(lab, clean=clean)
            found = log.aborted_transactions(0, log.log_end_offset)
            assert found == [a for a in right if a.last_offset < log.log_end_offset], where
            told += 1
        except (ApiError, CorruptRecords, InconsistentTopicId):
            assert ".txnindex" not in where, "that can be made again"
    assert told


def test_a_checkpoint_is_read_whole_or_not_at_all(lab):
    path = "replication-offset-checkpoint"
    OffsetCheckpoint(lab.world.disk, path).write({("orders", 0): 12, ("orders", 1): 7, ("logs", 0): 345})
    data = lab.world.disk.read_bytes(path)
    for position in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            lab.world.disk.write_atomic(path, bytes(damaged))
            with contextlib.suppress(CorruptCheckpoint):
                assert len(OffsetCheckpoint(lab.world.disk, path).read()) in (2, 3)
