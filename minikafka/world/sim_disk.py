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
from minikafka.world.open_files import OpenFiles
from minikafka.world.page_cache import Inode
from minikafka.world.paths import clean
from minikafka.world.platter import Entries, Platter
from minikafka.world.world import Buffer, DiskLocked

BACKGROUND_SYNC_S = (0.001, 0.5)
"""The least and the most that a sync in the background takes."""


class SimFile:
    """Its descriptor is the inode: one of the host's `OpenFiles`, there while it is needed."""

    __slots__ = ("_disk", "_inode", "_is_closed", "_is_synced", "_place", "cuts", "is_dirty", "was_used")

    def __init__(self, disk: SimDisk, path: str, inode: Inode) -> None:
        self._disk = disk
        self._place = disk.files.places.hold(path)
        self._inode: Inode | None = inode
        self._is_closed = False
        self._is_synced = False
        self.is_dirty = False
        self.was_used = True
        self.cuts = 0
        disk.files.opened(self)

    @property
    def path(self) -> str:
        """On the platter, now."""
        return self._place.path

    @property
    def size(self) -> int:
        return len(self._descriptor().content)

    def _descriptor(self) -> Inode:
        disk = self._disk
        disk.life.check()
        self.was_used = True
        if self._inode is None:
            if self._is_closed:
                raise OSError(errno.EBADF, "file is closed", self.path)
            disk.files.make_room()
            self._inode = disk.files.trying(disk.descriptor_of, self.path)
            disk.files.opened(self)
        return self._inode

    def write_back(self) -> None:
        if self.is_dirty:
            self._sync()

    def let_go(self) -> None:
        self._inode = None

    def _check_write(self) -> Inode:
        inode = self._descriptor()
        if self._disk.platter.faults:
            self._disk.platter.check_write(self.path)
        return inode

    def append(self, *buffers: Buffer) -> int:
        inode = self._check_write()
        data = buffers[0] if len(buffers) == 1 else b"".join(buffers)
        self._write(inode, len(inode.content), data)
        return len(data)

    def write_at(self, position: int, data: Buffer) -> None:
        self._write(self._check_write(), position, data)

    def _write(self, inode: Inode, position: int, data: Buffer) -> None:
        inode.write(position, data)
        self.is_dirty = True
        counters = self._disk.counters
        counters.writes += 1
        counters.bytes_written += len(data)

    def read_at(self, position: int, size_bytes: int) -> bytes:
        inode = self._descriptor()
        if self._disk.platter.faults:
            self._disk.platter.check_present(self.path)
        with memoryview(inode.content) as content:
            data = bytes(content[position : position + size_bytes])
        counters = self._disk.counters
        counters.reads += 1
        counters.bytes_read += len(data)
        return data

    def truncate(self, size: int) -> None:
        self._check_write().truncate(size)
        self.is_dirty = True
        self.cuts += 1

    def sync(self) -> None:
        self._disk.life.check()
        self._disk.files.tell_problem(self)
        if self._inode is not None or self._is_closed or not self._is_synced:
            self._sync()

    def _sync(self) -> None:
        inode = self._check_write()
        self._disk.note_sync()
        inode.sync()
        self._is_synced, self.is_dirty = True, False

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed, self._inode = True, None
            self.cuts += 1
            self._disk.files.closed(self)
            self._place.release()


class SimLock:
    __slots__ = ("_life", "_path", "_platter")

    def __init__(self, platter: Platter, life: Life, path: str) -> None:
        self._platter, self._life, self._path = platter, life, path

    def release(self) -> None:
        if self._platter.locks.get(self._path) is self._life:
            del self._platter.locks[self._path]


