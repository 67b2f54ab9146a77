"""Ports for processes that bind them later: no other test process is given the same."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import itertools
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

BLOCK = 300
"""Ports of one block: for P below 90, brokers at P and above, their controllers at P+101, a ZooKeeper at P+200."""


@functools.cache
def _own_block() -> tuple[IO[bytes], Iterator[int]]:
    """The lock of a block of ports, which lasts as long as this process, and the block's ports, round and round.

    A port that is free now is no promise: a real broker takes seconds to bind it, and tests run side by side.
    """
    directory = Path(tempfile.gettempdir()) / f"minikafka-test-ports-{os.getuid()}"
    directory.mkdir(exist_ok=True)
    for first in range(20_000, 32_000, BLOCK):
        lock = (directory / str(first)).open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        return lock, itertools.cycle(range(first, first + 90, 3))
    raise OSError("every block of ports below 32000 is taken by another test process")


def free_port() -> int:
    """A port P where three brokers, their controllers and a ZooKeeper find theirs free (see `BLOCK`).

    Below the range that the system hands out, and no other test process gets it.
    """
    _, ports = _own_block()
    for port in itertools.islice(ports, 30):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for candidate in (port, port + 1, port + 2, port + 101, port + 102, port + 103, port + 200):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", candidate))
            return port
    raise OSError("no free port in this process's block")
