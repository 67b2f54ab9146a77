"""A log as a viewer sees it: immutable, small, nothing of the records in it.

Rule: taking a picture changes nothing and reads no records. Kafka: what DescribeLogDirs and `kafka-dump-log` show.
"""

from __future__ import annotations

import msgspec

from minikafka.log.residency import SegmentResidency
from minikafka.log.segment import Segment


class SegmentSnapshot(msgspec.Struct, frozen=True, gc=False):
    """One segment as a viewer sees it; sizes in bytes, times in ms."""

    base_offset: int
    next_offset: int
    size_bytes: int
    index_bytes: int
    timeindex_bytes: int
    created_ms: int
    max_timestamp_ms: int
    active: bool
    resident_pages: int | None = None
    pages: int | None = None


class LogSnapshot(msgspec.Struct, frozen=True, gc=False):
    """A log as a viewer sees it."""

    segments: tuple[SegmentSnapshot, ...]
    start: int
    end: int
    size_bytes: int


def picture(segment: Segment, active: bool, residency: SegmentResidency | None = None) -> SegmentSnapshot:
    """How `segment` looks now."""
    cached = residency.of(segment.path, segment.size_bytes) if residency is not None else None
    resident_pages, pages = cached or (None, None)
    offsets, times = segment.indexes()
    return SegmentSnapshot(
        segment.base_offset,
        segment.next_offset,
        segment.size_bytes,
        offsets.size_bytes,
        times.size_bytes,
        segment.created_ms,
        segment.largest_timestamp_ms,
        active,
        resident_pages,
        pages,
    )
