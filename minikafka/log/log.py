"""The log of one partition: its segments in order, appended at the end, cut at either end.

The rule: offsets only grow, every batch is stored as it came (with its offset and leader epoch set), and
what is returned are whole batches as bytes, never decoded. Nothing here waits: appends go to the page
cache, and replication, not fsync, makes them safe.

Kafka: `UnifiedLog`.
"""

from __future__ import annotations

import uuid

from minikafka.log.appending import Appended, check_fits, checked_batches, prepare
from minikafka.log.config import LogConfig
from minikafka.log.epochs import LeaderEpochs
from minikafka.log.events import LogRecovered, LogTruncated
from minikafka.log.partition_metadata import claim_for_topic
from minikafka.log.producers import BatchMetadata, ProducerStates
from minikafka.log.recovery import load_producers, open_segments, remove_snapshots_before, snapshot_path
from minikafka.log.residency import SegmentResidency
from minikafka.log.scan import CorruptLog
from minikafka.log.segment import Segment
from minikafka.log.segments import Segments
from minikafka.log.snapshot import LogSnapshot, SegmentSnapshot, picture
from minikafka.policy import Organs
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import LOG_APPEND_TIME, Batch, BatchHeader
from minikafka.records.errors import CorruptRecords
from minikafka.records.validation import Origin, validate_batches
from minikafka.world import World

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
        organs: Organs,
        topic_id: uuid.UUID | None,
    ) -> None:
        self.world = world
        self.directory = directory
        self.topic = topic
        self.partition = partition
        self.name = f"{topic}-{partition}"
        self.topic_id = topic_id
        self.organs = organs
        self.config = config
        self.epochs = LeaderEpochs(world.disk, directory, lambda: self.log_end_offset)
        self.producers = ProducerStates(self.name)
        self.log_start_offset = 0
        self.high_watermark = 0
        self.recovery_point = 0
        """All below it has been fsynced."""
        self.cleaned_up_to = 0
        """All below it has been compacted; the cleaner sets it, checkpoints keep it."""
        self._segments: Segments  # `open` finds them
        self._unflushed_messages = 0
        self._was_cut = True
        """Was something removed or created that only a flush makes durable?"""

    @classmethod
    def open(
        cls,
        world: World,
        directory: str,
        topic: str,
        partition: int,
        config: LogConfig,
        organs: Organs,
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
        disk.makedirs(directory)
        topic_id = claim_for_topic(disk, directory, topic_id)
        log = cls(world, directory, topic, partition, config, organs, topic_id)
        found = open_segments(
            disk,
            directory,
            config,
            organs.floor_entry,
            world.clock.time_ms(),
            log.epochs,
            log.producers,
            clean_shutdown=clean_shutdown,
            recovery_point=recovery_point,
            gaps_are_normal=config.is_compacted or was_compacted,
        )
        log._segments = Segments(world, directory, topic, partition, organs, log.producers, found.segments)
        log.log_start_offset = log.high_watermark = found.segments[0].base_offset
        log.epochs.truncate_from_start(log.log_start_offset)
        log.recovery_point = min(recovery_point, log.log_end_offset)
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
        self._rules = config.rules()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The oldest first; the last is the active one."""
        return tuple(self._segments)

    @property
    def log_end_offset(self) -> int:
        """The offset of the next record."""
        return self._segments.active.next_offset

    @property
    def last_stable_offset(self) -> int:
        """The high watermark, or the beginning of the oldest open transaction below it."""
        unstable = self.producers.first_unstable_offset
        return self.high_watermark if unstable is None else min(unstable, self.high_watermark)

    @property
    def size_bytes(self) -> int:
        """Of the records; indexes don't count."""
        return self._segments.size_bytes

    def snapshot(self, residency: SegmentResidency | None = None) -> LogSnapshot:
        """An immutable picture; with `residency`, its segments tell how much of them is in the page cache."""
        active = self._segments.active
        segments = tuple(picture(segment, segment is active, residency) for segment in self._segments)
        return LogSnapshot(segments, self.log_start_offset, self.log_end_offset)

    # -- appending ---------------------------------------------------------------------------------------

    def append_as_leader(
        self, data: bytes | bytearray | memoryview, leader_epoch: int, *, origin: Origin = "client"
    ) -> Appended:
        """Validate the one batch in `data`, give it the next offsets, and append it.

        Raises `ApiError`: what `validate_batches` refuses, what the producer's sequence forbids
        (`ProducerStates.check`), RECORD_LIST_TOO_LARGE when it is larger than a segment.
        """
        view = data if type(data) is memoryview else memoryview(data)
        now_ms = self.world.clock.time_ms()
        valid = validate_batches(view, self._rules, now_ms, origin=origin, topic_partition=self.name)
        first = self.log_end_offset
        header, buffers = prepare(valid, self._config, first, leader_epoch, self.name)
        check_fits(header, self._config, self.name)
        appends_time = self._config.message_timestamp_type == LOG_APPEND_TIME
        if header.producer_id >= 0:
            known = self._check_producer(header, first, origin)
            if known is not None:
                return Appended(
                    known.first_offset,
                    known.last_offset,
                    known.timestamp_ms,
                    self.log_start_offset,
                    known.timestamp_ms,
                    True,
                )
        segment = self._segments.writable(header.size_bytes, header, self._config, now_ms)
        if leader_epoch > self.epochs.latest:
            self.epochs.assign(leader_epoch, first)
        segment.append(buffers, (header,))
        self.producers.update(header, valid.batch)
        self._note_unflushed(header.record_count)
        return Appended(
            first,
            header.last_offset,
            now_ms if appends_time else -1,
            self.log_start_offset,
            header.max_timestamp,
            False,
        )

    def _check_producer(self, header: BatchHeader, offset: int, origin: Origin) -> BatchMetadata | None:
        if origin == "client":
            return self.producers.check(header, offset)
        self.producers.check_epoch(header, offset)
        return None

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
            raise ApiError(
                ErrorCode.UNKNOWN_SERVER_ERROR,
                f"Unexpected offset in append to {self.name}. First offset {first.base_offset} is less than "
                f"the next offset {self.log_end_offset}.",
            )
        now_ms = self.world.clock.time_ms()
        begin = 0
        while begin < len(batches):
            begin = self._append_run(batches, begin, now_ms)
        self.log_start_offset = start
        return self.log_end_offset

    def _append_run(self, batches: list[Batch], begin: int, now_ms: int) -> int:
        """Append the batches from `begin` on that fit into one segment; returns the next to append."""
        end, size = begin + 1, batches[begin].header.size_bytes
        segment = self._segments.writable(size, batches[begin].header, self._config, now_ms)
        while end < len(batches):
            header = batches[end].header
            if self._segments.should_roll(size + header.size_bytes, header, self._config, now_ms):
                break
            size += header.size_bytes
            end += 1
        run = batches[begin:end]
        for batch in run:
            header = batch.header
            if header.partition_leader_epoch > self.epochs.latest:
                self.epochs.assign(header.partition_leader_epoch, header.base_offset)
        segment.append([batch.data for batch in run], [batch.header for batch in run])
        for batch in run:
            self.producers.update(batch.header, batch)
            self._note_unflushed(batch.header.record_count)
        return end

    # -- rolling and flushing ------------------------------------------------------------------------------

    def roll(self, base_offset: int | None = None) -> Segment:
        """Begin a new segment at the log's end (or `base_offset` after it); see `Segments.roll`."""
        return self._segments.roll(self._config, base_offset)

    def _note_unflushed(self, messages: int) -> None:
        self._unflushed_messages += messages
        if self._unflushed_messages >= self._config.flush_messages:
            self.flush()

    def flush(self) -> None:
        """Fsync what has been written since the last flush, and move the recovery point to the end."""
        end = self.log_end_offset
        if end > self.recovery_point or self._was_cut:
            for segment in self._segments.since(self.recovery_point):
                segment.flush()
            self.world.disk.sync_dir(self.directory)
            self.world.disk.sync_dir(self.directory.rpartition("/")[0])
        self.epochs.sync()
        self._was_cut = False
        self.recovery_point = end
        self._unflushed_messages = 0

    @property
    def has_unflushed_segment(self) -> bool:
        """Was a segment rolled that has not been fsynced?"""
        return self._segments.active.base_offset > self.recovery_point and len(self._segments) > 1

    def flush_rolled(self) -> None:
        """Fsync the oldest rolled segment that hasn't been, and move the recovery point behind it: a start
        after a crash looks only at what comes from there on. (Kafka: the task `flush-log` after each roll.)"""
        if not self.has_unflushed_segment:
            return
        segment, following = self._segments.since(self.recovery_point)[:2]
        segment.flush()
        disk, snapshot = self.world.disk, snapshot_path(self.directory, following.base_offset)
        if disk.exists(snapshot):
            file = disk.open(snapshot)
            file.sync()
            file.close()
        disk.sync_dir(self.directory)
        disk.sync_dir(self.directory.rpartition("/")[0])
        self.epochs.sync()
        self.recovery_point = following.base_offset

    def close(self) -> None:
        """A clean end: everything fsynced, the state of producers written. Not for a crash or a deletion."""
        self._segments.active.seal()
        self._segments.note_producers(self.log_end_offset)
        self.flush()
        self.abandon()

    def abandon(self) -> None:
        """Close the files and write nothing."""
        for segment in self._segments:
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
        end = self.log_end_offset
        if not self.log_start_offset <= offset <= end:
            raise ApiError(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                f"Received request for offset {offset} for partition {self.name}, but we only have log "
                f"segments from offset {self.log_start_offset} up to {end}.",
            )
        limit = end if up_to_offset is None else min(up_to_offset, end)
        try:
            return self._segments.read(offset, max_bytes, up_to_offset=limit, at_least_one=at_least_one)
        except CorruptLog as error:
            raise self._damaged(error) from error

    def _damaged(self, error: CorruptRecords) -> ApiError:
        return ApiError(ErrorCode.CORRUPT_MESSAGE, f"The log of {self.name} is damaged {error}")

    def size_between(self, offset: int, end_offset: int, *, limit_bytes: int = 1 << 62) -> int:
        """About how many bytes a read from `offset` to `end_offset` would bring, at most `limit_bytes`."""
        return self._segments.size_between(offset, end_offset, limit_bytes)

    def offset_for_timestamp(self, timestamp_ms: int) -> Found | None:
        """The first record that is at least as late as `timestamp_ms`; None when all are earlier."""
        try:
            return self._segments.find_timestamp(timestamp_ms, self.log_start_offset)
        except CorruptRecords as error:
            raise self._damaged(error) from error

    def offset_of_max_timestamp(self) -> Found | None:
        """The first record with the largest timestamp of all (KIP-734); None when there is none."""
        largest = self._segments.largest_timestamp_ms
        return None if largest < 0 else self.offset_for_timestamp(largest)

    # -- compaction ----------------------------------------------------------------------------------------

    def new_segment(self, base_offset: int, suffix: str) -> Segment:
        """Empty files with this suffix, which are no part of the log; leftovers of that name go."""
        segment = self._segments.new(base_offset, self._config, suffix)
        segment.discard()
        segment.size_bytes = 0
        segment.create()
        return segment

    def swap_segments(self, old: list[Segment], new: Segment) -> None:
        """Put `new` in the place of `old`, its neighbours in this log; see `Segments.swap`."""
        self._segments.swap(old, new)

    # -- cutting off ---------------------------------------------------------------------------------------

    def truncate_to(self, offset: int) -> None:
        """Remove the records at `offset` and after it, with the whole batch that holds it."""
        if offset >= self.log_end_offset:
            # An epoch may begin at the end: of a reign in which nothing was written. The new leader has none such.
            self.epochs.truncate_from_end(self.log_end_offset)
            return
        assert offset >= 0, offset
        if offset < self._segments.first.base_offset:
            self.truncate_fully_and_start_at(offset)
            return
        self._segments.truncate_to(offset)
        self._ended_anew()

    def truncate_fully_and_start_at(self, offset: int) -> None:
        """Remove every record; the log is empty and begins and ends at `offset`."""
        self._segments.start_anew(offset, self._config)
        self.log_start_offset = offset
        self.epochs.clear()
        self._ended_anew()
        self.high_watermark = offset

    def _ended_anew(self) -> None:
        """After a truncation: everything that follows from the log's end."""
        end = self.log_end_offset
        self.log_start_offset = min(self.log_start_offset, max(end, self._segments.first.base_offset))
        self.high_watermark = min(self.high_watermark, end)
        self.recovery_point = min(self.recovery_point, end)
        self.cleaned_up_to = min(self.cleaned_up_to, end)
        self._was_cut = True
        self.world.disk.sync_dir(self.directory)
        self.epochs.truncate_from_end(end)
        load_producers(self.world.disk, self.directory, self.producers, list(self._segments), end)
        self.world.trace.emit(LogTruncated(self.topic, self.partition, end))

    def advance_log_start_offset(self, offset: int) -> None:
        """Records below `offset` are no longer served (DeleteRecords, or the leader's log start); their
        segments go with the next `delete_old_segments`. The caller keeps the offset in its checkpoint."""
        if offset <= self.log_start_offset:
            return
        assert offset <= self.log_end_offset, (offset, self.log_end_offset)
        self.log_start_offset = offset
        self.high_watermark = max(self.high_watermark, offset)
        self.epochs.truncate_from_start(offset)

    def delete_old_segments(self) -> int:
        """Remove the segments that retention gives up; returns how many."""
        doomed = self._segments.count_given_up(self._config, self.high_watermark, self.log_start_offset)
        if doomed == 0:
            return 0
        if doomed == len(self._segments):
            if self._segments.active.size_bytes == 0:
                doomed -= 1
            else:
                self.roll()
        going = self._segments.drop_first(doomed)
        self.advance_log_start_offset(self._segments.first.base_offset)
        for segment in going:
            self._segments.remove(segment)
        remove_snapshots_before(self.world.disk, self.directory, self._segments.first.base_offset)
        return doomed


__all__ = ["Appended", "Found", "Log", "LogSnapshot", "SegmentSnapshot"]
