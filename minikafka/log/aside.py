"""What recovery takes out of a log although it may hold records: it is kept in a folder beside the partition's.

Rule: what can't follow the log's end is never served, and never deleted either, as long as a whole batch is among
it. A start may not know what made the hole: a file that was taken away, or bits that flipped, instead of a power cut.

Kafka deletes it (`LogLoader.recoverLog`).
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka.log.scan import holds_whole_batch
from minikafka.log.segment import Segment
from minikafka.log.segment_names import (
    LOG_SUFFIX,
    segment_path,
)
from minikafka.world import Disk, Event

LONGEST_NAME = 255
MOST_LOOKED_AT_BYTES = 16 << 20


class RecordsSetAside(Event, frozen=True):
    """A recovery found `size_bytes` behind damage or a hole, among them whole batches: kept in the folder `kept_as`."""

    topic: str
    partition: int
    kept_as: str
    size_bytes: int


class Aside:
    """Of one recovery of the log in `directory`. OSError from the disk."""

    def __init__(self, disk: Disk, directory: str) -> None:
        self._disk = disk
        self._directory = directory
        self.folder: str | None = None
        """Where it is; None as long as there is nothing to keep."""
        self.size_bytes = 0

    def keep_tail(self, segment: Segment, position: int, next_offset: int) -> None:
        """What is about to be cut off a segment."""
        size = min(segment.size_bytes - position, MOST_LOOKED_AT_BYTES)
        tail = segment.file().read_at(position, size)
        if not holds_whole_batch(memoryview(tail), next_offset):
            return
        path = segment_path(self._make(), next_offset, LOG_SUFFIX)
        copy = self._disk.open(path, create=True)
        try:
            while tail:
                copy.append(tail)
                position += len(tail)
                tail = segment.file().read_at(position, MOST_LOOKED_AT_BYTES)
            copy.sync()
            self.size_bytes += copy.size
        finally:
            copy.close()
        self._sync()

    def keep_segments(self, segments: Sequence[Segment]) -> None:
        """Move the files of those that have something; the others are removed."""
        for segment in reversed(segments):
            if not segment.size_bytes:
                segment.remove()
                continue
            folder = self._make()
            self.size_bytes += segment.size_bytes
            segment.close()
            for path in segment.paths:
                if self._disk.exists(path):
                    self._disk.rename(path, f"{folder}/{path.rpartition('/')[2]}")
        if self.folder is not None:
            self._sync()

    def keep_file(self, path: str) -> None:
        """Move a file that is in the way."""
        self.size_bytes += self._disk.size(path)
        self._disk.rename(path, f"{self._make()}/{path.rpartition('/')[2]}")
        self._sync()

    def _make(self) -> str:
        if self.folder is None:
            number = 0
            while self._disk.exists(name := self._name(number)):
                number += 1
            self._disk.makedirs(name)
            self.folder = name
        return self.folder

    def _name(self, number: int) -> str:
        """As Kafka names what it sets aside; the digits only have to be new here."""
        above, slash, own = self._directory.rpartition("/")
        topic, _, partition = own.rpartition("-")
        ending = f"-{partition}.{number:032x}-stray"
        return above + slash + topic[: LONGEST_NAME - len(ending)] + ending

    def _sync(self) -> None:
        assert self.folder is not None
        for path in (self.folder, self._directory, self._directory.rpartition("/")[0]):
            self._disk.sync_dir(path)
