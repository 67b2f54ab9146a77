"""At which offset each leader epoch began in this log: this tells replicas where their logs diverge.

Rule: epochs and start offsets both ascend; a new entry removes those that contradict it.
Kafka: `LeaderEpochFileCache`, `leader-epoch-checkpoint` (KIP-101, KIP-279, KIP-320).
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from minikafka.log.checkpoints import LEADER_EPOCHS, CorruptCheckpoint, format_checkpoint, parse_checkpoint
from minikafka.world import Disk, is_out_of_descriptors

NO_EPOCH = -1
NO_OFFSET = -1


class EpochEntry(NamedTuple):
    epoch: int
    start_offset: int


class LeaderEpochs:
    """The entries of one log, written to its checkpoint file at each change that a start could see.

    The file is fsynced only by `sync()` (with the log itself): a stale or torn one after a power cut is
    set right from the batches, which carry their epoch.
    """

    def __init__(self, disk: Disk, directory: str, log_end_offset: Callable[[], int]) -> None:
        self._disk = disk
        self._path = f"{directory}/{LEADER_EPOCHS}"
        self._log_end_offset = log_end_offset
        self._entries: list[EpochEntry] = []
        self._unsynced = False
        self._is_there = False
        """The file, which is made with its first entry."""
        self.is_behind = False
        """Does the file lack an epoch of which there is no record yet?"""

    def load(self) -> None:
        """Read the file; `CorruptCheckpoint` when it is missing or broken. An empty one, as a power cut may leave it,
        is broken."""
        try:
            entries, data = [], self._disk.read_bytes(self._path)
        except FileNotFoundError:
            raise CorruptCheckpoint(f"there is no {self._path}") from None
        self._is_there = True
        if not data:
            raise CorruptCheckpoint(f"{self._path} is empty")
        for words in parse_checkpoint(self._path, data):
            try:
                epoch, start_offset = (int(word) for word in words)
            except ValueError:
                raise CorruptCheckpoint(f"{self._path} has a malformed line: {' '.join(words)}") from None
            entries.append(EpochEntry(epoch, start_offset))
        pairs = itertools.pairwise(entries)
        if any(one.epoch >= two.epoch or one.start_offset > two.start_offset for one, two in pairs):
            raise CorruptCheckpoint(f"{self._path} has entries out of order")
        self._entries = entries

    @property
    def entries(self) -> tuple[EpochEntry, ...]:
        """All of them, the oldest first."""
        return tuple(self._entries)

    @property
    def latest(self) -> int:
        """The newest epoch, -1 when there is none."""
        return self._entries[-1].epoch if self._entries else NO_EPOCH

    def assign(self, epoch: int, start_offset: int) -> None:
        """Note that `epoch` begins at `start_offset`; nothing changes when it is already known to."""
        if self._enter(epoch, start_offset):
            self._write()

    def begin(self, epoch: int, end_offset: int) -> None:
        """As `assign`, at the log's end: no record is of that epoch yet. A start would remove such an entry; the file
        waits for the first record (`catch_up`)."""
        if self._enter(epoch, end_offset):
            self.is_behind = True

    def catch_up(self) -> None:
        """A record of the newest epoch is about to be written: the file says so first."""
        if self.is_behind:
            self._write()

    def _enter(self, epoch: int, start_offset: int) -> bool:
        assert min(epoch, start_offset) >= 0, (epoch, start_offset)
        if self._entries:
            last = self._entries[-1]
            if last.epoch == epoch and start_offset >= last.start_offset:
                return False
        while self._entries and (
            self._entries[-1].epoch >= epoch or self._entries[-1].start_offset >= start_offset
        ):
            self._entries.pop()
        self._entries.append(EpochEntry(epoch, start_offset))
        return True

    def end_offset_for(self, epoch: int) -> tuple[int, int]:
        """The largest known epoch not above `epoch`, and where it ends: the start of the next one, or the
        log's end for the newest. (-1, -1) when `epoch` is unknown and newer, or -1. An epoch older than all
        is answered with itself and the start of the oldest. As `LeaderEpochFileCache.endOffsetFor`."""
        latest = self.latest
        if epoch == NO_EPOCH or not self._entries or epoch > latest:
            return NO_EPOCH, NO_OFFSET
        if epoch == latest:
            return epoch, self._log_end_offset()
        higher = bisect_right(self._entries, epoch, key=lambda entry: entry.epoch)
        floor = self._entries[higher - 1].epoch if higher else epoch
        return floor, self._entries[higher].start_offset

    def epoch_for_offset(self, offset: int) -> int:
        """The epoch that the record at `offset` was written in, -1 when unknown."""
        higher = bisect_right(self._entries, offset, key=lambda entry: entry.start_offset)
        return self._entries[higher - 1].epoch if higher else NO_EPOCH

    def truncate_from_end(self, end_offset: int) -> None:
        """Remove the epochs that begin at or after `end_offset`. An empty log's file stays until there is something to
        say: what it says of no records is removed at each opening."""
        kept = [entry for entry in self._entries if entry.start_offset < end_offset]
        if len(kept) < len(self._entries):
            self._entries = kept
            if end_offset:
                self._write()
            else:
                self._unsynced = True

    def truncate_from_start(self, start_offset: int) -> None:
        """Let the log begin at `start_offset`: the epoch of that offset is now said to begin there."""
        below = [entry for entry in self._entries if entry.start_offset <= start_offset]
        if len(below) > 1 or (below and below[0].start_offset < start_offset):
            kept = self._entries[len(below) :]
            self._entries = [EpochEntry(below[-1].epoch, start_offset), *kept]
            self._write()

    def clear(self) -> None:
        if self._entries:
            self._entries = []
            self._write()

    def sync(self, *, always: bool = False) -> bool:
        """Make the file durable, and its name, if it has changed and tells something of records; `always`: even if a
        life that was cut short may have written it. Was there something to do?"""
        if self._unsynced and (always or self._log_end_offset() > 0):
            self._write(sync=True)
            return True
        if always and self._is_there:
            file = self._disk.open(self._path)
            file.sync()
            file.close()
        return False

    def written(self) -> list[str]:
        """The file's path, if there is one, once it says what is to be synced."""
        if self._unsynced and self._log_end_offset() > 0:
            self._write()
        return [self._path] if self._is_there else []

    def was_synced(self) -> None:
        """By somebody else, since it was `written`."""
        self._unsynced = self._unsynced and self._log_end_offset() == 0

    def _write(self, *, sync: bool = False) -> None:
        data = format_checkpoint([f"{entry.epoch} {entry.start_offset}" for entry in self._entries])
        try:
            if sync or self._is_there:
                self._disk.write_atomic(self._path, data, sync=sync)
            else:
                self._disk.write_new(self._path, data)
            self._unsynced, self._is_there, self.is_behind = not sync, True, False
        except OSError as problem:
            if sync or not is_out_of_descriptors(problem):
                raise
            self._unsynced = True  # until then the file is as stale as after a power cut
