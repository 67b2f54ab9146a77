"""What a log costs its disk when it is made, started after a clean end, and closed: counted, as there are thousands."""

import uuid
from dataclasses import replace

import pytest

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch
from minikafka.world import SimulatedUniverse


class CountingDisk:
    """What is asked of a disk, by name, in order."""

    def __init__(self, disk):
        self._disk = disk
        self.asked = []

    def __getattr__(self, name):
        found = getattr(self._disk, name)
        if not callable(found):
            return found

        def call(*args, **options):
            self.asked.append(name)
            return found(*args, **options)

        return call


@pytest.fixture
def world():
    with SimulatedUniverse(1) as universe:
        world = universe.world("broker-1")
        yield replace(world, disk=CountingDisk(world.disk))


def opened(world, *, clean=True):
    return Log.open(
        world,
        "orders-0",
        "orders",
        0,
        LogConfig(),
        Rules(),
        clean_shutdown=clean,
        recovery_point=0,
        topic_id=uuid.UUID(int=1),
    )


def asked(world, work):
    """What `work()` asks of the disk; and the syncs that it costs."""
    disk = world.disk
    disk.asked.clear()
    before = disk.counters.syncs
    work()
    return list(disk.asked), disk.counters.syncs - before


def test_a_new_log_makes_its_files_and_syncs_and_opens_none(world):
    calls, syncs = asked(world, lambda: opened(world, clean=False).epochs.assign(0, 0))
    assert calls == [
        "listfiles",
        "makedirs",
        "read_bytes",
        "write_new",
        "touch",
        "touch",
        "touch",
        "write_new",
    ]
    assert syncs == 0
    assert len(world.disk.files) == 0
    assert world.disk.listdir("orders-0") == [
        "00000000000000000000.index",
        "00000000000000000000.log",
        "00000000000000000000.timeindex",
        "leader-epoch-checkpoint",
        "partition.metadata",
    ], "as Kafka makes them"


def test_an_empty_log_costs_nothing_when_it_is_closed(world):
    log = opened(world, clean=False)
    log.epochs.assign(0, 0)
    assert asked(world, log.close) == ([], 0)


def test_an_empty_log_is_started_by_looking_once(world):
    first = opened(world, clean=False)
    first.epochs.assign(0, 0)
    first.close()
    calls, syncs = asked(world, lambda: opened(world))
    assert calls == ["listfiles", "read_bytes", "size", "read_bytes", "size", "size"]
    assert syncs == 0
    assert len(world.disk.files) == 0


def test_a_log_that_did_not_change_costs_nothing_when_it_is_closed(world):
    first = opened(world, clean=False)
    first.append_as_leader(build_batch([NewRecord(1, None, b"x")]), 0)
    calls, syncs = asked(world, first.close)
    assert syncs <= 5, "the log, its time index, the epochs, two directories"
    end = first.recovery_point
    assert end == 1

    def life():
        log = Log.open(
            world, "orders-0", "orders", 0, LogConfig(), Rules(), clean_shutdown=True, recovery_point=end
        )
        assert log.log_end_offset == 1
        log.close()

    calls, syncs = asked(world, life)
    assert syncs == 0
    assert calls.count("listfiles") == 1
    assert calls.count("open") == 1, "the log's own file, to find its end"
    assert not {"write_atomic", "write_new", "touch", "rename", "remove"} & set(calls)


def test_many_logs_are_closed_as_one_is_and_synced_together(world):
    first, second = (
        Log.open(world, name, "orders", number, LogConfig(), Rules())
        for number, name in enumerate(("orders-0", "orders-1"))
    )
    for log in (first, second):
        log.append_as_leader(build_batch([NewRecord(1, None, b"x")]), 0)
    first.close()
    calls, _ = asked(world, lambda: Log.close_all(world.disk, [second]))
    assert calls.count("sync_together") == 1
    assert "sync_dir" not in calls
    assert second.recovery_point == first.recovery_point == 1
    files = [
        {name: world.disk.read_bytes(f"{d}/{name}") for name in world.disk.listdir(d)}
        for d in ("orders-0", "orders-1")
    ]
    assert files[0] == files[1]
    assert len(world.disk.files) == 0


def test_what_a_killed_life_left_is_synced_before_the_first_append_and_not_at_the_start(world):
    killed = opened(world, clean=False)
    killed.append_as_leader(build_batch([NewRecord(1, None, b"x")]), 0)
    killed.abandon()
    again = []
    _, syncs = asked(world, lambda: again.append(opened(world, clean=False)))
    assert again[0].log_end_offset == 1
    at_start = syncs
    _, syncs = asked(world, lambda: again[0].append_as_leader(build_batch([NewRecord(2, None, b"y")]), 0))
    assert syncs >= 2, "the log and its directory, at least"
    _, syncs = asked(world, lambda: again[0].append_as_leader(build_batch([NewRecord(3, None, b"z")]), 0))
    assert syncs == 0
    assert at_start <= 1, "the time index, which recovery made anew"
