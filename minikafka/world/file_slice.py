"""A part of a file that is to be sent: where it is, not what is in it.

Rule: it is as good as the bytes only until the loop turns. Who makes one sends it at once, before anybody cuts or
closes the file. Kafka: `FileRecords.slice`, `DefaultFileRegion`.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minikafka.world.world import File

LEAST_SLICE_BYTES = 16 * 1024
"""What is smaller is sent from memory: joined with its neighbours it costs less than a slice."""


class ShortFile(OSError):
    """A file ends before the part that was announced does: somebody else has cut it."""

    def __init__(self, position: int, size_bytes: int) -> None:
        super().__init__(errno.EIO, f"the file ends before {size_bytes} bytes from byte {position} on")


@dataclass(frozen=True, slots=True)
class FileSlice:
    """`size_bytes` bytes of `file` from `position` on; they are there. At least `LEAST_SLICE_BYTES`."""

    file: File
    position: int
    size_bytes: int

    def __post_init__(self) -> None:
        assert self.size_bytes >= LEAST_SLICE_BYTES, self.size_bytes

    def __len__(self) -> int:
        return self.size_bytes

    def __repr__(self) -> str:
        return f"<{self.size_bytes} bytes of a file from byte {self.position} on>"

    def read(self, skipped: int = 0) -> bytes:
        """The bytes after the first `skipped`. Raises `ShortFile`."""
        position, size = self.position + skipped, self.size_bytes - skipped
        data = self.file.read_at(position, size)
        if len(data) < size:
            raise ShortFile(position, size)
        return data
