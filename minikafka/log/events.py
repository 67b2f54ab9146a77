"""What happens to a log, for the trace.

Rule: an event names the partition and plain numbers, and is emitted after the thing is done. Kafka says the same
in its log files (`UnifiedLog`, `LogLoader`).
"""

from __future__ import annotations

from minikafka.world import Event


class SegmentRolled(Event, frozen=True):
    """A new active segment was begun."""

    topic: str
    partition: int
    base_offset: int


class SegmentDeleted(Event, frozen=True):
    """A segment was removed: retention, DeleteRecords, or a truncation."""

    topic: str
    partition: int
    base_offset: int
    size_bytes: int


class LogTruncated(Event, frozen=True):
    """The end of the log was cut off: it now ends at `offset`."""

    topic: str
    partition: int
    offset: int


class LogRecovered(Event, frozen=True):
    """A log was opened after an unclean shutdown: how many segments were scanned, what was cut off."""

    topic: str
    partition: int
    segments: int
    truncated_bytes: int
    log_end_offset: int


class LogCleaned(Event, frozen=True):
    """A log was compacted: what was dirty, and how many segments and bytes the rewritten part had and has."""

    topic: str
    partition: int
    first_dirty_offset: int
    end_offset: int
    segments_before: int
    segments_after: int
    bytes_before: int
    bytes_after: int


class LogUncleanable(Event, frozen=True):
    """Compaction met a damaged batch: this log is left alone until the broker starts again."""

    topic: str
    partition: int
    reason: str
