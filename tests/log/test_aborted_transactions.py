"""What readers of committed records have to skip: the index of aborted transactions, damaged, torn, compacted."""

from __future__ import annotations

import dataclasses
import struct

import pytest

from minikafka.log.cleanable import dirty_part
from minikafka.log.cleaner import clean
from minikafka.log.transaction_index import AbortedTransaction
from minikafka.protocol.errors import ErrorCode
from minikafka.records.batch import NewRecord, build_batch, read_batches
from tests.log.transactional import START_MS, Writers, everything, indexes, refused, replicated

# -- the index of aborted transactions -------------------------------------------------------------------------


def test_an_aborted_transaction_is_noted_as_kafka_notes_it(lab, log, writers):
    assert indexes(lab) == []
    other = writers.write(2)
    first = writers.write(1)
    writers.write(1)
    last = writers.abort(1)
    data = lab.world.disk.read_bytes("orders-0/" + indexes(lab)[0])
    assert data == struct.pack(">hqqqq", 0, 1, first, last, other)
    writers.commit(2)
    assert everything(log) == [AbortedTransaction(1, first, last, other)]


def test_committed_transactions_make_no_file(lab, log, writers):
    for _ in range(20):
        writers.write(1)
        writers.commit(1)
    assert len(log.segments) > 3 and indexes(lab) == []


def test_those_that_overlap_a_range_are_found_across_segments(log, writers):
    expected = []
    for producer in range(1, 9):
        first = writers.write(producer)
        writers.plain()
        last = writers.abort(producer)
        expected.append(AbortedTransaction(producer, first, last, last + 1))
        for _ in range(producer % 3):
            writers.plain()
    assert len(log.segments) > 5
    end = log.log_end_offset
    for begin in range(end):
        for stop in range(begin + 1, end + 1):
            overlapping = [e for e in expected if e.last_offset >= begin and e.first_offset < stop]
            assert log.aborted_transactions(begin, stop) == overlapping


def test_one_that_ends_much_later_is_found_from_its_beginning(log, writers):
    first = writers.write(1)
    for number in range(30):
        writers.write(2)
        writers.end(2, commit=number % 2 == 0)
    last = writers.abort(1)
    assert AbortedTransaction(1, first, last, last + 1) in log.aborted_transactions(0, 1)
    assert AbortedTransaction(1, first, last, last + 1) in log.aborted_transactions(last, last + 1)
    assert len(everything(log)) == 16


def everyday(writers, rounds: int = 12) -> None:
    """Overlapping transactions of three producers, some aborted, the last still open."""
    for number in range(rounds):
        for producer in (1, 2, 3):
            if (number + producer) % 3:
                writers.write(producer)
        writers.end(number % 3 + 1, commit=number % 2 == 0)
    writers.write(1)


def test_a_follower_notes_the_same(lab, log, writers):
    everyday(writers)
    data = b"".join(bytes(log.read(s.base_offset, 1 << 20)) for s in log.segments)
    follower = type(log).open(lab.world, "other/orders-0", "orders", 0, lab.config, lab.rules)
    batches = list(read_batches(data))
    for at in range(0, len(batches), 5):
        follower.append_as_follower(b"".join(bytes(b.data) for b in batches[at : at + 5]))
    assert everything(follower) == everything(log) != []
    assert replicated(follower) == replicated(log) < log.log_end_offset


@pytest.mark.parametrize("end", ["close", "crash", "power_cut"])
def test_they_are_known_after_a_restart(lab, log, writers, end):
    everyday(writers)
    before, stable = everything(log), replicated(log)
    if end == "close":
        log.close()
    elif end == "crash":
        lab.crash(log)
    else:
        log.flush()
        lab.power_cut(log)
    log = lab.open(clean=end == "close")
    assert everything(log) == before
    assert replicated(log) == stable


def test_a_truncation_forgets_those_whose_marker_it_cut_off(lab, log, writers):
    everyday(writers)
    before = everything(log)
    while log.log_end_offset > 1:
        log.truncate_to(log.log_end_offset - 1)
        end = log.log_end_offset
        assert everything(log) == [entry for entry in before if entry.last_offset < end]
        assert lab.open().log_end_offset == end
    log.truncate_fully_and_start_at(50)
    assert everything(log) == [] and indexes(lab) == []


def test_retention_takes_the_indexes_of_the_segments_it_takes(lab, log, writers):
    everyday(writers)
    log.config = dataclasses.replace(log.config, retention_bytes=1)
    log.high_watermark = log.log_end_offset
    log.delete_old_segments()
    bases = [f"{s.base_offset:020d}" for s in log.segments]
    assert {name.partition(".")[0] for name in indexes(lab)} <= set(bases)
    assert not [name for name in lab.files() if name.endswith(".deleted")]


