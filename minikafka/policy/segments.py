"""Where a log is cut into segments, where a lookup starts, and which segments retention deletes.

Rule: only whole segments are rolled or deleted, the oldest first, and never one that holds a record
above the high watermark.

Kafka: `LogSegment.shouldRoll`, `AbstractIndex.lookup`, `UnifiedLog.deleteOldSegments`.

Shown in lesson 5 (segments).
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class SegmentFacts(NamedTuple):
    """What retention needs to know of a segment. `next_offset` is one past its last record."""

    base_offset: int
    next_offset: int
    size_bytes: int
    largest_timestamp_ms: int
    """The largest record timestamp, or the file's time of modification when it holds none."""


def should_roll(
    size_bytes: int,
    incoming_bytes: int,
    segment_bytes: int,
    age_ms: int,
    segment_ms: int,
    index_is_full: bool,
    offset_delta_overflows: bool,
) -> bool:
    """Whether the active segment is closed and a new one begun before `incoming_bytes` are appended.

    `age_ms` counts from the segment's first record (by timestamps where it has them); an empty segment
    never rolls for its age. `offset_delta_overflows`: the offset doesn't fit in 32 bits relative to the
    base offset. Kafka: `LogSegment.shouldRoll`; `segment.bytes`, `segment.ms`, `segment.index.bytes`.
    """
    is_full = size_bytes > segment_bytes - incoming_bytes
    is_old = size_bytes > 0 and age_ms > segment_ms
    return is_full or is_old or index_is_full or offset_delta_overflows


def floor_entry(entries: Sequence[int], target: int) -> int:
    """The position of the last entry that is not greater than `target`, or -1 when all are greater.

    `entries` ascends. A read then scans the log forward from that entry. Kafka: `OffsetIndex.lookup`,
    `TimeIndex.lookup` (binary search for the greatest lower bound).
    """
    return bisect_right(entries, target) - 1


def segments_to_delete(
    segments: Sequence[SegmentFacts],
    now_ms: int,
    retention_ms: int,
    retention_bytes: int,
    high_watermark: int,
    log_start_offset: int,
) -> int:
    """How many of the oldest segments are to be deleted. The last of `segments` is the active one.

    -1 for `retention_ms` or `retention_bytes` means no limit. The three reasons are tried in turn, each on
    what the one before left: the newest record is older than `retention_ms`; the log without the segment is
    still at least `retention_bytes`; every record lies below the log start offset. Each stops at the first
    segment that it keeps. An empty active segment stays. When all are to go, the caller first rolls a new
    active segment. Kafka: `UnifiedLog.deleteOldSegments`, `deletableSegments`; `retention.ms`,
    `retention.bytes`.
    """

    def may_go(segment: SegmentFacts) -> bool:
        is_empty_end = segment.size_bytes == 0 and segment is segments[-1]
        return not is_empty_end and segment.next_offset <= high_watermark

    doomed = 0
    if retention_ms >= 0:
        while doomed < len(segments) and may_go(segments[doomed]):
            if now_ms - segments[doomed].largest_timestamp_ms <= retention_ms:
                break
            doomed += 1
    if retention_bytes >= 0:
        excess_bytes = sum(segment.size_bytes for segment in segments[doomed:]) - retention_bytes
        while doomed < len(segments) and may_go(segments[doomed]):
            if excess_bytes < segments[doomed].size_bytes:
                break
            excess_bytes -= segments[doomed].size_bytes
            doomed += 1
    while doomed < len(segments) - 1 and segments[doomed].next_offset <= min(
        log_start_offset, high_watermark
    ):
        doomed += 1
    return doomed
