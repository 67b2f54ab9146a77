"""Idempotence: retries are answered with their first offsets, gaps and zombies are refused."""

from __future__ import annotations

import pytest

from minikafka.log.producer_snapshots import CorruptSnapshot, decode_snapshot, encode_snapshot
from minikafka.log.producers import ProducerStates
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.checksum import crc32c
from minikafka.records.control import end_transaction_batch

START_MS = 1_700_000_000_000


def produce(
    log, sequence: int, count: int = 1, *, producer_id: int = 5, epoch: int = 0, transactional: bool = False
):
    data = build_batch(
        [NewRecord(START_MS, b"k", b"v")] * count,
        producer_id=producer_id,
        producer_epoch=epoch,
        base_sequence=sequence,
        transactional=transactional,
    )
    return log.append_as_leader(data, 0)


def refusal(log, sequence: int, count: int = 1, **options) -> ErrorCode:
    with pytest.raises(ApiError) as error:
        produce(log, sequence, count, **options)
    return error.value.code


def test_each_of_the_last_five_batches_is_recognised(lab):
    log = lab.open()
    offsets = [produce(log, sequence, 2).first_offset for sequence in range(0, 14, 2)]
    end = log.log_end_offset
    for number in range(2, 7):
        again = produce(log, number * 2, 2)
        assert again.duplicate and (again.first_offset, again.last_offset) == (
            offsets[number],
            offsets[number] + 1,
        )
    assert log.log_end_offset == end
    assert refusal(log, 2, 2) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_a_gap_and_an_overlap_are_out_of_order(lab):
    log = lab.open()
    produce(log, 0, 3)
    for sequence, count in ((4, 1), (1, 2), (0, 2), (2, 2)):
        assert refusal(log, sequence, count) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert not produce(log, 3).duplicate


def test_a_forgotten_producer_may_begin_anywhere(lab):
    assert produce(lab.open(), 77).first_offset == 0


def test_a_new_epoch_begins_at_zero_and_fences_the_old(lab):
    log = lab.open()
    produce(log, 0, epoch=1)
    assert refusal(log, 5, epoch=2) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    produce(log, 0, epoch=2)
    assert refusal(log, 1, epoch=1) == ErrorCode.INVALID_PRODUCER_EPOCH


def test_sequences_wrap_after_two_to_the_31(lab):
    log = lab.open()
    produce(log, 2**31 - 2, 2)
    assert produce(log, 0).first_offset == 2
    assert produce(log, 2**31 - 2, 2).duplicate


@pytest.mark.parametrize("clean", [True, False])
def test_duplicates_are_known_after_a_restart(lab, clean):
    log = lab.open(segment_bytes=300)
    for sequence in range(12):
        produce(log, sequence)
        produce(log, sequence, producer_id=6)
    if clean:
        log.close()
    else:
        lab.crash(log)
    log = lab.open(clean=clean)
    assert produce(log, 11).duplicate and produce(log, 11, producer_id=6).duplicate
    assert refusal(log, 13) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert not produce(log, 12).duplicate


@pytest.mark.parametrize("clean", [True, False])
def test_all_of_the_last_five_batches_are_known_after_a_restart(lab, clean):
    """Their answers may have been lost with the broker; one that wasn't known would come twice."""
    log = lab.open(segment_bytes=300)
    for sequence in range(12):
        produce(log, sequence)
    if clean:
        log.close()
    else:
        lab.crash(log)
    log = lab.open(clean=clean)
    assert [produce(log, sequence).first_offset for sequence in range(7, 12)] == [7, 8, 9, 10, 11]
    assert all(produce(log, sequence).duplicate for sequence in range(7, 12))
    assert not produce(log, 12).duplicate


def test_a_truncation_forgets_what_it_cut_off(lab):
    log = lab.open(segment_bytes=300)
    for sequence in range(10):
        produce(log, sequence)
    log.truncate_to(6)
    assert refusal(log, 9) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert produce(log, 6).first_offset == 6


def test_a_broken_snapshot_is_not_believed(lab):
    log = lab.open()
    for sequence in range(4):
        produce(log, sequence)
    log.close()
    path = next(f"orders-0/{name}" for name in lab.files() if name.endswith(".snapshot"))
    data = bytearray(lab.world.disk.read_bytes(path))
    data[-3] ^= 8
    lab.world.disk.write_atomic(path, bytes(data))
    assert produce(lab.open(clean=True), 3).duplicate


def test_snapshots_have_kafkas_layout():
    states = ProducerStates("orders-0")
    good = encode_snapshot(states)
    assert decode_snapshot(good) == []
    assert good[:2] == b"\x00\x01" and len(good) == 10
    for bad in (b"", good[:5], b"\x00\x02" + good[2:], good + b"x"):
        with pytest.raises(CorruptSnapshot):
            decode_snapshot(bad)


def test_a_snapshot_of_kafkas_own_has_the_last_batch_of_each_producer(lab):
    log = lab.open()
    for sequence in range(7):
        produce(log, sequence)
    ours = encode_snapshot(log.producers)
    entries = ours[6 : 10 + 46]
    kafkas = ours[:2] + crc32c(entries).to_bytes(4, "big") + entries
    (state,) = decode_snapshot(kafkas)
    assert [batch.last_sequence for batch in state.batches] == [6]
    (state,) = decode_snapshot(ours)
    assert [batch.last_sequence for batch in state.batches] == [2, 3, 4, 5, 6]
    cut = ours[6:-1]
    with pytest.raises(CorruptSnapshot):
        decode_snapshot(ours[:2] + crc32c(cut).to_bytes(4, "big") + cut)


def test_an_open_transaction_holds_the_last_stable_offset(lab):
    log = lab.open()
    produce(log, 0, transactional=True)
    produce(log, 0, producer_id=9)
    log.high_watermark = 2
    assert log.last_stable_offset == 0
    assert refusal(log, 1) == ErrorCode.INVALID_TXN_STATE
    marker = end_transaction_batch(
        commit=True, coordinator_epoch=0, timestamp_ms=START_MS, producer_id=5, producer_epoch=0
    )
    log.append_as_leader(marker, 0, origin="coordinator")
    log.high_watermark = 3
    assert log.last_stable_offset == 3
    lab.crash(log)
    log = lab.open()
    log.high_watermark = 3
    assert log.last_stable_offset == 3
