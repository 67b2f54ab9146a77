"""Files to measure with: where they lie, how they leave the page cache, and that none stays behind."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from minikafka.world.residency import PageCounts, page_counts
from minikafka.world.temporary import TemporaryDirectory
from minikafka_lessons.language import say
from minikafka_lessons.measure.results import Unmeasured, size

DIRECTORY_VARIABLE = "MINIKAFKA_MEASURE_DIR"
CHUNK_BYTES = 1 << 20


@contextlib.contextmanager
def scratch(needed_bytes: int) -> Iterator[Path]:
    """A directory that goes at the end, whatever happens. Raises Unmeasured when the disk is too full."""
    parent = os.environ.get(DIRECTORY_VARIABLE) or None
    directory = TemporaryDirectory("minikafka-measure-", parent)
    try:
        free = shutil.disk_usage(directory.path).free
        if free < 2 * needed_bytes:
            raise Unmeasured(
                say(
                    "This needs {needed} of free disk; {place} has {free}.",
                    needed=size(2 * needed_bytes),
                    place=directory.path,
                    free=size(free),
                )
            )
        yield directory.path
    finally:
        directory.remove()


def file_system(path: Path) -> str:
    """Its type (`ext4`, `tmpfs` …), or "" where that can't be read."""
    best, kind = "", ""
    try:
        for line in Path("/proc/self/mounts").read_text().splitlines():
            _, mounted, found, *_ = line.split()
            if (f"{path}/").startswith(mounted.rstrip("/") + "/") and len(mounted) >= len(best):
                best, kind = mounted, found
    except (OSError, ValueError):
        return ""
    return kind


def fill(path: Path, size_bytes: int) -> None:
    """Bytes that nothing can compress, on the disk when this returns."""
    block = os.urandom(CHUNK_BYTES)
    with path.open("wb") as file:
        for start in range(0, size_bytes, CHUNK_BYTES):
            file.write(block[: min(CHUNK_BYTES, size_bytes - start)])
        file.flush()
        os.fsync(file.fileno())


def evict(path: Path) -> bool:
    """Ask the kernel to forget the file's pages; has it? (Dirty pages can't go, so they are synced first.)"""
    if not hasattr(os, "posix_fadvise"):
        return False
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)
    left = page_counts(str(path))
    return left is None or left.resident * 4 <= left.pages


def pages(path: Path) -> PageCounts:
    """How much of a file is in the page cache. Raises Unmeasured where the system doesn't tell."""
    found = page_counts(str(path))
    if found is None:
        raise Unmeasured(say("Only Linux tells how much of a file is in the page cache."))
    return found


def check_evictable(path: Path) -> None:
    """Raises Unmeasured when nothing that is read from this file can be made to come from the disk."""
    if not hasattr(os, "posix_fadvise"):
        raise Unmeasured(say("This system has no posix_fadvise: files can't be put out of the page cache."))
    if not evict(path):
        kind = file_system(path)
        raise Unmeasured(
            say(
                "The file system {kind} keeps its pages in memory; set {variable} to a directory on a real disk.",
                kind=kind or say("here"),
                variable=DIRECTORY_VARIABLE,
            )
        )
