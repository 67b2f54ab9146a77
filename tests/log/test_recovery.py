"""Reopening: everything after a crash, all that was flushed after a power cut, nothing wrong ever."""

from __future__ import annotations

import pytest

LOG = "orders-0/00000000000000000000.log"


def fill(log, batch_of, count: int, epoch: int = 0) -> None:
    for number in range(count):
        log.append_as_leader(batch_of(b"%d" % number, b"x" * 80), epoch)


@pytest.mark.parametrize("clean", [True, False])
def test_a_log_reopens_as_it_was(lab, batch_of, values_in, clean):
    log = lab.open(segment_bytes=900, index_interval_bytes=100)
    fill(log, batch_of, 20, 3)
    fill(log, batch_of, 20, 5)
    before = log.snapshot(), values_in(log), log.epochs.entries
    if clean:
        log.close()
    else:
        lab.crash(log)
    log = lab.open(clean=clean)
    again = log.snapshot(), values_in(log), log.epochs.entries
    assert again[1:] == before[1:]
    sizes = [[(s.base_offset, s.next_offset, s.size_bytes, s.index_bytes) for s in snap.segments]
             for snap in (before[0], again[0])]  # fmt: skip
    assert sizes[0] == sizes[1]
    fill(log, batch_of, 1, 5)
    assert log.log_end_offset == 82


