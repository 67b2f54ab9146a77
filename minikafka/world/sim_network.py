"""The simulated network: hosts, links between them, listeners and connections, all in memory.

Rule: a link (one direction between two hosts) has its own random numbers, so what happens on one link doesn't
change what happens on another. A partition holds bytes back as TCP would, and healing sends them again.
"""

from __future__ import annotations

import asyncio
import contextvars
import errno
import ipaddress
import random
import socket
from collections.abc import Collection, Iterator, Sequence
from contextvars import Context
from typing import TYPE_CHECKING, Any, cast

from minikafka.world.file_slice import PAGE_BYTES, FileSlice, kept
from minikafka.world.life import Life
from minikafka.world.sim_socket import SimSocket
from minikafka.world.sim_transport import SimTransport
from minikafka.world.world import Buffer, Listener, ProtocolFactory

if TYPE_CHECKING:
    from minikafka.world.sim_loop import SimLoop

LATENCY_S = (0.0002, 0.001)
CONNECT_TIMEOUT_S = 127.0
"""Linux gives a connection attempt up after tcp_syn_retries = 6, about 127 s."""
RETRANSMIT_S = 0.2
"""The first retransmission timeout; it doubles with each loss in a row."""
OVERTAKEN_S = 0.1
"""The longest that a message is held back so that others overtake it."""
FIRST_FREE_PORT = 19_092
FIRST_CLIENT_PORT = 49_152
LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "0.0.0.0", "::1", "::"})


class Link:
    """One direction between two hosts."""

    __slots__ = ("blocked", "dst", "latency_s", "loss", "random", "reordering", "src", "waiters")

    def __init__(self, src: str, dst: str, seed: int) -> None:
        self.src = src
        self.dst = dst
        self.latency_s = LATENCY_S
        self.loss = 0.0
        self.reordering = 0.0
        self.blocked = False
        self.random = random.Random(f"{seed}/link/{src}>{dst}")
        self.waiters: list[asyncio.Future[None]] = []

    def arrival(self, now: float) -> float:
        """When what leaves now arrives."""
        least, most = self.latency_s
        arrival = now + least + (most - least) * self.random.random()
        timeout_s = RETRANSMIT_S
        while self.loss and timeout_s < 60 and self.random.random() < self.loss:
            arrival += timeout_s
            timeout_s *= 2
        if self.reordering and self.random.random() < self.reordering:
            arrival += OVERTAKEN_S * self.random.random()
        return arrival

    def split(self, data: bytes) -> Iterator[bytes]:
        """Cut what has arrived at random places, as a busy network would."""
        position = 0
        while position < len(data):
            most = len(data) - position
            size = most if self.random.random() < 0.5 else self.random.randint(1, most)
            yield data[position : position + size]
            position += size


class SimServer(asyncio.AbstractServer):
    """A listener, with the face of `asyncio.Server`."""

    def __init__(
        self, fabric: Fabric, host: str, port: int, factory: ProtocolFactory, context: Context
    ) -> None:
        self.fabric = fabric
        self.host = host
        self.port = port
        self.factory = factory
        self.context = context
        self.accepted: dict[SimTransport, None] = {}
        self._closed = fabric.loop.create_future()

    @property
    def sockets(self) -> tuple[SimSocket, ...]:
        return (SimSocket((self.host, self.port)),) if self.is_serving() else ()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self.fabric.loop

    def is_serving(self) -> bool:
        return self.fabric.listeners.get((self.host, self.port)) is self

    def close(self) -> None:
        if self.is_serving():
            del self.fabric.listeners[self.host, self.port]
        if not self._closed.done() and not self.fabric.loop.is_closed():
            self._closed.set_result(None)

    def abort(self) -> None:
        """Close, and reset every connection accepted here."""
        self.close()
        for transport in list(self.accepted):
            transport.abort()

    def close_clients(self) -> None:
        for transport in list(self.accepted):
            transport.close()

    def abort_clients(self) -> None:
        for transport in list(self.accepted):
            transport.abort()

    async def start_serving(self) -> None:
        """It serves from the beginning."""

    async def serve_forever(self) -> None:
        await self.wait_closed()

    async def wait_closed(self) -> None:
        await asyncio.shield(self._closed)

    async def __aenter__(self) -> SimServer:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()


