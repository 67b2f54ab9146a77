"""What a broker notes about its partitions for its next start: offsets, and whether it shut down cleanly.

Rule: a note may be too old, never too new: what it promises to be synced, committed or deleted is so. One that can't
be read is as good as none; it only spares work, or is made up for by the leader.

Kafka: `OffsetCheckpointFile`, `LogManager`'s and `ReplicaManager`'s checkpoints, `CleanShutdownFileHandler` (KIP-966).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from minikafka.log.checkpoints import (
    CLEAN_SHUTDOWN_FILE,
    CLEANER_OFFSETS,
    HIGH_WATERMARKS,
    LOG_STARTS,
    RECOVERY_POINTS,
    CorruptCheckpoint,
    OffsetCheckpoint,
)
from minikafka.log.log import Log
from minikafka.replication.partition import Partition
from minikafka.world import Event, World

Key = tuple[str, int]


class CheckpointIgnored(Event, frozen=True):
    """A checkpoint file could not be read; the broker continues without it."""

    broker: int
    reason: str


class CleanShutdown(msgspec.Struct, frozen=True):
    """The content of `.kafka_cleanshutdown` (Kafka: `CleanShutdownFileHandler`)."""

    version: int
    brokerEpoch: int


class Checkpoints:
    """The notes about `partitions`, which is a log directory's own, living mapping; `world.disk` is that directory.

    All raises OSError.
    """

    def __init__(self, world: World, broker_id: int, partitions: Mapping[Key, Partition]) -> None:
        self._world = world
        self._broker_id = broker_id
        self._partitions = partitions
        self._unsynced: set[str] = set()
        """Files whose content may not be on the disk for good."""
        self.started_clean = world.disk.exists(CLEAN_SHUTDOWN_FILE)
        self.previous_broker_epoch = self._read_clean_shutdown() if self.started_clean else -1
        self._recovery_points = self._read(RECOVERY_POINTS)
        self._high_watermarks = self._read(HIGH_WATERMARKS)
        self._log_starts = self._read(LOG_STARTS)
        self._cleaned = self._read(CLEANER_OFFSETS)

    def _read_clean_shutdown(self) -> int:
        """The epoch of this broker's earlier life (KIP-966), -1 if the file does not say."""
        try:
            text = self._world.disk.read_bytes(CLEAN_SHUTDOWN_FILE)
            return msgspec.json.decode(text, type=CleanShutdown).brokerEpoch
        except msgspec.DecodeError:
            return -1

    def take_clean_shutdown(self) -> None:
        """This life begins to write: its own end counts from now on. A start that is refused leaves the file."""
        if self.started_clean:
            self._world.disk.remove(CLEAN_SHUTDOWN_FILE)
            self._world.disk.sync_dir(
                ""
            )  # a power cut that brought it back would make us trust what was torn

    def _read(self, file: str) -> dict[Key, int]:
        try:
            return OffsetCheckpoint(self._world.disk, file).read()
        except CorruptCheckpoint as problem:
            self._world.trace.emit(CheckpointIgnored(self._broker_id, str(problem)))
            return {}

    def recovery_point(self, key: Key) -> int:
        """Up to where this partition's log was synced when that was last noted."""
        return self._recovery_points.get(key, 0)

    def was_compacted(self, key: Key) -> bool:
        """May offsets be missing in this partition's log?"""
        return key in self._cleaned

    def has_lost(self, log: Log, key: Key) -> bool:
        """Does a log that was just opened lack what it had: its first segments, records in its midst, or what the last
        life noted to be there? A power cut may take the end of a log, too: then whoever has more is to lead as well."""
        return (
            log.lacks_its_beginning or log.is_cut_before_records or log.log_end_offset < self.noted_end(key)
        )

    def noted_end(self, key: Key) -> int:
        """Up to where there were records, as far as the last life noted; 0: it noted none."""
        return max(self._high_watermarks.get(key, 0), self._recovery_points.get(key, 0))

    def forget(self, keys: Collection[Key]) -> None:
        """These are deleted, or a new log is about to be made: what was noted of an earlier one no longer holds."""
        noted = (
            (RECOVERY_POINTS, self._recovery_points),
            (HIGH_WATERMARKS, self._high_watermarks),
            (LOG_STARTS, self._log_starts),
            (CLEANER_OFFSETS, self._cleaned),
        )
        for file, offsets in noted:
            known = [key for key in keys if offsets.pop(key, None) is not None]
            if known:
                OffsetCheckpoint(self._world.disk, file).write(offsets)

    def adopt(self, key: Key, log: Log, *, may_have_gaps: bool) -> None:
        """A log that was copied from another directory, and is whole and synced, is about to lie here."""
        self._recovery_points[key] = log.log_end_offset
        self._high_watermarks[key] = log.high_watermark
        self._log_starts[key] = log.log_start_offset
        if may_have_gaps:
            self._cleaned[key] = log.cleaned_up_to
        disk = self._world.disk
        for file, offsets in (
            (RECOVERY_POINTS, self._recovery_points),
            (HIGH_WATERMARKS, self._high_watermarks),
            (LOG_STARTS, self._log_starts),
            (CLEANER_OFFSETS, self._cleaned),
        ):
            OffsetCheckpoint(disk, file).write(offsets)

    def apply_to(self, log: Log, key: Key) -> None:
        """Gives a log that was just opened its beginning, its high watermark and how far it was compacted."""
        log.cleaned_up_to = self._cleaned.get(key, 0)
        if key not in self._cleaned:
            log.note_gaps = lambda: self._note_gaps(key)
            if log.config.is_compacted and log.log_end_offset:
                self._note_gaps(key)
        start = self._log_starts.get(key, 0)
        if start > log.log_end_offset:
            log.begin_anew_at(start)  # all that a power cut left or brought back was deleted, says the note
        log.advance_log_start_offset(start)
        log.high_watermark = max(
            log.log_start_offset, min(self._high_watermarks.get(key, 0), log.log_end_offset)
        )
        if log.recovery_point < self._recovery_points.get(key, 0):
            # The last life ended before it noted a truncation; what is appended from here on isn't synced.
            self._recovery_points[key] = log.recovery_point
            OffsetCheckpoint(self._world.disk, RECOVERY_POINTS).write(self._recovery_points)

    def _note_gaps(self, key: Key) -> None:
        """What a recovery took for a gap of compaction must stay one, whatever the topic's policy is then."""
        if key not in self._cleaned:
            self._cleaned[key] = 0
            OffsetCheckpoint(self._world.disk, CLEANER_OFFSETS).write(self._cleaned)

    def write(self) -> None:
        """Recovery points and high watermarks, where they changed."""
        self.write_recovery_points()
        self._write_high_watermarks(sync=True)

    async def write_in_background(self) -> None:
        """As `write`, but the loop doesn't wait for the disk: what a power cut takes of it only spares less work."""
        written = [
            file
            for file, does in (
                (RECOVERY_POINTS, self.write_recovery_points),
                (HIGH_WATERMARKS, self._write_high_watermarks),
            )
            if does(sync=False)
        ]
        if written:
            await self._world.disk.sync_in_background([*written, ""])

    def _write_high_watermarks(self, *, sync: bool) -> bool:
        offsets = {key: p.log.high_watermark for key, p in self._partitions.items()}
        if offsets == self._high_watermarks and not (sync and HIGH_WATERMARKS in self._unsynced):
            return False
        self._put(HIGH_WATERMARKS, offsets, sync=sync)
        self._high_watermarks = offsets
        return True

    def write_recovery_points(self, *, sync: bool = True) -> bool:
        """A point that is too high (after a truncation, or of a topic that had this name before) would let a
        recovery trust what was never synced. Was there something to write?"""
        points = {key: p.log.recovery_point for key, p in self._partitions.items()}
        if points == self._recovery_points and not (sync and RECOVERY_POINTS in self._unsynced):
            return False
        self._put(RECOVERY_POINTS, points, sync=sync)
        self._recovery_points = points
        return True

    def _put(self, file: str, offsets: Mapping[Key, int], *, sync: bool) -> None:
        OffsetCheckpoint(self._world.disk, file).write(offsets, sync=sync)
        if sync:
            self._unsynced.discard(file)
        else:
            self._unsynced.add(file)

    def write_log_starts(self) -> None:
        """Where logs begin that do not begin at 0."""
        starts = {
            k: p.log.log_start_offset for k, p in self._partitions.items() if p.log.log_start_offset > 0
        }
        OffsetCheckpoint(self._world.disk, LOG_STARTS).write(starts)
        self._log_starts = starts

    def write_cleaner_offsets(self, key: Key | None = None) -> None:
        """How far logs were compacted; with `key`, that this one is about to be."""
        offsets = {
            k: p.log.cleaned_up_to
            for k, p in self._partitions.items()
            if p.log.cleaned_up_to > 0 or k == key or k in self._cleaned
        }
        if offsets != self._cleaned:
            OffsetCheckpoint(self._world.disk, CLEANER_OFFSETS).write(offsets)
            self._cleaned = offsets

    def write_clean_shutdown(self, broker_epoch: int) -> None:
        """All logs are closed and noted: the next life need not look at them."""
        clean = msgspec.json.encode(CleanShutdown(0, broker_epoch))
        self._world.disk.write_atomic(CLEAN_SHUTDOWN_FILE, clean)
