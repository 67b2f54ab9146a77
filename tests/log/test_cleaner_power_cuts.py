"""The process or the power goes at every single disk operation of a pass: nothing is lost, nothing old comes back."""

from __future__ import annotations

import dataclasses

import pytest

from minikafka.records.control import end_transaction_batch
from tests.log.conftest import Lab
from tests.log.test_cleaner import after, batches_in, compact, put, records_in, small

CHANGES = {"remove", "rename", "sync_dir", "write_atomic", "rmtree", "append", "truncate", "sync", "write_at"}


class Gone(BaseException):
    """The process ends here."""


class Fuse:
    """Lets `left` changes through, to a disk and to the files opened on it."""

    def __init__(self, target, count):
        self._target, self._count = target, count

    def __getattr__(self, name):
        found = getattr(self._target, name)
        if name == "open":
            return lambda *args, **options: Fuse(found(*args, **options), self._count)
        if name not in CHANGES:
            return found

        def change(*args, **options):
            self._count[0] -= 1
            if self._count[0] < 0:
                raise Gone
            return found(*args, **options)

        return change


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


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("end", ["crash", "power_cut"])
def test_a_pass_may_end_at_any_disk_operation(end, seed):
    operations, whole = 0, False
    while not whole:
        lab = Lab(seed * 1000 + operations)
        log = workload(lab)
        written, expected = set(records_in(log)), newest(records_in(log))
        cleaned, point = log.cleaned_up_to, log.recovery_point
        log.abandon()
        lab.world = dataclasses.replace(lab.world, disk=Fuse(lab.world.disk, count := [10**9]))
        log = lab.open(recovery_point=point)
        log.cleaned_up_to = cleaned
        count[0] = operations
        try:
            assert compact(log)
            whole = True
        except Gone:
            pass
        count[0] = 10**9
        getattr(lab, end)(log)
        log = lab.open(recovery_point=point)
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


def committed(log):
    """Key and value of each record that a reader of committed records is shown, as Kafka's consumer finds them."""
    waiting = sorted(log.aborted_transactions(0, log.log_end_offset), key=lambda entry: entry.first_offset)
    aborted, shown = set(), []
    for batch in batches_in(log):
        header = batch.header
        while waiting and waiting[0].first_offset <= header.last_offset:
            aborted.add(waiting.pop(0).producer_id)
        if header.is_control:
            if any(record.key == b"\0\0\0\0" for record in batch.records()):
                aborted.discard(header.producer_id)
        elif not (header.is_transactional and header.producer_id in aborted):
            shown += [(record.offset, record.key, record.value) for record in batch.records()]
    return shown


def transactions(lab):
    """Keys that aborted and committed transactions of two producers wrote, over several segments."""
    log = small(lab, delete_retention_ms=60_000, segment_bytes=500)
    for number in range(12):
        for producer in (1, 2):
            put(
                log,
                [(f"k{number % 3}", f"{producer} {number}" * 9)],
                producer_id=producer,
                producer_epoch=0,
                base_sequence=number,
                transactional=True,
            )
            if (number + producer) % 3 == 0:
                marker = end_transaction_batch(
                    commit=number % 2 == 0,
                    coordinator_epoch=0,
                    timestamp_ms=lab.now_ms(),
                    producer_id=producer,
                    producer_epoch=0,
                )
                log.append_as_leader(marker, 0, origin="coordinator")
        put(log, [(f"k{number % 4}", f"plain {number}")])
    for producer in (1, 2):
        marker = end_transaction_batch(
            commit=False,
            coordinator_epoch=0,
            timestamp_ms=lab.now_ms(),
            producer_id=producer,
            producer_epoch=0,
        )
        log.append_as_leader(marker, 0, origin="coordinator")
    log.roll()
    put(log, [("end", "1")])
    log.flush()
    return log


@pytest.mark.parametrize("end", ["crash", "power_cut"])
def test_no_aborted_record_is_ever_shown_however_a_pass_ends(end):
    operations, whole = 0, False
    while not whole:
        lab = Lab(operations)
        log = transactions(lab)
        before, expected = set(committed(log)), newest(committed(log))
        assert len(log.aborted_transactions(0, log.log_end_offset)) > 4
        point = log.recovery_point
        log.abandon()
        lab.world = dataclasses.replace(lab.world, disk=Fuse(lab.world.disk, count := [10**9]))
        log = lab.open(recovery_point=point)
        committed(log)
        count[0] = operations
        try:
            assert compact(log)
            whole = True
        except Gone:
            pass
        count[0] = 10**9
        getattr(lab, end)(log)
        log = lab.open(recovery_point=point)
        assert set(committed(log)) <= before, operations
        assert newest(committed(log)) == expected, operations
        after(lab, 61_000)
        log.producers.expire(2**60, 1)
        for _ in range(3):
            log.roll()
            put(log, [("end", "1")])
            compact(log)
            assert newest(committed(log)) == expected, operations
            after(lab, 61_000)
        assert log.aborted_transactions(0, log.log_end_offset) == [], operations
        operations += 1
    assert operations > 30
