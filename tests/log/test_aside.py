"""What a recovery takes out of a log is kept beside it, if records are among it."""

from __future__ import annotations

import pytest

from minikafka.records.batch import read_batches


def fill(log, batch_of, count: int) -> None:
    for number in range(count):
        log.append_as_leader(batch_of(b"value %d" % number, b"x" * 80), 0)


def kept(lab) -> list[tuple[str, int]]:
    """(folder, offset) of every whole record that was set aside."""
    disk, found = lab.world.disk, []
    for folder in disk.listdir(""):
        if folder.endswith("-stray"):
            for name in disk.listdir(folder):
                if name.endswith(".log"):
                    data = memoryview(disk.read_bytes(f"{folder}/{name}"))
                    while data:
                        size = int.from_bytes(data[8:12], "big") + 12
                        [batch] = read_batches(data[:size])
                        if batch.crc_is_valid():
                            found += [(folder, record.offset) for record in batch.records()]
                        data = data[size:]
    return found


def test_records_behind_a_damaged_batch_are_kept(lab, batch_of, values_in):
    log = lab.open(segment_bytes=900)
    fill(log, batch_of, 20)
    path = log.segments[1].path
    before = values_in(log)
    assert len(log.segments) == 4
    lab.crash(log)
    raw = bytearray(lab.world.disk.read_bytes(path))
    raw[12 + int.from_bytes(raw[8:12], "big") + 70] ^= 1  # of its second batch
    lab.world.disk.write_atomic(path, bytes(raw))
    log = lab.open()
    served = {offset for offset, _ in values_in(log)}
    found = kept(lab)
    damaged = {log.log_end_offset, log.log_end_offset + 1}
    assert served | {offset for _, offset in found} == {offset for offset, _ in before} - damaged
    assert len({folder for folder, _ in found}) == 1 and found[0][0].startswith("orders-0.")
    said = [t.event for t in lab.world.trace.recent if t.event.kind == "RecordsSetAside"]
    assert [(e.topic, e.partition, e.kept_as) for e in said] == [("orders", 0, found[0][0])]


def test_what_is_torn_leaves_nothing_beside_the_log(lab, batch_of):
    log = lab.open()
    fill(log, batch_of, 3)
    path, size = log.segments.active.path, log.size_bytes
    lab.crash(log)
    data = lab.world.disk.read_bytes(path)
    for torn in (data[: size - 20], data + b"\x02" * 500, data[: size // 2] + bytes(size // 2)):
        lab.world.disk.write_atomic(path, torn)
        lab.open().abandon()
    assert lab.world.disk.listdir("") == ["orders-0"]


@pytest.mark.parametrize("times", [3])
def test_a_log_that_a_note_says_was_deleted_is_kept_under_a_new_name_each_time(lab, batch_of, times):
    log = lab.open(segment_bytes=900)
    for number in range(times):
        fill(log, batch_of, 12)
        log.begin_anew_at(1000 * (number + 1))
        assert (log.log_start_offset, log.log_end_offset) == (1000 * (number + 1),) * 2
    found = kept(lab)
    assert len({folder for folder, _ in found}) == times and len(found) == 24 * times


@pytest.mark.parametrize("damage", ["a bit", "torn", "empty"])
def test_a_damaged_swap_file_takes_nobodys_place(lab, batch_of, values_in, damage):
    log = lab.open(segment_bytes=900)
    fill(log, batch_of, 20)
    path, before = log.segments[1].path, values_in(log)
    log.close()
    raw = bytearray(lab.world.disk.read_bytes(path))
    raw[200] ^= 1
    swap = {"a bit": bytes(raw), "torn": bytes(raw[:150]), "empty": b""}[damage]
    lab.world.disk.write_atomic(path + ".swap", swap)
    log = lab.open(clean=True)
    assert values_in(log) == before
    assert not [name for name in lab.files() if name.endswith(".swap")]
    [folder] = [name for name in lab.world.disk.listdir("") if name.endswith("-stray")]
    assert lab.world.disk.read_bytes(f"{folder}/{path.rpartition('/')[2]}.swap") == swap
