"""The socket that a simulated transport shows: addresses, and options that do nothing."""

from __future__ import annotations

import errno
import socket
from typing import Any


class SimSocket:
    """The little that clients ask of a transport's socket."""

    family = socket.AF_INET
    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP

    def __init__(self, sockname: tuple[str, int], peername: tuple[str, int] | None = None) -> None:
        self._sockname = sockname
        self._peername = peername

    def getsockname(self) -> tuple[str, int]:
        return self._sockname

    def getpeername(self) -> tuple[str, int]:
        if self._peername is None:
            raise OSError(errno.ENOTCONN, "Socket not connected")
        return self._peername

    def fileno(self) -> int:
        return -1

    def setsockopt(self, *args: Any) -> None:
        """Taken and ignored."""

    def getsockopt(self, *args: Any) -> int:
        return 0
