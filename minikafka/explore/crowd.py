"""Many runs on several cores: one process each, and the results in the order in which they come.

Rule: a run depends on its case alone, so it doesn't matter who runs it; a process that dies has broken its case. With
one job everything runs in this process.
"""

from __future__ import annotations

import multiprocessing  # noqa: TID251 - the command's own processes: a run needs nothing of another
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def in_processes(do: Callable[[T], U], items: Sequence[T], jobs: int) -> Iterator[tuple[T, U | None]]:
    """Each item with what `do` makes of it; None: its process died. An interrupt ends it at once."""
    if jobs == 1:
        for item in items:
            yield item, do(item)
        return
    left = deque(items)
    while left:
        unanswered = yield from _until_one_dies(do, left, jobs)
        for item in unanswered:  # one of these has ended its process: which?
            yield item, _alone(do, item)


def _until_one_dies(
    do: Callable[[T], U], left: deque[T], jobs: int
) -> Generator[tuple[T, U | None], None, list[T]]:
    """Takes from `left`; returns what was under way when a process died."""
    pool, flying = _pool(jobs), dict[Future[U], T]()
    try:
        while left or flying:
            while left and len(flying) < jobs * 2:
                flying[pool.submit(do, left[0])] = left[0]
                left.popleft()
            done = wait(flying, return_when=FIRST_COMPLETED).done
            for future in [one for one in flying if one in done]:
                yield flying[future], future.result()
                del flying[future]
    except BrokenProcessPool:
        return list(flying.values())
    finally:
        _end(pool)
    return []


def _alone(do: Callable[[T], U], item: T) -> U | None:
    pool = _pool(1)
    try:
        return pool.submit(do, item).result()
    except BrokenProcessPool:
        return None
    finally:
        _end(pool)


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_deaf)


def _deaf() -> None:
    """An interrupt of the terminal goes to all its processes; the command's own ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end(pool: ProcessPoolExecutor) -> None:
    """Without waiting for runs that nobody wants any more."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


__all__ = ["in_processes"]
