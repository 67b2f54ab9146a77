"""One end of a simulated TCP connection.

Rule: bytes are copied when they are written, travel for the link's latency, and arrive in order. An end
knows only its own protocol; what it does to the other end travels over the link (data, end of stream,
reset).
"""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from collections.abc import Iterable
from contextvars import Context
from typing import TYPE_CHECKING, Any, cast

from minikafka.world.sim_socket import SimSocket

if TYPE_CHECKING:
    from minikafka.world.sim_network import Fabric, Link, SimServer

SOCKET_BUFFER_BYTES = 256 * 1024
"""What the two kernels hold between the ends before a writer's own buffer fills."""
READ_BYTES = 256 * 1024
"""The most that one read of the socket gives, as in asyncio."""
HIGH_WATER_BYTES = 64 * 1024
RETRANSMIT_TIMEOUT_S = 924.0
"""Linux gives a connection up after tcp_retries2 = 15, about 924 s."""


class Signal:
    """What travels beside data."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


FIN = Signal("FIN")
RESET = Signal("RESET")
Chunk = list[bytes]


class SimTransport(asyncio.Transport):
    """An asyncio transport over a `Link`. Made by `Fabric`, always as one of a pair."""

    __slots__ = (
        "_buffered",
        "_closing",
        "_context",
        "_fabric",
        "_fin_sent",
        "_flight",
        "_give_up_timer",
        "_held",
        "_high",
        "_inbox",
        "_last_arrival",
        "_last_sent",
        "_low",
        "_protocol",
        "_pumping",
        "_reading_paused",
        "_unread",
        "_writing_paused",
        "host",
        "link",
        "lost",
        "peer",
        "server",
    )

    peer: SimTransport

    def __init__(
        self,
        fabric: Fabric,
        link: Link,
        context: Context,
        sockname: tuple[str, int],
        peername: tuple[str, int],
    ) -> None:
        super().__init__(
            {"sockname": sockname, "peername": peername, "socket": SimSocket(sockname, peername)}
        )
        self._fabric = fabric
        self.link = link
        self.host = link.src
        self._context = context
        self._protocol: asyncio.BaseProtocol | None = None
        self._buffered = False
        self._inbox: deque[bytes | memoryview | Signal] = deque()  # arrived, not yet read
        self._reading_paused = False
        self._pumping = False
        self._flight: deque[Chunk | Signal] = deque()  # on its way to the peer, one timer each
        self._held: deque[Chunk | Signal] = deque()  # stopped by a partition
        self._give_up_timer: asyncio.TimerHandle | None = None
        self.server: SimServer | None = None  # that has accepted it
        self._last_sent = -1.0
        self._last_arrival = 0.0
        self._unread = 0  # bytes written that the peer hasn't read
        self._writing_paused = False
        self._high = HIGH_WATER_BYTES
        self._low = HIGH_WATER_BYTES // 4
        self._closing = False
        self._fin_sent = False
        self.lost = False

    def __repr__(self) -> str:
        here, there = self.get_extra_info("sockname"), self.get_extra_info("peername")
        return (
            f"<SimTransport {here[0]}:{here[1]} → {there[0]}:{there[1]}{' closing' if self._closing else ''}>"
        )

    # --- protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol
        self._buffered = isinstance(protocol, asyncio.BufferedProtocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        assert self._protocol is not None
        return self._protocol

    def establish(self, protocol: asyncio.BaseProtocol) -> None:
        """Begin with this protocol; what has arrived meanwhile is read after `connection_made`."""
        self.set_protocol(protocol)
        try:
            protocol.connection_made(self)
        except Exception as error:
            self._protocol_failed(error)
        if self._inbox:
            self._fabric.loop.call_soon(self._pump, context=self._context)

    # --- writing

    def write(self, data: Any) -> None:
        if self._fin_sent and not self._closing:
            raise RuntimeError("Cannot call write() after write_eof()")
        chunk = data if type(data) is bytes else bytes(data)
        if self._closing or not chunk:
            return
        self._unread += len(chunk)
        last = self._flight[-1] if self._flight else None
        if type(last) is list and self._last_sent == self._fabric.loop._now and not self._held:
            last.append(chunk)  # written in one go: travels in one go
        else:
            self._send([chunk])
        if self._unread > SOCKET_BUFFER_BYTES + self._high and not self._writing_paused:
            self._writing_paused = True
            self._call(self.get_protocol().pause_writing)

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        for data in list_of_data:
            self.write(data)

    def write_eof(self) -> None:
        if not self._fin_sent and not self._closing:
            self._fin_sent = True
            self._send(FIN)

    def can_write_eof(self) -> bool:
        return True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is None:
            high = HIGH_WATER_BYTES if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high, self._low = high, low

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def get_write_buffer_size(self) -> int:
        return max(0, self._unread - SOCKET_BUFFER_BYTES)

    def room(self) -> int:
        """How much can be written before the writer should pause."""
        return max(0, SOCKET_BUFFER_BYTES + HIGH_WATER_BYTES - self._unread)

    def _send(self, item: Chunk | Signal) -> None:
        if self._held:
            self._held.append(item)
            return
        fabric, link = self._fabric, self.link
        now = fabric.loop._now
        self._last_sent = now
        arrival = link.arrival(now)
        if arrival < self._last_arrival:
            arrival = self._last_arrival
        self._last_arrival = arrival
        self._flight.append(item)
        fabric.loop.call_at(arrival, self._arrive, context=self.peer._context)

    def _arrive(self) -> None:
        """The oldest item in flight reaches the peer, or is held back by a partition. Runs in the peer's
        context.
        """
        item = self._flight.popleft()
        if self._held or self.link.blocked:
            self._hold(item)
        elif type(item) is list:
            self.peer._receive(b"".join(item))
        else:
            self.peer._receive_signal(cast(Signal, item))

    def _hold(self, item: Chunk | Signal) -> None:
        if not self._held:
            self._fabric.holding[self] = None
            loop = self._fabric.loop
            self._give_up_timer = loop.call_later(RETRANSMIT_TIMEOUT_S, self._give_up, context=self._context)
        self._held.append(item)

    def _give_up(self) -> None:
        """Too long without an answer: the connection is lost here; the peer learns it when the link heals."""
        self._held.clear()
        self._held.append(RESET)
        self._lose(TimeoutError(errno.ETIMEDOUT, "Connection timed out"))

    def let_go(self, *, drop: bool) -> None:
        """The partition has healed: what it held back travels again, or (`drop`) is gone and with it the
        connection.
        """
        if self._give_up_timer is not None:
            self._give_up_timer.cancel()
        held, self._held = self._held, deque()
        if drop:
            self._send(RESET)
            self._lose(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
        else:
            for item in held:
                self._send(item)

    # --- reading

    def pause_reading(self) -> None:
        self._reading_paused = True

    def resume_reading(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            if self._inbox and not self._pumping:
                self._fabric.loop.call_soon(self._pump, context=self._context)

    def is_reading(self) -> bool:
        return not self._reading_paused and not self._closing

    def _receive(self, data: bytes) -> None:
        if self._closing:
            if not self.peer.lost:
                self._send(RESET)  # nobody reads here any more
            self.peer._acknowledge(len(data))
            return
        if self._fabric.chunking:
            self._inbox.extend(self.peer.link.split(data))
        else:
            self._inbox.append(data)
        if not self._pumping:
            self._pump()

    def _receive_signal(self, signal: Signal) -> None:
        if self._closing:
            return
        if signal is RESET:
            self._lose(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
        else:
            self._inbox.append(signal)
            if not self._pumping:
                self._pump()

    def _pump(self) -> None:
        """Hand what has arrived to the protocol, as long as it wants to read."""
        inbox = self._inbox
        self._pumping = True
        try:
            while inbox and not self._reading_paused and not self._closing and self._protocol is not None:
                item = inbox.popleft()
                if isinstance(item, Signal):
                    self._end_of_stream()
                elif self._buffered:
                    self._fill(memoryview(item))
                else:
                    if len(item) > READ_BYTES:
                        inbox.appendleft(memoryview(item)[READ_BYTES:])
                        item = item[:READ_BYTES]
                    data = item if type(item) is bytes else bytes(item)
                    self.peer._acknowledge(len(data))
                    cast(asyncio.Protocol, self._protocol).data_received(data)
        except Exception as error:
            self._protocol_failed(error)
        finally:
            self._pumping = False

    def _fill(self, item: memoryview) -> None:
        """One read into the protocol's own buffer; the rest waits for the next."""
        protocol = cast(asyncio.BufferedProtocol, self._protocol)
        buffer = memoryview(cast(bytearray, protocol.get_buffer(-1))).cast("B")
        if not len(buffer):
            raise RuntimeError("get_buffer() returned an empty buffer")
        size = min(len(buffer), len(item), READ_BYTES)
        buffer[:size] = item[:size]
        if size < len(item):
            self._inbox.appendleft(item[size:])
        self.peer._acknowledge(size)
        protocol.buffer_updated(size)

    def _end_of_stream(self) -> None:
        keep_open = cast(asyncio.Protocol, self._protocol).eof_received()
        if not keep_open:
            self.close()

    def _acknowledge(self, size: int) -> None:
        """The peer has read so many of the bytes written here."""
        self._unread -= size
        if self._writing_paused and self.get_write_buffer_size() <= self._low:
            self._writing_paused = False
            self._fabric.loop.call_soon(self._resume_writing, context=self._context)

    def _resume_writing(self) -> None:
        if not self._closing and self._protocol is not None:
            self._call(self._protocol.resume_writing)

    # --- the end

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        """What was written still arrives; then the peer reads the end of the stream."""
        if self._closing:
            return
        if not self._fin_sent:
            self._fin_sent = True
            self._send(FIN)
        self._lose(None)

    def abort(self) -> None:
        """The peer's connection is reset."""
        if self._closing:
            return
        self._send(RESET)
        self._lose(None)

    def vanish(self) -> None:
        """The process behind this end has died: no callback here, a reset at the peer."""
        if not self._closing:
            self._send(RESET)
            self._closing = True
        self.lost = True
        self._inbox.clear()
        self._protocol = None  # whoever still has this end must not keep alive what was behind it
        self._fabric.forget(self)
        self.server = None

    def _lose(self, error: Exception | None) -> None:
        if self._closing:
            return
        self._closing = True
        for item in self._inbox:
            if not isinstance(item, Signal):
                self.peer._acknowledge(len(item))
        self._inbox.clear()
        self._fabric.loop.call_soon(self._connection_lost, error, context=self._context)

    def _connection_lost(self, error: Exception | None) -> None:
        if self.lost:
            return
        self.lost = True
        self._fabric.forget(self)
        self.server = None
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            self._call(protocol.connection_lost, error)

    def _call(self, callback: Any, *args: Any) -> None:
        try:
            callback(*args)
        except Exception as error:
            self._protocol_failed(error)

    def _protocol_failed(self, error: Exception) -> None:
        self._fabric.loop.call_exception_handler(
            {
                "message": f"protocol of {self!r} failed",
                "exception": error,
                "transport": self,
                "protocol": self._protocol,
            }
        )
        self.abort()
