"""Interrupts (SIGINT: Ctrl-C, or a notebook's stop button): who may ask one to wait, and when it is delivered.

Rule: one handler, one clock. An interrupt waits as long as somebody has a reason that it should; the reasons are asked
again every few milliseconds, and each says how long it may last. A loop that simulates has one while a round runs:
raised where the signal happens to arrive, an interrupt would meet some simulated broker in the middle of its work, and
end that, instead of the call that somebody waits for. Only what doesn't come to the end of its round, such as a
learner's rule that loops forever, is interrupted where it is. The lessons have reasons of their own.
"""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

PATIENCE_S = 3.0
"""So long (of real time) the round that runs may take to come to its end."""
AGAIN_S = 0.002

Reason = Callable[[FrameType | None, int], float]
"""For how long (in s, since it came) an interrupt may wait that meets this frame (None: between two rounds of a
simulation), having been sent so many times."""


def a_round_runs(frame: FrameType | None, times: int) -> float:
    """The reason of a loop that simulates. Who asks a second time can't wait."""
    return PATIENCE_S if times == 1 else 0.0


@dataclass
class Came:
    """An interrupt that waits."""

    at_s: float
    times: int = 0
    longest_s: dict[Reason, float] = field(default_factory=dict)
    """What each reason has asked for at most: while it lasts, it lasts that long."""


class Interrupts:
    """Stands in for the handler of SIGINT while there is a reason to. Only the main thread ever gets a signal."""

    def __init__(self) -> None:
        self.came: Came | None = None
        self._reasons: list[Reason] = []
        self._before: Callable[[int, FrameType | None], Any] | None = None
        self._is_a_look = False
        self._looking = threading.RLock()

    # -- reasons

    def hold(self, reason: Reason) -> bool:
        """From now on. False: no signal comes to this thread, or nobody in Python handles it."""
        if threading.current_thread() is not threading.main_thread():
            return False
        if self._reasons:
            self._reasons.append(reason)
            return True
        before = signal.getsignal(signal.SIGINT)
        if not callable(before):
            return False
        self._before = before
        self._reasons.append(reason)  # first: what comes in between has a reason to wait
        try:
            signal.signal(signal.SIGINT, self._hear)
        except BaseException:
            self._reasons.clear()
            raise
        return True

    def let_go(self, reason: Reason) -> bool:
        """No longer. After the last one the handler that was there is back. True: one waited, and nobody was told."""
        if self._reasons != [reason]:
            self._reasons.remove(reason)
            return False
        assert self._before is not None
        with self._looking:  # the clock sends nothing any more that another handler would hear
            came, self.came = self.came, None
        signal.signal(signal.SIGINT, self._before)  # first, Python lets the old one hear what was sent before
        with self._looking:
            came, self.came = self.came or came, None
        self._reasons.clear()
        return came is not None

    @contextmanager
    def held(self, reason: Reason, note: Callable[[], None]) -> Iterator[Interrupts]:
        """Within it; at its end an interrupt is welcome. Yields whom to look at: nobody, in another thread."""
        if not self.hold(reason):
            yield NOBODY
            return
        try:
            yield self
            self.at_rest(note)
        finally:
            is_left = self.let_go(reason)
        if is_left:
            note()
            self._deliver(signal.SIGINT, None)

    # -- delivery

    def at_rest(self, note: Callable[[], None]) -> None:
        """Who had the latest reason is at a pause: what came is delivered, after `note`, if the others agree."""
        if self.came is not None and not self._waits(self.came, None, self._reasons[:-1]):
            note()
            self._deliver(signal.SIGINT, None)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        is_a_look, self._is_a_look = self._is_a_look, False
        came = self.came
        if came is None:
            if is_a_look:  # what it was about is over
                return
            came = Came(time.monotonic())
        came.times += not is_a_look
        if not self._waits(came, frame, self._reasons):
            self._deliver(number, frame)
        elif self.came is None:
            self.came = came
            _thread.start_new_thread(
                self._look_again, (came,)
            )  # takes no lock: who was interrupted may hold any

    @staticmethod
    def _waits(came: Came, frame: FrameType | None, reasons: list[Reason]) -> bool:
        since_s, waits = time.monotonic() - came.at_s, False
        for reason in reasons:
            limit_s = reason(frame, came.times)
            longest_s = came.longest_s[reason] = max(limit_s, came.longest_s.get(reason, 0.0))
            waits |= limit_s > 0 and since_s < longest_s
        return waits

    def _deliver(self, number: int, frame: FrameType | None) -> None:
        """Tell whoever handled it before; as a rule that raises KeyboardInterrupt here."""
        self.came = None
        if self._before is not None:
            self._before(number, frame)

    def _look_again(self, came: Came) -> None:
        """The clock."""
        while self.came is came:
            time.sleep(AGAIN_S)
            with self._looking:
                if self.came is came:
                    self._is_a_look = True
                    send_to_main()


def send_to_main() -> None:
    """SIGINT, so that the main thread wakes up even from a lock."""
    if hasattr(signal, "pthread_kill"):
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
    else:
        _thread.interrupt_main()


INTERRUPTS = Interrupts()
"""A process has one handler of SIGINT."""
NOBODY = Interrupts()
"""To whom none ever comes."""
