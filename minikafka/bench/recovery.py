"""What an opening reads after a crash, against the size of the log.

Rule: the crash is one, at the worst time. The life of the host ends with files open, the active segment nearly
full, a batch half written behind the last one, and the recovery point where the syncs of rolled segments had left it.
"""

from __future__ import annotations

import itertools
import time  # noqa: TID251 - it measures real time
from dataclasses import dataclass

from minikafka.bench.batches import KIB_VALUES, Batches
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.world import LiveUniverse, World

HOST = "crashing"
SEGMENTS = 8
BATCH_BYTES = 1 << 20
FULL = 0.9


@dataclass(frozen=True, slots=True)
class Recovery:
    """One opening after a crash."""

    log_bytes: int
    segment_bytes: int
    bytes_read: int
    torn_bytes: int
    """Written of a last batch when the crash came."""
    seconds: float
    lost_records: int
    """Of those that had been appended before: none, as a crash loses no page of the cache."""

    @property
    def segments_read(self) -> float:
        return self.bytes_read / self.segment_bytes


def crash_and_recover(universe: LiveUniverse, size_bytes: int) -> Recovery:
    """Write a log in eight segments, crash in the middle of an append, and open it again."""
    config = LogConfig(segment_bytes=max(BATCH_BYTES, size_bytes // SEGMENTS))
    log, torn_bytes = _write_and_crash(universe, config, size_bytes)
    world = universe.world(HOST)
    begin = time.perf_counter()
    opened = _open(world, config, log.recovery_point)
    seconds = time.perf_counter() - begin
    lost = log.log_end_offset - opened.log_end_offset
    read = world.disk.counters.bytes_read
    opened.delete()
    return Recovery(log.size_bytes, config.segment_bytes, read, torn_bytes, seconds, lost)


def _open(world: World, config: LogConfig, recovery_point: int) -> Log:
    return Log.open(world, "crashed-0", "crashed", 0, config, Rules(), recovery_point=recovery_point)


def _write_and_crash(universe: LiveUniverse, config: LogConfig, size_bytes: int) -> tuple[Log, int]:
    """The log as it was, and the bytes of its last, torn batch."""
    world = universe.world(HOST)
    log = _open(world, config, 0)
    batches = Batches(KIB_VALUES, BATCH_BYTES, world.clock.time_ms())
    some = batches.some()
    for batch in itertools.cycle(some):
        if log.size_bytes >= size_bytes and log.segments.active.size_bytes >= config.segment_bytes * FULL:
            break  # the worst moment: the segment that has to be read is nearly full
        log.append_as_leader(batch, 0)
        if log.has_unflushed_segment:
            log.flush_rolled()  # as the broker does, soon after a segment has rolled
    torn = bytes(some[0][: len(some[0]) // 2])
    log.segments.active.file().append(torn)
    universe.crash(HOST)
    return log, len(torn)
