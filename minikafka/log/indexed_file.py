"""A segment's `.log` file with its two indexes: which offsets are in it, and where their batches begin.

Rule: no checksum covers a batch's offset, so neighbours and index bear witness for it; an index entry is believed only
if a batch begins where it points, and a wrong index is made again from the file. Kafka: `LogSegment.translateOffset`,
`FileRecords.searchForOffsetFromPosition`, `searchForTimestamp`.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Container

from minikafka.log.config import LogConfig
from minikafka.log.index import (
    MAX_RELATIVE_OFFSET,
    NO_TIMESTAMP_OFFSET,
    CorruptIndex,
    FloorEntry,
    OffsetIndex,
    TimeIndex,
    TimestampOffset,
)
from minikafka.log.scan import HOP_WINDOW_BYTES, CorruptLog, scan_batches, scan_headers
from minikafka.log.segment_names import INDEX_SUFFIX, LOG_SUFFIX, TIME_INDEX_SUFFIX, segment_path
from minikafka.records.batch import LOG_OVERHEAD_BYTES, BatchHeader
from minikafka.world import Disk, File, is_out_of_descriptors


class IndexedFile:
    """Offsets from `base_offset` to `next_offset` (exclusive) in `size_bytes` bytes of file.

    A closed one is known by its file's size and its neighbour's base offset alone; its indexes are read at the first
    lookup.
    """

    def __init__(
        self,
        disk: Disk,
        directory: str,
        base_offset: int,
        config: LogConfig,
        floor_entry: FloorEntry,
        suffix: str = "",
        *,
        files: Container[str] | None = None,
    ) -> None:
        """`files`: the names of those that are in the directory; None: look."""
        self.disk = disk
        self.directory = directory
        self.base_offset = base_offset
        """No record in it has a smaller offset; it names the files."""
        self.next_offset = base_offset
        """The offset after the last record in it."""
        self.path = segment_path(directory, base_offset, LOG_SUFFIX) + suffix
        is_there = disk.exists(self.path) if files is None else self.path.rpartition("/")[2] in files
        self.size_bytes = disk.size(self.path) if is_there else 0
        """How long the file is; the next batch goes there."""
        self.index_interval_bytes = config.index_interval_bytes
        max_bytes = config.segment_index_bytes
        self._offsets = OffsetIndex(
            disk,
            segment_path(directory, base_offset, INDEX_SUFFIX) + suffix,
            base_offset,
            max_bytes,
            floor_entry,
        )
        self._times = TimeIndex(
            disk,
            segment_path(directory, base_offset, TIME_INDEX_SUFFIX) + suffix,
            base_offset,
            max_bytes,
            floor_entry,
        )
        self._file: File | None = None
        self._indexes_are_loaded = False
        self._largest = NO_TIMESTAMP_OFFSET
        """The largest timestamp and its offset, once the indexes are loaded."""
        self._bytes_since_entry = 0
        """How much was appended since the last index entry."""

    # -- opening -----------------------------------------------------------------------------------------

    def create(self) -> None:
        """Make the three files of a new segment; they are opened when they are needed."""
        self.disk.touch(self.path)
        self._offsets.create()
        self._times.create()
        self._indexes_are_loaded = True

    def file(self) -> File:
        if self._file is None:
            self._file = self.disk.open(self.path, create=True)
        return self._file

    def indexes(self) -> tuple[OffsetIndex, TimeIndex]:
        """The two indexes, read at the first call, and rebuilt from the log when they can't be right."""
        if not self._indexes_are_loaded:
            try:
                self._offsets.load(self.size_bytes)
                self._times.load(self.next_offset)
                if not self.is_true(self._offsets, self._times.last()):
                    raise CorruptIndex(f"{self._times.path} ends with a timestamp that no batch has")
            except (CorruptIndex, CorruptLog):
                self.rebuild_indexes()
            self._largest = max(self._largest, self._times.last())
            self._indexes_are_loaded = True
        return self._offsets, self._times

    def load_tail(self) -> None:
        """Find `next_offset` and the largest timestamp of a segment that was closed cleanly: from the last
        index entries on. Raises `CorruptLog` when the file's end is not that of a batch."""
        if not self.size_bytes:
            self.reset_indexes()
            self.next_offset = self.base_offset
            return
        self.next_offset = self.base_offset + MAX_RELATIVE_OFFSET
        try:
            self._scan_tail()
        except (CorruptIndex, CorruptLog):
            self.rebuild_indexes()  # and if it wasn't the index, this raises
            self._scan_tail()

    def _scan_tail(self) -> None:
        offsets, times = self.indexes()
        entry = offsets.last()
        next_offset = self.base_offset
        for at, header in scan_headers(self.file(), entry.position, self.size_bytes):
            if header.base_offset < next_offset or (
                at == entry.position > 0 and header.base_offset > entry.offset
            ):
                raise CorruptLog(at, f"a batch begins with offset {header.base_offset}")
            next_offset = header.next_offset
            self._note_timestamp(header)
        if times.last().offset >= next_offset:
            raise CorruptIndex("the time index points behind the end of the log")
        self.next_offset = next_offset
        self._bytes_since_entry = self.size_bytes - entry.position

    def rebuild_indexes(self) -> None:
        """Make both indexes again from the headers in the log file; `CorruptLog` when it isn't whole."""
        self._offsets.begin_rebuild()
        self._times.begin_rebuild()
        self._begin_indexes()
        following = self.base_offset
        try:
            for position, header in scan_headers(self.file(), 0, self.size_bytes):
                if header.base_offset < following or header.last_offset >= self.next_offset:
                    raise CorruptLog(
                        position, f"offsets {header.base_offset} to {header.last_offset} can't be there"
                    )
                following = header.next_offset
                self.note_batch(position, header)
            self._times.maybe_append(self._largest)
        finally:
            self._offsets.end_rebuild()
            self._times.end_rebuild()

    def reset_indexes(self) -> None:
        self._offsets.reset()
        self._times.reset()
        self._begin_indexes()

    def _begin_indexes(self) -> None:
        self._indexes_are_loaded = True
        self._largest = NO_TIMESTAMP_OFFSET
        self._bytes_since_entry = 0

    # -- what is in the indexes ----------------------------------------------------------------------------

    def note_batch(self, position: int, header: BatchHeader) -> None:
        """Index the batch at `position`, if the last entry is far enough away."""
        self._note_timestamp(header)
        since_entry = self._bytes_since_entry
        if since_entry > self.index_interval_bytes:
            try:
                self._offsets.append(header.last_offset, position)
                self._times.maybe_append(self._largest)
            except OSError as problem:
                if not is_out_of_descriptors(problem):
                    raise
                # An index that knows of fewer batches is as right.
            since_entry = 0
        self._bytes_since_entry = since_entry + LOG_OVERHEAD_BYTES + header.batch_length

    def _note_timestamp(self, header: BatchHeader) -> None:
        if header.max_timestamp > self._largest.timestamp_ms and header.record_count != 0:
            self._largest = TimestampOffset(header.max_timestamp, header.last_offset)

    # -- finding a batch, by its offset or by a time -------------------------------------------------------

    def header_at(self, position: int) -> BatchHeader:
        """Of the batch that begins there."""
        for _, header in scan_headers(self.file(), position, self.size_bytes, HOP_WINDOW_BYTES):
            return header
        raise CorruptLog(position, "no batch is there")

    def locate(self, offset: int) -> tuple[int, BatchHeader] | None:
        """The first batch that ends at or after `offset`, and where it begins. A wrong index is rebuilt once,
        and then asked."""
        try:
            return self.search(self.indexes()[0], offset)
        except CorruptLog:
            self.rebuild_indexes()
            return self.search(self.indexes()[0], offset)

    def search(self, offsets: OffsetIndex, offset: int) -> tuple[int, BatchHeader] | None:
        """As `locate`; `CorruptLog` when the index's entry, or the batches on the way, can't be right."""
        entry = offsets.lookup(offset)
        first, following, promised = True, self.base_offset, entry.offset
        for position, header in scan_headers(self.file(), entry.position, self.size_bytes):
            if first and header.base_offset > max(entry.offset, self.base_offset) and entry.position:
                raise CorruptLog(position, "the index points at no batch")
            self._check_order(position, header, following)
            if entry.position and following <= promised < header.base_offset:
                raise CorruptLog(position, f"the index knows of offset {promised}, which isn't there")
            first, following = False, header.next_offset
            if header.last_offset >= offset:
                return position, header
        return None

    def check_order_at(self, position: int) -> None:
        """Raises `CorruptLog` when the batch at `position` and what comes after it can't both be right."""
        following = self.base_offset
        for at, header in itertools.islice(scan_headers(self.file(), position, self.size_bytes), 2):
            self._check_order(at, header, following)
            following = header.next_offset

    def _check_order(self, position: int, header: BatchHeader, following: int) -> None:
        if header.base_offset < following or header.last_offset >= self.next_offset:
            raise CorruptLog(position, f"offsets {header.base_offset} to {header.last_offset} can't be there")

    def position_of(self, offset: int) -> int:
        """Where the batch that holds `offset` (or the next one) begins; the end when there is none."""
        if offset <= self.base_offset:
            return 0
        found = None if offset >= self.next_offset else self.locate(offset)
        return self.size_bytes if found is None else found[0]

    def offset_at_or_behind(self, position: int) -> int | None:
        """The offset that the offset index notes first from `position` on; None when it notes none."""
        offsets = self.indexes()[0]
        slot = bisect_left(offsets.positions, position)
        if slot == 0 and len(offsets) and offsets.positions[0] == position:
            slot = 1  # Kafka's search never compares with the first entry once it may be the one
        return self.base_offset + offsets.offsets[slot] if slot < len(offsets) else None

    def position_limit(self, up_to_offset: int) -> int:
        """A position behind all batches below `up_to_offset`, but not far behind.

        An entry's position may be that of the first of several batches (Kafka notes one entry an append), so
        the limit is the entry after the one that reaches `up_to_offset`.
        """
        if up_to_offset >= self.next_offset:
            return self.size_bytes
        offsets = self.indexes()[0]
        slot = bisect_left(offsets.offsets, up_to_offset - self.base_offset) + 1
        return offsets.positions[slot] if slot < len(offsets) else self.size_bytes

    def find_timestamp(self, timestamp_ms: int, from_offset: int) -> tuple[int, int, int] | None:
        """(timestamp, offset, leader epoch) of the first record at or after `from_offset` that is at least
        as late as `timestamp_ms`. Only the batch that has it is decoded."""
        entry = self._time_entry(timestamp_ms)
        position = self.indexes()[0].lookup(max(entry.offset, from_offset)).position
        file = self.file()
        for at, header in scan_headers(file, position, self.size_bytes):
            if header.max_timestamp < timestamp_ms or header.last_offset < from_offset:
                continue
            self.check_order_at(at)
            for _, batch in scan_batches(file, at, at + header.size_bytes):
                for record in batch.records():
                    if record.timestamp_ms >= timestamp_ms and record.offset >= from_offset:
                        return record.timestamp_ms, record.offset, header.partition_leader_epoch
        return None

    def find_largest_timestamp(self) -> tuple[int, int, int] | None:
        """(timestamp, offset, leader epoch) of the first record that none is later than."""
        best: tuple[int, int, int] | None = None
        file = self.file()
        for at, header in scan_headers(file, 0, self.size_bytes):
            if best is not None and header.max_timestamp <= best[0]:
                continue
            for _, batch in scan_batches(file, at, at + header.size_bytes):
                for record in batch.records():
                    if best is None or record.timestamp_ms > best[0]:
                        best = record.timestamp_ms, record.offset, header.partition_leader_epoch
        return best

    def _time_entry(self, timestamp_ms: int) -> TimestampOffset:
        """Where the time index says that a search begins, once a batch bears it out."""
        offsets, times = self.indexes()
        entry = times.lookup(timestamp_ms)
        if not self.is_true(offsets, entry):
            self.rebuild_indexes()
            entry = times.lookup(timestamp_ms)
        return entry

    def is_true(self, offsets: OffsetIndex, entry: TimestampOffset) -> bool:
        """Has the batch with the entry's offset the entry's timestamp? (A wrong one would hide records.)"""
        if entry.timestamp_ms < 0:
            return True
        found = self.search(offsets, entry.offset)
        return found is not None and found[1].max_timestamp == entry.timestamp_ms
