"""Finding a batch in a segment, by its offset or by a time.

Rule: no checksum covers a batch's offset, so neighbours and index bear witness for it; an index entry is
believed only if a batch begins where it points. Kafka: `LogSegment.translateOffset`,
`FileRecords.searchForOffsetFromPosition`, `searchForTimestamp`.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from typing import TYPE_CHECKING

from minikafka.log.index import OffsetIndex, TimestampOffset
from minikafka.log.scan import HOP_WINDOW_BYTES, CorruptLog, scan_batches, scan_headers
from minikafka.records.batch import BatchHeader

if TYPE_CHECKING:
    from minikafka.log.segment import Segment


def header_at(segment: Segment, position: int) -> BatchHeader:
    """Of the batch that begins there."""
    for _, header in scan_headers(segment.file(), position, segment.size_bytes, HOP_WINDOW_BYTES):
        return header
    raise CorruptLog(position, "no batch is there")


def locate(segment: Segment, offset: int) -> tuple[int, BatchHeader] | None:
    """The first batch that ends at or after `offset`, and where it begins. A wrong index is rebuilt once,
    and then asked."""
    try:
        return search(segment, segment.indexes()[0], offset)
    except CorruptLog:
        segment.rebuild_indexes()
        return search(segment, segment.indexes()[0], offset)


def search(segment: Segment, offsets: OffsetIndex, offset: int) -> tuple[int, BatchHeader] | None:
    """As `locate`; `CorruptLog` when the index's entry, or the batches on the way, can't be right."""
    entry = offsets.lookup(offset)
    first, following, promised = True, segment.base_offset, entry.offset
    for position, header in scan_headers(segment.file(), entry.position, segment.size_bytes):
        if first and header.base_offset > max(entry.offset, segment.base_offset) and entry.position:
            raise CorruptLog(position, "the index points at no batch")
        _check_order(segment, position, header, following)
        if entry.position and following <= promised < header.base_offset:
            raise CorruptLog(position, f"the index knows of offset {promised}, which isn't there")
        first, following = False, header.next_offset
        if header.last_offset >= offset:
            return position, header
    return None


def check_order_at(segment: Segment, position: int) -> None:
    """Raises `CorruptLog` when the batch at `position` and what comes after it can't both be right."""
    following = segment.base_offset
    for at, header in itertools.islice(scan_headers(segment.file(), position, segment.size_bytes), 2):
        _check_order(segment, at, header, following)
        following = header.next_offset


def _check_order(segment: Segment, position: int, header: BatchHeader, following: int) -> None:
    if header.base_offset < following or header.last_offset >= segment.next_offset:
        raise CorruptLog(position, f"offsets {header.base_offset} to {header.last_offset} can't be there")


def position_limit(segment: Segment, up_to_offset: int) -> int:
    """A position behind all batches below `up_to_offset`, but not far behind.

    An entry's position may be that of the first of several batches (Kafka notes one entry an append), so
    the limit is the entry after the one that reaches `up_to_offset`.
    """
    if up_to_offset >= segment.next_offset:
        return segment.size_bytes
    offsets = segment.indexes()[0]
    slot = bisect_left(offsets.offsets, up_to_offset - segment.base_offset) + 1
    return offsets.positions[slot] if slot < len(offsets) else segment.size_bytes


def find_timestamp(segment: Segment, timestamp_ms: int, from_offset: int) -> tuple[int, int, int] | None:
    """See `Segment.find_timestamp`."""
    entry = _time_entry(segment, timestamp_ms)
    position = segment.indexes()[0].lookup(max(entry.offset, from_offset)).position
    file = segment.file()
    for at, header in scan_headers(file, position, segment.size_bytes):
        if header.max_timestamp < timestamp_ms or header.last_offset < from_offset:
            continue
        check_order_at(segment, at)
        for _, batch in scan_batches(file, at, at + header.size_bytes):
            for record in batch.records():
                if record.timestamp_ms >= timestamp_ms and record.offset >= from_offset:
                    return record.timestamp_ms, record.offset, header.partition_leader_epoch
    return None


def find_largest_timestamp(segment: Segment) -> tuple[int, int, int] | None:
    """See `Segment.find_largest_timestamp`."""
    best: tuple[int, int, int] | None = None
    file = segment.file()
    for at, header in scan_headers(file, 0, segment.size_bytes):
        if best is not None and header.max_timestamp <= best[0]:
            continue
        for _, batch in scan_batches(file, at, at + header.size_bytes):
            for record in batch.records():
                if best is None or record.timestamp_ms > best[0]:
                    best = record.timestamp_ms, record.offset, header.partition_leader_epoch
    return best


def _time_entry(segment: Segment, timestamp_ms: int) -> TimestampOffset:
    """Where the time index says that a search begins, once a batch bears it out."""
    offsets, times = segment.indexes()
    entry = times.lookup(timestamp_ms)
    if not is_true(segment, offsets, entry):
        segment.rebuild_indexes()
        entry = times.lookup(timestamp_ms)
    return entry


def is_true(segment: Segment, offsets: OffsetIndex, entry: TimestampOffset) -> bool:
    """Has the batch with the entry's offset the entry's timestamp? (A wrong one would hide records.)"""
    if entry.timestamp_ms < 0:
        return True
    found = search(segment, offsets, entry.offset)
    return found is not None and found[1].max_timestamp == entry.timestamp_ms
