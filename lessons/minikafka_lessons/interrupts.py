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
from types import FrameType
from typing import Any

import minikafka
from minikafka.world.interrupt import INTERRUPTS

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


class CellInterrupts:
    """While a cell runs, what is sent waits for a good moment; `space`: the globals of cells."""

    def __init__(self, space: dict[str, Any]) -> None:
        self._space = space
        self._holds = False

    def begin(self) -> None:
        """A cell begins."""
        self.end()
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is somebody else's wish
            self._holds = INTERRUPTS.hold(self._reason)

    def end(self) -> None:
        """The cell has ended."""
        if self._holds:
            self._holds = False
            INTERRUPTS.let_go(self._reason)

    def _reason(self, frame: FrameType | None, times: int) -> float:
        return put_off_s(frame, self._space)


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
