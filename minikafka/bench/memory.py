"""The memory of this process, while a log far larger than it is written, read through and compacted.

Rule: what grows with the log shows. The resident memory is sampled at every step, and the highest of each interval
is kept; the page cache is the kernel's and doesn't count.
"""

from __future__ import annotations

import os
import random
import sys
import time  # noqa: TID251 - it measures real time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minikafka.bench.batches import KIB_VALUES, Batches
from minikafka.log.cleanable import dirty_part
from minikafka.log.cleaner import clean
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import read_batches
from minikafka.world import World

KEYS = 100_000
"""The offset map has room for so many; the log has half as many again."""
INTERVALS = 8
"""Of each phase, in what is shown."""
BATCH_BYTES = 1 << 20
_STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """Of this process now; where that can't be asked for, the most it ever had."""
    try:
        return int(_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """At `done_bytes` of a phase: the memory, and the most there was since the sample before."""

    phase: str
    done_bytes: int
    resident_bytes: int
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Phase:
    """How long one took, and how many bytes went through."""

    name: str
    seconds: float
    bytes: int


class _Samples:
    """The samples of one phase."""

    def __init__(self, phase: str, total_bytes: int, tell: Callable[[Sample], None]) -> None:
        self._phase = phase
        self._tell = tell
        self._step = max(1, total_bytes // INTERVALS)
        self._next = self._step
        self._peak = 0

    def look(self, done_bytes: int) -> None:
        now = resident_bytes()
        self._peak = max(self._peak, now)
        if done_bytes >= self._next:
            self._tell(Sample(self._phase, done_bytes, now, self._peak))
            self._next = done_bytes // self._step * self._step + self._step
            self._peak = 0


class LongLog:
    """A compacted topic's log of `size_bytes`, in segments of a sixteenth of that, at most 1 GiB."""

    def __init__(self, world: World, size_bytes: int, tell: Callable[[Sample], None]) -> None:
        self.size_bytes = size_bytes
        self.samples: list[Sample] = []
        self.passes = 0
        self._world = world
        self._tell = tell
        segment_bytes = max(BATCH_BYTES, min(1 << 30, size_bytes // 16))
        config = LogConfig(cleanup_policy="compact", segment_bytes=segment_bytes)
        self.log = Log.open(world, "long-0", "long", 0, config, Rules())

    def run(self) -> Iterator[Phase]:
        """Write, read through, compact; each phase as it ends."""
        for name, does in (("write", self._write), ("read", self._read), ("compact", self._compact)):
            begin = time.perf_counter()
            done = does(_Samples(name, self.size_bytes, self._note))
            yield Phase(name, time.perf_counter() - begin, done)

    def _note(self, sample: Sample) -> None:
        self.samples.append(sample)
        self._tell(sample)

    def _write(self, samples: _Samples) -> int:
        log = self.log
        batches = Batches(KIB_VALUES, BATCH_BYTES, self._world.clock.time_ms(), next_key=self._next_key)
        while log.size_bytes < self.size_bytes:
            log.append_as_leader(batches.next(), 0)
            if log.has_unflushed_segment:
                log.flush_rolled()
            samples.look(log.size_bytes)
        log.high_watermark = log.log_end_offset
        return log.size_bytes

    def _next_key(self, rng: random.Random) -> bytes:
        """The first half of the log has other keys than the second, in part."""
        first = 0 if self.log.size_bytes < self.size_bytes // 2 else KEYS // 2
        return b"key-%08d" % (first + rng.randrange(KEYS))

    def _read(self, samples: _Samples) -> int:
        log, offset, done = self.log, self.log.log_start_offset, 0
        while offset < log.log_end_offset:
            data = log.read(offset, BATCH_BYTES, at_least_one=True)
            for batch in read_batches(data):
                offset = batch.header.next_offset
            done += len(data)
            samples.look(done)
        return done

    def _compact(self, samples: _Samples) -> int:
        log, counters = self.log, self._world.disk.counters
        before = counters.bytes_read
        while (dirty := dirty_part(log, self._world.clock.time_ms())) is not None:
            self.passes += 1
            for _ in clean(log, dirty, KEYS):
                samples.look(counters.bytes_read - before)
            if log.cleaned_up_to <= dirty.start:
                break
        return counters.bytes_read - before


def growth_bytes(samples: list[Sample], phase: str) -> int:
    """From the first interval's peak to the highest of all in a phase."""
    peaks = [sample.peak_bytes for sample in samples if sample.phase == phase]
    return max(peaks) - peaks[0] if peaks else 0
