"""An answer's process as the grader holds it: started in the jail, spoken to line by line, ended with all its children.

Rule: nothing that it does (no word, too many, no end, a closed pipe) makes the grader wait for ever.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import threading  # noqa: TID251 - a watchdog over processes
import time  # noqa: TID251 - over processes: real time
from collections.abc import Callable
from typing import Any

from minikafka_lessons.grading.jail import INSIDE, Jail

LINE_BYTES = 4_000_000
GONE_S = 5.0
WATCHER_S = 30.0
SIGXCPU: int = getattr(signal, "SIGXCPU", 1_000)


class AnswerProcess:
    """One process. `ended_by_time` after it was over: did its processor time run out?"""

    def __init__(self, jail: Jail, hash_seed: int) -> None:
        environment = {"PYTHONHASHSEED": str(hash_seed), "PYTHONIOENCODING": "utf-8", "PATH": os.defpath}
        if "SYSTEMROOT" in os.environ:
            environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        command, told = jail.command(), -1
        if jail.bwrap:
            # bwrap tells who the first process in there is: when that one is gone, so is everybody.
            told, tell = os.pipe()
            command[1:1] = ["--info-fd", str(tell)]
        self._first: int | None = None
        try:
            # Not -I: it would ignore PYTHONHASHSEED. -s -S and an empty environment give the same.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=INSIDE.anchor,
                pass_fds=[tell] if jail.bwrap else [],
            )
        finally:
            if jail.bwrap:
                os.close(tell)
        if jail.bwrap:
            self._first = first_process(told)
        self._ending = threading.Lock()
        self._watched = not jail.bwrap and os.name == "posix"
        self.watchdog = Watchdog(self.end)

    def send(self, order: dict[str, Any]) -> None:
        """One line. Raises OSError when nobody is there."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()

    def receive(self, within_s: float) -> tuple[bytes, bool]:
        """A line (empty: it hung up), and whether time was over."""
        assert self._process.stdout is not None
        self.watchdog.arm(within_s)
        line = self._process.stdout.readline(LINE_BYTES)
        return line, self.watchdog.disarm()

    @property
    def ended_by_time(self) -> bool:
        """It hung up: because its processor time was over? Ends it in any case."""
        try:
            code = self._process.wait(GONE_S)
        except subprocess.TimeoutExpired:
            self.end()
            return False
        return code in (-SIGXCPU, 128 + SIGXCPU)

    def end(self) -> None:
        """End it and whatever it started, and come back when they are gone."""
        with self._ending:
            if self._watched:
                # The watcher ends everybody first, which may take it a while on a busy machine.
                self._process.terminate()
                try:
                    self._process.wait(WATCHER_S)
                except subprocess.TimeoutExpired:
                    pass
            self._process.kill()
            if self._first is not None:
                end_namespace(self._first)
                self._first = None
            self._process.wait()

    def close(self) -> None:
        """`end`, and give back what is held."""
        self.watchdog.close()
        self.end()
        for stream in (self._process.stdin, self._process.stdout):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass


def first_process(told: int) -> int | None:
    """A handle (pidfd) of the first process in bwrap's namespace; None where there is none to be had."""
    with os.fdopen(told, "rb") as file:
        try:
            return os.pidfd_open(int(json.load(file)["child-pid"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


def end_namespace(first: int) -> None:
    """The kernel ends every process of the namespace before its first one is gone."""
    try:
        signal.pidfd_send_signal(first, signal.SIGKILL)
    except OSError:
        pass
    waiting = select.poll()
    waiting.register(first, select.POLLIN)
    waiting.poll(GONE_S * 1_000)
    os.close(first)


class Watchdog:
    """Ends a process whose time is over."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._wake = threading.Condition()
        self._deadline: float | None = None
        self._fired = self._closed = False
        threading.Thread(target=self._run, name="minikafka-grade-watchdog", daemon=True).start()

    def arm(self, seconds: float) -> None:
        """Start the clock."""
        with self._wake:
            self._deadline = time.monotonic() + seconds
            self._wake.notify()

    def disarm(self) -> bool:
        """Stop the clock. True: it was too late."""
        with self._wake:
            self._deadline = None
            return self._fired

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    def _run(self) -> None:
        with self._wake:
            while not self._closed:
                left_s = None if self._deadline is None else self._deadline - time.monotonic()
                if left_s is not None and left_s <= 0:
                    self._fired = True
                    break
                # Waking a few times a second is cheaper than a notification for every call.
                self._wake.wait(left_s)
            if self._closed:
                return
        self._end()
