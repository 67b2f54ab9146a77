"""A node in a process of its own: as its parent holds it, and as it sees its parent itself.

Rule: a child never outlives its parent's wish. It reads what it has to do from its standard input, and when that is
closed, because its parent has ended in whatever way, it ends too. It leads a process group in its parent's session:
Ctrl-C reaches the parent alone, and a child that is stopped when its parent dies is woken by the system (the group is
orphaned then: SIGHUP, SIGCONT).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress

LONGEST_LINE = 4096
"""A write of so many bytes reaches a pipe in one piece, or not at all (`PIPE_BUF`)."""


def has_processes() -> bool:
    """Can a node have a process of its own here? Not without POSIX signals."""
    return hasattr(signal, "SIGSTOP")


class Child:
    """What `start` gives; lines come from it until it ends."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str, name: str, first_line: bytes, keep: Sequence[int] = ()) -> Child:
        """Run a module of ours; `name` is for whoever looks at a list of processes, `keep` are descriptors that it
        inherits. Raises OSError."""
        # -P: what lies in the present directory is nobody's module.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", module, name),
            stdin=PIPE,
            stdout=PIPE,
            limit=16 * LONGEST_LINE,
            process_group=0,
            pass_fds=keep,
        )
        assert process.stdin is not None
        process.stdin.write(first_line + b"\n")
        with suppress(ConnectionError):  # it has ended already, and that will be noticed
            await process.stdin.drain()
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    @property
    def is_stopped(self) -> bool | None:
        """Has somebody stopped it (SIGSTOP)? None where the system doesn't tell."""
        try:
            with open(f"/proc/{self.pid}/stat", "rb") as file:
                return file.read().rpartition(b")")[2].split()[0] == b"T"
        except (OSError, IndexError):
            return None

    async def line(self) -> bytes:
        """The next line that it says; empty when there will be none."""
        assert self._process.stdout is not None
        try:
            return await self._process.stdout.readline()
        except ValueError:  # longer than any of ours
            return b"\n"

    def signal(self, number: int) -> None:
        """Nothing happens if it has ended."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def ended(self) -> int:
        """Wait for its end: the exit status, or the number of the signal that ended it, below 0."""
        return await self._process.wait()


class Parent:
    """As the child sees it: the first line, what is said to it, and its end."""

    def __init__(self) -> None:
        os.set_blocking(1, False)

    def first_line(self) -> bytes:
        """What there is to do. Empty: the parent has ended."""
        read = bytearray()
        while (byte := os.read(0, 1)) not in (b"", b"\n"):
            read += byte
        return bytes(read) if byte else b""

    def watch(self, gone: Callable[[], None]) -> None:
        """`gone()` once, when it has ended."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            if not os.read(0, LONGEST_LINE):
                loop.remove_reader(0)
                gone()

        loop.add_reader(0, look)

    def say(self, line: bytes) -> None:
        """If it doesn't listen, be it that it is stopped, nobody waits for it."""
        if len(line) < LONGEST_LINE:
            with suppress(OSError):
                os.write(1, line + b"\n")


def on_signals(end: Callable[[], None]) -> None:
    """`end()` when the process is asked to end; that a terminal went away is its parent's affair."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


__all__ = ["Child", "Parent", "has_processes", "on_signals"]
