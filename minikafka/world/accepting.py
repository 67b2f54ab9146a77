"""Accepting connections where descriptors are few: clients can't use all of them up.

Rule: each connection is accepted by itself, with a word to `make_room` after it; where there is no descriptor for it,
it waits in the system's queue, and the listener looks again a little later. (A loop's own server closes itself then, or
closes whoever comes.) Kafka: `SocketServer.Acceptor`, which waits where `ConnectionQuotas` says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Callable

from minikafka.world.life import Life
from minikafka.world.open_files import LOOK_AGAIN_S, OpenFiles, is_out_of_descriptors

BACKLOG = 128
A_TURN = 8
"""So many are accepted before others have a turn."""
_NOBODY_CAME = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR, errno.ECONNABORTED, errno.EPROTO)


class Acceptor:
    """Of one listener: the sockets of its addresses. `make_room()` is called after each connection."""

    def __init__(
        self,
        life: Life,
        factory: Callable[[], asyncio.BaseProtocol],
        files: OpenFiles,
        make_room: Callable[[], None],
    ) -> None:
        self._life = life
        self._factory = factory
        self._files = files
        self._make_room = make_room
        self.sockets: list[socket.socket] = []
        self._timers: dict[socket.socket, asyncio.TimerHandle] = {}

    async def listen(self, host: str, port: int) -> int:
        """Begin; returns the port. Raises OSError."""
        found = await self._life.loop.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        try:
            for family, kind, protocol, _, address in dict.fromkeys(found):
                # Where there are several addresses, and any free port will do, the first one's choice is everybody's.
                place = (
                    address[0],
                    self.sockets[0].getsockname()[1] if self.sockets else port,
                    *address[2:],
                )
                self.sockets.append(_listening(family, kind, protocol, place))
        except BaseException:
            self.close()
            raise
        for each in self.sockets:
            self._life.loop.add_reader(each, self._accept, each)
        return int(self.sockets[0].getsockname()[1])

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(A_TURN):
            try:
                accepted, _ = listening.accept()
            except OSError as problem:
                if problem.errno not in _NOBODY_CAME:
                    self._wait(listening, problem)
                return
            accepted.setblocking(False)
            with contextlib.suppress(OSError):
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._life.spawn(self._begin(accepted), "accept")

    async def _begin(self, accepted: socket.socket) -> None:
        try:
            await self._life.loop.connect_accepted_socket(self._factory, accepted)
        except OSError:  # it is gone already
            accepted.close()
            return
        self._make_room()

    def _wait(self, listening: socket.socket, problem: OSError) -> None:
        """There is no descriptor, or no memory, for who wants to come in."""
        loop = self._life.loop
        loop.remove_reader(listening)
        if is_out_of_descriptors(problem):
            self._files.let_go_of_half()
            self._make_room()
        self._timers[listening] = loop.call_later(LOOK_AGAIN_S, self._look_again, listening)

    def _look_again(self, listening: socket.socket) -> None:
        del self._timers[listening]
        self._life.loop.add_reader(listening, self._accept, listening)

    def close(self) -> None:
        """Accept no more."""
        sockets, self.sockets = self.sockets, []
        for each in sockets:
            timer = self._timers.pop(each, None)
            if timer is not None:
                timer.cancel()
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._life.loop.remove_reader(each)
            with contextlib.suppress(OSError):  # at once, also if a child of a fork has not let go of it yet
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _listening(family: int, kind: int, protocol: int, place: tuple[object, ...]) -> socket.socket:
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.setblocking(False)
        listening.bind(place)
        listening.listen(BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening
