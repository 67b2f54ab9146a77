"""A log as a broker keeps it: with the notes beside it that tell the next life what to trust.

Its rule: it does what `replication/` does around a log, and knows nothing of what ought to be in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from minikafka.log.checkpoints import (
    CLEAN_SHUTDOWN_FILE,
    CLEANER_OFFSETS,
    HIGH_WATERMARKS,
    LOG_STARTS,
    RECOVERY_POINTS,
    OffsetCheckpoint,
)
from minikafka.log.cleanable import Dirty
from minikafka.log.cleaner import clean
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import Batch, read_batches
from minikafka.world import SimulatedUniverse
from tests.log.fuse import Fuse, fused

HOST, KEY, DIRECTORY = "broker-1", ("orders", 0), "orders-0"


class KeptLog:
    """`orders-0` on a simulated disk behind a fuse."""

    log: Log

    def __init__(self, seed: int, config: LogConfig) -> None:
        self.universe = SimulatedUniverse(seed)
        self.config = config
        self.fuse = Fuse()

    def start_up(self) -> None:
        self.world = fused(self.universe.world(HOST), self.fuse)
        disk = self.world.disk
        clean_shutdown = disk.exists(CLEAN_SHUTDOWN_FILE)
        if clean_shutdown:
            disk.remove(CLEAN_SHUTDOWN_FILE)
            disk.sync_dir("")
        self.noted = OffsetCheckpoint(disk, RECOVERY_POINTS).read().get(KEY, 0)
        cleaned = OffsetCheckpoint(disk, CLEANER_OFFSETS).read()
        self.may_have_gaps = self.config.is_compacted or KEY in cleaned
        log = self.log = Log.open(
            self.world,
            DIRECTORY,
            *KEY,
            self.config,
            Rules(),
            clean_shutdown=clean_shutdown,
            recovery_point=self.noted,
            was_compacted=KEY in cleaned,
        )
        log.cleaned_up_to = cleaned.get(KEY, 0)
        if KEY not in cleaned:
            log.note_gaps = lambda: self.note_cleaned(begins=True)
            if self.config.is_compacted and log.log_end_offset:
                self.note_cleaned(begins=True)
        start = OffsetCheckpoint(disk, LOG_STARTS).read().get(KEY, 0)
        if start > log.log_end_offset:
            log.truncate_fully_and_start_at(start)
        log.advance_log_start_offset(start)
        high_watermark = OffsetCheckpoint(disk, HIGH_WATERMARKS).read().get(KEY, 0)
        log.high_watermark = max(log.log_start_offset, min(high_watermark, log.log_end_offset))
        self._note_what_was_cut()

    # -- ends ----------------------------------------------------------------------------------------------

    def shut_down(self) -> None:
        self.log.close()
        self.note()
        self.note_cleaned()
        self.world.disk.write_atomic(CLEAN_SHUTDOWN_FILE, b"{}")

    def end(self, how: str) -> None:
        """`crash`: the process ends and the page cache stays; `power_cut`: only what was synced is sure."""
        self.log.abandon()
        self.fuse.arm(-1)
        getattr(self.universe, how)(HOST)

    # -- notes ---------------------------------------------------------------------------------------------

    def note(self) -> None:
        disk = self.world.disk
        self.note_recovery_point()
        OffsetCheckpoint(disk, HIGH_WATERMARKS).write({KEY: self.log.high_watermark})
        OffsetCheckpoint(disk, LOG_STARTS).write({KEY: self.log.log_start_offset})

    def note_recovery_point(self) -> None:
        OffsetCheckpoint(self.world.disk, RECOVERY_POINTS).write({KEY: self.log.recovery_point})
        self.noted = self.log.recovery_point

    def note_cleaned(self, *, begins: bool = False) -> None:
        noted = OffsetCheckpoint(self.world.disk, CLEANER_OFFSETS)
        if begins or self.log.cleaned_up_to or KEY in noted.read():
            noted.write({KEY: self.log.cleaned_up_to})

    # -- deeds ---------------------------------------------------------------------------------------------

    def truncate(self, offset: int) -> None:
        self.log.truncate_to(offset)
        self._note_what_was_cut()

    def start_elsewhere(self, offset: int) -> None:
        self.log.truncate_fully_and_start_at(offset)
        self._note_what_was_cut()

    def _note_what_was_cut(self) -> None:
        if self.log.recovery_point < self.noted:
            self.note_recovery_point()

    def compaction(self, dirty: Dirty, max_map_entries: int) -> Iterator[None]:
        """As the broker's cleaner: what it is about to do is noted first, and what it did."""
        self.note_cleaned(begins=True)
        yield from clean(self.log, dirty, max_map_entries)
        self.note_cleaned()

    # -- contents ------------------------------------------------------------------------------------------

    def served(self, max_bytes: int = 700) -> list[Batch]:
        """All batches that a reader gets who begins at the log's start."""
        log, batches = self.log, []
        at = log.log_start_offset
        while at < log.log_end_offset:
            data = log.read(at, max_bytes, at_least_one=True)
            if not data:
                break
            for batch in read_batches(data):
                assert batch.crc_is_valid()
                assert batch.header.next_offset > at, "a reader would go round in circles"
                at = batch.header.next_offset
                batches.append(batch)
        return batches
