"""An interrupt (SIGINT: Ctrl-C, or a notebook's stop button) while a simulation is driven in the main thread.

Rule: it comes between two rounds. Raised where the signal happens to arrive, it would meet some simulated broker in
the middle of its work, and end that, instead of the call that somebody waits for. Only what doesn't come to the end
of its round, such as a learner's rule that loops forever, is interrupted where it is.
"""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

PATIENCE_S = 3.0
"""So long (of real time) the round that runs may take to come to its end."""


class Interrupt:
    """Holds an interrupt back, within `with interrupt.held()`, until `deliver` or the end."""

    def __init__(self, on_deliver: Callable[[], None]) -> None:
        self.came = False
        self._on_deliver = on_deliver
        self._before: Callable[[int, FrameType | None], Any] | None = None
        self._patience: threading.Timer | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Note SIGINT; at the end the handler that was there is back, and told."""
        if threading.current_thread() is not threading.main_thread():  # no other ever gets a signal
            yield
            return
        before = signal.getsignal(signal.SIGINT)
        if not callable(before):
            yield
            return
        self.came, self._before = False, before
        signal.signal(signal.SIGINT, self._hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
            self._lose_no_patience()
        self.deliver()

    def deliver(self) -> None:
        """Tell whoever handled it before; as a rule that raises KeyboardInterrupt here."""
        if self.came and self._before is not None:
            self.came = False
            self._lose_no_patience()
            self._on_deliver()
            self._before(signal.SIGINT, None)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.came and self._before is not None:  # a second time: it can't wait
            self.came = False
            self._lose_no_patience()
            self._before(number, frame)
            return
        self.came = True
        self._patience = threading.Timer(PATIENCE_S, _thread.interrupt_main)
        self._patience.daemon = True
        self._patience.start()

    def _lose_no_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
