"""The live disk: real files in a host's own directory.

Rule: nothing is buffered in this process. A write is in the kernel's page cache when it returns, as with
Kafka's FileChannel, so a killed process loses none of it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minikafka.world.background_sync import sync_in_background, sync_together
from minikafka.world.disk_counters import DiskCounters
from minikafka.world.file_lock import take_lock
from minikafka.world.life import Life
from minikafka.world.open_files import OpenFiles
from minikafka.world.page_cache_send import page_cache_send
from minikafka.world.paths import clean
from minikafka.world.residency import page_counts
from minikafka.world.world import Buffer, DiskLocked

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

BUFFERS_A_WRITE = 512
"""Below IOV_MAX, which is 1024 on Linux and macOS."""

_OPEN_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_sync_data = getattr(os, "fdatasync", os.fsync)


class LiveFile:
    """A file and its size; this handle is the only writer. Its descriptor is one of the `OpenFiles`: there while it
    is needed.
    """

    __slots__ = (
        "_counters",
        "_disk",
        "_fd",
        "_is_closed",
        "_is_synced",
        "_place",
        "cuts",
        "is_dirty",
        "size",
        "was_used",
    )

    def __init__(self, disk: LiveDisk, path: str, fd: int) -> None:
        self._disk = disk
        self._counters = disk.counters
        self._place = disk.files.places.hold(path)
        self._fd = fd
        self._is_closed = False
        self._is_synced = False
        """Was all that had been written synced, so that without a descriptor there is nothing to sync?"""
        self.is_dirty = False
        self.was_used = True
        self.cuts = 0
        self.size = os.fstat(fd).st_size
        disk.files.opened(self)

    @property
    def path(self) -> str:
        """Where it is now."""
        return self._place.path

    def _open_again(self) -> int:
        """The descriptor, which was closed to have room for others."""
        if self._is_closed:
            raise OSError(errno.EBADF, "file is closed", self.path)
        files = self._disk.files
        files.make_room()
        self._fd = files.trying(os.open, self.path, _OPEN_FLAGS)
        files.opened(self)
        return self._fd

    def write_back(self) -> None:
        if self.is_dirty:
            self._sync(self._fd)

    def let_go(self) -> None:
        fd, self._fd = self._fd, -1
        os.close(fd)

    def append(self, *buffers: Buffer) -> int:
        before, fd = self.size, self._fd
        if fd < 0:
            fd = self._open_again()
        self.was_used = self.is_dirty = True
        try:
            self.size = end = _write_all(fd, buffers, before, self._counters)
        except OSError:
            self._cut_back(before)
            raise
        return end - before

    def _cut_back(self, size: int) -> None:
        """A failed append leaves no torn tail, if the disk still lets us."""
        try:
            os.ftruncate(self._fd, size)
        except OSError:
            pass  # the first error is the one to tell

    def write_at(self, position: int, data: Buffer) -> None:
        fd = self._fd if self._fd >= 0 else self._open_again()
        self.was_used = self.is_dirty = True
        end = _write_all(fd, (data,), position, self._counters)
        if end > self.size:
            self.size = end

    def read_at(self, position: int, size_bytes: int) -> bytes:
        data = self._read(size_bytes, position)
        missing = size_bytes - len(data)
        if not missing or not data:
            return data
        pieces = [data]
        while missing and data:
            data = self._read(missing, position + size_bytes - missing)
            pieces.append(data)
            missing -= len(data)
        return b"".join(pieces)

    def _read(self, size_bytes: int, position: int) -> bytes:
        fd = self._fd
        if fd < 0:
            fd = self._open_again()
        self.was_used = True
        data = _read(fd, size_bytes, position)
        counters = self._counters
        counters.reads += 1
        counters.bytes_read += len(data)
        return data

    def send(self, socket_fd: int, before: Sequence[Buffer], position: int, size_bytes: int) -> int:
        """Send `before` and then this part of the file; see `page_cache_send`. Raises OSError, `ShortFile`."""
        fd = self._fd if self._fd >= 0 else self._open_again()
        self.was_used = True
        sent = page_cache_send(socket_fd, before, fd, position, size_bytes)
        counters = self._counters
        counters.sends += 1
        counters.bytes_sent += max(0, sent - sum(map(len, before)))
        return sent

    def truncate(self, size: int) -> None:
        fd = self._fd if self._fd >= 0 else self._open_again()
        self.was_used = self.is_dirty = True
        self.cuts += 1
        os.ftruncate(fd, size)
        self.size = size

    def sync(self) -> None:
        self._disk.files.tell_problem(self)
        if self._fd >= 0:
            self._sync(self._fd)
        elif self._is_closed or not self._is_synced:
            self._sync(self._open_again())

    def _sync(self, fd: int) -> None:
        self._counters.syncs += 1
        if self._disk.syncs:
            _sync_data(fd)
        self._is_synced, self.is_dirty = True, False

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self.cuts += 1
        self._disk.opened.pop(self, None)
        self._disk.files.closed(self)
        self._place.release()
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class LiveLock:
    __slots__ = ("_disk", "_path", "fd")

    def __init__(self, disk: LiveDisk, path: str, fd: int) -> None:
        self._disk, self._path, self.fd = disk, path, fd

    def release(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            self._disk.locks.pop(self, None)
            if fcntl is not None:  # at once for everybody, also if a child of a fork has not let go of it yet
                fcntl.flock(fd, fcntl.LOCK_UN)
            os.close(fd)


class LiveDisk:
    """One life's handle on its host's directory. `syncs` False: fsync is left out (the directory is
    temporary).
    """

    __slots__ = ("_has_root", "_life", "_root", "counters", "files", "location", "locks", "opened", "syncs")

    def __init__(self, root: Path, life: Life, files: OpenFiles, *, syncs: bool) -> None:
        self._root = str(root)
        self.location = os.fsencode(self._root).decode("utf-8", "backslashreplace")
        self._life = life
        self.files = files
        self.syncs = syncs
        self.counters = DiskCounters()
        self.opened: dict[LiveFile, None] = {}
        self.locks: dict[LiveLock, None] = {}
        self._has_root = False

    def descriptors(self) -> list[int]:
        """Of all files that are open, and of the locks."""
        return [file._fd for file in self.opened] + [lock.fd for lock in self.locks]

    def within(self, path: str) -> LiveDisk:
        inner = LiveDisk(Path(self.path_of(path)), self._life, self.files, syncs=self.syncs)
        inner.opened, inner.locks = self.opened, self.locks  # they end with the host's life
        inner.counters = self.counters
        return inner

    def space(self) -> tuple[int, int] | None:
        usage = shutil.disk_usage(self.path_of(""))
        return usage.total, usage.free

    def _make_root(self) -> None:
        """Only a host that writes gets a directory; a client never does."""
        if not self._has_root:
            os.makedirs(self._root, exist_ok=True)
            self._has_root = True

    def path_of(self, path: str) -> str:
        """The real path. Raises HostDown after the host's life."""
        self._life.check()
        path = clean(path)
        return f"{self._root}/{path}" if path else self._root

    def open(self, path: str, *, create: bool = False) -> LiveFile:
        if create:
            self._make_root()
        self.files.make_room()
        real = self.path_of(path)
        fd = self.files.trying(os.open, real, _OPEN_FLAGS | (os.O_CREAT if create else 0), 0o644)
        file = LiveFile(self, real, fd)
        self.opened[file] = None
        return file

    def exists(self, path: str) -> bool:
        return os.path.exists(self.path_of(path))

    def size(self, path: str) -> int:
        return os.stat(self.path_of(path)).st_size

    def listdir(self, path: str) -> list[str]:
        return sorted(self.files.trying(os.listdir, self.path_of(path)))

    def listfiles(self, path: str) -> list[str]:
        return sorted(self.files.trying(_names_of_files, self.path_of(path)))

    def makedirs(self, path: str) -> None:
        real = self.path_of(path)
        try:
            os.mkdir(real)
        except FileNotFoundError:
            os.makedirs(real, exist_ok=True)
        except FileExistsError:
            if not os.path.isdir(real):
                raise

    def remove(self, path: str) -> None:
        os.remove(self.path_of(path))

    def rmtree(self, path: str) -> None:
        self.files.trying(shutil.rmtree, self.path_of(path))

    def rename(self, src: str, dst: str) -> None:
        real, new = self.path_of(src), self.path_of(dst)
        os.replace(real, new)
        self.files.places.renamed(real, new)

    def read_bytes(self, path: str) -> bytes:
        data = self.files.trying(_read_whole, self.path_of(path))
        self.counters.reads += 1
        self.counters.bytes_read += len(data)
        return data

    def touch(self, path: str) -> None:
        os.close(self.files.trying(os.open, self.path_of(path), _OPEN_FLAGS | os.O_CREAT, 0o644))

    def write_new(self, path: str, data: bytes) -> None:
        self.counters.writes += 1
        self.counters.bytes_written += len(data)
        self.files.trying(_write_whole, self.path_of(path), data)

    def residency(self, path: str) -> tuple[int, int] | None:
        counts = self.files.trying(page_counts, self.path_of(path))
        return None if counts is None else (counts.resident, counts.pages)

    def write_atomic(self, path: str, data: bytes, *, sync: bool = True) -> None:
        temporary = clean(path) + ".tmp"
        file = self.open(temporary, create=True)
        try:
            file.truncate(0)
            file.append(data)
            if sync:
                file.sync()
        finally:
            file.close()
        self.rename(temporary, path)
        if sync:
            self.sync_dir(os.path.dirname(clean(path)))

    def sync_dir(self, path: str) -> None:
        real = self.path_of(path)
        self.counters.syncs += 1
        if not self.syncs or os.name == "nt":
            return
        fd = self.files.trying(os.open, real, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def sync_together(self, paths: Sequence[str]) -> None:
        real = [self.path_of(path) for path in paths]
        self.counters.syncs += len(real)
        self.files.tell_problems_of(frozenset(real))
        if self.syncs:
            self.files.trying(sync_together, real)

    def sync_in_background(self, paths: Sequence[str]) -> asyncio.Future[None]:
        loop, real = asyncio.get_running_loop(), [self.path_of(path) for path in paths]
        self.counters.syncs += len(real)
        self.files.tell_problems_of(real)
        return self.files.trying(sync_in_background, real if self.syncs else [], loop)

    def lock(self, path: str) -> LiveLock:
        self._make_root()
        fd = self.files.trying(os.open, self.path_of(path), _OPEN_FLAGS | os.O_CREAT, 0o644)
        if not take_lock(fd):
            os.close(fd)
            raise DiskLocked(errno.EWOULDBLOCK, "the lock is held", self.path_of(path))
        lock = LiveLock(self, path, fd)
        self.locks[lock] = None
        return lock

    def close_all(self) -> None:
        """The process has died: its files and locks are closed, and nothing is flushed."""
        for file in list(self.opened):
            file.close()
        for lock in list(self.locks):
            lock.release()


def _names_of_files(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return [entry.name for entry in entries if not entry.is_dir()]


def _read_whole(path: str) -> bytes:
    """As `open(path, "rb").read()`, which asks the system twice as often."""
    fd = os.open(path, _READ_FLAGS)
    try:
        data = os.read(fd, os.fstat(fd).st_size + 1)
        rest = data
        while rest and (rest := os.read(fd, 1 << 20)):
            data += rest
        return data
    finally:
        os.close(fd)


def _write_whole(path: str, data: bytes) -> None:
    fd = os.open(path, _OPEN_FLAGS | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(fd, rest) :]
    finally:
        os.close(fd)


def _write_all(fd: int, buffers: tuple[Buffer, ...], position: int, counters: DiskCounters) -> int:
    """Write all the buffers from `position` on; returns where they end."""
    if len(buffers) == 1:
        written, total = _write(fd, buffers[0], position), len(buffers[0])
    else:
        written, total = _write_gathered(fd, buffers, position), sum(map(len, buffers))
    counters.writes += 1
    if written < total:
        rest = memoryview(b"".join(buffers))[written:]
        while rest:
            part = _write(fd, rest, position + written)
            counters.writes += 1
            written += part
            rest = rest[part:]
    counters.bytes_written += written
    return position + written


if hasattr(os, "pwritev") and hasattr(os, "pread"):

    def _write(fd: int, buffer: Buffer, position: int) -> int:
        return os.pwrite(fd, buffer, position)

    def _write_gathered(fd: int, buffers: tuple[Buffer, ...], position: int) -> int:
        if len(buffers) > BUFFERS_A_WRITE:
            return os.pwrite(fd, b"".join(buffers), position)
        return os.pwritev(fd, buffers, position)

    def _read(fd: int, size: int, position: int) -> bytes:
        return os.pread(fd, size, position)

else:

    def _write(fd: int, buffer: Buffer, position: int) -> int:
        os.lseek(fd, position, os.SEEK_SET)
        return os.write(fd, buffer)

    def _write_gathered(fd: int, buffers: tuple[Buffer, ...], position: int) -> int:
        return _write(fd, b"".join(buffers), position)

    def _read(fd: int, size: int, position: int) -> bytes:
        os.lseek(fd, position, os.SEEK_SET)
        return os.read(fd, size)
