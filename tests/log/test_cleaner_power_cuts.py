"""The process or the power goes at every single disk operation of a pass: nothing is lost, nothing old comes back."""

from __future__ import annotations

import dataclasses

import pytest

from tests.log.conftest import Lab
from tests.log.test_cleaner import after, compact, put, records_in, small

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
