"""Ports for servers that are started later, and again and again.

Rule: none of those that the system hands out to outgoing connections: a server that is down for a moment would find its
port taken when it comes back, or somebody who calls it meanwhile would be connected to himself.
"""

from __future__ import annotations

import errno
import os
import random
import socket
from collections.abc import Container

from minikafka.world.live_network import named

FIRST, LAST = 10_000, 32_767
TRIES = 1_000


def check_port(host: str, port: int) -> None:
    """Raises OSError, with `host:port` for a file name: somebody has it, or the address isn't this machine's."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(*found[:3]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
            probe.listen()  # who listens on all addresses is noticed only now
    except OSError as refused:
        raise named(refused, f"{host}:{port}") from None


def free_port(host: str, taken: Container[int]) -> int:
    """One that is free at `host`, and not among `taken`. Raises OSError."""
    for _ in range(TRIES):
        port = random.randint(FIRST, LAST)
        if port not in taken:
            try:
                check_port(host, port)
            except OSError as refused:
                if refused.errno != errno.EADDRINUSE:
                    raise
                continue
            return port
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), f"{host}:{FIRST}")


__all__ = ["check_port", "free_port"]
