"""A part of a file that is to be sent: where it is, not what is in it.

Rule: it is as good as the bytes only until the loop turns. What can't be sent at once is kept as its `rest`, which
knows whether the file was cut or closed meanwhile, and is no good then. Kafka: `FileRecords.slice`.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minikafka.world.world import File

Buffer = bytes | bytearray | memoryview

LEAST_SLICE_BYTES = 16 * 1024
"""What is smaller is sent from memory: joined with its neighbours it costs less than a slice."""
PAGE_BYTES = 64 * 1024
"""So much of what a peer doesn't take yet is in memory."""


class ShortFile(OSError):
    """A file ends before the part that was announced does: somebody else has cut it."""

    def __init__(self, position: int, size_bytes: int) -> None:
        super().__init__(errno.EIO, f"the file ends before {size_bytes} bytes from byte {position} on")


class SliceGone(OSError):
    """While a peer took its time, the file was cut, deleted or replaced by a shorter one."""

    def __init__(self) -> None:
        super().__init__(errno.ESTALE, "the file isn't what it was when it began to be sent")


@dataclass(frozen=True, slots=True)
class FileSlice:
    """`size_bytes` bytes of `file` from `position` on; they are there. At least `LEAST_SLICE_BYTES`, unless it is a
    rest: then `cuts` is how often the file had been cut. `data`: the bytes, where they are in memory already; a rest
    has none.
    """

    file: File
    position: int
    size_bytes: int
    cuts: int = -1
    data: memoryview | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert self.size_bytes >= LEAST_SLICE_BYTES or self.cuts >= 0, self.size_bytes

    def __len__(self) -> int:
        return self.size_bytes

    def __repr__(self) -> str:
        return f"<{self.size_bytes} bytes of a file from byte {self.position} on>"

    def check(self) -> None:
        """Raises `SliceGone`."""
        if 0 <= self.cuts != self.file.cuts:
            raise SliceGone

    def read(self, skipped: int = 0) -> bytes:
        """The bytes after the first `skipped`. Raises `ShortFile`, `SliceGone`."""
        return self.part(skipped, self.size_bytes - skipped)

    def part(self, skipped: int, size_bytes: int) -> bytes:
        """So many of them. Raises `ShortFile`, `SliceGone`."""
        if self.data is not None:
            return bytes(self.data[skipped : skipped + size_bytes])
        self.check()
        position = self.position + skipped
        data = self.file.read_at(position, size_bytes)
        if len(data) < size_bytes:
            raise ShortFile(position, size_bytes)
        return data

    def rest(self, skipped: int = 0) -> FileSlice:
        """What is left after the first `skipped` bytes, for later."""
        cuts = self.file.cuts if self.cuts < 0 else self.cuts
        return FileSlice(self.file, self.position + skipped, self.size_bytes - skipped, cuts)


def kept(pieces: Sequence[Buffer | FileSlice]) -> list[Buffer | FileSlice]:
    """The pieces, to be sent later."""
    return [piece.rest() if isinstance(piece, FileSlice) else piece for piece in pieces]
