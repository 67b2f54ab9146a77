"""A disk that stops the world before any operation of one's choice: where a power cut or a crash may come.

Its rule: every change of a file or a directory passes the fuse, those inside of `write_atomic` too; reading doesn't.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from minikafka.world import World

CHANGES_OF_FILES = ("append", "write_at", "truncate", "sync")
CHANGES_OF_DIRECTORIES = ("makedirs", "remove", "rmtree", "rename", "sync_dir", "touch")


class Gone(BaseException):
    """The process or the power is gone. Nothing that runs survives it, least of all an `except OSError`."""


class Fuse:
    """Blows before the operation with this number, counted from 0 (-1: never), and at all that follow."""

    def __init__(self, at: int = -1) -> None:
        self.at = at
        self.count = 0

    def arm(self, at: int) -> None:
        """Count anew."""
        self.at, self.count = at, 0

    def burn(self) -> None:
        if 0 <= self.at <= self.count:
            raise Gone
        self.count += 1


class FusedFile:
    def __init__(self, file: Any, fuse: Fuse) -> None:
        self._file, self._fuse = file, fuse

    def __getattr__(self, name: str) -> Any:
        if name in CHANGES_OF_FILES:
            self._fuse.burn()
        return getattr(self._file, name)


class FusedDisk:
    """What `world.disk` is, behind a fuse."""

    def __init__(self, disk: Any, fuse: Fuse) -> None:
        self._disk, self._fuse = disk, fuse

    def __getattr__(self, name: str) -> Any:
        if name in CHANGES_OF_DIRECTORIES:
            self._fuse.burn()
        return getattr(self._disk, name)

    def open(self, path: str, *, create: bool = False) -> FusedFile:
        if not self._disk.exists(path):
            self._fuse.burn()
        return FusedFile(self._disk.open(path, create=create), self._fuse)

    def write_new(self, path: str, data: bytes) -> None:
        file = self.open(path, create=True)
        file.truncate(0)
        file.append(data)
        file.close()

    def write_atomic(self, path: str, data: bytes, *, sync: bool = True) -> None:
        file = self.open(path + ".tmp", create=True)
        file.truncate(0)
        file.append(data)
        if sync:
            file.sync()
        file.close()
        self.rename(path + ".tmp", path)
        if sync:
            self.sync_dir(os.path.dirname(path))


def fused(world: World, fuse: Fuse) -> World:
    """The same world with a disk behind `fuse`."""
    return dataclasses.replace(world, disk=FusedDisk(world.disk, fuse))
