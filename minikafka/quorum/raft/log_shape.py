"""A log as the quorum sees it: which epoch begins where, and where it ends. What is in it doesn't matter.

Rule: two logs that have the same epoch at an offset are the same up to there. Kafka: `LeaderEpochFileCache`,
`ValidOffsetAndEpoch`; KIP-595.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from minikafka.quorum.raft.messages import EpochEnd
from minikafka.quorum.raft.ready import Entry

MayAppend = Callable[[int, int, int, int], bool]
"""The rule `may_append`."""


class LogShape:
    """`epochs`: (epoch, where it begins), ascending in both. `before`: the epoch of what lies before the first; where
    older ones ended isn't known here."""

    def __init__(self, epochs: Sequence[tuple[int, int]] = (), end_offset: int = 0, before: int = 0) -> None:
        self._epochs = [(epoch, start) for epoch, start in epochs if start < end_offset]
        self._before = before
        self.end_offset = end_offset

    @property
    def last_epoch(self) -> int:
        """That of the last record; 0 where there is none."""
        return self._epochs[-1][0] if self._epochs else self._before

    def epoch_at(self, offset: int) -> int:
        """That of the record there."""
        at = bisect_right(self._epochs, offset, key=lambda entry: entry[1])
        return self._epochs[at - 1][0] if at else self._before

    def end_of(self, epoch: int) -> EpochEnd:
        """The newest epoch up to that one, and where it ends (-1: before this log). Kafka:
        `KafkaRaftLog.endOffsetForEpoch`."""
        if epoch < self._before:
            return EpochEnd(epoch, -1)
        at = bisect_right(self._epochs, epoch, key=lambda entry: entry[0])
        end = self._epochs[at][1] if at < len(self._epochs) else self.end_offset
        return EpochEnd(self._epochs[at - 1][0] if at else self._before, end)

    def diverging(self, offset: int, last_epoch: int, may_append: MayAppend) -> EpochEnd | None:
        """Where a follower's log that ends so may part from this one; None where it doesn't, says the rule."""
        if last_epoch < 0 and offset <= self.end_offset:
            return None
        found = self.end_of(last_epoch)
        return None if may_append(last_epoch, offset, found.epoch, found.end_offset) else found

    def is_continued_by(self, entries: Sequence[Entry], newest_epoch: int) -> bool:
        """Do they follow this log, and each other?"""
        offset, epoch = self.end_offset, self.last_epoch
        for entry in entries:
            if entry.offset != offset or not epoch <= entry.epoch <= newest_epoch or entry.size < 1:
                return False
            offset, epoch = entry.next_offset, entry.epoch
        return True

    def append(self, epoch: int, count: int) -> None:
        assert epoch >= self.last_epoch, "epochs never fall"
        if not self._epochs or self._epochs[-1][0] != epoch:
            self._epochs.append((epoch, self.end_offset))
        self.end_offset += count

    def start_anew(self, end_offset: int, epoch: int) -> None:
        """Behind a snapshot that ends so."""
        self._epochs.clear()
        self._before, self.end_offset = epoch, end_offset

    def truncate(self, end_offset: int) -> None:
        self.end_offset = min(self.end_offset, end_offset)
        while self._epochs and self._epochs[-1][1] >= self.end_offset:
            self._epochs.pop()
