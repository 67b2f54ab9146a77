"""The log of one partition: its segments in order, appended at the end, cut at either end.

Rule: offsets only grow, every batch is stored as it came (with its offset and leader epoch set), and
what is returned are whole batches as bytes, never decoded. Nothing here waits: appends go to the page
cache, and replication, not fsync, makes them safe.

Kafka: `UnifiedLog`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from minikafka.log.aborted_transactions import AbortedTransactions
from minikafka.log.appending import Appended, check_fits, checked_batches, has_gaps, prepare, repeated
from minikafka.log.aside import Aside, RecordsSetAside
from minikafka.log.config import LogConfig
from minikafka.log.end import LogEnd
from minikafka.log.epochs import LeaderEpochs
from minikafka.log.events import LogRecovered, LogTruncated
from minikafka.log.partition_metadata import claim_for_topic
from minikafka.log.producer_snapshots import load_producers, remove_snapshots_after, remove_snapshots_before
from minikafka.log.producers import ProducerStates
from minikafka.log.reads import IN_MEMORY_BYTES, Records, in_memory
from minikafka.log.recovery import open_segments
from minikafka.log.refusals import damaged, out_of_range, telling_damage, unexpected_offset
from minikafka.log.residency import SegmentResidency
from minikafka.log.segment import Segment
from minikafka.log.segments import Segments
from minikafka.log.snapshot import LogSnapshot, SegmentSnapshot, picture
from minikafka.log.synced import Synced
from minikafka.log.transaction_index import AbortedTransaction
from minikafka.policy import Rules
from minikafka.records.batch import LOG_APPEND_TIME
from minikafka.records.conversion import converted, is_old
from minikafka.records.errors import CorruptRecords
from minikafka.records.validation import Origin, validate_batches
from minikafka.world import Disk, World

Found = tuple[int, int, int]
"""(timestamp_ms, offset, leader_epoch) of a record that was looked up."""


class Log:
    """One partition's log; open it with `Log.open`. Every method may raise OSError: a failing disk."""

    def __init__(
        self,
        world: World,
        directory: str,
        topic: str,
        partition: int,
        config: LogConfig,
        rules: Rules,
        topic_id: uuid.UUID | None,
        segments: Segments,
        epochs: LeaderEpochs,
        producers: ProducerStates,
        synced: Synced,
    ) -> None:
        self.world = world
        self.directory = directory
        self.topic = topic
        self.partition = partition
        self.name = f"{topic}-{partition}"
        self.topic_id = topic_id
        self.rules = rules
        self.config = config
        self.segments = segments
        """In the order of their base offsets, at least one; only the last one grows."""
        self.epochs = epochs
        """Which leader epoch began at which offset; none of it lies after the log's end."""
        self.producers = producers
        """What is remembered of each producer, up to the log's end."""
        self.aborted = AbortedTransactions(world.disk, directory, self.name, segments)
        """The transactions that were aborted, read when a `read_committed` consumer asks."""
        self.synced = synced
        """Up to which offset all of it is on the disk and survives a power cut."""
        self._end = LogEnd(segments, epochs, producers, self.aborted, synced, rules)
        """Where the log ends, and what has to agree when it grows or is cut."""
        self.log_start_offset = self.high_watermark = next(iter(segments)).base_offset
        """start ≤ high watermark ≤ end, always."""
        self.cleaned_up_to = 0
        """All below it has been compacted; the cleaner sets it, checkpoints keep it."""
        self.lacks_its_beginning = any(e.start_offset < self.log_start_offset for e in epochs.entries[:1])
        """Were its first segments taken away? Retention notes the new start with the epochs before it removes any."""
        self.is_cut_before_records = False
        """Did its opening set records aside, behind damage or a hole?"""
        self.note_gaps: Callable[[], None] | None = None
        """Called before the first batch that leaves offsets out: the next life must know of it (`was_compacted`),
        or its recovery takes the gap for damage."""

    @classmethod
    def open(
        cls,
        world: World,
        directory: str,
        topic: str,
        partition: int,
        config: LogConfig,
        rules: Rules,
        *,
        clean_shutdown: bool = False,
        recovery_point: int = 0,
        topic_id: uuid.UUID | None = None,
        was_compacted: bool = False,
    ) -> Log:
        """Open the log in `directory` (that partition's own, `topic-partition`), or make an empty one.

        Without `clean_shutdown`, all from `recovery_point` on is verified and a torn end cut off; offsets may be
        missing where the topic is compacted, or `was_compacted` when it had another policy. Raises
        `InconsistentTopicId` (an OSError) when the directory is that of another topic.
        """
        disk = world.disk
        try:
            files = disk.listfiles(directory)
        except FileNotFoundError:
            disk.makedirs(directory)
            files = []
        topic_id = claim_for_topic(disk, directory, topic_id)
        producers = ProducerStates(f"{topic}-{partition}")
        epochs = LeaderEpochs(disk, directory, lambda: segments.active.next_offset)
        found = open_segments(
            disk,
            directory,
            files,
            config,
            rules.floor_entry,
            world.clock.time_ms(),
            epochs,
            producers,
            clean_shutdown=clean_shutdown,
            recovery_point=recovery_point,
            gaps_are_normal=config.is_compacted or was_compacted,
        )
        segments = Segments(world, directory, topic, partition, rules, producers, found.segments)
        was_cut = found.segments_scanned > 0
        synced = Synced(world, directory, segments, epochs, recovery_point, was_cut=was_cut)
        log = cls(
            world, directory, topic, partition, config, rules, topic_id, segments, epochs, producers, synced
        )
        epochs.truncate_from_start(log.log_start_offset)
        log.is_cut_before_records = found.aside.folder is not None
        log._tell_of(found.aside)
        if found.segments_scanned and (found.truncated_bytes or log.log_end_offset):
            world.trace.emit(
                LogRecovered(
                    topic, partition, found.segments_scanned, found.truncated_bytes, log.log_end_offset
                )
            )
        return log

    def __repr__(self) -> str:
        return f"Log({self.name}, {self.log_start_offset}..{self.log_end_offset})"

    # -- state -------------------------------------------------------------------------------------------

    @property
    def config(self) -> LogConfig:
        return self._config

    @config.setter
    def config(self, config: LogConfig) -> None:
        self._config = config
        self._append_limits = config.append_limits()

    @property
    def log_end_offset(self) -> int:
        """The offset of the next record."""
        return self.segments.active.next_offset

    @property
    def high_watermark(self) -> int:
        """All below it is committed; replication sets it."""
        return self._high_watermark

    @high_watermark.setter
    def high_watermark(self, offset: int) -> None:
        self._high_watermark = offset
        self.producers.replicated_up_to(offset)

    @property
    def last_stable_offset(self) -> int:
        """The high watermark, or the beginning of the oldest transaction that isn't decided below it."""
        unstable = self.producers.first_unstable_offset
        if unstable is None:
            return self._high_watermark
        return min(max(unstable, self.log_start_offset), self._high_watermark)

    @property
    def recovery_point(self) -> int:
        """All below it has been fsynced."""
        return self.synced.up_to

    @property
    def size_bytes(self) -> int:
        """Of the records; indexes don't count."""
        return self.segments.size_bytes

    def snapshot(self, residency: SegmentResidency | None = None) -> LogSnapshot:
        """An immutable picture; with `residency`, its segments tell how much of them is in the page cache."""
        active = self.segments.active
        segments = tuple([picture(segment, segment is active, residency) for segment in self.segments])
        size_bytes = segments[0].size_bytes if len(segments) == 1 else sum(s.size_bytes for s in segments)
        return LogSnapshot(segments, self.log_start_offset, active.next_offset, size_bytes)

    # -- appending ---------------------------------------------------------------------------------------

    def append_as_leader(
        self,
        data: bytes | bytearray | memoryview,
        leader_epoch: int,
        *,
        origin: Origin = "client",
        transaction_version: int = 0,
        takes_old_formats: bool = False,
    ) -> Appended:
        """Validate the one batch in `data`, give it the next offsets, and append it.

        `takes_old_formats`: a message set v0 or v1, as clients of old versions send, is made into a batch first.
        `transaction_version`: of a coordinator's marker; since 2 each raises the producer's epoch.
        Raises `ApiError`: what `validate_batches` refuses, what the producer's state forbids
        (`ProducerStates.check`, `check_coordinator`), RECORD_LIST_TOO_LARGE when it is larger than a segment.
        """
        view = data if type(data) is memoryview else memoryview(data)
        now_ms = self.world.clock.time_ms()
        if takes_old_formats and is_old(view):
            view = memoryview(
                converted(view, self._append_limits, self._config.target_compression, self.name)
            )
        valid = validate_batches(view, self._append_limits, now_ms, origin=origin, topic_partition=self.name)
        first = self.log_end_offset
        header, buffers = prepare(valid, self._config, first, leader_epoch, self.name)
        check_fits(header, self._config, self.name)
        if header.producer_id >= 0:
            known = self.producers.admit(valid.batch, header, first, origin, transaction_version)
            if known is not None:
                return repeated(known, self.log_start_offset)
        self._end.add(header, buffers, valid.batch, self._config, now_ms)
        append_ms = now_ms if self._config.message_timestamp_type == LOG_APPEND_TIME else -1
        start = self.log_start_offset
        return Appended(first, header.last_offset, append_ms, start, header.max_timestamp, False)

    def append_as_follower(self, data: bytes | bytearray | memoryview) -> int:
        """Append the leader's batches as they are; returns the new log end offset.

        Raises `ApiError` CORRUPT_MESSAGE for a wrong checksum, UNKNOWN_SERVER_ERROR for offsets that don't
        follow this log's; nothing is appended then. An incomplete batch at the end is left out.
        """
        view = data if type(data) is memoryview else memoryview(data)
        batches = checked_batches(view, self.name)
        if not batches:
            return self.log_end_offset
        first, start = batches[0].header, self.log_start_offset
        if first.base_offset < self.log_end_offset <= first.last_offset and not self.size_bytes:
            # The leader's log begins in the middle of a batch (DeleteRecords): so must this one.
            self.truncate_fully_and_start_at(first.base_offset)
        if first.base_offset < self.log_end_offset:
            raise unexpected_offset(self.name, first.base_offset, self.log_end_offset)
        if self.note_gaps is not None and has_gaps(batches, self.log_end_offset):
            self.note_gaps()
            self.note_gaps = None
        self._end.add_all(batches, self._config, self.world.clock.time_ms())
        self.log_start_offset = start
        return self.log_end_offset

    # -- rolling and flushing ------------------------------------------------------------------------------

    def roll(self, base_offset: int | None = None) -> Segment:
        """Begin a new segment at the log's end (or `base_offset` after it); see `Segments.roll`."""
        return self.segments.roll(self._config, base_offset)

    def flush(self) -> None:
        """Fsync what has been written since the last flush, and move the recovery point to the end."""
        self.synced.flush()

    def flush_before_acks(self, acks_leaving: int) -> None:
        """Batches are acknowledged now, so many of which aren't synced: does the rule want them to be?"""
        self._end.flush_if_due(self._config, acks_leaving)

    @property
    def has_unflushed_segment(self) -> bool:
        """Was a segment rolled that has not been fsynced?"""
        return self.synced.lacks_a_rolled_segment

    def flush_rolled(self) -> None:
        """Fsync the oldest rolled segment that hasn't been; see `Synced.flush_rolled`."""
        self.synced.flush_rolled()

    async def flush_rolled_in_background(self) -> None:
        """The same, while the loop runs; see `Synced.flush_rolled_in_background`."""
        await self.synced.flush_rolled_in_background()

    @classmethod
    def close_all(cls, disk: Disk, logs: Sequence[Log]) -> None:
        """A clean end of many logs of a disk, as by `close` of each, but synced together, which takes less time."""
        paths: dict[str, None] = {}
        for log in logs:
            log.segments.active.finish()
            log.segments.note_producers(log.log_end_offset)
            paths.update(dict.fromkeys(log.synced.begin_flush()))
        disk.sync_together(list(paths))
        for log in logs:
            log.synced.end_flush()
            log.abandon()

    def close(self) -> None:
        """A clean end: everything fsynced, the state of producers written. Not for a crash or a deletion."""
        self.segments.active.seal()
        self.segments.note_producers(self.log_end_offset)
        self.flush()
        self.abandon()

    def abandon(self) -> None:
        """Close the files and write nothing."""
        self.synced.end()
        for segment in self.segments:
            segment.close()

    def delete(self) -> None:
        """Remove the partition's directory with all that is in it."""
        self.abandon()
        self.world.disk.rmtree(self.directory)

    # -- reading -----------------------------------------------------------------------------------------

    def read(
        self, offset: int, max_bytes: int, *, up_to_offset: int | None = None, at_least_one: bool = False
    ) -> memoryview:
        """Whole batches from the one that holds `offset` on, of one segment, none at or beyond
        `up_to_offset` (default: the end). At most `max_bytes`, except that with `at_least_one` the first
        batch comes whatever its size. Empty at the end.

        Raises `ApiError`: OFFSET_OUT_OF_RANGE, CORRUPT_MESSAGE when the file is damaged there.
        """
        return in_memory(self.slice(offset, max_bytes, up_to_offset=up_to_offset, at_least_one=at_least_one))

    def slice(
        self,
        offset: int,
        max_bytes: int,
        *,
        up_to_offset: int | None = None,
        at_least_one: bool = False,
        in_memory_bytes: int = IN_MEMORY_BYTES,
    ) -> Records:
        """What `read` gives, to be sent at once: large batches, and more than `in_memory_bytes` of small ones, stay
        where they are, a `FileSlice`."""
        end = self.log_end_offset
        if not self.log_start_offset <= offset <= end:
            raise out_of_range(self.name, offset, self.log_start_offset, end)
        limit = end if up_to_offset is None else min(up_to_offset, end)
        try:  # the hot path
            return self.segments.slice(
                offset,
                max_bytes,
                up_to_offset=limit,
                at_least_one=at_least_one,
                in_memory_bytes=in_memory_bytes,
            )
        except CorruptRecords as error:
            raise damaged(self.name, error) from error

    def size_between(self, offset: int, end_offset: int, *, limit_bytes: int = 1 << 62) -> int:
        """About how many bytes a read from `offset` to `end_offset` would bring, at most `limit_bytes`."""
        return self.segments.size_between(offset, end_offset, limit_bytes)

    def offset_for_timestamp(self, timestamp_ms: int) -> Found | None:
        """The first record that is at least as late as `timestamp_ms`; None when all are earlier, and (as in Kafka)
        when the log was made to start behind it in its segment."""
        with telling_damage(self.name):
            return self.segments.find_timestamp(timestamp_ms, self.log_start_offset)

    def offset_of_max_timestamp(self) -> Found | None:
        """The first record with the largest timestamp of all that are in files (KIP-734); None when there is none."""
        with telling_damage(self.name):
            return self.segments.find_largest_timestamp()

    def aborted_transactions(self, offset: int, end_offset: int) -> list[AbortedTransaction]:
        """Those rolled back that have something at or after `offset` and begin below `end_offset`.

        Raises `ApiError` CORRUPT_MESSAGE when the log is damaged where they are looked up.
        """
        with telling_damage(self.name):
            return self.aborted.between(offset, end_offset)

    def aborted_in_read(self, offset: int, size_bytes: int) -> list[AbortedTransaction]:
        """Those that may concern who `read` that many bytes from `offset` on; see `AbortedTransactions.of_read`."""
        with telling_damage(self.name):
            return self.aborted.of_read(offset, size_bytes)

    # -- cutting off ---------------------------------------------------------------------------------------

    def truncate_to(self, offset: int) -> None:
        """Remove the records at `offset` and after it, with the whole batch that holds it."""
        if offset >= self.log_end_offset:
            # An epoch may begin at the end: one in which nothing was written. The new leader has none such.
            self.epochs.truncate_from_end(self.log_end_offset)
            return
        assert offset >= 0, offset
        if offset < self.segments.first.base_offset:
            self.truncate_fully_and_start_at(offset)
            return
        self.segments.truncate_to(offset)
        self._ended_anew()

    def truncate_fully_and_start_at(self, offset: int) -> None:
        """Remove every record; the log is empty and begins and ends at `offset`."""
        self.segments.start_anew(offset, self._config)
        self.log_start_offset = offset
        self.epochs.clear()
        # What the old log knew of producers is not true of this one, least of all an open transaction.
        remove_snapshots_before(self.world.disk, self.directory, offset + 1)
        self._ended_anew()
        self.high_watermark = offset

    def begin_anew_at(self, offset: int) -> None:
        """The same, but what there is is kept beside the log: a mere note says that it was deleted."""
        aside = Aside(self.world.disk, self.directory)
        aside.keep_segments(list(self.segments))
        self._tell_of(aside)
        self.truncate_fully_and_start_at(offset)

    def _tell_of(self, aside: Aside) -> None:
        if aside.folder is not None:
            event = RecordsSetAside(self.topic, self.partition, aside.folder, aside.size_bytes)
            self.world.trace.emit(event)

    def _ended_anew(self) -> None:
        """After a truncation: everything that follows from the log's end."""
        end = self.log_end_offset
        self.log_start_offset = min(self.log_start_offset, max(end, self.segments.first.base_offset))
        self.synced.was_cut_to(end)
        self.cleaned_up_to = min(self.cleaned_up_to, end)
        self.world.disk.sync_dir(self.directory)
        self.epochs.truncate_from_end(end)
        remove_snapshots_after(self.world.disk, self.directory, end)
        load_producers(self.world.disk, self.directory, self.producers, list(self.segments), end)
        self.high_watermark = min(self.high_watermark, end)
        self.world.trace.emit(LogTruncated(self.topic, self.partition, end))

    def advance_log_start_offset(self, offset: int) -> None:
        """Records below `offset` are no longer served (DeleteRecords, or the leader's log start); their
        segments go with the next `delete_old_segments`. The caller keeps the offset in its checkpoint."""
        if offset <= self.log_start_offset:
            return
        assert offset <= self.log_end_offset, (offset, self.log_end_offset)
        self.log_start_offset = offset
        self.high_watermark = max(self.high_watermark, offset)
        self.producers.replicated_up_to(offset)
        self.epochs.truncate_from_start(offset)

    def delete_old_segments(self) -> int:
        """Remove the segments that retention gives up; returns how many."""
        going = self.segments.give_up(self._config, self.high_watermark, self.log_start_offset)
        if not going:
            return 0
        self.advance_log_start_offset(self.segments.first.base_offset)
        for segment in going:
            self.segments.remove(segment)
        remove_snapshots_before(self.world.disk, self.directory, self.segments.first.base_offset)
        return len(going)


__all__ = ["Appended", "Found", "Log", "LogSnapshot", "SegmentSnapshot"]
