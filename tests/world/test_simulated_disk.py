"""SimDisk: what it keeps, what a power cut takes."""

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.world import DiskLocked, LiveUniverse, SimulatedUniverse


@pytest.fixture(params=["simulated", "live"])
def disk(request, tmp_path):
    if request.param == "simulated":
        with SimulatedUniverse(1) as universe:
            yield universe.world("broker-1").disk
    else:
        with LiveUniverse(tmp_path) as universe:
            yield universe.world("broker-1").disk


def test_both_disks_read_what_was_written(disk):
    disk.makedirs("orders-0/sub")
    disk.makedirs("orders-0")
    file = disk.open("orders-0/0.log", create=True)
    assert file.append(b"abc", bytearray(b"def"), memoryview(b"ghi")) == 9
    assert file.append() == 0
    file.write_at(1, b"XY")
    file.write_at(12, b"end")
    assert file.size == 15
    assert file.read_at(0, 100) == b"aXYdefghi\0\0\0end"
    assert file.read_at(4, 3) == b"efg"
    assert file.read_at(99, 3) == b""
    file.truncate(5)
    assert file.append(b"!") == 1
    file.sync()
    file.truncate(8)
    assert disk.open("orders-0/0.log").read_at(0, 100) == b"aXYde!\0\0"
    file.close()
    file.close()
    with pytest.raises(OSError, match=r".+"):
        file.append(b"closed")
    assert disk.size("orders-0/0.log") == 8
    assert disk.listdir("orders-0") == ["0.log", "sub"]
    assert disk.listdir("") == ["orders-0"]


def test_both_disks_append_many_and_large_buffers(disk):
    file = disk.open("big", create=True)
    assert file.append(*[bytes([n % 256]) * 3 for n in range(5000)]) == 15_000
    assert file.append(bytes(3_000_000)) == 3_000_000
    assert file.read_at(14_997, 5) == bytes([4999 % 256]) * 3 + b"\0\0"


def test_both_disks_rename_replace_and_remove(disk):
    disk.write_atomic("a", b"one")
    disk.write_atomic("a", b"two", sync=False)
    assert disk.read_bytes("a") == b"two"
    disk.write_atomic("b", b"other")
    disk.rename("a", "b")
    assert not disk.exists("a")
    assert disk.read_bytes("b") == b"two"
    disk.makedirs("dir/deep")
    disk.write_atomic("dir/deep/file", b"x")
    disk.rename("dir", "moved")
    assert disk.read_bytes("moved/deep/file") == b"x"
    disk.rmtree("moved")
    disk.remove("b")
    assert disk.listdir("") == []


def test_both_disks_refuse_alike(disk):
    disk.makedirs("dir/sub")
    disk.write_atomic("file", b"")
    for attempt in (
        lambda: disk.open("missing"),
        lambda: disk.open("nowhere/file", create=True),
        lambda: disk.read_bytes("missing"),
        lambda: disk.size("missing"),
        lambda: disk.listdir("missing"),
        lambda: disk.remove("missing"),
        lambda: disk.rename("missing", "x"),
        lambda: disk.rmtree("missing"),
    ):
        with pytest.raises(FileNotFoundError):
            attempt()
    with pytest.raises(IsADirectoryError):
        disk.open("dir")
    with pytest.raises(NotADirectoryError):
        disk.listdir("file")
    for path in ("/etc/passwd", "../other-host", "dir/../../other"):
        with pytest.raises(ValueError, match="inside"):
            disk.open(path)


def test_an_open_file_outlives_its_name(disk):
    file = disk.open("a", create=True)
    disk.rename("a", "b")
    file.append(b"x")
    assert disk.read_bytes("b") == b"x"
    disk.remove("b")
    file.append(b"y")
    assert file.read_at(0, 9) == b"xy"


def test_a_process_crash_loses_nothing():
    with SimulatedUniverse(1) as universe:
        universe.world("a").disk.open("log", create=True).append(b"unsynced")
        universe.crash("a")
        assert universe.world("a").disk.read_bytes("log") == b"unsynced"


