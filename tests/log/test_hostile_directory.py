"""A partition's directory in which somebody put what is none of the log's: it opens, and leaves that alone."""

from __future__ import annotations

import pytest

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.world import LiveUniverse

NO_FILES_OF_A_LOG = [
    "00000000000000000005.kafka",
    "5.log",
    "abc.log",
    "abc.index",
    "-0000000000000000001.log",
    "99999999999999999999.log",
    "99999999999999999999.snapshot",
    "\u0660" * 19 + "\u0667.log",
    "\u0660" * 20 + ".snapshot",
]
NO_SWAPS = ["00000000000000000000abc.log.swap", "abc.swap", "5.log.swap"]
DIRECTORIES = [
    "00000000000000000005.log",
    "00000000000000000007.index",
    "00000000000000000003.snapshot",
    "00000000000000000002.log.swap",
    "x.deleted",
    "x.tmp",
]


@pytest.fixture
def filled(lab, batch_of):
    log = lab.open(segment_bytes=300)
    for _ in range(10):
        log.append_as_leader(batch_of(b"value"), 0)
    log.close()
    return lab


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("name", NO_FILES_OF_A_LOG)
def test_names_that_no_log_has(filled, batch_of, values_in, name, clean):
    filled.world.disk.write_atomic(f"orders-0/{name}", b"not a batch")
    log = filled.open(clean=clean)
    assert log.append_as_leader(batch_of(b"more"), 0).first_offset == 10
    assert [offset for offset, _ in values_in(log)] == list(range(11))
    log.close()
    assert filled.world.disk.read_bytes(f"orders-0/{name}") == b"not a batch"


@pytest.mark.parametrize("name", NO_SWAPS)
def test_a_swap_file_of_no_segment_takes_nobodys_place(filled, values_in, name):
    filled.world.disk.write_atomic(f"orders-0/{name}", b"")
    assert len(values_in(filled.open(clean=True))) == 10


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("name", DIRECTORIES)
def test_directories_are_no_files(filled, batch_of, values_in, name, clean):
    filled.world.disk.makedirs(f"orders-0/{name}/inside")
    log = filled.open(clean=clean)
    for _ in range(5):
        log.append_as_leader(batch_of(b"more"), 0)
    assert [offset for offset, _ in values_in(log)] == list(range(15))
    log.close()
    assert filled.world.disk.listdir(f"orders-0/{name}") == ["inside"]


@pytest.mark.parametrize("suffix", [".index", ".timeindex", ".txnindex"])
def test_an_index_too_large_for_memory_is_made_again(tmp_path, batch_of, suffix):
    config = LogConfig(segment_bytes=300, index_interval_bytes=100)
    with LiveUniverse(tmp_path) as universe:
        world = universe.world("broker-1")
        log = Log.open(world, "orders-0", "orders", 0, config, Rules())
        for _ in range(10):
            log.append_as_leader(batch_of(b"value"), 0)
        log.close()
        file = world.disk.open(f"orders-0/{0:020d}{suffix}", create=True)
        file.truncate(1 << 42)  # a sparse file
        file.close()
        log = Log.open(world, "orders-0", "orders", 0, config, Rules(), clean_shutdown=True)
        assert len(log.read(0, 100, at_least_one=True)) > 0
        assert log.offset_for_timestamp(0) is not None
        assert log.aborted_transactions(0, 10) == []
        log.close()
        assert world.disk.size(f"orders-0/{0:020d}{suffix}") < 1000
