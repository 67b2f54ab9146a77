"""The segments of one log, in order: which one holds an offset, and what is asked of all of them.

Rule: there is always one, offsets ascend without overlap, and only the last, the active one, is written to.
Kafka: `LogSegments`, `LocalLog`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import overload

from minikafka.log.config import LogConfig
from minikafka.log.events import SegmentDeleted, SegmentRolled
from minikafka.log.index import MAX_RELATIVE_OFFSET
from minikafka.log.producer_snapshots import write_snapshot
from minikafka.log.producers import ProducerStates
from minikafka.log.reads import NOTHING, Records
from minikafka.log.segment import Segment
from minikafka.log.segment_names import SWAP_SUFFIX
from minikafka.policy import Rules
from minikafka.policy.segments import SegmentFacts
from minikafka.records.batch import BatchHeader
from minikafka.world import World


class Segments:
    """A list, the oldest first, that knows where offsets are; `replace` is the only way it changes."""

    active: Segment
    """The last."""

    def __init__(
        self,
        world: World,
        directory: str,
        topic: str,
        partition: int,
        rules: Rules,
        producers: ProducerStates,
        segments: list[Segment],
    ) -> None:
        self._world = world
        self._directory = directory
        self._topic = topic
        self._partition = partition
        self._rules = rules
        self._producers = producers
        """What is known of them is noted at each roll."""
        self.replace(segments)

    def replace(self, segments: list[Segment]) -> None:
        """These, oldest first, are the log's segments from now on."""
        assert segments, "a log has at least one segment"
        self._all = segments
        self.bases = [segment.base_offset for segment in segments]
        self.active = segments[-1]

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> list[Segment]: ...
    def __getitem__(self, index: int | slice) -> Segment | list[Segment]:
        return self._all[index]

    @property
    def first(self) -> Segment:
        """The oldest segment."""
        return self._all[0]

    @property
    def size_bytes(self) -> int:
        """Of the records; indexes don't count."""
        return sum(segment.size_bytes for segment in self._all)

    def _number_of(self, offset: int) -> int:
        return max(0, bisect_right(self.bases, offset) - 1)

    def since(self, offset: int) -> list[Segment]:
        """The segment that `offset` falls into, and all after it."""
        return self._all[self._number_of(offset) :]

    # -- rolling -----------------------------------------------------------------------------------------

    def writable(self, size_bytes: int, header: BatchHeader, config: LogConfig, now_ms: int) -> Segment:
        """The segment that a batch of this size goes to: the active one, or a new one."""
        if self.should_roll(size_bytes, header, config, now_ms):
            return self.roll(config, header.base_offset)
        return self.active

    def should_roll(self, size_bytes: int, header: BatchHeader, config: LogConfig, now_ms: int) -> bool:
        """Do these bytes, of which `header` is the last batch's, want a new segment?"""
        segment, base_offset = self.active, header.base_offset
        if segment.size_bytes == 0 and base_offset == segment.base_offset:
            return False  # the new segment would be this one again
        return self._rules.should_roll(
            segment.size_bytes,
            size_bytes,
            config.segment_bytes,
            segment.age_ms(now_ms, header.max_timestamp),
            config.longest_segment_ms,
            segment.index_is_full,
            base_offset + header.last_offset_delta - segment.base_offset > MAX_RELATIVE_OFFSET,
        )

    def roll(self, config: LogConfig, base_offset: int | None = None) -> Segment:
        """Close the active segment to writing and begin a new one at the log's end (or `base_offset`
        after it). An empty one stays, as in Kafka: it may be the first, and tell where the log begins."""
        active = self.active
        base = max(active.next_offset, -1 if base_offset is None else base_offset)
        if active.size_bytes == 0 and active.base_offset == base:
            return active
        active.seal()
        active.next_offset = base
        self.note_producers(base)
        segment = self.new(base, config)
        segment.create()
        self.replace([*self._all, segment])
        self._world.trace.emit(SegmentRolled(self._topic, self._partition, base))
        return segment

    def note_producers(self, offset: int) -> None:
        """What is known of producers at `offset`, beside the segments."""
        write_snapshot(self._world.disk, self._directory, offset, self._producers, self.bases)

    def new(self, base_offset: int, config: LogConfig, suffix: str = "") -> Segment:
        """A segment that is not one of these yet; its files are still to be created."""
        disk, now_ms = self._world.disk, self._world.clock.time_ms()
        return Segment(disk, self._directory, base_offset, config, self._rules.floor_entry, now_ms, suffix)

    def new_beside(self, base_offset: int, config: LogConfig, suffix: str) -> Segment:
        """Empty files with this suffix, which are no part of the log; leftovers of that name go."""
        segment = self.new(base_offset, config, suffix)
        segment.discard()
        segment.size_bytes = 0
        segment.create()
        return segment

    def swap(self, old: list[Segment], new: Segment) -> None:
        """Put `new`, whole and with a suffix of its own, in the place of its neighbours `old`.

        From the moment that its log file is called `.swap` an opening completes what is left undone here. The
        old go oldest first, so that no record outlives the deletion marker that follows it.
        """
        disk, begin = self._world.disk, self._all.index(old[0])
        assert self._all[begin : begin + len(old)] == old, "neighbours"
        assert self.active not in old, "all are closed"
        if any(segment.aborted.exists for segment in old):
            new.aborted.create()  # so that its absence tells `complete_swaps` something
        new.seal()
        new.flush()
        new.next_offset = old[-1].next_offset
        disk.sync_dir(self._directory)
        new.rename(SWAP_SUFFIX)
        disk.sync_dir(self._directory)
        doomed = [path for segment in old for path in segment.set_aside()]
        new.rename("")
        self.replace([*self._all[:begin], new, *self._all[begin + len(old) :]])
        disk.sync_dir(self._directory)
        for path in doomed:
            disk.remove(path)

    # -- reading -----------------------------------------------------------------------------------------

    def slice(
        self, offset: int, max_bytes: int, *, up_to_offset: int, at_least_one: bool, in_memory_bytes: int
    ) -> Records:
        """`Segment.slice` of the first segment that has something from `offset` on; empty when none has."""
        number = self._number_of(offset)
        while offset < up_to_offset and number < len(self._all):
            segment = self._all[number]
            if segment.base_offset >= up_to_offset:
                break
            found = segment.slice(
                offset,
                max_bytes,
                up_to_offset=up_to_offset,
                at_least_one=at_least_one,
                in_memory_bytes=in_memory_bytes,
            )
            if found or segment.position_of(offset) < segment.size_bytes:
                return found
            number += 1  # compaction left nothing after `offset` in this segment
        return NOTHING

    def size_between(self, offset: int, end_offset: int, limit_bytes: int) -> int:
        """About how many bytes lie between the two offsets, at most `limit_bytes`."""
        total = 0
        for segment in self.since(offset):
            if segment.base_offset >= end_offset or total >= limit_bytes:
                break
            total += segment.position_of(end_offset) - segment.position_of(offset)
        return min(total, limit_bytes)

    def find_timestamp(self, timestamp_ms: int, from_offset: int) -> tuple[int, int, int] | None:
        """`Segment.find_timestamp` of the first segment that has one so late. As in Kafka, none when all of that are
        before `from_offset`, until the segment is deleted."""
        for segment in self._all:
            if segment.largest_timestamp_ms >= timestamp_ms:
                found = segment.find_timestamp(timestamp_ms, from_offset)
                if found is not None or segment.base_offset < from_offset:
                    return found
        return None

    def find_largest_timestamp(self) -> tuple[int, int, int] | None:
        """(timestamp, offset, leader epoch) of the first record that none is later than. As in Kafka, it may stand
        before the log's start, as long as its segment is there."""
        largest = self.largest_timestamp_ms
        best = None if largest < 0 else self.find_timestamp(largest, 0)
        if best is not None or largest < 0:
            return best
        # Compaction took that record away; the segments still go by it.
        for segment in sorted(self._all, key=lambda each: each.largest_timestamp_ms, reverse=True):
            if best is not None and segment.largest_timestamp_ms < best[0]:
                break
            found = segment.find_largest_timestamp()
            if found is not None and (best is None or (found[0], -found[1]) > (best[0], -best[1])):
                best = found
        return best

    @property
    def largest_timestamp_ms(self) -> int:
        """Of all records; -1 when there is none."""
        return max((segment.largest_timestamp_ms for segment in self._all), default=-1)

    # -- cutting off -------------------------------------------------------------------------------------

    def start_anew(self, offset: int, config: LogConfig) -> None:
        """Remove all; one empty segment at `offset` is left."""
        for segment in reversed(self._all):
            self.remove(segment)
        self.replace([self.new(offset, config)])
        self.active.create()

    def truncate_to(self, offset: int) -> None:
        """Remove the segments after the one that holds `offset`, and of that one what lies at `offset` or after."""
        keep = self._number_of(offset) + 1
        for segment in reversed(self._all[keep:]):
            self.remove(segment)
        if keep < len(self._all):
            # A power cut that brought one back after the cut would leave a hole before it.
            self._world.disk.sync_dir(self._directory)
        self.replace(self._all[:keep])
        active = self.active
        if offset < active.next_offset:
            active.truncate_to(offset)
            active.next_offset = min(active.next_offset, offset)

    def remove(self, segment: Segment) -> None:
        """Delete the segment's files."""
        segment.remove()
        self._world.trace.emit(
            SegmentDeleted(self._topic, self._partition, segment.base_offset, segment.size_bytes)
        )

    def give_up(self, config: LogConfig, high_watermark: int, log_start_offset: int) -> list[Segment]:
        """Lets go of the oldest segments that retention gives up, and returns them; their files are still there."""
        count = self._count_given_up(config, high_watermark, log_start_offset)
        if count == len(self._all):
            if self.active.size_bytes == 0:
                count -= 1
            else:
                self.roll(config)
        gone = self._all[:count]
        if gone:
            self.replace(self._all[count:])
        return gone

    def _count_given_up(self, config: LogConfig, high_watermark: int, log_start_offset: int) -> int:
        """How many of the oldest retention gives up (Kafka: `UnifiedLog.deleteOldSegments`)."""
        facts = [
            SegmentFacts(s.base_offset, s.next_offset, s.size_bytes, _retention_timestamp_ms(s))
            for s in self._all
        ]
        doomed = self._rules.segments_to_delete(
            facts,
            self._world.clock.time_ms(),
            config.retention_ms if config.deletes_old_segments else -1,
            config.retention_bytes if config.deletes_old_segments else -1,
            high_watermark,
            log_start_offset,
        )
        return max(0, min(doomed, len(self._all)))


def _retention_timestamp_ms(segment: Segment) -> int:
    largest = segment.largest_timestamp_ms
    return largest if largest >= 0 else segment.created_ms
