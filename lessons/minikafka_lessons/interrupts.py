"""When an interrupt comes: not between two lines of a client or a lock, but at the cell's own lines, or while it waits.

Rule: Python raises KeyboardInterrupt between any two steps, also where a lock has just been taken and nobody knows it
yet; whoever needs that lock then waits for ever. So an interrupt that arrives inside of a client, a future or a lock is
put off by a few milliseconds, again and again, but never for long. What must not stand there by half is let come to its
end: a client or cluster that is being made or closed (else its threads stay, and nobody has a name for them), and an
import (what has been loaded by half, such as numpy or matplotlib, can't be loaded a second time).
"""

from __future__ import annotations

import os
import signal
import time  # noqa: TID251 - between two presses of a person's key
from types import FrameType
from typing import Any

import minikafka

AGAIN_S = 0.002
AT_MOST_S, WHOLE_AT_MOST_S, IMPORTING_AT_MOST_S = 0.3, 3.0, 15.0
CLIENTS = os.path.join(os.path.dirname(minikafka.__file__), "")
OURS = (CLIENTS, os.path.join(os.path.dirname(__file__), ""))
IMPORTING = "<frozen importlib."
WHOLE = ("__init__", "begin", "close")
RECORDING = os.path.join(CLIENTS, "cluster", "recording.py")
"""A call that ends, or comes to a pause, can be repeated by `rewind`."""
# What is raised where a weak reference ends is printed, and lost.
LOCKS = tuple(
    os.path.join("", *parts)
    for parts in (
        ("threading.py",),
        ("concurrent", "futures", "_base.py"),
        ("weakref.py",),
        ("_weakrefset.py",),
    )
)


class Interrupts:
    """Stands in for Python's own handler of SIGINT while a cell runs. POSIX; elsewhere there is nothing to set."""

    def __init__(self, space: dict[str, Any]) -> None:
        self._space = space
        self._before: dict[int, Any] = {}
        self._first_s: float | None = None
        self._limit_s = 0.0

    def begin(self) -> None:
        """A cell begins."""
        self.end()
        if not hasattr(signal, "setitimer"):
            return
        try:
            if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
                return  # somebody else's wish
            if signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
                return
            for number in (signal.SIGINT, signal.SIGALRM):
                self._before[number] = signal.signal(number, self._hear)
        except ValueError:  # not the main thread
            self._before.clear()

    def end(self) -> None:
        """The cell has ended."""
        before, self._before = self._before, {}
        if before:
            signal.setitimer(signal.ITIMER_REAL, 0)  # first of all: nobody will hear it
        for number, handler in before.items():
            signal.signal(number, handler)
        self._first_s = None

    def _hear(self, number: int, frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if number == signal.SIGALRM and self._first_s is None:
            return
        if number == signal.SIGALRM and signal.getsignal(signal.SIGINT) != self._hear:
            signal.raise_signal(signal.SIGINT)  # a simulation runs by now, and knows a better moment
            return
        if self._first_s is None:
            self._first_s, self._limit_s = now_s, 0.0
        limit_s = put_off_s(frame, self._space)
        # What was just made gets its name in the cell first, however long it took.
        self._limit_s = max(self._limit_s, limit_s)
        if limit_s and now_s - self._first_s < self._limit_s:
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
            return
        self._first_s = None
        raise KeyboardInterrupt


def put_off_s(frame: FrameType | None, space: dict[str, Any]) -> float:
    """How long an interrupt at this place may be put off; 0: it is as good as any. `space`: a cell's globals."""
    if frame is None:  # a simulation has kept it until now, between two of its rounds
        return 0.0
    inner, limit_s, in_a_cell = frame, 0.0, False
    while frame is not None:
        in_a_cell = in_a_cell or frame.f_globals is space
        code = frame.f_code
        if code.co_filename.startswith(IMPORTING):
            return IMPORTING_AT_MOST_S
        if code.co_filename.startswith(OURS):
            if code.co_name in WHOLE:
                return WHOLE_AT_MOST_S
            if frame is inner or code.co_filename == RECORDING:
                limit_s = AT_MOST_S
        elif frame is inner and code.co_filename.endswith(LOCKS) and code.co_name != "wait":
            limit_s = AT_MOST_S
        frame = frame.f_back
    return limit_s if in_a_cell else AT_MOST_S  # before its first line IPython itself is at work
