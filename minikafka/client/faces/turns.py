"""Who may drive a simulated universe, where several threads want it to move.

Rule: one thread drives at a time, first come, first served, and it gives way to the others between two rounds.
Kafka has no virtual time; its `MockTime` is driven by one test's thread.
"""

from __future__ import annotations

import threading  # noqa: TID251  it is threads that take turns
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class Turns:
    """Who may drive a simulated universe: one thread at a time, first come, first served, and as deep as it likes.

    A thread that drives for long gives way when others wait.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._depth = 0
        self._queue: deque[tuple[int, int, threading.Lock]] = deque()

    @property
    def are_wanted(self) -> bool:
        """Does another thread wait for its turn?"""
        return bool(self._queue)

    def __enter__(self) -> Turns:
        thread = threading.get_ident()
        with self._lock:
            if self._owner is None or self._owner == thread:
                self._owner = thread
                self._depth += 1
                return self
            gate = self._queued(thread, 1)
        self._wait(thread, gate)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._depth -= 1
            if not self._depth:
                self._hand_over()

    def give_way(self) -> None:
        """Lets those who wait have their turn, and comes back."""
        thread = threading.get_ident()
        with self._lock:
            if not self._queue:
                return
            gate = self._queued(thread, self._depth)
            self._hand_over()
        self._wait(thread, gate)

    @contextmanager
    def released(self) -> Iterator[None]:
        """For a while of somebody else's code, which may wait for another thread: nobody's turn, then mine again."""
        thread = threading.get_ident()
        with self._lock:
            depth = self._depth if self._owner == thread else 0
            if depth:
                self._hand_over()
        try:
            yield
        finally:
            if depth:
                self.__enter__()
                with self._lock:
                    self._depth = depth

    def _queued(self, thread: int, depth: int) -> threading.Lock:
        gate = threading.Lock()
        gate.acquire()
        self._queue.append((thread, depth, gate))
        return gate

    def _hand_over(self) -> None:
        self._owner, self._depth = None, 0
        if self._queue:
            self._owner, self._depth, gate = self._queue.popleft()
            gate.release()

    def _wait(self, thread: int, gate: threading.Lock) -> None:
        try:
            gate.acquire()
        except BaseException:  # KeyboardInterrupt: what was given goes to the next
            with self._lock:
                waiting = [entry for entry in self._queue if entry[2] is not gate]
                if len(waiting) < len(self._queue):
                    self._queue = deque(waiting)
                elif self._owner == thread:
                    self._hand_over()
            raise
