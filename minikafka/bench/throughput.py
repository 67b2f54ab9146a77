"""Append and read through `Log`, beside a bare `write()` and `read()` loop over the same chunks on the same disk.

Rule: both in turns, in one run, and who begins changes from round to round; a first round, that warms up, doesn't
count. Files are in the page cache, as they are when consumers keep up, and nothing is fsynced.
"""

from __future__ import annotations

import itertools
import os
import statistics
import time  # noqa: TID251 - it measures real time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from minikafka.bench.batches import KIB_VALUES, SMALL_VALUES, VARIED_VALUES, Batches, Kind
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import BatchHeader
from minikafka.world import World

BATCH_BYTES = (1 << 20, 1 << 16, 1 << 12)
KINDS = (KIB_VALUES, SMALL_VALUES, VARIED_VALUES)
SMALL_BATCHES_SHARE = 4
"""Batches of 4 KiB are so many times slower, and get less to do."""


@dataclass(frozen=True, slots=True)
class Speeds:
    """MB/s of each round, bare and ours."""

    operation: str
    kind: str
    batch_bytes: int
    bare: tuple[float, ...]
    ours: tuple[float, ...]

    @property
    def best_ratio(self) -> float:
        """The ratio of the best rounds."""
        return max(self.ours) / max(self.bare)

    @property
    def median_ratio(self) -> float:
        """The median of the rounds' ratios."""
        return statistics.median(ours / bare for ours, bare in zip(self.ours, self.bare, strict=True))


def measure(world: World, directory: Path, volume_bytes: int, rounds: int) -> Iterator[Speeds]:
    """All cases; each round writes `volume_bytes` twice, into `directory` and into that of the world's disk."""
    for kind, batch_bytes in itertools.product(KINDS, BATCH_BYTES):
        volume = volume_bytes // (SMALL_BATCHES_SHARE if batch_bytes < 1 << 16 else 1)
        yield from _measure_case(world, directory, kind, batch_bytes, volume, rounds)


def _measure_case(
    world: World, directory: Path, kind: Kind, batch_bytes: int, volume_bytes: int, rounds: int
) -> Iterator[Speeds]:
    some = Batches(kind, batch_bytes, world.clock.time_ms()).some()
    chunks = [some[n % len(some)] for n in range(max(1, volume_bytes // batch_bytes))]
    appends: tuple[list[float], list[float]] = ([], [])
    reads: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        bare, ours = _Bare(directory / "bare", chunks), _Ours(world, chunks)
        try:
            for results, bare_does, ours_does in (
                (appends, bare.write, ours.append),
                (reads, bare.read, ours.read),
            ):
                turns = [(results[0], bare_does), (results[1], ours_does)]
                for result, does in turns if number % 2 else reversed(turns):
                    speed = _speed(does, chunks)
                    if number:
                        result.append(speed)
        finally:
            bare.remove()
            ours.remove()
    yield Speeds("append", kind.name, batch_bytes, tuple(appends[0]), tuple(appends[1]))
    yield Speeds("read", kind.name, batch_bytes, tuple(reads[0]), tuple(reads[1]))


def _speed(does: Callable[[], None], chunks: Sequence[memoryview]) -> float:
    begin = time.perf_counter()
    does()
    return sum(map(len, chunks)) / (time.perf_counter() - begin) / 1e6


class _Bare:
    """The limit: one system call a chunk, and nothing else."""

    def __init__(self, path: Path, chunks: Sequence[memoryview]) -> None:
        self._path = path
        self._chunks = chunks
        self._sizes = [len(chunk) for chunk in chunks]
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)  # noqa: TID251 - the bare limit

    def write(self) -> None:
        fd, write = self._fd, os.write
        for chunk in self._chunks:
            written = write(fd, chunk)
            assert written == len(chunk), "the disk takes whole chunks"

    def read(self) -> None:
        fd, read = self._fd, os.read
        os.lseek(fd, 0, os.SEEK_SET)
        for size in self._sizes:
            assert len(read(fd, size)) == size

    def remove(self) -> None:
        os.close(self._fd)
        self._path.unlink()


class _Ours:
    """A log's leader: header, checksum and every record checked, offsets given, indexes kept; and a reader."""

    def __init__(self, world: World, chunks: Sequence[memoryview]) -> None:
        self._log = Log.open(world, "bench-0", "bench", 0, LogConfig(), Rules())
        self._chunks = chunks
        offset, self._reads = 0, []
        for chunk in chunks:
            self._reads.append((offset, len(chunk)))
            offset += BatchHeader.read(chunk).record_count

    def append(self) -> None:
        append = self._log.append_as_leader
        for chunk in self._chunks:
            append(chunk, 0)

    def read(self) -> None:
        read = self._log.read
        for offset, size in self._reads:
            assert len(read(offset, size)) == size

    def remove(self) -> None:
        self._log.delete()
