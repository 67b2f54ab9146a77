"""One segment: a `.log` file with its indexes, named by the offset of its first record.

Rule: only the end of the last segment is ever written. What is where is `indexed_file.py`'s matter, what a fetch gets
`reads.py`'s. Kafka: `LogSegment`, `FileRecords`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Container, Sequence

from minikafka.log.config import LogConfig
from minikafka.log.index import FloorEntry
from minikafka.log.indexed_file import IndexedFile
from minikafka.log.reads import Reads, Records
from minikafka.log.scan import scan_headers
from minikafka.log.segment_names import (
    DELETED_SUFFIX,
    INDEX_SUFFIX,
    INDEX_SUFFIXES,
    LOG_SUFFIX,
    TIME_INDEX_SUFFIX,
    TRANSACTION_INDEX_SUFFIX,
    segment_path,
)
from minikafka.log.transaction_index import TransactionIndex
from minikafka.records.batch import LOG_OVERHEAD_BYTES, BatchHeader
from minikafka.world import Disk


class Segment(IndexedFile):
    """The file with its indexes, and what happens to them: growing, cutting, rolling, being deleted."""

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
        super().__init__(disk, directory, base_offset, config, floor_entry, suffix, files=files)
        self.created_ms = created_ms
        aborted = segment_path(directory, base_offset, TRANSACTION_INDEX_SUFFIX) + suffix
        has_aborted = disk.exists(aborted) if files is None else aborted.rpartition("/")[2] in files
        self.aborted = TransactionIndex(disk, aborted, base_offset, exists=has_aborted)
        self.times_cut = 0
        """Grows when batches are cut off and when the files are closed: who reads it in turns looks whether it did."""
        self._first_timestamp_ms: int | None = None
        self._reads = Reads(self)

    def __repr__(self) -> str:
        return f"Segment({self.path}, {self.next_offset=}, {self.size_bytes=})"

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
        found = self.locate(offset)
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
            self._first_timestamp_ms = self.header_at(0).max_timestamp
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