class SimDisk:
    """One life's handle on its host's platter, or on the directory `root` of it."""

    __slots__ = ("_root", "counters", "files", "life", "platter")

    def __init__(
        self,
        platter: Platter,
        life: Life,
        root: str = "",
        counters: DiskCounters | None = None,
        files: OpenFiles | None = None,
    ) -> None:
        self.platter = platter
        self.life = life
        self._root = root
        self.counters = DiskCounters() if counters is None else counters
        self.files = OpenFiles(lambda: platter.most_open_files) if files is None else files

    @property
    def location(self) -> str:
        return f"/{self.life.host}/{self._root}".rstrip("/")

    def within(self, path: str) -> SimDisk:
        return SimDisk(self.platter, self.life, self._at(path), self.counters, self.files)

    def space(self) -> tuple[int, int] | None:
        """Unknown: a platter has no size."""
        return None

    def _at(self, path: str) -> str:
        """The path on the platter."""
        return "/".join(part for part in (self._root, clean(path)) if part)

    def _entries(self) -> Entries:
        self.life.check()
        return self.platter.entries

    def open(self, path: str, *, create: bool = False) -> SimFile:
        path = self._at(path)
        self.files.make_room()
        return SimFile(self, path, self.files.trying(self._opened, path, create))

    def _opened(self, path: str, create: bool) -> Inode:
        entries = self._entries()
        if create and path not in entries:
            self.platter.check_present(path)
            self.platter.check_descriptor(path)
            return self._create(path)
        return self.descriptor_of(path)

    def descriptor_of(self, path: str) -> Inode:
        """Of a file that is on the platter."""
        inode = self._inode(path)
        self.platter.check_descriptor(path)
        return inode

    def _create(self, path: str) -> Inode:
        """A new file; `path` is that on the platter, as everywhere below a leading underscore."""
        parent = posixpath.dirname(path)
        self._directory(parent)
        self.platter.check_write(path)
        inode = Inode()
        self.platter.change((parent,), _setting(path, inode))
        return inode

    def _directory(self, path: str) -> None:
        self.platter.check_present(path)
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
        self.platter.check_present(path)
        inode = self._entries().get(path)
        if inode is None:
            if path in self._entries():
                raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        return inode

    def listdir(self, path: str) -> list[str]:
        return sorted(self.files.trying(self._listed, self._at(path)))

    def _listed(self, path: str) -> list[str]:
        self._directory(path)
        self.platter.check_descriptor(path)
        return self._names(path)

    def _names(self, path: str) -> list[str]:
        prefix = path + "/" if path else ""
        names = (entry[len(prefix) :] for entry in self._entries() if entry.startswith(prefix))
        return [name for name in names if name and "/" not in name]

    def listfiles(self, path: str) -> list[str]:
        directory, entries = self._at(path), self._entries()
        prefix = directory + "/" if directory else ""
        return [name for name in self.listdir(path) if entries[prefix + name] is not None]

    def touch(self, path: str) -> None:
        self.open(path, create=True).close()

    def write_new(self, path: str, data: bytes) -> None:
        file = self.open(path, create=True)
        file.truncate(0)
        file.append(data)
        file.close()

    def makedirs(self, path: str) -> None:
        path = self._at(path)
        entries = self._entries()
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            directory = "/".join(parts[:depth])
            if directory not in entries:
                self.platter.check_write(directory)
                parent = posixpath.dirname(directory)
                self.platter.change((parent,), _setting(directory, None))
            elif entries[directory] is not None:
                raise NotADirectoryError(errno.ENOTDIR, "Not a directory", directory)

    def remove(self, path: str) -> None:
        path = self._at(path)
        self._inode(path)

        def drop(entries: Entries) -> None:
            entries.pop(path, None)

        self.platter.change((posixpath.dirname(path),), drop)

    def rmtree(self, path: str) -> None:
        self.files.trying(self._rmtree, self._at(path))

    def _rmtree(self, path: str) -> None:
        self._directory(path)
        self.platter.check_descriptor(path)

        def remove(entries: Entries) -> None:
            for entry in [entry for entry in entries if entry == path or entry.startswith(path + "/")]:
                del entries[entry]

        self.platter.change((posixpath.dirname(path),), remove)

    def rename(self, src: str, dst: str) -> None:
        src, dst = self._at(src), self._at(dst)
        entries = self._entries()
        self.platter.check_present(src)
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

        self.platter.change((posixpath.dirname(src), posixpath.dirname(dst)), move)
        self.files.places.renamed(src, dst)

    def read_bytes(self, path: str) -> bytes:
        data = bytes(self.files.trying(self.descriptor_of, self._at(path)).content)
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

    def note_sync(self) -> None:
        """Somebody waits for one: on a slow disk the process stands still until it is done."""
        self.counters.syncs += 1
        if self.platter.sync_s:
            self.life.loop.suspend(self.life, self.platter.sync_s)  # type: ignore[attr-defined]  # a SimLoop

    def sync_dir(self, path: str) -> None:
        self.files.trying(self._sync_dir, self._at(path))

    def _sync_dir(self, path: str) -> None:
        self._directory(path)
        self.platter.check_descriptor(path)
        self.note_sync()
        self.platter.sync_dir(path)

    def sync_together(self, paths: Sequence[str]) -> None:
        on_platter = [self._at(path) for path in paths]
        self.files.tell_problems_of(on_platter)
        for path in on_platter:
            if self._entries().get(path) is None:
                self.files.trying(self._sync_dir, path)
                continue
            inode = self.files.trying(self.descriptor_of, path)
            self.platter.check_write(path)
            self.note_sync()
            inode.sync()

    def sync_in_background(self, paths: Sequence[str]) -> asyncio.Future[None]:
        """Takes virtual time; a power cut meanwhile leaves what it leaves without."""
        on_platter = [self._at(path) for path in paths]
        self.files.tell_problems_of(on_platter)
        return self.files.trying(self._begin_sync, on_platter)

    def _begin_sync(self, paths: Sequence[str]) -> asyncio.Future[None]:
        loop, platter = self.life.loop, self.platter
        begun: list[tuple[str, Callable[[], None]]] = []
        for path in paths:
            platter.check_descriptor(path)
            entries = self._entries()
            inode = entries.get(path)
            if inode is not None:
                begun.append((path, partial(inode.finish_sync, inode.begin_sync())))
            else:
                self._directory(path)
                begun.append((path, partial(platter.sync_up_to, platter.last_change_of(path))))
        self.counters.syncs += len(begun)
        done: asyncio.Future[None] = loop.create_future()
        delay_s = platter.sync_times.uniform(*BACKGROUND_SYNC_S) + platter.sync_s
        loop.call_later(delay_s, self._finish_sync, begun, done, context=self.life.context.copy())
        return done

    def _finish_sync(self, begun: list[tuple[str, Callable[[], None]]], done: asyncio.Future[None]) -> None:
        if not self.life.alive:
            return
        problem = None
        try:
            for path, finish in begun:
                self.platter.check_write(path)
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
        if path in self.platter.locks:
            raise DiskLocked(errno.EWOULDBLOCK, "the lock is held", path)
        self.platter.locks[path] = self.life
        return SimLock(self.platter, self.life, path)

    def release_all(self) -> None:
        """The process has ended, and with it its locks."""
        locks = self.platter.locks
        for path in [path for path, life in locks.items() if life is self.life]:
            del locks[path]


def _setting(path: str, inode: Inode | None) -> Callable[[Entries], None]:
    def apply(entries: Entries) -> None:
        entries[path] = inode

    return apply
