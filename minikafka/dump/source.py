"""Where the bytes come from: a file opened for reading only, or bytes in memory.

Rule: reads are at a position and short at the end of the file; nothing is written, locked or cached, so
the files of a running broker can be looked at. The one place besides `world/` that touches files: a dump is
of any directory on the machine, not of a host's own disk.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class Source(Protocol):
    """Bytes to look at."""

    @property
    def size(self) -> int: ...
    def read_at(self, position: int, size_bytes: int) -> bytes: ...


class RawBytes:
    """Bytes in memory; `origin` is the position of the first of them in their file."""

    def __init__(self, data: bytes | bytearray | memoryview, origin: int = 0) -> None:
        self.data = bytes(data)
        self.origin = origin

    @property
    def size(self) -> int:
        return self.origin + len(self.data)

    def read_at(self, position: int, size_bytes: int) -> bytes:
        start = position - self.origin
        return self.data[start : start + size_bytes]


class RawFile:
    """A file of the machine, read-only. `OSError` from all that it does. A context manager."""

    def __init__(self, path: Path) -> None:
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self.fd = os.open(path, flags)  # noqa: TID251 - a dump reads any file of the machine
        self.size = os.fstat(self.fd).st_size

    def read_at(self, position: int, size_bytes: int) -> bytes:
        os.lseek(self.fd, position, os.SEEK_SET)
        parts = []
        while size_bytes > 0 and (part := os.read(self.fd, size_bytes)):
            parts.append(part)
            size_bytes -= len(part)
        return b"".join(parts)

    def __enter__(self) -> RawFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)