def test_an_unsynced_name_may_be_lost_and_a_synced_one_never():
    kept = 0
    for seed in range(20):
        with SimulatedUniverse(seed) as universe:
            disk = universe.world("a").disk
            disk.makedirs("t-0")
            disk.open("t-0/synced", create=True)
            disk.sync_dir("t-0")
            disk.open("t-0/unsynced", create=True)
            disk.write_atomic("checkpoint", b"1")
            disk.open("t-0/late", create=True)
            universe.power_cut("a")
            disk = universe.world("a").disk
            names = disk.listdir("t-0")
            assert names[-2:] == ["synced", "unsynced"]  # the journal is written in order
            kept += "late" in names
            assert disk.read_bytes("checkpoint") == b"1"
    assert 0 < kept < 20


def test_an_atomic_write_is_old_or_new_after_a_power_cut():
    seen = set()
    for seed in range(30):
        with SimulatedUniverse(seed) as universe:
            disk = universe.world("a").disk
            disk.write_atomic("checkpoint", b"old")
            file = disk.open("checkpoint.next", create=True)
            file.append(b"new")
            file.sync()
            disk.rename("checkpoint.next", "checkpoint")
            universe.power_cut("a")
            seen.add(universe.world("a").disk.read_bytes("checkpoint"))
    assert seen == {b"old", b"new"}


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    appends=st.lists(st.tuples(st.binary(min_size=1, max_size=20), st.booleans()), max_size=12),
)
def test_after_a_power_cut_an_appended_file_holds_what_was_synced(seed, appends):
    """What was synced is there; behind it each byte is the one written or zero (a hole), never another."""
    with SimulatedUniverse(seed) as universe:
        disk = universe.world("a").disk
        file = disk.open("log", create=True)
        disk.sync_dir("")
        written, synced = b"", 0
        for data, sync in appends:
            file.append(data)
            written += data
            if sync:
                file.sync()
                synced = len(written)
        universe.power_cut("a")
        left = universe.world("a").disk.read_bytes("log")
        assert left[:synced] == written[:synced]
        assert len(left) <= len(written)
        assert all(byte in (written[n], 0) for n, byte in enumerate(left))


CHANGES = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 40), st.binary(min_size=1, max_size=12)),
    st.tuples(st.just("truncate"), st.integers(0, 40), st.just(b"")),
    st.tuples(st.just("sync"), st.just(0), st.just(b"")),
)


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 10_000), changes=st.lists(CHANGES, max_size=12))
def test_a_power_cut_finds_the_exact_content_of_the_last_sync(seed, changes):
    """Whatever was overwritten or cut off since, the durable state can be restored, and all ops can be
    replayed.
    """
    with SimulatedUniverse(seed) as universe:
        disk = universe.world("a").disk
        file = disk.open("log", create=True)
        disk.sync_dir("")
        model, durable = bytearray(), b""
        for kind, position, data in changes:
            if kind == "write":
                file.write_at(position, data)
                model.extend(bytes(max(0, position - len(model))))
                model[position : position + len(data)] = data
            elif kind == "truncate":
                file.truncate(position)
                del model[position:]
                model.extend(bytes(position - len(model)))
            else:
                file.sync()
                durable = bytes(model)
        assert file.read_at(0, 1000) == model
        inode = file._inode
        assert inode.durable() == durable
        if not inode.unsynced:
            universe.power_cut("a")
            assert universe.world("a").disk.read_bytes("log") == durable


def test_a_power_cut_is_the_same_for_the_same_seed():
    def left(seed):
        with SimulatedUniverse(seed) as universe:
            file = universe.world("a").disk.open("log", create=True)
            universe.world("a").disk.sync_dir("")
            for n in range(100):
                file.append(bytes([n]) * 50)
            universe.power_cut("a")
            return universe.world("a").disk.read_bytes("log")

    assert left(3) == left(3)
    assert len({left(seed) for seed in range(10)}) > 5


