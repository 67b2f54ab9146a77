"""A bounded number of descriptors for any number of files, and nobody who holds a file notices."""

import errno
import subprocess
import sys

import pytest

from minikafka.world import LiveUniverse, SimulatedUniverse
from minikafka.world.open_files import BATCH


@pytest.fixture(params=["simulated", "live"])
def disk(request, tmp_path, monkeypatch):
    """One that may have two files open at a time."""
    if request.param == "simulated":
        with SimulatedUniverse(1) as universe:
            universe.limit_open_files("broker-1", 2)
            yield universe.world("broker-1").disk
    else:
        monkeypatch.setattr("minikafka.world.live._files_of_a_universe", lambda: 2)
        with LiveUniverse(tmp_path) as universe:
            yield universe.world("broker-1").disk


def opened(disk, *paths):
    return [disk.open(path, create=True) for path in paths]


def test_many_files_take_turns(disk):
    files = opened(disk, *[f"{n}.log" for n in range(20)])
    for turn in range(3):
        for number, file in enumerate(files):
            file.append(b"%d of %d;" % (turn, number))
            assert len(disk.files) <= 2
    for number, file in enumerate(files):
        assert file.read_at(0, 100) == b"".join(b"%d of %d;" % (turn, number) for turn in range(3))
        assert file.size == len(file.read_at(0, 100))
    for file in files:
        file.close()
        file.close()
        with pytest.raises(OSError, match="closed"):
            file.append(b"")
    assert len(disk.files) == 0


def test_a_file_that_is_used_stays_open(disk):
    active, *others = opened(disk, *[f"{n}.log" for n in range(10)])
    active.append(b"x")
    opens = []
    disk.files.make_room, make_room = lambda: (opens.append(1), make_room()), disk.files.make_room
    for other in others:
        active.append(b"x")
        other.read_at(0, 1)
    assert len(opens) <= len(others) + 1, "each of the others once, the active one not again and again"


def test_a_file_is_found_again_wherever_it_was_renamed_to(disk):
    disk.makedirs("logs/t-0")
    disk.makedirs("away")
    a, b = opened(disk, "logs/t-0/a.log", "logs/t-0/b.log")
    a.append(b"a")
    b.append(b"b")
    opened(disk, "c", "d")  # neither of the two has a descriptor now
    disk.rename("logs/t-0/a.log", "logs/t-0/a.log.swap")
    disk.rename("logs/t-0", "logs/t-0-stray")
    disk.rename("logs", "away/logs")
    disk.makedirs("logs/t-0")
    for file, new in ((a, "a.log.swap"), (b, "b.log")):
        file.append(b"!")
        assert disk.read_bytes(f"away/logs/t-0-stray/{new}") == file.read_at(0, 9)
    assert disk.listdir("logs/t-0") == []


def test_a_file_that_was_removed_is_not_made_again(disk):
    (file,) = opened(disk, "a.log")
    opened(disk, "b", "c")
    disk.remove("a.log")
    with pytest.raises(FileNotFoundError):
        file.append(b"x")
    assert not disk.exists("a.log")
    file.close()


def test_what_is_written_is_synced_before_its_descriptor_is_closed(disk):
    file, *others = opened(disk, "a", "b")
    for each in (file, *others):
        each.append(b"x")
    before = disk.counters.syncs
    for path in ("c", "d"):
        disk.open(path, create=True).append(b"x")
    assert disk.counters.syncs == before + 2
    file.sync()
    assert disk.counters.syncs == before + 2, "there is nothing left to sync"


def test_what_is_clean_is_closed_first(disk):
    written, read = opened(disk, "a", "b")
    written.append(b"x")
    before = disk.counters.syncs
    opened(disk, "c", "d", "e")
    assert disk.counters.syncs == before
    assert read.read_at(0, 1) == b""


def test_a_new_handle_syncs_what_an_earlier_one_wrote(disk):
    (first,) = opened(disk, "a")
    first.append(b"x")
    first.close()
    (second,) = opened(disk, "a")
    opened(disk, "b", "c")
    before = disk.counters.syncs
    second.sync()
    assert disk.counters.syncs == before + 1


