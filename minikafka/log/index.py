"""The two sparse indexes beside a segment: offset to file position, and timestamp to offset.

Rule: an index is a hint that can be made again from the log, so each entry is written right through
to the page cache, and a file that can't be right (`CorruptIndex`) is rebuilt, never believed.

    .index      relative offset 4 | file position 4      the last offset of the batch at that position
    .timeindex  timestamp_ms 8    | relative offset 4    the largest timestamp so far and where it is

Kafka: `AbstractIndex`, `OffsetIndex`, `TimeIndex` (KIP-33). Kafka preallocates the active files with
zeros; we don't, and skip such zeros when we read.
"""

from __future__ import annotations

import itertools
import struct
import sys
from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple

from minikafka.world import Disk, File

FloorEntry = Callable[[Sequence[int], int], int]

_OFFSET_ENTRY = struct.Struct(">II")
_TIME_ENTRY = struct.Struct(">qI")
MAX_RELATIVE_OFFSET = 0x7FFFFFFF
MOST_BYTES = 0x7FFFFFFF
"""`segment.index.bytes` can't be more; a larger file isn't read into memory."""


class CorruptIndex(ValueError):
    """An index file whose content can't be right; it is rebuilt from the log."""


class _IndexFile:
    """An index's file: opened for the first write, so that old segments and idle logs hold none."""

    def __init__(self, disk: Disk, path: str, entry_bytes: int, max_bytes: int) -> None:
        self.disk = disk
        self.path = path
        self.entry_bytes = entry_bytes
        self.max_entries = max_bytes // entry_bytes
        self._file: File | None = None
        self.is_unsynced = False
        self._is_rebuilt = False
        """Are entries only in memory, because all are being made again?"""

    def file(self) -> File:
        """The open file, to be written."""
        self.is_unsynced = True
        if self._file is None:
            self._file = self.disk.open(self.path, create=True)
        return self._file

    def read(self) -> bytes:
        """The entries; zeros that Kafka preallocated are left out. `CorruptIndex` when the size is odd."""
        size = self._size()
        if size < 0:
            raise CorruptIndex(f"{self.path} is missing")
        if size > MOST_BYTES:
            raise CorruptIndex(f"{self.path} is larger than any index")
        data = self.disk.read_bytes(self.path) if size else b""
        if len(data) % self.entry_bytes:
            raise CorruptIndex(f"{self.path} has {len(data)} bytes, not a multiple of {self.entry_bytes}")
        used = len(data.rstrip(b"\x00"))
        used += -used % self.entry_bytes
        if used < len(data):
            self.file().truncate(used)
        return data[:used]

    def _size(self) -> int:
        """The size of the file in bytes; -1: there is none."""
        try:
            return self.disk.size(self.path)
        except FileNotFoundError:
            return -1

    def sync(self) -> None:
        """What this life of the host has changed; what an earlier one left is checked, or made again."""
        if self.is_unsynced:
            self.file().sync()
            self.is_unsynced = False

    def was_synced(self) -> None:
        """By somebody else, as far as it is written."""
        self.is_unsynced = False

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def create(self) -> None:
        self.disk.touch(self.path)

    def reset(self) -> None:
        if not self._is_rebuilt and (self._file is not None or self._size() != 0):
            self.file().truncate(0)

    def begin_rebuild(self) -> None:
        """No entries yet; the file stays as it is until `end_rebuild`."""
        self._is_rebuilt = True
        self.reset()

    def end_rebuild(self) -> None:
        """The new file takes the old one's place, at once and durably. A power cut must not leave half of it: the
        segment may be one that no start looks at again, and a time index that ends too early hides records."""
        self._is_rebuilt = False
        self.close()
        self.disk.write_atomic(self.path, self._entries())
        self.is_unsynced = False

    def _write(self, entry: bytes) -> None:
        if not self._is_rebuilt:
            self.file().append(entry)

    def _entries(self) -> bytes:
        raise NotImplementedError


class OffsetPosition(NamedTuple):
    """An entry of the offset index, its offset absolute."""

    offset: int
    position: int