def test_many_unsynced_appends_do_not_pile_up():
    with SimulatedUniverse(1) as universe:
        file = universe.world("a").disk.open("log", create=True)
        universe.world("a").disk.sync_dir("")
        for n in range(20_000):
            file.append(bytes([n % 256]) * 3)
        assert len(file._inode.unsynced) <= 4097
        universe.power_cut("a")
        left = universe.world("a").disk.read_bytes("log")
        assert all(byte in ((n // 3) % 256, 0) for n, byte in enumerate(left))


def test_a_failing_disk_fails_as_often_as_told_and_where_told():
    with SimulatedUniverse(1) as universe:
        disk = universe.world("a").disk
        file = disk.open("t-0.log", create=True)
        universe.fail_disk("a", "ENOSPC", count=2, path="t-0.log")
        disk.write_atomic("elsewhere", b"fine")
        for _ in range(2):
            with pytest.raises(OSError, match="t-0") as failure:
                file.append(b"x")
            assert failure.value.errno == errno.ENOSPC
        file.append(b"x")
        universe.fail_disk("a", count=None)
        for _ in range(5):
            with pytest.raises(OSError, match="t-0") as failure:
                file.sync()
            assert failure.value.errno == errno.EIO
        assert file.read_at(0, 9) == b"x"
        universe.repair_disk("a")
        file.append(b"y")


def test_a_view_of_a_directory_is_the_same_disk_from_there(disk):
    view = disk.within("d1").within("inner")
    assert view.location == f"{disk.location}/d1/inner"
    view.makedirs("")
    view.makedirs("t-0")
    file = view.open("t-0/log", create=True)
    file.append(b"abc")
    file.sync()
    view.write_atomic("note", b"n")
    view.sync_dir("t-0")
    assert disk.read_bytes("d1/inner/t-0/log") == view.read_bytes("t-0/log") == b"abc"
    assert view.listdir("") == ["note", "t-0"] and disk.listdir("d1") == ["inner"]
    assert view.size("note") == 1 and view.exists("t-0") and not view.exists("d1")
    view.rename("t-0", "t-1")
    assert disk.exists("d1/inner/t-1/log") and not disk.exists("d1/inner/t-0")
    with pytest.raises(ValueError, match="inside"):
        view.read_bytes("../x")
    lock = view.lock(".lock")
    with pytest.raises(DiskLocked):
        disk.lock("d1/inner/.lock")
    lock.release()
    disk.lock("d1/inner/.lock").release()
    view.remove("note")
    view.rmtree("t-1")
    assert disk.listdir("d1/inner") == [".lock"]


def test_a_view_ends_with_the_life_of_its_host(tmp_path):
    for universe in (SimulatedUniverse(1), LiveUniverse(tmp_path)):
        with universe:
            view = universe.world("a").disk.within("d1")
            view.makedirs("")
            view.lock(".lock")
            universe.crash("a")
            with pytest.raises(OSError):
                view.listdir("")
            universe.world("a").disk.within("d1").lock(".lock").release()


def test_a_directory_whose_device_is_gone_can_not_even_be_read():
    with SimulatedUniverse(1) as universe:
        disk = universe.world("a").disk
        for directory in ("d1", "d10"):
            disk.makedirs(directory)
            disk.write_atomic(f"{directory}/file", b"x")
        file = disk.open("d1/file")
        universe.fail_disk("a", count=None, path="d1", gone=True)
        for attempt in (
            lambda: file.read_at(0, 1),
            lambda: file.append(b"y"),
            lambda: disk.read_bytes("d1/file"),
            lambda: disk.open("d1/file"),
            lambda: disk.listdir("d1"),
            lambda: disk.remove("d1/file"),
            lambda: disk.rename("d1/file", "d10/other"),
            lambda: disk.rmtree("d1"),
            lambda: disk.sync_dir("d1"),
            lambda: disk.within("d1").lock(".lock"),
        ):
            with pytest.raises(OSError) as failure:
                attempt()
            assert failure.value.errno == errno.EIO
        assert disk.read_bytes("d10/file") == b"x"
        universe.repair_disk("a")
        assert disk.read_bytes("d1/file") == b"x"


def test_a_live_disk_tells_the_space_of_its_volume(tmp_path):
    with LiveUniverse(tmp_path) as universe:
        disk = universe.world("a").disk
        disk.makedirs("")
        total, usable = disk.space()
        assert 0 < usable <= total
    with SimulatedUniverse(1) as universe:
        assert universe.world("a").disk.space() is None
