"""Which log is compacted next: the dirtiest one that is dirty enough.

Rule: nothing is read here but sizes and timestamps that the segments already know. The active segment, and what is
not stable yet (above the high watermark, or in an open transaction), is never cleaned.

Kafka: `LogCleanerManager.grabFilthiestCompactedLog`, `cleanableOffsets`, `maxCompactionDelay`, `LogToClean`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from minikafka.log.log import Log
from minikafka.log.segment import Segment


class Dirty(NamedTuple):
    """The part of a log that has not been compacted and may be now: `start` to `end`, exclusive."""

    start: int
    end: int
    clean_bytes: int
    dirty_bytes: int
    is_overdue: bool
    """Has a record waited longer than `max.compaction.lag.ms`?"""

    @property
    def ratio(self) -> float:
        return self.dirty_bytes / (self.clean_bytes + self.dirty_bytes) if self.dirty_bytes else 0.0


def dirty_part(log: Log, now_ms: int) -> Dirty | None:
    """What a pass could clean now; None when there is nothing."""
    segments = log.segments
    start = _first_dirty_offset(log)
    end = min(segments[-1].base_offset, log.last_stable_offset)
    if start >= end:
        return None
    config = log.config
    if config.min_compaction_lag_ms > 0:
        young = now_ms - config.min_compaction_lag_ms
        for segment in segments[:-1]:
            if segment.next_offset > start and segment.largest_timestamp_ms > young:
                end = min(end, segment.base_offset)
                break
    dirty = [s for s in segments[:-1] if s.next_offset > start and s.base_offset < end]
    if start >= end or not dirty:
        return None
    clean_bytes = sum(s.size_bytes for s in segments[:-1] if s.next_offset <= start)
    return Dirty(start, end, clean_bytes, sum(s.size_bytes for s in dirty), _is_overdue(log, dirty, now_ms))


def _first_dirty_offset(log: Log) -> int:
    """Where the last pass ended; the log's start when that can't be."""
    cleaned = log.cleaned_up_to
    return log.log_start_offset if cleaned > log.log_end_offset else max(cleaned, log.log_start_offset)


def _is_overdue(log: Log, dirty: list[Segment], now_ms: int) -> bool:
    limit_ms = log.config.max_compaction_lag_ms
    if limit_ms >= now_ms:
        return False
    firsts = (s.first_timestamp_ms for s in dirty)
    return min((t for t in firsts if t >= 0), default=now_ms) < now_ms - max(
        limit_ms, log.config.min_compaction_lag_ms
    )


def dirtiest(logs: Iterable[Log], now_ms: int) -> tuple[Log, Dirty] | None:
    """The log to clean next, and its dirty part: one that is overdue before others, then by ratio."""
    best: tuple[Log, Dirty] | None = None
    for log in logs:
        if not log.config.is_compacted or len(log.segments) < 2:
            continue
        dirty = dirty_part(log, now_ms)
        if dirty is None or not (dirty.is_overdue or dirty.ratio > log.config.min_cleanable_dirty_ratio):
            continue
        rank = (dirty.is_overdue, dirty.ratio)
        if best is None or rank > (best[1].is_overdue, best[1].ratio):
            best = log, dirty
    return best
