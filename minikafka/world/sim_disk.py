"""SimDisk: a host's files in memory, as one life of the host sees them.

Rule: what it says is what the `Platter` keeps; a dead life's handle is refused.
"""

from __future__ import annotations

import asyncio
import errno
import posixpath
from collections.abc import Callable, Sequence
from functools import partial

from minikafka.world.disk_counters import DiskCounters
from minikafka.world.life import Life
from minikafka.world.page_cache import Inode
from minikafka.world.paths import clean
from minikafka.world.platter import Entries, Platter
from minikafka.world.world import Buffer, DiskLocked

BACKGROUND_SYNC_S = (0.001, 0.5)
"""The least and the most that a sync in the background takes."""


class SimFile:
    __slots__ = ("_counters", "_inode", "_life", "_open", "_path", "_platter")

    def __init__(self, platter: Platter, life: Life, path: str, inode: Inode, counters: DiskCounters) -> None:
        self._counters = counters
        self._platter = platter
        self._life = life
        self._path = path
        self._inode = inode
        self._open = True

    @property
    def size(self) -> int:
        return len(self._inode.content)

    def _check(self) -> None:
        self._life.check()
        if not self._open:
            raise OSError(errno.EBADF, "file is closed", self._path)

    def _check_write(self) -> None:
        self._check()
        if self._platter.faults:
            self._platter.check_write(self._path)

    def append(self, *buffers: Buffer) -> int:
        self._check_write()
        data = buffers[0] if len(buffers) == 1 else b"".join(buffers)
        self._write(len(self._inode.content), data)
        return len(data)

    def write_at(self, position: int, data: Buffer) -> None:
        self._check_write()
        self._write(position, data)

    def _write(self, position: int, data: Buffer) -> None:
        self._inode.write(position, data)
        self._counters.writes += 1
        self._counters.bytes_written += len(data)

    def read_at(self, position: int, size_bytes: int) -> bytes:
        self._check()
        if self._platter.faults:
            self._platter.check_present(self._path)
        with memoryview(self._inode.content) as content:
            data = bytes(content[position : position + size_bytes])
        self._counters.reads += 1
        self._counters.bytes_read += len(data)
        return data

    def truncate(self, size: int) -> None:
        self._check_write()
        self._inode.truncate(size)

    def sync(self) -> None:
        self._check_write()
        self._counters.syncs += 1
        self._inode.sync()

    def close(self) -> None:
        self._open = False


class SimLock:
    __slots__ = ("_life", "_path", "_platter")

    def __init__(self, platter: Platter, life: Life, path: str) -> None:
        self._platter, self._life, self._path = platter, life, path

    def release(self) -> None:
        if self._platter.locks.get(self._path) is self._life:
            del self._platter.locks[self._path]


