"""The first answer about aborted transactions after a start walks through a segment: in turns, while the log lives."""

from __future__ import annotations

import asyncio

import pytest

from minikafka.log import aborted_transactions, producer_snapshots
from minikafka.log.aborted_transactions import ChangedMeanwhile
from minikafka.log.transaction_index import AbortedTransaction
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.control import end_transaction_batch

START_MS = 1_700_000_000_000
LARGE = {"segment_bytes": 100_000, "index_interval_bytes": 1000}


@pytest.fixture(autouse=True)
def short_turns(monkeypatch):
    monkeypatch.setattr(producer_snapshots, "HEADERS_A_TURN", 4)
    monkeypatch.setattr(aborted_transactions, "BYTES_A_TURN", 500)


def put(log, producer: int, sequence: int) -> int:
    batch = build_batch(
        [NewRecord(START_MS, b"k", b"value")],
        producer_id=producer,
        producer_epoch=0,
        base_sequence=sequence,
        transactional=True,
    )
    return log.append_as_leader(batch, 0).first_offset


def abort(log, producer: int) -> int:
    marker = end_transaction_batch(
        commit=False, coordinator_epoch=0, timestamp_ms=START_MS, producer_id=producer, producer_epoch=0
    )
    return log.append_as_leader(marker, 0, origin="coordinator").first_offset


def rolled_back(log, producer: int, count: int) -> AbortedTransaction:
    offsets = [put(log, producer, sequence) for sequence in range(count)]
    marker = abort(log, producer)
    return AbortedTransaction(producer, offsets[0], marker, marker + 1)


@pytest.fixture
def reopened(lab):
    """A log of an earlier life, with what was rolled back in it."""
    log = lab.open(**LARGE)
    told = [rolled_back(log, producer, 20) for producer in (1, 2)]
    log.close()
    return lab.open(clean=True), told


def in_turns(log):
    return log.aborted.bear_out(log.segments.active)


def index_file(lab) -> str:
    (name,) = (name for name in lab.files() if name.endswith(".txnindex"))
    return f"orders-0/{name}"


def test_others_go_on_meanwhile(lab, reopened):
    log, told = reopened
    turns = 0
    assert not log.aborted.is_ready(0)

    async def others():
        nonlocal turns
        while not log.aborted.is_ready(0):
            turns += 1
            await asyncio.sleep(0)

    async def both():
        await asyncio.gather(log.aborted.get_ready(0, 1000), log.aborted.get_ready(0, 1000), others())

    lab.universe.run(both())
    assert 10 <= turns <= 15, "one walk for both"
    assert log.aborted_transactions(0, 100) == told


def test_what_is_appended_meanwhile_is_found(lab, reopened):
    log, told = reopened
    walk = in_turns(log)
    next(walk)
    told.append(rolled_back(log, 3, 30))
    next(walk)
    told.append(rolled_back(log, 4, 30))
    list(walk)
    assert log.aborted_transactions(0, 1000) == told
    log.close()
    assert lab.open(clean=True).aborted_transactions(0, 1000) == told


@pytest.mark.parametrize("at", [3, 40])
def test_a_broken_file_is_put_right_while_the_log_grows(lab, at):
    log = lab.open(**LARGE)
    told = [rolled_back(log, producer, 20) for producer in (1, 2)]
    log.close()
    path = index_file(lab)
    data = bytearray(lab.world.disk.read_bytes(path))
    data[at] ^= 0x10
    lab.world.disk.write_atomic(path, bytes(data))
    log = lab.open(clean=True)
    walk = in_turns(log)
    for _ in range(15):
        next(walk)
    told.append(rolled_back(log, 3, 10))
    list(walk)
    assert log.aborted_transactions(0, 1000) == told
    log.close()
    assert lab.open(clean=True).aborted_transactions(0, 1000) == told


def test_a_cut_ends_the_walk_and_the_next_begins_anew(reopened):
    log, told = reopened
    walk = in_turns(log)
    next(walk)
    log.truncate_to(30)
    for sequence in range(5):
        put(log, 5, sequence)
    with pytest.raises(ChangedMeanwhile):
        list(walk)
    assert log.aborted_transactions(0, 1000) == told[:1]
    assert abort(log, 5) == 35
    assert log.aborted_transactions(0, 1000)[1:] == [AbortedTransaction(5, 30, 35, 21)]


def test_a_log_that_is_deleted_meanwhile_gets_no_files(lab, reopened):
    log, _ = reopened
    walk = in_turns(log)
    next(walk)
    log.delete()
    with pytest.raises(ChangedMeanwhile):
        list(walk)
    assert not lab.world.disk.exists("orders-0")
