"""One segment: a `.log` file with its indexes, named by the offset of its first record.

Rule: only the end of the last segment is ever written, and a lookup believes an index entry only if a
batch begins where it points. Kafka: `LogSegment`, `FileRecords`.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from collections.abc import Container, Sequence

from minikafka.log import lookup
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
from minikafka.log.reads import Reads, Records
from minikafka.log.scan import CorruptLog, scan_headers
from minikafka.log.transaction_index import TransactionIndex
from minikafka.records.batch import LOG_OVERHEAD_BYTES, BatchHeader
from minikafka.world import Disk, File, is_out_of_descriptors

CLEANED_SUFFIX, SWAP_SUFFIX, DELETED_SUFFIX = ".cleaned", ".swap", ".deleted"
LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX = (
    ".log",
    ".index",
    ".timeindex",
    ".txnindex",
)
_INT64_MAX = 0x7FFFFFFFFFFFFFFF
INDEX_SUFFIXES = (INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX)


def segment_path(directory: str, base_offset: int, suffix: str) -> str:
    """The path of one file of a segment: the base offset in twenty digits."""
    return f"{directory}/{base_offset:020d}{suffix}"


def is_file_of_segment(name: str, suffix: str) -> bool:
    """Twenty digits, which are an offset, and `suffix`?"""
    stem = name.removesuffix(suffix)
    if len(stem) + len(suffix) != len(name) or len(stem) != 20:
        return False
    return stem.isascii() and stem.isdecimal() and int(stem) <= _INT64_MAX


class Segment:
    """Offsets from `base_offset` to `next_offset` (exclusive) in `size_bytes` bytes of file.

    A closed segment is known by its file's size and its neighbour's base offset alone; its indexes are
    read at the first lookup.
    """

    def __init__(
        self,
        disk: Disk,
        directory: str,
        base_offset: int,
        config: LogConfig,
        floor_entry: FloorEntry,
        created_ms: int,
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
        self.created_ms = created_ms
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
        aborted = segment_path(directory, base_offset, TRANSACTION_INDEX_SUFFIX) + suffix
        has_aborted = disk.exists(aborted) if files is None else aborted.rpartition("/")[2] in files
        self.aborted = TransactionIndex(disk, aborted, base_offset, exists=has_aborted)
        self.times_cut = 0
        """Grows when batches are cut off and when the files are closed: who reads it in turns looks whether it did."""
        self._file: File | None = None
        self._indexes_are_loaded = False
        self._largest = NO_TIMESTAMP_OFFSET
        """The largest timestamp and its offset, once the indexes are loaded."""
        self._first_timestamp_ms: int | None = None
        self._bytes_since_entry = 0
        """How much was appended since the last index entry."""
        self._reads = Reads(self)

    def __repr__(self) -> str:
        return f"Segment({self.path}, {self.next_offset=}, {self.size_bytes=})"

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
                if not lookup.is_true(self, self._offsets, self._times.last()):
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
        self.reset_indexes()
        following = self.base_offset
        for position, header in scan_headers(self.file(), 0, self.size_bytes):
            if header.base_offset < following or header.last_offset >= self.next_offset:
                raise CorruptLog(
                    position, f"offsets {header.base_offset} to {header.last_offset} can't be there"
                )
            following = header.next_offset
            self.note_batch(position, header)
        self._times.maybe_append(self._largest)

    def reset_indexes(self) -> None:
        self._offsets.reset()
        self._times.reset()
        self._indexes_are_loaded = True
        self._largest = NO_TIMESTAMP_OFFSET
        self._bytes_since_entry = 0

    # -- writing -----------------------------------------------------------------------------------------

    def append(self, buffers: Sequence[bytes | memoryview], headers: Sequence[BatchHeader]) -> None:
        """Write batches (their headers with final offsets, in order) in one piece, and index them.

        When the disk fails half-way, the file is cut back, so that no torn batch is left before later ones.
        """
        position, file = self.size_bytes, self.file()
        try:
            written = file.append(*buffers)
            for header in headers:
                self.note_batch(position, header)
                position += LOG_OVERHEAD_BYTES + header.batch_length
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(self.size_bytes)
            raise
        assert position == self.size_bytes + written, "the headers are those of the bytes"
        self.size_bytes = position
        self.next_offset = headers[-1].next_offset

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

    @property
    def paths(self) -> tuple[str, ...]:
        """Where its files are, the log's own first; not all of them need be there."""
        return self.path, self._offsets.path, self._times.path, self.aborted.path

    def finish(self) -> None:
        """No more will be written: the time index ends with the largest timestamp of all."""
        self._times.maybe_append(self._largest)

    def seal(self) -> None:
        """`finish` it, durably."""
        self.finish()
        self._times.sync()  # only if it was: the recovery point may have passed this segment already

    @property
    def paths_to_sync(self) -> list[str]:
        """The log's own file, and what else has changed."""
        changed = [index.path for index in (self._offsets, self._times) if index.is_unsynced]
        return [self.path, *changed, *([self.aborted.path] if self.aborted.exists else [])]

    def was_synced(self) -> None:
        """By somebody else, as far as it is written."""
        self._offsets.was_synced()
        self._times.was_synced()

    def flush(self) -> None:
        self.file().sync()
        self._offsets.sync()
        self._times.sync()
        self.aborted.sync()

    def close(self) -> None:
        self.times_cut += 1
        if self._file is not None:
            self._file.close()
            self._file = None
        self._offsets.close()
        self._times.close()
        self.aborted.close()

    def remove(self) -> None:
        """Delete the files; a crash half-way leaves `.deleted` files, which the next opening removes."""
        for path in self.set_aside():
            self.disk.remove(path)

    def set_aside(self) -> list[str]:
        """Close the files and rename them to `.deleted`; returns the paths, which are to be removed."""
        self.close()
        doomed = []
        for suffix in (LOG_SUFFIX, *INDEX_SUFFIXES):
            path = segment_path(self.directory, self.base_offset, suffix)
            if self.disk.exists(path):
                self.disk.rename(path, path + DELETED_SUFFIX)
                doomed.append(path + DELETED_SUFFIX)
        return doomed

    def rename(self, suffix: str) -> None:
        """Give the files another suffix; the log's own file last, as its name is what counts."""
        for index, kind in ((self._offsets, INDEX_SUFFIX), (self._times, TIME_INDEX_SUFFIX)):
            path = segment_path(self.directory, self.base_offset, kind) + suffix
            self.disk.rename(index.path, path)
            index.path = path
        self.aborted.rename(segment_path(self.directory, self.base_offset, TRANSACTION_INDEX_SUFFIX) + suffix)
        if self.aborted.exists:
            self.disk.sync_dir(self.directory)  # of all indexes it alone isn't made again when it is missing
        path = segment_path(self.directory, self.base_offset, LOG_SUFFIX) + suffix
        self.disk.rename(self.path, path)
        self.path = path

    def discard(self) -> None:
        """Close and remove the files of a segment that never became part of a log."""
        self.close()
        self.aborted.remove()
        for path in (self._offsets.path, self._times.path, self.path):
            if self.disk.exists(path):
                self.disk.remove(path)

    def truncate_to(self, offset: int) -> int:
        """Cut off the batches that hold `offset` or later ones; returns the bytes removed."""
        offsets, times = self.indexes()
        found = lookup.locate(self, offset)
        if found is None:
            return 0
        position, header = found
        removed = self.size_bytes - position
        self.cut_at(position)
        self.next_offset = min(offset, header.base_offset)
        offsets.truncate_to_position(position)
        times.truncate_to_offset(header.base_offset)
        self.aborted.truncate_to(header.base_offset)
        self._reads.forget()
        self._largest = times.last()
        self._first_timestamp_ms = None
        self._bytes_since_entry = position - offsets.last().position
        for _, kept in scan_headers(self.file(), offsets.last().position, position):
            self._note_timestamp(kept)
        return removed

    def cut_at(self, position: int) -> None:
        """Cut the log file, durably: a cut that a power cut undoes would bring back batches whose offsets
        have been given to others since."""
        self.times_cut += 1
        self.file().truncate(position)
        self.file().sync()
        self.size_bytes = position

    # -- what rolling and retention ask ---------------------------------------------------------------------

    @property
    def largest_timestamp_ms(self) -> int:
        """The largest timestamp in the segment, -1 when there is none."""
        self.indexes()
        return self._largest.timestamp_ms

    @property
    def index_is_full(self) -> bool:
        offsets, times = self.indexes()
        return offsets.is_full or times.is_full

    @property
    def index_bytes(self) -> int:
        return self.indexes()[0].size_bytes

    @property
    def timeindex_bytes(self) -> int:
        return self.indexes()[1].size_bytes

    def age_ms(self, now_ms: int, incoming_timestamp_ms: int) -> int:
        """How long the segment has been growing: by its records' timestamps, else since it was made."""
        first_ms = self._first_timestamp_ms
        if first_ms is None:
            first_ms = self.first_timestamp_ms
        return now_ms - self.created_ms if first_ms < 0 else incoming_timestamp_ms - first_ms

    @property
    def first_timestamp_ms(self) -> int:
        """The largest timestamp of the first batch, -1 when there is none."""
        if self._first_timestamp_ms is None:
            if not self.size_bytes:
                return -1
            self._first_timestamp_ms = lookup.header_at(self, 0).max_timestamp
        return self._first_timestamp_ms

    # -- reading -----------------------------------------------------------------------------------------

    def slice(
        self, offset: int, max_bytes: int, *, up_to_offset: int, at_least_one: bool, in_memory_bytes: int
    ) -> Records:
        """Whole batches from the one that holds `offset` (or the next one), all below `up_to_offset`, at
        most `max_bytes`; with `at_least_one` the first is given whatever its size. More than `in_memory_bytes`, and
        large batches, stay in the file."""
        return self._reads.slice(
            offset,
            max_bytes,
            up_to_offset=up_to_offset,
            at_least_one=at_least_one,
            in_memory_bytes=in_memory_bytes,
        )

    def position_of(self, offset: int) -> int:
        """Where the batch that holds `offset` (or the next one) begins; the end when there is none."""
        found = None if offset >= self.next_offset else lookup.locate(self, offset)
        return self.size_bytes if found is None else found[0]

    def offset_at_or_behind(self, position: int) -> int | None:
        """The offset that the offset index notes first from `position` on; None when it notes none."""
        offsets = self.indexes()[0]
        slot = bisect_left(offsets.positions, position)
        if slot == 0 and len(offsets) and offsets.positions[0] == position:
            slot = 1  # Kafka's search never compares with the first entry once it may be the one
        return self.base_offset + offsets.offsets[slot] if slot < len(offsets) else None

    def find_timestamp(self, timestamp_ms: int, from_offset: int) -> tuple[int, int, int] | None:
        """(timestamp, offset, leader epoch) of the first record at or after `from_offset` that is at least
        as late as `timestamp_ms`. Only the batch that has it is decoded."""
        return lookup.find_timestamp(self, timestamp_ms, from_offset)

    def find_largest_timestamp(self) -> tuple[int, int, int] | None:
        """(timestamp, offset, leader epoch) of the first record that none is later than."""
        return lookup.find_largest_timestamp(self)
