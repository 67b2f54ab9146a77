"""How much of a real file is in the kernel's page cache.

Rule: looking changes nothing (no page is read, none is kept), and what can't be known is None. Linux tells by
`cachestat` (6.5 and newer: with the pages not yet on the disk), or by `mincore` on a mapping that is never touched;
other systems have nothing that is both cheap and honest.

Kafka has no such thing: its documentation tells people to look at the page cache with the system's own tools.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from typing import Any, NamedTuple

CACHESTAT = 451
"""The system call's number, the same on every architecture of Linux but alpha."""
_PROT_READ, _MAP_SHARED = 1, 1
_LOWEST_BIT = bytes(value & 1 for value in range(256))


class PageCounts(NamedTuple):
    """A file in pages of `page_bytes`; `dirty` (in the cache, not yet on the disk) is None where only `mincore` is."""

    pages: int
    resident: int
    dirty: int | None
    page_bytes: int


class _Range(ctypes.Structure):
    _fields_ = [("offset", ctypes.c_uint64), ("length", ctypes.c_uint64)]


class _CacheStat(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint64) for name in ("cache", "dirty", "writeback", "evicted", "recently_evicted")
    ]


def page_counts(path: str) -> PageCounts | None:
    """The file's pages; None where this system can't tell. Raises OSError when the file can't be opened."""
    libc = _libc()
    if libc is None:
        return None
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _by_cachestat(libc, fd) or _by_mincore(libc, fd)
    finally:
        os.close(fd)


@functools.cache
def _libc() -> Any:
    """The C library with the calls declared, or None."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = (
            ctypes.c_void_p,
            ctypes.c_size_t,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_long,
        )
        libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        libc.syscall.restype = ctypes.c_long
    except (AttributeError, OSError):
        return None
    return libc


def _pages(fd: int) -> tuple[int, int, int]:
    """Size in bytes, number of pages, bytes of a page."""
    size, page = os.fstat(fd).st_size, os.sysconf("SC_PAGESIZE")
    return size, -(-size // page), page


def _by_cachestat(libc: Any, fd: int) -> PageCounts | None:
    """One system call for the whole file; None where the kernel is older, or a sandbox forbids it."""
    size, pages, page_bytes = _pages(fd)
    extent, found = _Range(0, size), _CacheStat()
    call = (CACHESTAT, ctypes.c_long(fd), ctypes.byref(extent), ctypes.byref(found), ctypes.c_long(0))
    if size and libc.syscall(*call) != 0:
        return None
    # Pages on their way to the disk aren't on it yet.
    dirty = min(found.dirty + found.writeback, pages)
    return PageCounts(pages, min(found.cache, pages), dirty, page_bytes)


def _by_mincore(libc: Any, fd: int) -> PageCounts | None:
    """A mapping that nobody reads: it faults no page in."""
    size, pages, page_bytes = _pages(fd)
    if not size:
        return PageCounts(0, 0, None, page_bytes)
    address = libc.mmap(None, size, _PROT_READ, _MAP_SHARED, fd, 0)
    if address is None or address == ctypes.c_void_p(-1).value:
        return None
    try:
        vector = (ctypes.c_ubyte * pages)()
        if libc.mincore(address, size, vector) != 0:
            return None
    finally:
        libc.munmap(address, size)
    return PageCounts(pages, bytes(vector).translate(_LOWEST_BIT).count(1), None, page_bytes)