class OffsetIndex(_IndexFile):
    """`.index`: where in the file a search for an offset begins."""

    def __init__(
        self, disk: Disk, path: str, base_offset: int, max_bytes: int, floor_entry: FloorEntry
    ) -> None:
        super().__init__(disk, path, _OFFSET_ENTRY.size, max_bytes)
        self.base_offset = base_offset
        self.floor_entry = floor_entry
        self.offsets = array("I")
        self.positions = array("I")

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def size_bytes(self) -> int:
        return len(self.offsets) * self.entry_bytes

    @property
    def is_full(self) -> bool:
        return len(self.offsets) >= self.max_entries

    def load(self, log_size_bytes: int) -> None:
        """Read the file; `CorruptIndex` unless offsets and positions ascend within the log."""
        numbers = array("I", self.read())
        if sys.byteorder == "little":
            numbers.byteswap()
        offsets, positions = numbers[0::2], numbers[1::2]
        if not (_ascends(offsets) and _ascends(positions)):
            raise CorruptIndex(f"{self.path} has entries out of order")
        if positions and (positions[-1] >= log_size_bytes or offsets[-1] > MAX_RELATIVE_OFFSET):
            raise CorruptIndex(f"{self.path} points behind the end of the log")
        self.offsets, self.positions = offsets, positions

    def append(self, offset: int, position: int) -> None:
        """Note that the batch at `position` ends with `offset`; both greater than the last entry's."""
        relative = offset - self.base_offset
        assert not self.offsets or relative > self.offsets[-1], "index offsets ascend"
        self._write(_OFFSET_ENTRY.pack(relative, position))
        self.offsets.append(relative)
        self.positions.append(position)

    def lookup(self, offset: int) -> OffsetPosition:
        """The last entry at or below `offset`; the segment's beginning when there is none."""
        slot = self.floor_entry(self.offsets, offset - self.base_offset)
        if not 0 <= slot < len(self.offsets):
            return OffsetPosition(self.base_offset, 0)
        return OffsetPosition(self.base_offset + self.offsets[slot], self.positions[slot])

    def last(self) -> OffsetPosition:
        if not self.offsets:
            return OffsetPosition(self.base_offset, 0)
        return OffsetPosition(self.base_offset + self.offsets[-1], self.positions[-1])

    def truncate_to_position(self, position: int) -> None:
        """Forget the entries at or after `position` in the log."""
        while self.positions and self.positions[-1] >= position:
            self.positions.pop()
            self.offsets.pop()
        self.file().truncate(self.size_bytes)

    def reset(self) -> None:
        self.offsets, self.positions = array("I"), array("I")
        super().reset()

    def _entries(self) -> bytes:
        return b"".join(map(_OFFSET_ENTRY.pack, self.offsets, self.positions))


class TimestampOffset(NamedTuple):
    """The largest timestamp up to `offset`, which is the last offset of the batch that has it."""

    timestamp_ms: int
    offset: int


NO_TIMESTAMP_OFFSET = TimestampOffset(-1, -1)


class TimeIndex(_IndexFile):
    """`.timeindex`: at which offset a search for a time begins."""

    def __init__(
        self, disk: Disk, path: str, base_offset: int, max_bytes: int, floor_entry: FloorEntry
    ) -> None:
        super().__init__(disk, path, _TIME_ENTRY.size, max_bytes)
        self.base_offset = base_offset
        self.floor_entry = floor_entry
        self.timestamps = array("q")
        self.offsets = array("I")

    def __len__(self) -> int:
        return len(self.timestamps)

    @property
    def size_bytes(self) -> int:
        return len(self.timestamps) * self.entry_bytes

    @property
    def is_full(self) -> bool:
        """One entry is kept free for the last one, written when the segment is closed."""
        return len(self.timestamps) >= self.max_entries - 1

    def load(self, next_offset: int) -> None:
        """Read the file; `CorruptIndex` unless timestamps and offsets ascend within the segment."""
        entries = list(_TIME_ENTRY.iter_unpack(self.read()))
        timestamps = array("q", [timestamp for timestamp, _ in entries])
        offsets = array("I", [offset for _, offset in entries])
        if not (_ascends(timestamps) and _ascends(offsets)) or (timestamps and timestamps[0] < 0):
            raise CorruptIndex(f"{self.path} has entries out of order")
        if offsets and self.base_offset + offsets[-1] >= next_offset:
            raise CorruptIndex(f"{self.path} points behind the end of the log")
        self.timestamps, self.offsets = timestamps, offsets

    def maybe_append(self, entry: TimestampOffset) -> None:
        """Add `entry` unless its timestamp is not greater than the last one's."""
        if entry.timestamp_ms < 0 or (self.timestamps and entry.timestamp_ms <= self.timestamps[-1]):
            return
        relative = entry.offset - self.base_offset
        self._write(_TIME_ENTRY.pack(entry.timestamp_ms, relative))
        self.timestamps.append(entry.timestamp_ms)
        self.offsets.append(relative)

    def lookup(self, timestamp_ms: int) -> TimestampOffset:
        """The last entry at or below `timestamp_ms`; the segment's beginning when there is none."""
        slot = self.floor_entry(self.timestamps, timestamp_ms)
        if not 0 <= slot < len(self.timestamps):
            return TimestampOffset(-1, self.base_offset)
        return TimestampOffset(self.timestamps[slot], self.base_offset + self.offsets[slot])

    def last(self) -> TimestampOffset:
        if not self.timestamps:
            return NO_TIMESTAMP_OFFSET
        return TimestampOffset(self.timestamps[-1], self.base_offset + self.offsets[-1])

    def truncate_to_offset(self, offset: int) -> None:
        """Forget the entries at or after `offset`."""
        while self.offsets and self.base_offset + self.offsets[-1] >= offset:
            self.offsets.pop()
            self.timestamps.pop()
        self.file().truncate(self.size_bytes)

    def reset(self) -> None:
        self.timestamps, self.offsets = array("q"), array("I")
        super().reset()

    def _entries(self) -> bytes:
        return b"".join(map(_TIME_ENTRY.pack, self.timestamps, self.offsets))


def _ascends(numbers: array[int]) -> bool:
    return all(first < second for first, second in itertools.pairwise(numbers))


__all__ = [
    "CorruptIndex",
    "FloorEntry",
    "OffsetIndex",
    "OffsetPosition",
    "TimeIndex",
    "TimestampOffset",
]