class Fabric:
    """All links, listeners and connections of a simulated universe."""

    def __init__(self, loop: SimLoop, seed: int, *, chunking: bool = False) -> None:
        self.loop = loop
        self.seed = seed
        self.chunking = chunking
        self.hosts: dict[str, None] = {}
        self.listeners: dict[tuple[str, int], SimServer] = {}
        self.names: dict[
            tuple[str, int], tuple[str, int]
        ] = {}  # what is advertised → where that is listened on
        self.connections: dict[SimTransport, None] = {}
        self.holding: dict[SimTransport, None] = {}  # ends whose bytes a partition holds back
        self._links: dict[tuple[str, str], Link] = {}
        self._latencies: list[tuple[frozenset[str] | None, frozenset[str] | None, tuple[float, float]]] = []
        self._losses: list[tuple[frozenset[str] | None, frozenset[str] | None, float]] = []
        self._reorderings: list[tuple[frozenset[str] | None, frozenset[str] | None, float]] = []
        self._partitions: list[tuple[frozenset[str], frozenset[str] | None, bool]] = []
        self._client_ports: dict[str, int] = {}

    # --- links

    def link(self, src: str, dst: str) -> Link:
        link = self._links.get((src, dst))
        if link is None:
            link = self._links[src, dst] = Link(src, dst, self.seed)
            self._configure(link)
        return link

    def _configure(self, link: Link) -> None:
        for a, b, latency_s in self._latencies:
            if _between(link, a, b):
                link.latency_s = latency_s
        link.loss = 0.0
        for a, b, loss in self._losses:
            if _between(link, a, b):
                link.loss = loss
        link.reordering = 0.0
        for a, b, chance in self._reorderings:
            if _between(link, a, b):
                link.reordering = chance
        link.blocked = any(_separates(*one, link.src, link.dst) for one in self._partitions)

    def set_latency(
        self, latency_s: tuple[float, float], a: Collection[str] | None, b: Collection[str] | None
    ) -> None:
        self._latencies.append((_group(a), _group(b), latency_s))
        self._reconfigure()

    def set_loss(self, loss: float, a: Collection[str] | None, b: Collection[str] | None) -> None:
        self._losses.append((_group(a), _group(b), loss))
        self._reconfigure()

    def set_reordering(self, chance: float, a: Collection[str] | None, b: Collection[str] | None) -> None:
        self._reorderings.append((_group(a), _group(b), chance))
        self._reconfigure()

    def partition(self, a: Collection[str], b: Collection[str] | None, *, one_way: bool = False) -> None:
        self._partitions.append((frozenset(a), _group(b), one_way))
        self._reconfigure()

    def heal(self, *, drop: bool) -> None:
        """Let all links through again. What was held back is sent again, or (`drop`) its connections are
        reset.
        """
        was_blocked = [link for link in self._links.values() if link.blocked]
        self._partitions.clear()
        self._reconfigure()
        holding, self.holding = self.holding, {}
        for transport in holding:
            transport.let_go(drop=drop)
        for link in was_blocked:
            waiters, link.waiters = link.waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def _reconfigure(self) -> None:
        for link in self._links.values():
            self._configure(link)

    def separated(self, src: str, dst: str) -> bool:
        return self.link(src, dst).blocked or self.link(dst, src).blocked

    # --- names

    def add_host(self, host: str) -> None:
        self.hosts[host] = None

    def _target(self, src: str, name: Any) -> str:
        """The host a name means; raises gaierror for a name nobody has, OSError for a foreign address."""
        if isinstance(name, bytes):
            name = name.decode()
        if name is None or name in LOOPBACK:
            return src
        if name in self.hosts:
            return cast(str, name)
        try:
            ipaddress.ip_address(name)
        except ValueError:
            raise socket.gaierror(socket.EAI_NONAME, f"no host {name} in this simulation") from None
        raise OSError(errno.EHOSTUNREACH, f"no route to {name}: it is not in this simulation")

    def resolve(self, src: str, host: Any, port: Any) -> list[Any]:
        sockaddr = (self._target(src, host), int(port or 0))
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", sockaddr)]

    # --- listeners and connections

    def listen(self, host: str, factory: ProtocolFactory, port: int) -> SimServer:
        self.add_host(host)
        if not port:
            port = next(free for free in range(FIRST_FREE_PORT, 65536) if (host, free) not in self.listeners)
        if (host, port) in self.listeners:
            raise OSError(errno.EADDRINUSE, f"port {port} of {host} is taken")
        server = SimServer(self, host, port, factory, contextvars.copy_context())
        self.listeners[host, port] = server
        return server

    async def connect(
        self, src: str, factory: ProtocolFactory, name: Any, port: int
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        self.add_host(src)
        name, port = self.names.get((name, port), (name, port))
        dst = self._target(src, name)
        there, back = self.link(src, dst), self.link(dst, src)
        await self._reach(there, back)
        server = self.listeners.get((dst, port))
        if server is None:
            await self._travel(back.arrival(self.loop._now))
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"{dst}:{port} refused the connection of {src}")
        arrival = back.arrival(self.loop._now)
        end = self._accept(server, src, arrival, there, back)
        try:
            await self._travel(arrival)
            if end.is_closing():
                raise ConnectionResetError(errno.ECONNRESET, f"{dst}:{port} reset the connection of {src}")
            protocol = factory()
            end.establish(protocol)
        except BaseException:
            end.abort()
            raise
        return end, protocol

    def _accept(self, server: SimServer, src: str, arrival: float, there: Link, back: Link) -> SimTransport:
        """Make both ends and start the server's; returns the client's, which starts at `arrival`."""
        near_name, far_name = (src, self._client_port(src)), (server.host, server.port)
        near = SimTransport(self, there, contextvars.copy_context(), near_name, far_name)
        far = SimTransport(self, back, server.context.copy(), far_name, near_name)
        near.peer, far.peer = far, near
        far._last_arrival = arrival
        self.connections[near] = self.connections[far] = None
        far.server = server
        server.accepted[far] = None
        self.loop.call_soon(self._start, server, far, context=far._context)
        return near

    def _start(self, server: SimServer, far: SimTransport) -> None:
        if not far.is_closing():
            far.establish(server.factory())

    def _client_port(self, host: str) -> int:
        port = self._client_ports.get(host, FIRST_CLIENT_PORT)
        self._client_ports[host] = port + 1 if port < 65535 else FIRST_CLIENT_PORT
        return port

    async def _travel(self, arrival: float) -> None:
        future = self.loop.create_future()
        timer = self.loop.call_at(arrival, _wake, future)
        try:
            await future
        finally:
            timer.cancel()

    async def _reach(self, there: Link, back: Link) -> None:
        """A first packet gets there, at once or after the partition heals. Raises TimeoutError (an
        OSError).
        """
        deadline = self.loop._now + CONNECT_TIMEOUT_S
        while True:
            await self._travel(there.arrival(self.loop._now))
            blocked = there if there.blocked else back if back.blocked else None
            if blocked is None:
                return
            waiter = self.loop.create_future()
            blocked.waiters.append(waiter)
            timer = self.loop.call_at(
                deadline, _time_out, waiter, f"{there.dst} can't be reached from {there.src}"
            )
            try:
                await waiter
            finally:
                timer.cancel()

    def forget(self, transport: SimTransport) -> None:
        self.connections.pop(transport, None)
        if transport.server is not None:
            transport.server.accepted.pop(transport, None)

    def kill(self, host: str) -> None:
        """The process on this host has died: its listeners are gone, its connections are reset."""
        for address in [address for address in self.listeners if address[0] == host]:
            self.listeners[address].close()
        for transport in [transport for transport in self.connections if transport.host == host]:
            transport.vanish()