def let_go_of_on_a_failing_disk(universe):
    universe.limit_open_files("broker-1", 1)
    disk = universe.world("broker-1").disk
    (file,) = opened(disk, "a.log")
    file.append(b"x")
    universe.fail_disk("broker-1", "EIO", path="a.log")
    opened(disk, "b")
    return disk, file


def test_the_disk_s_answer_to_a_sync_that_nobody_asked_for_is_told_at_the_next():
    with SimulatedUniverse(1) as universe:
        _, file = let_go_of_on_a_failing_disk(universe)
        assert file.read_at(0, 1) == b"x"
        with pytest.raises(OSError) as told:
            file.sync()
        assert told.value.errno == errno.EIO
        file.sync()


def test_a_sync_in_the_background_tells_it_too():
    with SimulatedUniverse(1) as universe:
        disk, _ = let_go_of_on_a_failing_disk(universe)

        async def scenario():
            with pytest.raises(OSError) as told:
                await disk.sync_in_background(["a.log"])
            assert told.value.errno == errno.EIO
            await disk.sync_in_background(["a.log"])

        universe.run(scenario())


@pytest.mark.parametrize(
    "needs_one",
    [
        lambda disk: disk.open("new", create=True),
        lambda disk: disk.open("a"),
        lambda disk: disk.listdir(""),
        lambda disk: disk.read_bytes("a"),
        lambda disk: disk.sync_dir(""),
        lambda disk: disk.write_atomic("note", b""),
    ],
)
def test_without_descriptors_only_what_is_open_goes_on(needs_one):
    with SimulatedUniverse(1) as universe:
        disk = universe.world("broker-1").disk
        (file,) = opened(disk, "a")
        disk.files.let_go_of_half, let_go = lambda: None, disk.files.let_go_of_half
        universe.fail_disk("broker-1", "EMFILE", count=None)
        with pytest.raises(OSError) as refused:
            needs_one(disk)
        assert refused.value.errno == errno.EMFILE
        file.append(b"goes on")
        file.sync()
        universe.repair_disk("broker-1")
        disk.files.let_go_of_half = let_go
        universe.fail_disk("broker-1", "EMFILE", count=1)
        needs_one(disk)  # the colder half was closed for it


def child(code, soft, hard):
    """What a process prints that has these limits of open files."""
    pytest.importorskip("resource")
    limits = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
    done = subprocess.run([sys.executable, "-c", limits + code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_soft_limit_is_raised_by_a_live_universe_and_not_by_an_import():
    code = """
import minikafka, minikafka.world
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
with minikafka.world.LiveUniverse():
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
    assert child(code, 200, 300) == ["200", "300"]


def test_a_process_whose_descriptors_others_took_lets_go_of_files():
    code = """
import os, minikafka.world
with minikafka.world.LiveUniverse() as universe:
    disk = universe.world("broker-1").disk
    files = [disk.open(f"{n}.log", create=True) for n in range(10)]
    taken = []
    try:
        while True:
            taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    disk.write_atomic("note", b"kept")
    for file in files:
        file.append(b"x")
    print(disk.read_bytes("note").decode(), sum(file.size for file in files))
"""
    assert child(code, 64, 64) == ["kept", "10"]


def test_a_low_limit_is_said_with_what_it_allows():
    code = """
from minikafka.world.open_file_limit import low_limit_sentence
print(low_limit_sentence())
"""
    words = child(code, 256, 256)
    assert " ".join(words) == (
        "This process may open 256 files: about 32 replicas that are written to at a time (more take turns) and "
        "96 connections; raise it with `ulimit -n`."
    )
    assert child(code, 4096, 4096) == ["None"]


def test_where_one_has_to_be_synced_the_next_are_too_at_the_same_time(tmp_path, monkeypatch):
    monkeypatch.setattr("minikafka.world.live._files_of_a_universe", lambda: 40)
    with LiveUniverse(tmp_path) as universe:
        disk = universe.world("broker-1").disk
        files = opened(disk, *[f"{n}.log" for n in range(40)])
        for file in files:
            file.append(b"x")
        disk.open("one more", create=True)
        assert disk.counters.syncs == BATCH
        opened(disk, *map(str, range(BATCH - 1)))
        assert disk.counters.syncs == BATCH, "these found clean ones to close"
