"""Syncing files without holding up the loop: a thread waits for the disk, the loop runs on.

Rule: the thread has descriptors of its own and touches nothing else, so closing, cutting or removing the files
meanwhile is nobody's trouble. Kafka: the scheduler's threads run the task `flush-log`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from minikafka.world.open_files import Outcomes, Works, one_by_one

TOGETHER = 16
"""Syncs at a time."""
PART, WORTH_THREADS = 2, 4
_TO_SYNC = (os.O_RDWR if os.name == "nt" else os.O_RDONLY) | getattr(os, "O_CLOEXEC", 0)


def sync_in_background(paths: Sequence[str], loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
    """Fsync files and directories, one after the other. Raises OSError where one can't be opened; the future has
    the OSError of a disk that fails later."""
    done = loop.create_future()
    descriptors: list[int] = []
    try:
        for path in paths:
            if os.name != "nt" or not os.path.isdir(path):  # Windows has no descriptors of directories
                descriptors.append(os.open(path, _TO_SYNC))
        # A thread of its own for each call: rare, and none is left over when a universe ends.
        threading.Thread(target=_sync, args=(descriptors, loop, done), name="sync", daemon=True).start()
    except (OSError, RuntimeError):
        _close(descriptors)
        raise
    return done


def sync_together(paths: Sequence[str]) -> None:
    """Fsync files and directories, several at a time: a disk, and its journal, take them together. Raises OSError."""
    for problem in at_a_time([partial(_sync_path, path) for path in paths]):
        if problem is not None:
            raise problem


def at_a_time(works: Works) -> Outcomes:
    """What each raises; nobody continues before all are done."""
    if len(works) < WORTH_THREADS:
        return one_by_one(works)
    with ThreadPoolExecutor(TOGETHER, "sync") as threads:
        return [outcome for part in threads.map(one_by_one, _parts(works)) for outcome in part]


def _parts(works: Works) -> list[Works]:
    return [works[begin : begin + PART] for begin in range(0, len(works), PART)]


def _sync_path(path: str) -> None:
    if os.name == "nt" and os.path.isdir(path):
        return
    descriptor = os.open(path, _TO_SYNC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(descriptors: list[int], loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> None:
    problem: OSError | None = None
    try:
        for descriptor in descriptors:
            os.fsync(descriptor)
    except OSError as error:
        problem = error
    finally:
        _close(descriptors)
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
        loop.call_soon_threadsafe(_finish, done, problem)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _finish(done: asyncio.Future[None], problem: OSError | None) -> None:
    if done.done():
        return
    if problem is None:
        done.set_result(None)
    else:
        done.set_exception(problem)