class SimNetwork:
    """One life's handle on the fabric."""

    __slots__ = ("_fabric", "_life", "address")

    def __init__(self, fabric: Fabric, life: Life) -> None:
        self._fabric = fabric
        self._life = life
        self.address = life.host
        fabric.add_host(life.host)

    def advertise(self, listener: Listener, host: str, port: int) -> None:
        assert isinstance(listener, SimServer)
        self._fabric.names[host, port] = listener.host, listener.port

    async def listen(self, factory: ProtocolFactory, port: int, host: str | None = None) -> SimServer:
        self._life.check()
        return self._life.context.copy().run(self._fabric.listen, self.address, factory, port)

    async def connect(
        self, factory: ProtocolFactory, host: str, port: int
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        self._life.check()
        return await self._life.run(
            self._fabric.connect(self.address, factory, host, port), f"connect to {host}"
        )

    def write(
        self, transport: asyncio.Transport, pieces: Sequence[Buffer | FileSlice]
    ) -> list[Buffer | FileSlice]:
        for index, piece in enumerate(pieces):
            if not isinstance(piece, FileSlice):
                transport.write(piece)
                continue
            room = cast(SimTransport, transport).room()
            if len(piece) <= room:
                transport.write(piece.read())
                continue
            taken = min(len(piece), max(room, PAGE_BYTES))
            transport.set_write_buffer_limits(high=0)
            transport.write(piece.part(0, taken))
            rest = [piece.rest(taken)] if taken < len(piece) else []
            return [*rest, *kept(pieces[index + 1 :])]
        return []

    def host_of(self, peername: Any) -> str | None:
        return peername[0] if peername else None


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _time_out(future: asyncio.Future[None], message: str) -> None:
    if not future.done():
        future.set_exception(TimeoutError(errno.ETIMEDOUT, message))


def _group(hosts: Collection[str] | None) -> frozenset[str] | None:
    return None if hosts is None else frozenset(hosts)


def _between(link: Link, a: frozenset[str] | None, b: frozenset[str] | None) -> bool:
    """Whether the link leads from one group to the other, either way; None is every host."""

    def leads(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
        return (one is None or link.src in one) and (other is None or link.dst in other)

    return leads(a, b) or leads(b, a)


def _separates(a: frozenset[str], b: frozenset[str] | None, one_way: bool, src: str, dst: str) -> bool:
    """Whether a partition of `a` from `b` (None: from all the others) holds back what `src` sends to `dst`."""
    if src == dst:
        return False
    leads = src in a and (dst not in a if b is None else dst in b)
    back = not one_way and dst in a and (src not in a if b is None else src in b)
    return leads or back
