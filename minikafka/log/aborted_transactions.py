"""The aborted transactions of a log, which a reader of committed records has to skip.

The rule: never a wrong answer. No checksum covers an entry of a transaction index, so before the first answer from a
file that an earlier life left, the entries are made again from the log's batches, and the file is put right where it
says something else. What this life wrote is known without that.

Kafka: `LocalLog.collectAbortedTransactions`, `addAbortedTransactions`, `LogSegment.fetchUpperBoundOffset`.
"""

from __future__ import annotations

from minikafka.log.index import CorruptIndex
from minikafka.log.producer_snapshots import load_producers, take_in
from minikafka.log.producers import CompletedTransaction, ProducerStates
from minikafka.log.scan import CorruptLog, scan_batches
from minikafka.log.segment import Segment
from minikafka.log.segments import Segments
from minikafka.log.transaction_index import AbortedTransaction, entry_of
from minikafka.world import Disk


class AbortedTransactions:
    """Of all segments of one log. Raises `CorruptLog` when the log itself is damaged where it is asked."""

    def __init__(self, disk: Disk, directory: str, name: str, segments: Segments) -> None:
        self._disk = disk
        self._directory = directory
        self._name = name
        self._segments = segments

    def note(self, completed: CompletedTransaction) -> None:
        """Its marker was just written to the active segment."""
        if not completed.is_aborted:
            return
        index = self._segments.active.aborted
        try:
            index.append(entry_of(completed))
        except CorruptIndex:
            self._bear_out(self._segments.active)  # finds the new one, too

    def of(self, segment: Segment) -> tuple[AbortedTransaction, ...]:
        """Those whose marker lies in `segment`, one of this log's."""
        if not segment.aborted.is_borne_out:
            self._bear_out(segment)
        return tuple(segment.aborted.entries())

    def between(self, offset: int, end_offset: int) -> list[AbortedTransaction]:
        """Those that have something at or after `offset`, and begin below `end_offset`."""
        found = []
        for segment in self._segments.since(offset):
            for entry in self.of(segment):
                if entry.last_offset >= offset and entry.first_offset < end_offset:
                    found.append(entry)
                if entry.last_stable_offset >= end_offset:
                    return found  # all that ended later began there or behind
        return found

    def of_read(self, offset: int, size_bytes: int) -> list[AbortedTransaction]:
        """Those that may concern who read `size_bytes` from `offset` on: a few too many where the offset index
        doesn't know better, as in Kafka."""
        following = self._segments.since(offset)
        if not any(segment.aborted.exists for segment in following):
            return []
        number, position = 0, following[0].position_of(offset)
        while position >= following[number].size_bytes and number + 1 < len(following):
            number, position = number + 1, 0  # nothing was left in that segment
        end = following[number].offset_at_or_behind(position + size_bytes)
        if end is None:
            last = number + 1 == len(following)
            end = following[number].next_offset if last else following[number + 1].base_offset
        return self.between(offset, end)

    def _bear_out(self, segment: Segment) -> None:
        try:
            stored = tuple(segment.aborted.entries())
        except CorruptIndex:
            stored = None
        if stored == ():
            found = []
        else:
            found = self._from_log(segment)
            if stored is None or tuple(found) != stored:
                _check_whole(segment)  # or it may be the log that is wrong
        segment.aborted.replace(found)

    def _from_log(self, segment: Segment) -> list[AbortedTransaction]:
        producers = ProducerStates(self._name)
        before = [other for other in self._segments if other.base_offset < segment.base_offset]
        load_producers(self._disk, self._directory, producers, before, segment.base_offset)
        ended = take_in(segment, producers, segment.next_offset)
        return [entry_of(completed) for completed in ended if completed.is_aborted]


def _check_whole(segment: Segment) -> None:
    """Raises `CorruptLog` unless checksums and offsets of all batches are right."""
    following = segment.base_offset
    for at, batch in scan_batches(segment.file(), 0, segment.size_bytes):
        header = batch.header
        if header.base_offset < following or header.last_offset >= segment.next_offset:
            raise CorruptLog(at, f"offsets {header.base_offset} to {header.last_offset} can't be there")
        following = header.next_offset
