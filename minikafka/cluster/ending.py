"""How a cluster of the command line ends: Ctrl-C, SIGTERM, or a terminal that goes away (SIGHUP).

Rule: a signal is only noted, and whoever waits looks: an exception raised by a handler would meet the main thread in
the middle of a lock. The first one asks for a clean stop; another a moment later doesn't wait for that. Kafka's
shutdown hook knows only the first.
"""

from __future__ import annotations

import os
import signal
import threading  # noqa: TID251 - the main thread waits for signals, and the cluster runs in another
import time  # noqa: TID251 - of the user's, not of a world
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

LOOK_AGAIN_S = 0.1
SAME_WISH_S = 0.5
"""Wrappers pass on a signal that the terminal has sent to all: what comes so soon is the same one."""
HURRIED = 1
"""The exit status of an end that didn't wait."""


class EndSignals:
    """Within `with EndSignals()`, SIGTERM, SIGINT and SIGHUP are noted."""

    def __init__(self) -> None:
        self.is_starting = True
        self.before_hurrying: Callable[[], None] = lambda: None
        self._first_s: float | None = None
        self._before: dict[int, Any] = {}

    @property
    def came(self) -> bool:
        """Does somebody want the end?"""
        return self._first_s is not None

    def __enter__(self) -> Self:
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):  # nohup
                continue
            self._before[number] = signal.signal(number, self._hear)
        return self

    def _hear(self, number: int, frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if self._first_s is None:
            self._first_s = now_s
            if self.is_starting:
                _write("It stops as soon as it is up; a second Ctrl-C stops it at once.")
        elif now_s - self._first_s >= SAME_WISH_S:
            _write("Stopped without a clean shutdown; the next start recovers the logs.")
            self.before_hurrying()
            os._exit(HURRIED)

    def wait(self) -> None:
        """Until there was a signal."""
        never = threading.Event()
        while not self.came:
            never.wait(LOOK_AGAIN_S)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)


def _write(sentence: str) -> None:
    """Past Python's own buffers, which may be in use."""
    with suppress(OSError):
        os.write(2, f"minikafka: {sentence}\n".encode())
