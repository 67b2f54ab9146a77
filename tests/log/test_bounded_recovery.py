"""How much a start after a crash reads: bounded by what the recovery point leaves, not by the size of the log."""

from uuid import UUID

import pytest

from minikafka.metadata.records import FeatureLevelRecord
from minikafka.quorum import MetadataLog, MetadataLost, VoterNode
from minikafka.world import SimulatedUniverse

SEGMENT_BYTES = 60_000
SEGMENTS = 40
VOTER = VoterNode(7, UUID(int=70), "c", 9093)


@pytest.fixture
def long_log(lab, batch_of):
    """A log of forty segments, each synced in the background after it was rolled, as a broker does."""
    log = lab.open(segment_bytes=SEGMENT_BYTES, index_interval_bytes=1000)
    number = 0
    while len(log.segments) < SEGMENTS:
        log.append_as_leader(batch_of(b"v" * 300, b"%d" % number), 1 + number // 500)
        number += 1
        if log.has_unflushed_segment:
            lab.universe.run(log.flush_rolled_in_background())
    for _ in range(30):  # half of one more
        log.append_as_leader(batch_of(b"v" * 300), 9)
    assert log.size_bytes > (SEGMENTS - 2) * SEGMENT_BYTES
    return log


@pytest.mark.parametrize("end", ["crash", "power_cut"])
def test_a_start_after_a_crash_reads_less_than_two_segments(lab, long_log, end):
    point, log_end = long_log.recovery_point, long_log.log_end_offset
    getattr(lab, end)(long_log)
    log = lab.open(recovery_point=point)
    assert 0 < lab.world.disk.counters.bytes_read < 2 * SEGMENT_BYTES
    assert (log.log_end_offset == log_end) if end == "crash" else (log.log_end_offset >= point)


def test_a_crash_before_the_last_sync_is_done_costs_one_segment_more(lab, batch_of, long_log):
    begun = len(long_log.segments)
    while len(long_log.segments) == begun:
        long_log.append_as_leader(batch_of(b"v" * 300), 9)
    lab.world.spawn(long_log.flush_rolled_in_background(), "flush")
    lab.universe.run_for(0.0001)
    point, log_end = long_log.recovery_point, long_log.log_end_offset
    lab.crash(long_log)
    assert lab.open(recovery_point=point).log_end_offset == log_end
    assert SEGMENT_BYTES * 0.9 < lab.world.disk.counters.bytes_read < 2 * SEGMENT_BYTES


def test_a_start_after_a_clean_end_reads_next_to_nothing(lab, long_log):
    long_log.close()
    lab.universe.crash("broker-1")
    lab.world = lab.universe.world("broker-1")
    lab.open(clean=True, recovery_point=long_log.recovery_point)
    assert lab.world.disk.counters.bytes_read < SEGMENT_BYTES / 2


@pytest.mark.parametrize("noted", ["as it was", "not at all", "damaged"])
def test_a_controller_s_log_is_looked_at_whole_and_recovered_from_its_recovery_point_on(noted):
    """Whole, as what was committed must all be there; Kafka looks at all of it too."""
    universe = SimulatedUniverse(1)
    log = MetadataLog.open(universe.world("c"), 7, segment_bytes=SEGMENT_BYTES)
    log.become_leader(VOTER)
    for number in range(2000):
        universe.run(log.append([FeatureLevelRecord(name="f" * 200, feature_level=number % 100)]))
    segments, end = len(log.snapshot().segments), log.end_offset
    assert segments >= 10
    universe.power_cut("c")
    world = universe.world("c")
    if noted == "not at all":
        world.disk.remove("recovery-point-offset-checkpoint")
    elif noted == "damaged":
        world.disk.write_atomic("recovery-point-offset-checkpoint", b"0\nmany\n")
    log = MetadataLog.open(world, 7, segment_bytes=SEGMENT_BYTES)
    assert log.end_offset == end == log.high_watermark
    read = world.disk.counters.bytes_read
    looked = segments * SEGMENT_BYTES
    assert read < looked + 2 * SEGMENT_BYTES if noted == "as it was" else read > looked + 8 * SEGMENT_BYTES


def test_a_controller_s_log_that_ends_below_its_recovery_point_is_refused():
    """Somebody took segments away: what was committed isn't begun anew, and what is left isn't changed."""
    universe = SimulatedUniverse(1)

    log = MetadataLog.open(universe.world("c"), 7, segment_bytes=SEGMENT_BYTES)
    log.become_leader(VOTER)
    for number in range(300):
        universe.run(log.append([FeatureLevelRecord(name="f" * 200, feature_level=number % 100)]))
    log.close()
    universe.crash("c")
    disk = universe.world("c").disk
    for name in disk.listdir("__cluster_metadata-0"):
        if name.endswith(".log") and int(name[:20]):
            disk.remove(f"__cluster_metadata-0/{name}")
    left = disk.read_bytes(f"__cluster_metadata-0/{0:020}.log")
    with pytest.raises(MetadataLost, match="ends at offset"):
        MetadataLog.open(universe.world("c"), 7, segment_bytes=SEGMENT_BYTES)
    assert disk.read_bytes(f"__cluster_metadata-0/{0:020}.log") == left
