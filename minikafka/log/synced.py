"""How much of a log is on the disk for good: what a power cut can't take.

Rule: the recovery point is never too high. It moves once everything below it has been fsynced, with the indexes and
the names of the files; what was cut off is forgotten at once.

Kafka: `UnifiedLog.flush`, `LocalLog.recoveryPoint`, `lastFlushedTime`.
"""

from __future__ import annotations

from minikafka.log.epochs import LeaderEpochs
from minikafka.log.producer_snapshots import snapshot_path
from minikafka.log.segment import Segment
from minikafka.log.segments import Segments
from minikafka.world import World


class Synced:
    """The synced part of one log."""

    def __init__(
        self,
        world: World,
        directory: str,
        segments: Segments,
        epochs: LeaderEpochs,
        recovery_point: int,
        *,
        was_cut: bool,
    ) -> None:
        self._world = world
        self._directory = directory
        self._segments = segments
        self._epochs = epochs
        self.up_to = min(recovery_point, segments.active.next_offset)
        """The recovery point."""
        self.last_flush_ms = world.clock.time_ms()
        self._is_over = False
        self._was_cut = was_cut
        """Was something removed that only a flush makes durable?"""
        self.is_unsettled = was_cut
        """May the life before, which was cut short, have cut or removed what a power cut brings back?"""
        self._folder_is_synced = False
        """Does the directory's own name survive?"""

    @property
    def unflushed_messages(self) -> int:
        """Records that are in the page cache only. (Kafka: `LocalLog.unflushedMessages`.)"""
        return self._segments.active.next_offset - self.up_to

    def was_cut_to(self, end_offset: int) -> None:
        """The log ends at `end_offset` now."""
        self.up_to = min(self.up_to, end_offset)
        self._was_cut = True

    def settle(self) -> None:
        """Before the first append: else what the last life cut might come back behind it."""
        for segment in self._segments.since(self.up_to):
            segment.file().sync()
        self._epochs.sync(always=True)
        self._world.disk.sync_dir(self._directory)
        self.is_unsettled = False

    def flush(self) -> None:
        """Fsync what has been written since the last time, and move the recovery point to the end."""
        end = self._segments.active.next_offset
        if end > self.up_to or self._was_cut:
            for segment in self._segments.since(self.up_to):
                segment.flush()
            self._sync_names()
        else:
            self._epochs.sync()
        self._moved_to(end)

    def begin_flush(self) -> list[str]:
        """As `flush`, but somebody else syncs: the paths that are to be, before `end_flush`."""
        end = self._segments.active.next_offset
        if not (end > self.up_to or self._was_cut):
            return []
        paths = [path for segment in self._segments.since(self.up_to) for path in segment.paths_to_sync]
        snapshot = snapshot_path(self._directory, end)
        if self._world.disk.exists(snapshot):
            paths.append(snapshot)
        paths += self._epochs.written()
        return [*paths, self._directory, self._directory.rpartition("/")[0]]

    def end_flush(self) -> None:
        """Note that everything is synced."""
        for segment in self._segments.since(self.up_to):
            segment.was_synced()
        self._epochs.was_synced()
        self._folder_is_synced = True
        self._moved_to(self._segments.active.next_offset)

    def _moved_to(self, end: int) -> None:
        self._was_cut = self.is_unsettled = False
        self.up_to = end
        self.last_flush_ms = self._world.clock.time_ms()

    @property
    def lacks_a_rolled_segment(self) -> bool:
        """Was a segment rolled that has not been fsynced?"""
        return self._segments.active.base_offset > self.up_to and len(self._segments) > 1

    def flush_rolled(self) -> None:
        """Fsync the oldest rolled segment that hasn't been, and move the recovery point behind it: a start
        after a crash looks only at what comes from there on. (Kafka: the task `flush-log` after each roll.)"""
        if not self.lacks_a_rolled_segment:
            return
        segment, following = self._segments.since(self.up_to)[:2]
        segment.flush()
        snapshot = snapshot_path(self._directory, following.base_offset)
        if self._world.disk.exists(snapshot):
            file = self._world.disk.open(snapshot)
            file.sync()
            file.close()
        self._sync_names()
        self._begin_at(following)

    async def flush_rolled_in_background(self) -> None:
        """As `flush_rolled`, while the loop runs. Nothing moves where the log was cut, or the segment compacted,
        in the meantime: the next time will do."""
        if not self.lacks_a_rolled_segment:
            return
        segment, following = self._segments.since(self.up_to)[:2]
        disk, snapshot = self._world.disk, snapshot_path(self._directory, following.base_offset)
        files = [path for path in (*segment.paths, snapshot) if disk.exists(path)]
        await disk.sync_in_background([*files, self._directory, self._directory.rpartition("/")[0]])
        if not self._is_over and self._segments.since(self.up_to)[:2] == [segment, following]:
            self._begin_at(following)

    def end(self) -> None:
        """The log is closed or deleted; another may have its directory. What still runs changes nothing."""
        self._is_over = True

    def _begin_at(self, following: Segment) -> None:
        """All before this segment is synced."""
        self._epochs.sync()
        self._folder_is_synced = True
        self.up_to = following.base_offset

    def _sync_names(self) -> None:
        if not self._epochs.sync(always=self.is_unsettled):
            self._world.disk.sync_dir(self._directory)
        if not self._folder_is_synced:
            self._world.disk.sync_dir(self._directory.rpartition("/")[0])
            self._folder_is_synced = True
