"""The live network: TCP on 127.0.0.1, as seen by the hosts of one universe.

Rule: no cost per byte. A `Gate` is put before a connection only until it is made, notes who talks to whom,
and hands the transport to the real protocol. Partitions and crashes reset the connections that it noted.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol, cast, runtime_checkable

from minikafka.world.accepting import Acceptor
from minikafka.world.file_slice import PAGE_BYTES, FileSlice, kept
from minikafka.world.life import Life
from minikafka.world.live_disk import LiveFile
from minikafka.world.open_files import OpenFiles, is_out_of_descriptors
from minikafka.world.page_cache_send import send_now
from minikafka.world.world import Buffer, Listener, ProtocolFactory, UnknownHost

EVERYWHERE = ("0.0.0.0", "::")
SILENT_S = 1.0
"""Who has just come may be about to ask."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", *EVERYWHERE})


@runtime_checkable
class Guest(Protocol):
    """A protocol whose connection may be closed for another's sake while it is idle; clients come again."""

    @property
    def has_asked(self) -> bool:
        """Has the peer ever sent anything?"""

    @property
    def idle_since(self) -> float | None:
        """On the loop's clock; None: something is asked or answered just now."""


class Connection:
    """One end of a connection that a host of the universe has made or accepted."""

    __slots__ = ("life", "peer", "protocol", "transport")

    def __init__(
        self, life: Life, peer: str | None, transport: asyncio.Transport, protocol: asyncio.BaseProtocol
    ) -> None:
        self.life = life
        self.protocol = protocol
        self.peer = peer  # the host at the other end, where known
        self.transport = transport


class Gate(asyncio.Protocol):
    """Notes a connection when it is made, then leaves it to the protocol that the factory makes."""

    def __init__(self, wires: Wires, life: Life, factory: ProtocolFactory, peer: str | None) -> None:
        self.wires = wires
        self.life = life
        self.factory = factory
        self.peer = peer
        self.protocol: asyncio.BaseProtocol | None = None
        self.connection: Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)
        if not self.life.alive:
            transport.abort()
            return
        self.protocol = protocol = self.factory()
        self.connection = self.wires.note(self.life, self.peer, transport, protocol)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)


class Deaf(asyncio.Protocol):
    """What a connection of a killed process talks to."""


class Wires:
    """Which host listens where, which connections there are, and which hosts can't reach each other."""

    def __init__(self, files: OpenFiles, most: Callable[[], int]) -> None:
        self.files = files
        self._most = most
        """So many connections there may be before idle ones give way."""
        self.listeners: dict[int, str] = {}
        self.names: dict[
            tuple[str, int], tuple[str, int]
        ] = {}  # what is advertised → where that is listened on
        self.callers: dict[int, str] = {}  # local port of a connection → the host that has made it
        self.connections: list[Connection] = []
        self.servers: dict[LiveListener, None] = {}
        self._prune_at = 64
        self._partitions: list[tuple[frozenset[str], frozenset[str] | None]] = []

    def note(
        self, life: Life, peer: str | None, transport: asyncio.Transport, protocol: asyncio.BaseProtocol
    ) -> Connection:
        if len(self.connections) >= self._prune_at:
            self._prune()
        connection = Connection(life, peer, transport, protocol)
        self.connections.append(connection)
        if peer is not None:
            self.callers[transport.get_extra_info("sockname")[1]] = life.host
        return connection

    def _prune(self) -> None:
        self.connections = [one for one in self.connections if not one.transport.is_closing()]
        self._prune_at = max(64, 2 * len(self.connections))
        mine = {one.transport.get_extra_info("sockname")[1] for one in self.connections}
        self.callers = {port: host for port, host in self.callers.items() if port in mine}

    def make_room(self) -> None:
        """Where there are too many connections, strangers' idle ones give way: first who never asked for anything, then
        who hasn't for longest. The hosts' own links stay. (Kafka: `max.connections`, `lowestPriorityChannel`.)
        """
        if len(self.connections) <= self._most():
            return
        self._prune()
        excess = len(self.connections) - self._most()
        if excess <= 0:
            return
        idle = []
        for connection in self.connections:
            guest = connection.protocol
            if isinstance(guest, Guest) and self._is_stranger(connection):
                since = guest.idle_since
                if since is not None:
                    is_known = guest.has_asked or time.monotonic() - since < SILENT_S
                    idle.append((is_known, since, connection))
        idle.sort(key=lambda found: found[:2])
        for _, _, connection in idle[:excess]:
            connection.transport.close()

    def _is_stranger(self, connection: Connection) -> bool:
        peer = connection.transport.get_extra_info("peername")
        return connection.peer is None and bool(peer) and peer[1] not in self.callers

    def separated(self, a: str, b: str) -> bool:
        for one, other in self._partitions:
            if other is None:
                if (a in one) != (b in one):
                    return True
            elif (a in one and b in other) or (a in other and b in one):
                return True
        return False

    def partition(self, group_a: Collection[str], group_b: Collection[str] | None) -> None:
        self._partitions.append((frozenset(group_a), None if group_b is None else frozenset(group_b)))
        for connection in list(self.connections):
            if connection.peer is not None and self.separated(connection.life.host, connection.peer):
                connection.transport.abort()

    def heal(self) -> None:
        self._partitions.clear()

    def descriptors(self) -> list[int]:
        """Of all sockets: those that listen, and the connections."""
        sockets = [socket for one in self.servers for socket in one.sockets]
        sockets += [one.transport.get_extra_info("socket") for one in self.connections]
        return [socket.fileno() for socket in sockets if socket is not None]

    def abort_all_of(self, life: Life) -> None:
        """The process has died: its connections go, and it hears nothing of that."""
        for connection in [one for one in self.connections if one.life is life]:
            if not connection.transport.is_closing():
                connection.transport.set_protocol(Deaf())
                connection.transport.abort()
        self._prune()


