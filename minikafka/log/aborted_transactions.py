"""The aborted transactions of a log, which a reader of committed records has to skip.

Rule: never a wrong answer. No checksum covers an entry of a transaction index, so before the first answer from a
file that an earlier life left, the entries are made again from the log's batches, and the file is put right where it
says something else. What this life wrote is known without that. For a large segment that takes a while, so who can
wait does it in turns, and others keep working.

Kafka: `LocalLog.collectAbortedTransactions`, `addAbortedTransactions`, `LogSegment.fetchUpperBoundOffset`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator, Iterator, Sequence
from typing import TypeVar

from minikafka.log.index import CorruptIndex
from minikafka.log.producer_snapshots import loading_producers, take_in
from minikafka.log.producers import CompletedTransaction, ProducerStates
from minikafka.log.scan import CorruptLog, scan_batches
from minikafka.log.segment import Segment
from minikafka.log.segments import Segments
from minikafka.log.transaction_index import AbortedTransaction, entry_of
from minikafka.records.errors import CorruptRecords
from minikafka.world import Disk

BYTES_A_TURN = 1024 * 1024
_T = TypeVar("_T")
_Turns = Generator[None, None, _T]
"""Yields now and then; the answer is what it returns."""


class ChangedMeanwhile(Exception):
    """Between two turns the log was cut, compacted or closed: what was found may be true no more."""


class AbortedTransactions:
    """Of all segments of one log. Raises `CorruptLog` when the log itself is damaged where it is asked."""

    def __init__(self, disk: Disk, directory: str, name: str, segments: Segments) -> None:
        self._disk = disk
        self._directory = directory
        self._name = name
        self._segments = segments
        self._turn = asyncio.Lock()
        """Two that wait for the same wait together."""

    def note(self, completed: CompletedTransaction) -> None:
        """Its marker was just written to the active segment."""
        if not completed.is_aborted:
            return
        index = self._segments.active.aborted
        try:
            index.append(entry_of(completed))
        except CorruptIndex:
            _at_once(self.bear_out(self._segments.active))  # finds the new one, too

    def of(self, segment: Segment) -> tuple[AbortedTransaction, ...]:
        """Those whose marker lies in `segment`, one of this log's."""
        _at_once(self.bear_out(segment))
        return tuple(segment.aborted.entries())

    def between(self, offset: int, end_offset: int) -> list[AbortedTransaction]:
        """Those that have something at or after `offset`, and begin below `end_offset`."""
        return _at_once(self._between(offset, end_offset))

    def of_read(self, offset: int, size_bytes: int) -> list[AbortedTransaction]:
        """Those that may concern who read `size_bytes` from `offset` on: a few too many where the offset index
        doesn't know better, as in Kafka."""
        return _at_once(self._of_read(offset, size_bytes))

    def is_ready(self, offset: int) -> bool:
        """Can all be told from `offset` on without a walk through the log?"""
        return all(segment.aborted.is_borne_out for segment in self._segments.since(offset))

    async def get_ready(self, offset: int, size_bytes: int) -> None:
        """Walk now, while the loop runs, where `of_read` would. What can't be read is for that to tell."""
        async with self._turn:
            with contextlib.suppress(ChangedMeanwhile, CorruptRecords, OSError):
                for _ in self._of_read(offset, size_bytes):
                    await asyncio.sleep(0)

    def _between(self, offset: int, end_offset: int) -> _Turns[list[AbortedTransaction]]:
        found = []
        for segment in self._segments.since(offset):
            yield from self.bear_out(segment)
            for entry in segment.aborted.entries():
                if entry.last_offset >= offset and entry.first_offset < end_offset:
                    found.append(entry)
                if entry.last_stable_offset >= end_offset:
                    return found  # all that ended later began there or behind
        return found

    def _of_read(self, offset: int, size_bytes: int) -> _Turns[list[AbortedTransaction]]:
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
        return (yield from self._between(offset, end))

    # -- bearing out ---------------------------------------------------------------------------------------

    def bear_out(self, segment: Segment) -> _Turns[None]:
        """Make the entries of `segment` again from its batches, in turns, if that wasn't done. Others may append
        between two; when they cut, `ChangedMeanwhile`."""
        if segment.aborted.is_borne_out:
            return
        found: list[AbortedTransaction] = []
        if _entries(segment) != ():
            found = yield from self._from_log(segment)
        if not segment.aborted.is_borne_out:
            segment.aborted.replace(found)

    def _from_log(self, segment: Segment) -> _Turns[list[AbortedTransaction]]:
        before = [other for other in self._segments if other.base_offset < segment.base_offset]
        check = _UnchangedCheck([*before, segment])
        producers, found = ProducerStates(self._name), []
        for _ in loading_producers(self._disk, self._directory, producers, before, segment.base_offset):
            yield
            check()
        is_whole = False
        while True:
            size = segment.size_bytes
            for completed in take_in(segment, producers, segment.next_offset):
                if completed is None:
                    yield
                    check()
                elif completed.is_aborted:
                    found.append(entry_of(completed))
            if segment.size_bytes > size:
                continue  # appended meanwhile
            if is_whole or tuple(found) == _entries(segment):
                return found
            for _ in _checking_whole(segment):  # or it may be the log that is wrong
                yield
                check()
            is_whole = True


class _UnchangedCheck:
    """Raises `ChangedMeanwhile` once one of `segments` was cut or closed since this was made."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._seen = [(segment, segment.times_cut) for segment in segments]

    def __call__(self) -> None:
        if any(segment.times_cut != times for segment, times in self._seen):
            raise ChangedMeanwhile


def _at_once(turns: _Turns[_T]) -> _T:
    while True:
        try:
            next(turns)
        except StopIteration as end:
            answer: _T = end.value
            return answer


def _entries(segment: Segment) -> tuple[AbortedTransaction, ...] | None:
    """As its file has them; None when they can't be right."""
    try:
        return tuple(segment.aborted.entries())
    except CorruptIndex:
        return None


def _checking_whole(segment: Segment) -> Iterator[None]:
    """Raises `CorruptLog` unless checksums and offsets of all batches are right; yields now and then."""
    following, size = segment.base_offset, 0
    for at, batch in scan_batches(segment.file(), 0, segment.size_bytes):
        header = batch.header
        if header.base_offset < following or header.last_offset >= segment.next_offset:
            raise CorruptLog(at, f"offsets {header.base_offset} to {header.last_offset} can't be there")
        following = header.next_offset
        size += header.size_bytes
        if size >= BYTES_A_TURN:
            size = 0
            yield
