"""What a log costs its disk when it is made, started after a clean end, and closed: counted, as there are thousands."""

import uuid
from dataclasses import replace

import pytest

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Organs
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
        Organs(),
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
            world, "orders-0", "orders", 0, LogConfig(), Organs(), clean_shutdown=True, recovery_point=end
        )
        assert log.log_end_offset == 1
        log.close()

    calls, syncs = asked(world, life)
    assert syncs == 0
    assert calls.count("listfiles") == 1
    assert calls.count("open") == 1, "the log's own file, to find its end"
    assert not {"write_atomic", "write_new", "touch", "rename", "remove"} & set(calls)