class LiveListener:
    def __init__(self, wires: Wires, life: Life, server: Acceptor | asyncio.Server, port: int) -> None:
        self._wires = wires
        self._life = life
        self._server = server
        self.port = port
        self.reached_at = ""
        """The address at which hosts of this machine reach it."""
        wires.servers[self] = None

    @property
    def sockets(self) -> Sequence[Any]:
        """The listening sockets."""
        return self._server.sockets

    def close(self) -> None:
        """Accept no more; connections stay."""
        self._wires.servers.pop(self, None)
        if self._wires.listeners.get(self.port) == self._life.host:
            del self._wires.listeners[self.port]
        self._server.close()

    def abort(self) -> None:
        """Accept no more, and reset every connection that was accepted here."""
        self.close()
        for connection in list(self._wires.connections):
            accepted = connection.life is self._life and connection.peer is None
            if accepted and connection.transport.get_extra_info("sockname")[1] == self.port:
                connection.transport.abort()


class LiveNetwork:
    """One life's handle on the wires."""

    def __init__(self, wires: Wires, life: Life, address: str) -> None:
        self._wires = wires
        self._life = life
        self.address = address

    async def listen(self, factory: ProtocolFactory, port: int, host: str | None = None) -> LiveListener:
        self._life.check()
        host = host or self.address
        loop = asyncio.get_running_loop()

        def gate() -> Gate:
            return Gate(self._wires, self._life, factory, None)

        name = f"listen on {host}:{port}"
        server: Acceptor | asyncio.AbstractServer
        try:
            if hasattr(loop, "_proactor"):  # Windows: a loop that can't watch a socket, and no limit to mind
                server = await self._life.run(loop.create_server(gate, host, port), name)
                bound = int(server.sockets[0].getsockname()[1])
            else:
                server = Acceptor(self._life, gate, self._wires.files, self._wires.make_room)
                bound = await self._life.run(server.listen(host, port), name)
        except OSError as refused:
            raise named(refused, f"{host}:{port}") from None
        listener = LiveListener(self._wires, self._life, server, bound)
        if not self._life.alive:
            server.close()
        self._life.check()
        self._wires.listeners[bound] = self._life.host
        listener.reached_at = self.address if host in EVERYWHERE else host
        self._life.endings.append(listener.close)
        return listener

    def advertise(self, listener: Listener, host: str, port: int) -> None:
        assert isinstance(listener, LiveListener)
        self._wires.names[host, port] = listener.reached_at, listener.port

    async def connect(
        self, factory: ProtocolFactory, host: str, port: int
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        self._life.check()
        known = self._wires.names.get((host, port))
        host, port = known or (host, port)
        ours = known is not None or host in LOOPBACK or host == self.address
        peer = self._wires.listeners.get(port) if ours else None
        self._check_reach(peer)
        loop = asyncio.get_running_loop()
        gate = Gate(self._wires, self._life, factory, peer or "")
        name = f"connect to {host}:{port}"
        try:
            transport, _ = await self._life.run(loop.create_connection(lambda: gate, host, port), name)
        except OSError as problem:
            if not is_out_of_descriptors(problem):
                raise
            self._wires.files.let_go_of_half()
            transport, _ = await self._life.run(loop.create_connection(lambda: gate, host, port), name)
        try:
            self._life.check()
            self._check_reach(peer)  # it may have been cut while we were connecting
        except OSError:
            transport.abort()
            raise
        assert gate.protocol is not None
        return transport, gate.protocol

    def write(
        self, transport: asyncio.Transport, pieces: Sequence[Buffer | FileSlice]
    ) -> list[Buffer | FileSlice]:
        if len(pieces) == 1 and not isinstance(pieces[0], FileSlice):
            transport.write(pieces[0])  # the usual case
            return []
        left = _write_some(transport, pieces)
        while left and not (transport.get_write_buffer_size() or transport.is_closing()):
            left = _write_some(transport, left)  # only something before it was in the way
        return left

    def _check_reach(self, peer: str | None) -> None:
        if peer is not None and self._wires.separated(self._life.host, peer):
            raise OSError(errno.EHOSTUNREACH, f"{peer} can't be reached from {self._life.host}")

    def host_of(self, peername: Any) -> str | None:
        """The host that has made the connection which comes from this address; None when it is a stranger."""
        return self._wires.callers.get(peername[1]) if peername else None


def _write_some(
    transport: asyncio.Transport, pieces: Sequence[Buffer | FileSlice]
) -> list[Buffer | FileSlice]:
    """Up to what the peer takes no more of for now; returns what is left."""
    before: list[Buffer] = []
    for index, piece in enumerate(pieces):
        if not isinstance(piece, FileSlice):
            before.append(piece)
            continue
        sent = _send(transport, before, piece)
        for buffer in before:
            if sent < len(buffer):
                transport.write(memoryview(buffer)[sent:] if sent else buffer)
            sent = max(0, sent - len(buffer))
        before = []
        if sent < len(piece):
            return [*_write_a_page(transport, piece.rest(sent)), *kept(pieces[index + 1 :])]
    for buffer in before:
        transport.write(buffer)
    return []


def _write_a_page(transport: asyncio.Transport, piece: FileSlice) -> list[FileSlice]:
    """With a page of it in its buffer, and told to hold nothing, the transport says when the peer takes more."""
    transport.set_write_buffer_limits(high=0)
    size = min(PAGE_BYTES, len(piece))
    transport.write(piece.part(0, size))
    return [piece.rest(size)] if size < len(piece) else []


def named(refused: OSError, address: str) -> OSError:
    """The same refusal in the system's own words, with the address for a file name."""
    if refused.errno is None:
        return refused
    if isinstance(refused, socket.gaierror):
        return UnknownHost(refused.errno, refused.strerror, address)
    return OSError(refused.errno, os.strerror(refused.errno), address)


def _send(transport: asyncio.Transport, before: Sequence[Buffer], piece: FileSlice) -> int:
    """Send as much as goes at once past the transport, which must have nothing of its own to send."""
    piece.check()
    file = piece.file
    if not isinstance(file, LiveFile) or transport.is_closing() or transport.get_write_buffer_size():
        return 0
    socket_fd = transport.get_extra_info("socket").fileno()
    if piece.data is not None:
        return send_now(socket_fd, [*before, piece.data])
    return file.send(socket_fd, before, piece.position, piece.size_bytes)