class SimDisk:
    """One life's handle on its host's platter, or on the directory `root` of it."""

    __slots__ = ("_life", "_platter", "_root", "counters")

    def __init__(
        self, platter: Platter, life: Life, root: str = "", counters: DiskCounters | None = None
    ) -> None:
        self._platter = platter
        self._life = life
        self._root = root
        self.counters = DiskCounters() if counters is None else counters

    @property
    def location(self) -> str:
        return f"/{self._life.host}/{self._root}".rstrip("/")

    def within(self, path: str) -> SimDisk:
        return SimDisk(self._platter, self._life, self._at(path), self.counters)

    def space(self) -> tuple[int, int] | None:
        """Unknown: a platter has no size."""
        return None

    def _at(self, path: str) -> str:
        """The path on the platter."""
        return "/".join(part for part in (self._root, clean(path)) if part)

    def _entries(self) -> Entries:
        self._life.check()
        return self._platter.entries

    def open(self, path: str, *, create: bool = False) -> SimFile:
        path = self._at(path)
        entries = self._entries()
        self._platter.check_present(path)
        inode = entries.get(path)
        if inode is None:
            if path in entries:
                raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
            if not create:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
            inode = self._create(path)
        return SimFile(self._platter, self._life, path, inode, self.counters)

    def _create(self, path: str) -> Inode:
        """A new file; `path` is that on the platter, as everywhere below a leading underscore."""
        parent = posixpath.dirname(path)
        self._directory(parent)
        self._platter.check_write(path)
        inode = Inode()
        self._platter.change((parent,), _setting(path, inode))
        return inode

    def _directory(self, path: str) -> None:
        self._platter.check_present(path)
        entries = self._entries()
        if path not in entries:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        if entries[path] is not None:
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", path)

    def exists(self, path: str) -> bool:
        return self._at(path) in self._entries()

    def size(self, path: str) -> int:
        return len(self._inode(self._at(path)).content)

    def _inode(self, path: str) -> Inode:
        self._platter.check_present(path)
        inode = self._entries().get(path)
        if inode is None:
            if path in self._entries():
                raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        return inode

    def listdir(self, path: str) -> list[str]:
        path = self._at(path)
        self._directory(path)
        return sorted(self._names(path))

    def _names(self, path: str) -> list[str]:
        prefix = path + "/" if path else ""
        names = (entry[len(prefix) :] for entry in self._entries() if entry.startswith(prefix))
        return [name for name in names if name and "/" not in name]

    def makedirs(self, path: str) -> None:
        path = self._at(path)
        entries = self._entries()
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            directory = "/".join(parts[:depth])
            if directory not in entries:
                self._platter.check_write(directory)
                parent = posixpath.dirname(directory)
                self._platter.change((parent,), _setting(directory, None))
            elif entries[directory] is not None:
                raise NotADirectoryError(errno.ENOTDIR, "Not a directory", directory)

    def remove(self, path: str) -> None:
        path = self._at(path)
        self._inode(path)

        def drop(entries: Entries) -> None:
            entries.pop(path, None)

        self._platter.change((posixpath.dirname(path),), drop)

    def rmtree(self, path: str) -> None:
        path = self._at(path)
        self._directory(path)

        def remove(entries: Entries) -> None:
            for entry in [entry for entry in entries if entry == path or entry.startswith(path + "/")]:
                del entries[entry]

        self._platter.change((posixpath.dirname(path),), remove)

    def rename(self, src: str, dst: str) -> None:
        src, dst = self._at(src), self._at(dst)
        entries = self._entries()
        self._platter.check_present(src)
        if src not in entries:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", src)
        self._directory(posixpath.dirname(dst))
        if dst in entries and entries[dst] is None and self._names(dst):
            raise OSError(errno.ENOTEMPTY, "Directory not empty", dst)

        def move(entries: Entries) -> None:
            if src in entries and src != dst:
                entries[dst] = entries.pop(src)
            for entry in [entry for entry in entries if entry.startswith(src + "/")]:
                entries[dst + entry[len(src) :]] = entries.pop(entry)

        self._platter.change((posixpath.dirname(src), posixpath.dirname(dst)), move)

    def read_bytes(self, path: str) -> bytes:
        data = bytes(self._inode(self._at(path)).content)
        self.counters.reads += 1
        self.counters.bytes_read += len(data)
        return data

    def residency(self, path: str) -> tuple[int, int] | None:
        """Unknown: the model knows which writes a power cut loses, and no memory that runs short."""
        self._inode(self._at(path))
        return None

    def write_atomic(self, path: str, data: bytes, *, sync: bool = True) -> None:
        path = clean(path)
        temporary = path + ".tmp"
        file = self.open(temporary, create=True)
        file.truncate(0)
        file.append(data)
        if sync:
            file.sync()
        file.close()
        self.rename(temporary, path)
        if sync:
            self.sync_dir(posixpath.dirname(path))

    def sync_dir(self, path: str) -> None:
        path = self._at(path)
        self._directory(path)
        self.counters.syncs += 1
        self._platter.sync_dir(path)

    def sync_in_background(self, paths: Sequence[str]) -> asyncio.Future[None]:
        """Takes virtual time; a power cut meanwhile leaves what it leaves without."""
        loop, platter = self._life.loop, self._platter
        begun: list[tuple[str, Callable[[], None]]] = []
        for path in map(self._at, paths):
            entries = self._entries()
            inode = entries.get(path)
            if inode is not None:
                begun.append((path, partial(inode.finish_sync, inode.begin_sync())))
            else:
                self._directory(path)
                begun.append((path, partial(platter.sync_up_to, platter.last_change_of(path))))
        self.counters.syncs += len(begun)
        done: asyncio.Future[None] = loop.create_future()
        delay_s = platter.sync_times.uniform(*BACKGROUND_SYNC_S)
        loop.call_later(delay_s, self._finish_sync, begun, done, context=self._life.context.copy())
        return done

    def _finish_sync(self, begun: list[tuple[str, Callable[[], None]]], done: asyncio.Future[None]) -> None:
        if not self._life.alive:
            return
        problem = None
        try:
            for path, finish in begun:
                self._platter.check_write(path)
                finish()
        except OSError as error:
            problem = error
        if done.done():
            return
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)

    def lock(self, path: str) -> SimLock:
        self.open(path, create=True).close()
        path = self._at(path)
        if path in self._platter.locks:
            raise DiskLocked(errno.EWOULDBLOCK, "the lock is held", path)
        self._platter.locks[path] = self._life
        return SimLock(self._platter, self._life, path)

    def release_all(self) -> None:
        """The process has ended, and with it its locks."""
        locks = self._platter.locks
        for path in [path for path, life in locks.items() if life is self._life]:
            del locks[path]


def _setting(path: str, inode: Inode | None) -> Callable[[Entries], None]:
    def apply(entries: Entries) -> None:
        entries[path] = inode

    return apply
