"""Compaction of one log: the newest record of each key stays, at its offset.

Rule: the log's files change in one step a group (`Segments.swap`), after the new segment is whole and fsynced;
before that step a crash leaves the log as it was, after it the log is compacted. What makes a record superfluous is on
the disk before the record goes.

A pass is a generator that yields between bounded pieces of work, so that a broker's loop continues. Two sweeps: the
dirty part fills the offset map, then every segment up to the map's end is rewritten into `.cleaned`.

Kafka: `LogCleaner`, `Cleaner.doClean`, `buildOffsetMap`, `cleanSegments`, `groupSegmentsBySize`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from minikafka.log.aborted_transactions import ChangedMeanwhile
from minikafka.log.cleanable import Dirty
from minikafka.log.cleaned_producers import CleanedProducers
from minikafka.log.cleaned_transactions import CleanedTransactions
from minikafka.log.config import LogConfig
from minikafka.log.events import LogCleaned
from minikafka.log.index import MAX_RELATIVE_OFFSET
from minikafka.log.log import Log
from minikafka.log.offset_map import OffsetMap
from minikafka.log.scan import scan_batches
from minikafka.log.segment import Segment
from minikafka.log.segment_names import CLEANED_SUFFIX
from minikafka.log.transaction_index import AbortedTransaction, TransactionIndex
from minikafka.records.batch import MAGIC_V2, Batch, BatchHeader, Record, read_batches
from minikafka.records.filtering import emptied_batch, filtered_batch

BYTES_A_TURN = 256 * 1024


class CleaningInterrupted(Exception):
    """The log changed under the pass (retention, truncation): it is given up, and nothing is lost."""


def clean(log: Log, dirty: Dirty, max_map_entries: int) -> Generator[None, None, None]:
    """One pass over `log`; run it to its end. `CorruptLog` when a batch is damaged, OSError from the disk.

    Between two turns the log may be written and read, cut and deleted.
    """
    try:
        yield from _Pass(log, dirty, max_map_entries).run()
    except (CleaningInterrupted, ChangedMeanwhile):
        return


@dataclass(slots=True)
class _Turn:
    """What has been read since the last yield."""

    read_bytes: int = 0

    def is_over(self, size_bytes: int) -> bool:
        self.read_bytes += size_bytes
        if self.read_bytes < BYTES_A_TURN:
            return False
        self.read_bytes = 0
        return True


class _Pass:
    def __init__(self, log: Log, dirty: Dirty, max_map_entries: int) -> None:
        self.log = log
        self.dirty = dirty
        self.now_ms = log.world.clock.time_ms()
        self.transactions = CleanedTransactions()
        self.map = OffsetMap(max_map_entries)
        self.turn = _Turn()
        self._bytes_before = 0
        self._changed = False
        clean = [segment for segment in log.segments[:-1] if segment.base_offset < dirty.start]
        self._old_horizon_ms = _written_ms(clean[-1]) - log.config.delete_retention_ms if clean else 0
        """Deletion markers of the old formats go from segments that were written before."""
        self._index: TransactionIndex
        self._aborted: dict[int, AbortedTransaction]
        """Of the group that is rewritten, by the marker's offset; and where those go that stay."""
        self.producers: CleanedProducers

    def run(self) -> Iterator[None]:
        log, start = self.log, self.dirty.start
        segments = [s for s in log.segments[:-1] if s.base_offset < self.dirty.end]
        if log.recovery_point < self.dirty.end:
            log.flush()  # or a power cut could take the newer record after the pass took the older
        self.producers = CleanedProducers(log.producers, min(log.high_watermark, log.recovery_point))
        yield from self._walk_over_headers()
        yield from self._fill_map([s for s in segments if s.next_offset > start])
        end = self.map.latest_offset + 1
        going = [s for s in segments if s.base_offset < end]
        groups = list(groups_by_size(going, log.config))
        after: list[Segment] = []
        for group in groups:
            yield from self._clean_group(group, after)
        if not start < end <= log.log_end_offset:
            return
        log.cleaned_up_to = max(log.cleaned_up_to, end)
        log.world.trace.emit(
            LogCleaned(
                log.topic,
                log.partition,
                start,
                end,
                len(going),
                len(after),
                self._bytes_before,
                sum(s.size_bytes for s in after),
            )
        )

    def _walk_over_headers(self) -> Iterator[None]:
        """Of the whole log, the active segment, too: there may be the markers of what is cleaned."""
        segments = [(segment, segment.times_cut) for segment in self.log.segments]
        collecting = self.transactions.collect(
            [one for one, _ in segments], self.log.high_watermark, self.producers.note
        )
        for _ in collecting:
            yield
            if any(segment.times_cut > times for segment, times in segments):
                raise CleaningInterrupted

    # -- the offset map ------------------------------------------------------------------------------------

    def _fill_map(self, segments: list[Segment]) -> Iterator[None]:
        """Take in the dirty part until its end, or until the map is full."""
        start, end = self.dirty.start, self.dirty.end
        for segment in segments:
            self._check_is_there([segment])
            for _, batch in scan_batches(segment.file(), segment.position_of(start), segment.size_bytes):
                header = batch.header
                if header.last_offset >= end or self.transactions.is_undecided(header):
                    return
                if not (header.is_control or self.transactions.is_aborted(header)):
                    for record in batch.records():
                        if record.offset < start or record.key is None:
                            continue
                        if self.map.is_full and self.map.get(record.key) is None:
                            return
                        self.map.put(record.key, record.offset)
                self.map.latest_offset = header.last_offset
                if self.turn.is_over(header.size_bytes):
                    yield
                    self._check_is_there([segment])
            self.map.latest_offset = max(self.map.latest_offset, min(segment.next_offset, end) - 1)

    # -- rewriting -----------------------------------------------------------------------------------------

    def _clean_group(self, group: list[Segment], after: list[Segment]) -> Iterator[None]:
        """Rewrite `group` into one segment and put that in its place."""
        log = self.log
        self._check_is_there(group)
        for segment in group:
            for _ in log.aborted.bear_out(segment):
                yield
                self._check_is_there(group)
        target = log.segments.new_beside(group[0].base_offset, log.config, CLEANED_SUFFIX)
        self._index = target.aborted
        self._aborted = {entry.last_offset: entry for segment in group for entry in log.aborted.of(segment)}
        target.created_ms = max(segment.created_ms for segment in group)
        before_bytes = sum(segment.size_bytes for segment in group)
        self._changed = len(group) > 1
        try:
            for segment in group:
                yield from self._copy(segment, target, group)
            self._check_is_there(group)
            self._changed |= len(target.aborted.entries()) < len(self._aborted)
            if not self._changed:
                target.discard()  # all of it stays: so may the segment
                after.append(group[0])
            else:
                log.segments.swap(group, target)
                after.append(target)
        except CleaningInterrupted:
            with contextlib.suppress(OSError):
                target.discard()
            raise
        finally:
            if target not in after:
                target.close()
        self._bytes_before += before_bytes
        yield

    def _copy(self, segment: Segment, target: Segment, group: list[Segment]) -> Iterator[None]:
        buffers: list[bytes | memoryview] = []
        headers: list[BatchHeader] = []
        old_markers_expired = _written_ms(segment) <= self._old_horizon_ms
        for _, batch in scan_batches(segment.file(), 0, segment.size_bytes):
            rewritten = self._rewrite(batch, old_markers_expired)
            self._changed |= rewritten is not batch.data
            if rewritten is not None:
                buffers.append(rewritten)
                is_whole = rewritten is batch.data
                headers.append(batch.header if is_whole else next(read_batches(rewritten)).header)
            if self.turn.is_over(batch.header.size_bytes):
                if headers:
                    target.append(buffers, headers)
                    buffers, headers = [], []
                yield
                self._check_is_there(group)
        if headers:
            target.append(buffers, headers)

    def _rewrite(self, batch: Batch, old_markers_expired: bool) -> bytes | memoryview | None:
        """What stays of `batch`; None when nothing does. A horizon is set when its first marker is met.

        All of an old format is made again, as v2; before that, its markers have no horizon of their own.
        """
        header = batch.header
        is_old = header.magic < MAGIC_V2
        can_discard = self.transactions.can_discard(header)
        if header.is_control and not can_discard and header.base_offset in self._aborted:
            self._index.append(self._aborted[header.base_offset])
        horizon_ms = header.base_timestamp if header.has_delete_horizon else None
        has_expired = old_markers_expired if is_old else horizon_ms is not None and horizon_ms <= self.now_ms
        discards = can_discard and (has_expired or not header.is_control)
        records = list(batch.records())
        kept = [] if discards else [r for r in records if self._stays(header, r, has_expired)]
        if not kept:
            if is_old or not self._keeps_place(header):
                return None
            return batch.data if not records else emptied_batch(header)
        waits = (header.is_control and can_discard) or any(r.value is None for r in kept)
        if waits and horizon_ms is None:
            return filtered_batch(header, kept, self.now_ms + self.log.config.delete_retention_ms)
        if len(kept) == len(records) and not is_old:
            return batch.data
        return filtered_batch(header, kept, horizon_ms)

    def _stays(self, header: BatchHeader, record: Record, has_expired: bool) -> bool:
        if header.is_control or record.offset > self.map.latest_offset:
            return True
        latest = None if record.key is None else self.map.get(record.key)
        return self.log.rules.survives_compaction(
            record.offset, record.key, record.value, latest, has_expired
        )

    def _keeps_place(self, header: BatchHeader) -> bool:
        """Is this the batch that tells a producer's last sequence, or where the log ends?"""
        return header.next_offset == self.log.log_end_offset or self.producers.are_told_by(header)

    def _check_is_there(self, segments: list[Segment]) -> None:
        """Raises `CleaningInterrupted` unless the log still has these, and doesn't write to them."""
        closed = {segment.base_offset: segment for segment in self.log.segments[:-1]}
        if any(closed.get(segment.base_offset) is not segment for segment in segments):
            raise CleaningInterrupted


def _written_ms(segment: Segment) -> int:
    """About when the segment was last written (Kafka asks the file): by its records, else since when it is known."""
    largest = segment.largest_timestamp_ms
    return largest if largest >= 0 else segment.created_ms


def groups_by_size(segments: Iterable[Segment], config: LogConfig) -> Iterator[list[Segment]]:
    """Neighbours that fit together into one segment, by the limits on the log file and its indexes."""
    group: list[Segment] = []
    size = index = times = 0
    for segment in segments:
        size += segment.size_bytes
        index += segment.index_bytes
        times += segment.timeindex_bytes
        if group and (
            size > config.segment_bytes
            or max(index, times) > config.segment_index_bytes
            or segment.next_offset - 1 - group[0].base_offset > MAX_RELATIVE_OFFSET
        ):
            yield group
            group, size = [], segment.size_bytes
            index, times = segment.index_bytes, segment.timeindex_bytes
        group.append(segment)
    if group:
        yield group
