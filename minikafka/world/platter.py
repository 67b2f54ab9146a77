"""A simulated disk: files and directories in memory that know what a power cut would leave of them.

Rule: a write is in the page cache until `sync`, a directory entry until `sync_dir` (or `write_atomic`). A
process crash keeps the cache. A power cut lets each unsynced write survive, vanish or be torn at a byte;
the file system's journal keeps its order, so that of the unsynced entries (created, renamed, removed) a
first part survives.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass

from minikafka.world.life import Life
from minikafka.world.open_files import OUT_OF_DESCRIPTORS
from minikafka.world.page_cache import Inode

UNLIMITED = 1 << 20

Entries = dict[str, Inode | None]
"""Path to file, or to None for a directory."""
JournalEntry = tuple[tuple[str, ...], Callable[[Entries], None]]
"""The directories that change, and how."""


class Platter:
    """One host's disk, which outlives the host's lives."""

    def __init__(self, host: str, seed: int) -> None:
        self.host = host
        self.random = random.Random(f"{seed}/disk/{host}")
        self.entries: Entries = {"": None}
        self.durable_entries: Entries = {"": None}
        self.journal: list[JournalEntry] = []
        self.sync_times = random.Random(f"{seed}/sync/{host}")
        self.locks: dict[str, Life] = {}
        self.faults: list[Fault] = []
        self.sync_s = 0.0
        """What a sync takes on a slow disk."""
        self.most_open_files = UNLIMITED
        """So many descriptors a life of the host has for its files."""

    def change(self, directories: tuple[str, ...], apply: Callable[[Entries], None]) -> None:
        """Change directory entries now, and durably when one of the directories is synced."""
        apply(self.entries)
        self.journal.append((directories, apply))

    def sync_dir(self, path: str) -> None:
        """Make the journal durable up to the last change of this directory: a journal is written in order."""
        self.sync_up_to(self.last_change_of(path))

    def last_change_of(self, path: str) -> JournalEntry | None:
        """The last that isn't durable yet."""
        return next((entry for entry in reversed(self.journal) if path in entry[0]), None)

    def sync_up_to(self, last: JournalEntry | None) -> None:
        """Make the journal durable up to this entry, unless it is."""
        end = next((n for n, entry in enumerate(self.journal, 1) if entry is last), 0)
        for _, apply in self.journal[:end]:
            apply(self.durable_entries)
        del self.journal[:end]

    def cut_power(self) -> None:
        for _, apply in self.journal[: self.random.randint(0, len(self.journal))]:
            apply(self.durable_entries)
        self.journal.clear()
        self.entries = dict(self.durable_entries)
        for path in sorted(self.entries):
            inode = self.entries[path]
            if inode is not None:
                inode.cut_power(self.random)
        self.locks.clear()

    def check_write(self, path: str) -> None:
        """Raise what a failing disk raises."""
        self._check(path, takes_descriptor=False)

    def check_descriptor(self, path: str) -> None:
        """Raise what a system raises that has no descriptor left for what wants one."""
        self._check(path, takes_descriptor=True)

    def _check(self, path: str, *, takes_descriptor: bool) -> None:
        for fault in self.faults:
            if fault.covers(path) and takes_descriptor == (fault.code in OUT_OF_DESCRIPTORS):
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self.faults.remove(fault)
                raise OSError(fault.code, os.strerror(fault.code), path)

    def check_present(self, path: str) -> None:
        """Raise what a device that is gone raises, for whatever one wants of it."""
        for fault in self.faults:
            if fault.gone and fault.covers(path):
                raise OSError(fault.code, os.strerror(fault.code), path)


@dataclass(slots=True)
class Fault:
    """The next `count` writes (None: all) to `path` and below fail; with `gone`, reads and all else, too. Where
    descriptors are out (`EMFILE`, `ENFILE`), not writes fail, but whatever needs a new one.
    """

    code: int
    count: int | None
    path: str
    gone: bool = False

    def covers(self, path: str) -> bool:
        return not self.path or path == self.path or path.startswith(self.path + "/")