# -- damage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["longer", "shorter", "version", "order", "empty beginning"])
def test_a_damaged_index_is_made_again_from_the_log(lab, log, writers, damage):
    everyday(writers)
    before = everything(log)
    log.close()
    disk = lab.world.disk
    for name in indexes(lab):
        data = bytearray(disk.read_bytes(f"orders-0/{name}"))
        if damage == "longer":
            data += b"\x00" * 7
        elif damage == "shorter":
            del data[-1]
        elif damage == "version":
            data[1] = 1
        elif damage == "order":
            data[18:26] = (2**40).to_bytes(8, "big")
        else:
            data[:34] = bytes(34)
        disk.write_atomic(f"orders-0/{name}", bytes(data))
    log = lab.open(clean=True)
    assert everything(log) == before
    log.close()
    assert everything(lab.open(clean=True)) == before


def test_an_abort_after_a_restart_goes_to_an_index_that_was_torn(lab, writers):
    log = lab.open(segment_bytes=10_000)
    writers.log = log
    for _ in range(3):
        writers.write(1)
        writers.abort(1)
    writers.write(1)
    before = everything(log)
    log.close()
    [name] = indexes(lab)
    disk = lab.world.disk
    disk.write_atomic(f"orders-0/{name}", disk.read_bytes(f"orders-0/{name}")[:-3])
    writers.log = log = lab.open(clean=True)
    last = writers.abort(1)
    assert everything(log) == [*before, AbortedTransaction(1, last - 1, last, last + 1)]


def test_a_damaged_log_is_said_to_be_damaged_rather_than_believed(lab, writers):
    log = writers.log = lab.open(segment_bytes=10_000)
    writers.write(1)
    writers.write(1)
    writers.abort(1)
    log.close()
    path = "orders-0/00000000000000000000.log"
    data = bytearray(lab.world.disk.read_bytes(path))
    data[43:51] = (9).to_bytes(8, "big")  # the first batch's producer id
    lab.world.disk.write_atomic(path, bytes(data))
    log = lab.open(clean=True)
    assert refused(lambda: everything(log)) == ErrorCode.CORRUPT_MESSAGE


# -- compaction ----------------------------------------------------------------------------------------------------


def compact(lab, log) -> None:
    log.roll()
    log.append_as_leader(build_batch([NewRecord(lab.now_ms(), b"end", b"1")]), 0)
    log.high_watermark = log.log_end_offset
    dirty = dirty_part(log, lab.now_ms())
    assert dirty is not None
    for _ in clean(log, dirty, 1000):
        pass


def test_a_compaction_keeps_the_entries_whose_batches_it_met(lab, log, writers):
    log.config = dataclasses.replace(log.config, cleanup_policy="compact", segment_bytes=2000)
    log.append_as_leader(build_batch([NewRecord(START_MS, b"x", b"1")]), 0)
    first = writers.write(1, b"a")
    writers.write(1, b"b")
    last = writers.abort(1)
    writers.write(2, b"a")
    writers.commit(2)
    noted = [AbortedTransaction(1, first, last, last + 1)]
    compact(lab, log)
    assert everything(log) == noted, "its last batch stays, empty, for the producer's sequence"
    kept = [b.header for b in read_batches(log.read(0, 9999)) if b.header.producer_id == 1]
    assert [h.record_count for h in kept] == [0, 1]
    log.close()
    log = lab.open(clean=True)
    log.high_watermark = log.log_end_offset
    left = [AbortedTransaction(1, kept[0].base_offset, last, last + 1)]
    assert everything(log) == left, "as the log says it now"
    assert log.producers.expire(START_MS + 10, 5) == 2
    compact(lab, log)
    assert everything(log) == left
    assert not [b for b in read_batches(log.read(0, 9999)) if b.header.base_offset == kept[0].base_offset]
    log.roll()
    compact(lab, log)
    assert everything(log) == [], "no batch of it was met any more"


def test_expired_producers_leave_no_empty_batches(lab, log):
    log.config = dataclasses.replace(log.config, cleanup_policy="compact", segment_bytes=2000)
    writers = Writers(log)
    for _ in range(3):
        writers.write(5, transactional=False)
    log.append_as_leader(build_batch([NewRecord(START_MS, b"k", b"newer")]), 0)
    compact(lab, log)

    def left() -> list[int]:
        return [b.header.record_count for b in read_batches(log.read(0, 9999)) if b.header.producer_id == 5]

    assert left() == [0]
    assert log.producers.expire(START_MS + 999, 1000) == 0
    compact(lab, log)
    assert left() == [0]
    assert log.producers.expire(START_MS + 1000, 1000) == 1
    compact(lab, log)
    assert left() == []


def test_a_producer_with_an_open_transaction_does_not_expire(log, writers):
    writers.write(1)
    assert log.producers.expire(START_MS * 2, 1) == 0
    assert replicated(log) == 0
