"""The process or the power goes at every single disk operation of a pass: nothing is lost, nothing old comes back."""

from __future__ import annotations

import pytest

from minikafka.records.control import end_transaction_batch
from tests.log.committed_beside_model import committed
from tests.log.conftest import Lab
from tests.log.fuse import Fuse, Gone, fused
from tests.log.test_cleaner import after, batches_in, compact, put, records_in, small


def workload(lab):
    """A log with overwritten and deleted keys, one of them old enough to go for good, ready for a pass."""
    log = small(lab, delete_retention_ms=60_000, segment_bytes=500)
    put(log, [("dead", "1"), ("a", "0")])
    put(log, [("dead", None)], producer_id=3, producer_epoch=0, base_sequence=0)
    for number in range(8):
        put(log, [(f"k{number % 3}", f"{number}" * 40)])
    compact(log)
    log.roll()
    after(lab, 61_000)
    for number in range(10):
        put(log, [(f"k{number % 4}", f"{number}+" * 20)])
    put(log, [("k1", None), ("a", "9")])
    log.roll()
    put(log, [("end", "1")])
    log.flush()
    return log


def newest(records):
    return {k: v for k, v in {k: v for _, k, v in records}.items() if v is not None}


def interrupted(lab, log, at, end):
    """A pass over `log` that ends before the change `at` of the disk, in that way: (the log opened again, whether the
    pass had come to its end)."""
    cleaned, point = log.cleaned_up_to, log.recovery_point
    log.abandon()
    lab.world = fused(lab.world, fuse := Fuse())
    log = lab.open(recovery_point=point)
    log.cleaned_up_to = cleaned
    fuse.arm(at)
    try:
        assert compact(log)
        whole = True
    except Gone:
        whole = False
    fuse.arm(-1)
    getattr(lab, end)(log)
    return lab.open(recovery_point=point), whole


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
@pytest.mark.parametrize("end", ["crash", "power_cut"])
def test_a_pass_may_end_at_any_disk_operation(end, seed):
    operations, whole = 0, False
    while not whole:
        lab = Lab(seed * 1000 + operations)
        log = workload(lab)
        written, expected, cleaned = set(records_in(log)), newest(records_in(log)), log.cleaned_up_to
        log, whole = interrupted(lab, log, operations, end)
        assert log.log_end_offset == 27 - 3, operations
        assert set(records_in(log)) <= written, operations
        assert newest(records_in(log)) == expected, operations
        assert not [n for n in lab.files() if n.endswith((".cleaned", ".swap", ".deleted"))]
        log.cleaned_up_to = cleaned
        log.roll()
        put(log, [("end", "2")])
        compact(log)
        assert newest(records_in(log)) == {**expected, "end": "2"}
        assert log.producers.get(3).last_sequence == 0
        operations += 1
    assert operations > 30


def shown(log):
    """Offset, key and value of each record that a reader of committed records is shown."""
    aborted = log.aborted_transactions(0, log.log_end_offset)
    return [(e.offset, e.key, e.value) for e in committed(batches_in(log), aborted)]


def transactions(lab):
    """Keys that aborted and committed transactions of two producers wrote, over several segments."""
    log = small(lab, delete_retention_ms=60_000, segment_bytes=500)

    def end(producer, *, commit):
        marker = end_transaction_batch(
            commit=commit,
            coordinator_epoch=0,
            timestamp_ms=lab.now_ms(),
            producer_id=producer,
            producer_epoch=0,
        )
        log.append_as_leader(marker, 0, origin="coordinator")

    for number in range(12):
        for producer in (1, 2):
            records = [(f"k{number % 3}", f"{producer} {number}" * 9)]
            put(
                log,
                records,
                producer_id=producer,
                producer_epoch=0,
                base_sequence=number,
                transactional=True,
            )
            if (number + producer) % 3 == 0:
                end(producer, commit=number % 2 == 0)
        put(log, [(f"k{number % 4}", f"plain {number}")])
    for producer in (1, 2):
        end(producer, commit=False)
    log.roll()
    put(log, [("end", "1")])
    log.flush()
    return log


@pytest.mark.slow
@pytest.mark.parametrize("end", ["power_cut", "crash"])
def test_no_aborted_record_is_ever_shown_however_a_pass_ends(end):
    operations, whole = 0, False
    while not whole:
        lab = Lab(operations)
        log = transactions(lab)
        before, expected = set(shown(log)), newest(shown(log))
        assert len(log.aborted_transactions(0, log.log_end_offset)) > 4
        log, whole = interrupted(lab, log, operations, end)
        assert set(shown(log)) <= before, operations
        assert newest(shown(log)) == expected, operations
        after(lab, 61_000)
        log.producers.expire(2**60, 1)
        for _ in range(3):
            log.roll()
            put(log, [("end", "1")])
            compact(log)
            assert newest(shown(log)) == expected, operations
            after(lab, 61_000)
        assert log.aborted_transactions(0, log.log_end_offset) == [], operations
        operations += 1
    assert operations > 30