def test_a_torn_tail_is_cut_at_every_byte(lab, batch_of, values_in):
    log = lab.open()
    fill(log, batch_of, 3)
    size, before = log.size_bytes, values_in(log)
    lab.crash(log)
    data = lab.world.disk.read_bytes(LOG)
    for cut in range(size - 1, size // 3 - 1, -1):
        lab.world.disk.write_atomic(LOG, data[:cut])
        log = lab.open(clean=cut % 2 == 0)  # even a marker of a clean shutdown doesn't save a torn batch
        whole = cut * 3 // size
        assert values_in(log) == before[: whole * 2] and log.size_bytes == whole * size // 3
        log.abandon()


def test_garbage_after_the_last_batch_is_cut(lab, batch_of, values_in):
    log = lab.open()
    fill(log, batch_of, 3)
    before = values_in(log)
    lab.crash(log)
    for garbage in (b"\x00" * 500, b"\xff" * 500, bytes(range(256))):
        file = lab.world.disk.open(LOG)
        file.append(garbage)
        file.close()
        events = []
        lab.world.trace.subscribe(lambda traced, events=events: events.append(traced.event))
        log = lab.open()
        assert values_in(log) == before
        assert [(e.kind, e.truncated_bytes) for e in events] == [("LogRecovered", len(garbage))]
        log.abandon()


def test_a_bad_batch_takes_all_later_segments_along(lab, batch_of, values_in):
    log = lab.open(segment_bytes=900)
    fill(log, batch_of, 20)
    before = values_in(log)
    second = log.segments[1]
    lab.crash(log)
    file = lab.world.disk.open(second.path)
    file.write_at(second.size_bytes - 5, b"!")
    file.close()
    log = lab.open()
    assert log.log_end_offset == second.next_offset - 2
    assert values_in(log) == before[: log.log_end_offset]
    assert len(log.segments) == 2


def test_only_segments_from_the_recovery_point_on_are_scanned(lab, batch_of):
    log = lab.open(segment_bytes=900)
    fill(log, batch_of, 20)
    lab.crash(log)
    events = []
    lab.world.trace.subscribe(lambda traced: events.append(traced.event))
    lab.open(recovery_point=log.segments[-2].base_offset + 1)
    assert [(event.kind, event.segments) for event in events] == [("LogRecovered", 2)]


def test_a_clean_start_reads_little_of_a_large_log(lab, batch_of):
    log = lab.open(segment_bytes=10_000)
    for _ in range(60):
        log.append_as_leader(batch_of(b"x" * 900), 0)
    log.close()
    disk = lab.world.disk
    read = []

    class Counting:
        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def read_at(self, position, size_bytes):
            read.append(size_bytes)
            return self.file.read_at(position, size_bytes)

    class CountingDisk:
        def __getattr__(self, name):
            return getattr(disk, name)

        def open(self, path, *, create=False):
            return Counting(disk.open(path, create=create))

    import dataclasses

    lab.world = dataclasses.replace(lab.world, disk=CountingDisk())
    assert lab.open(clean=True).log_end_offset == 60
    assert sum(read) < 16_000


@pytest.mark.parametrize("suffix", [".index", ".timeindex"])
@pytest.mark.parametrize("damage", ["missing", "empty", "odd", "zeros", "reversed", "ones"])
def test_a_damaged_index_is_made_again(lab, batch_of, values_in, suffix, damage):
    log = lab.open(segment_bytes=3000, index_interval_bytes=100)
    fill(log, batch_of, 40)
    before = values_in(log)
    log.close()
    disk = lab.world.disk
    for name in lab.files():
        if name.endswith(suffix):
            path = f"orders-0/{name}"
            data = disk.read_bytes(path)
            if damage == "missing":
                disk.remove(path)
                continue
            disk.write_atomic(
                path,
                {"empty": b"", "odd": data[:-3], "zeros": data + bytes(240), "reversed": data[::-1],
                 "ones": b"\x01" * len(data)}[damage],
            )  # fmt: skip
    log = lab.open(clean=True)
    assert values_in(log) == before
    for offset in range(0, 80, 7):
        assert values_in(log, offset) == before[offset:]
    fill(log, batch_of, 5)
    log.close()
    assert values_in(lab.open(clean=True))[: len(before)] == before


@pytest.mark.parametrize("clean", [True, False])
def test_a_lost_or_torn_epoch_file_is_made_again_from_the_batches(lab, batch_of, clean):
    log = lab.open(segment_bytes=900)
    fill(log, batch_of, 12, 3)
    fill(log, batch_of, 12, 9)
    before = log.epochs.entries
    log.close()
    lab.world.disk.write_atomic("orders-0/leader-epoch-checkpoint", b"0\n2\n3 0")
    assert lab.open(clean=clean).epochs.entries == before


def test_leftovers_of_a_deletion_are_removed(lab, batch_of):
    log = lab.open()
    fill(log, batch_of, 1)
    log.close()
    for name in (
        "00000000000000000007.index",
        "00000000000000000003.log.deleted",
        "00000000000000000000.log.cleaned",
    ):
        lab.world.disk.write_atomic(f"orders-0/{name}", b"x")
    lab.open(clean=True)
    assert not [name for name in lab.files() if "deleted" in name or "cleaned" in name or "7.index" in name]


def test_rolled_segments_are_synced_one_by_one_and_then_not_scanned(lab, batch_of):
    log = lab.open(segment_bytes=900)
    assert not log.has_unflushed_segment
    fill(log, batch_of, 20)
    while log.has_unflushed_segment:
        before = log.recovery_point
        log.flush_rolled()
        assert log.recovery_point > before
    active = log.segments[-1]
    assert log.recovery_point == active.base_offset
    lab.power_cut(log)
    events = []
    lab.world.trace.subscribe(lambda traced: events.append(traced.event))
    log = lab.open(recovery_point=active.base_offset)
    assert log.log_end_offset >= active.base_offset
    assert [event.segments for event in events] in ([1], [])


def test_a_log_that_began_anew_has_no_rolled_segment(lab, batch_of):
    log = lab.open()
    log.truncate_fully_and_start_at(100)
    assert not log.has_unflushed_segment
    log.flush_rolled()
    fill(log, batch_of, 1)
    log.flush_rolled()
    assert log.recovery_point == 0


@pytest.mark.parametrize("suffix", ["index", "timeindex", "txnindex"])
def test_an_index_without_a_log_stops_no_start(lab, batch_of, suffix):
    """The power went while the only segment was removed."""
    log = lab.open()
    lab.crash(log)
    lab.world.disk.remove(LOG)
    lab.world.disk.write_atomic(LOG.replace(".log", f".{suffix}"), b"x" * 34)
    log = lab.open(clean=False)
    fill(log, batch_of, 1)
    assert log.log_end_offset == 2
