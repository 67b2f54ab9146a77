"""Transactions as the log knows them: what readers of committed records may see, and which markers are taken."""

from __future__ import annotations

import pytest

from minikafka.protocol.errors import ErrorCode
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.control import end_transaction_batch
from tests.log.transactional import START_MS, everything, indexes, refused, replicated

# -- the last stable offset ----------------------------------------------------------------------------------


def test_a_reader_of_committed_records_stops_before_the_oldest_open_transaction(log, writers):
    writers.plain()
    writers.write(1)
    writers.write(2)
    assert replicated(log) == 1
    writers.commit(1)
    assert replicated(log) == 2
    writers.abort(2)
    assert replicated(log) == 5


@pytest.mark.parametrize("commit", [True, False])
def test_a_transaction_is_not_decided_before_its_marker_is_replicated(log, writers, commit):
    writers.write(1)
    marker = writers.end(1, commit=commit)
    log.high_watermark = marker
    assert log.last_stable_offset == 0
    log.high_watermark = marker + 1
    assert log.last_stable_offset == marker + 1


def test_a_later_transaction_holds_while_the_marker_of_an_earlier_one_is_replicated(log, writers):
    writers.write(1)
    marker = writers.commit(1)
    second = writers.write(2)
    log.high_watermark = marker
    assert log.last_stable_offset == 0
    assert replicated(log) == second


def test_the_last_stable_offset_lies_in_the_log_though_its_transaction_began_before(log, writers):
    writers.write(1)
    for _ in range(8):
        writers.plain()
    log.high_watermark = log.log_end_offset
    log.advance_log_start_offset(5)
    assert log.last_stable_offset == 5


@pytest.mark.parametrize("clean", [True, False])
def test_an_open_transaction_is_open_after_a_restart(lab, log, writers, clean):
    writers.commit(1)
    first = writers.write(1)
    writers.plain()
    log.close() if clean else lab.crash(log)
    assert replicated(lab.open(clean=clean)) == first


# -- markers ---------------------------------------------------------------------------------------------------


def test_a_marker_of_a_coordinator_that_was_replaced_is_refused(log, writers):
    writers.write(1)
    writers.commit(1, coordinator=3)
    writers.write(1)
    assert refused(lambda: writers.abort(1, coordinator=2)) == ErrorCode.TRANSACTION_COORDINATOR_FENCED
    writers.abort(1, coordinator=3)


def test_a_marker_with_an_old_producer_epoch_is_refused(log, writers):
    writers.write(1, epoch=4)
    assert refused(lambda: writers.commit(1, epoch=3)) == ErrorCode.INVALID_PRODUCER_EPOCH
    assert log.log_end_offset == 1
    writers.abort(1, epoch=5)  # the coordinator fences a silent producer by a higher epoch
    assert refused(lambda: writers.write(1, epoch=4)) == ErrorCode.INVALID_PRODUCER_EPOCH


def test_since_version_2_a_marker_raises_the_epoch(log, writers):
    writers.write(1, epoch=4)
    assert refused(lambda: writers.commit(1, epoch=4, version=2)) == ErrorCode.INVALID_PRODUCER_EPOCH
    writers.commit(1, epoch=5, version=2)
    writers.commit(1, epoch=5, version=2)  # the coordinator wasn't told, and tries again
    assert refused(lambda: writers.commit(1, epoch=4, version=2)) == ErrorCode.INVALID_PRODUCER_EPOCH


def test_the_last_epoch_may_end_its_transaction_itself(log, writers):
    writers.write(1, epoch=0x7FFF)
    writers.commit(1, epoch=0x7FFF, version=2)
    assert replicated(log) == 2


def test_what_replication_brings_was_checked_elsewhere(lab, log, writers):
    writers.write(1, epoch=4)
    writers.commit(1, epoch=4, coordinator=3)
    marker = end_transaction_batch(
        commit=False, coordinator_epoch=1, timestamp_ms=START_MS, producer_id=1, producer_epoch=2
    )
    log.append_as_leader(marker, 0, origin="replication")
    assert log.producers.get(1).coordinator_epoch == 1


def test_a_marker_that_ends_nothing_here_changes_nothing_for_readers(lab, log, writers):
    writers.plain()
    writers.abort(7, coordinator=2)
    assert replicated(log) == 2
    assert everything(log) == [] and indexes(lab) == []
    assert log.producers.get(7).coordinator_epoch == 2


def test_a_coordinators_data_needs_no_sequence_but_the_right_epoch(log, writers):
    def offsets(epoch: int, *, transactional: bool = True):
        data = build_batch(
            [NewRecord(START_MS, b"group", b"7")],
            producer_id=1,
            producer_epoch=epoch,
            base_sequence=-1,
            transactional=transactional,
        )
        return log.append_as_leader(data, 0, origin="coordinator")

    offsets(3)
    offsets(3)
    assert refused(lambda: offsets(2)) == ErrorCode.INVALID_PRODUCER_EPOCH
    assert refused(lambda: offsets(3, transactional=False)) == ErrorCode.INVALID_TXN_STATE
