"""The server's end of connections: frames in, handlers called, answers out in the order of the requests.

Rule: requests are worked on in their order (one at a time, but for what `begun.py` allows), answers leave in that
order, and whatever is wrong with a connection's bytes ends that connection and nothing else. Kafka: `SocketServer`;
`connections.max.idle.ms` and `socket.request.max.bytes` are its limits.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable
from typing import Any, cast

from minikafka.protocol.api import ApiKey
from minikafka.protocol.begun import Begun, BegunRequests
from minikafka.protocol.content import content_of
from minikafka.protocol.dispatch import CloseConnection, Outcome, RequestContext
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.events import BadRequestClosed, RequestReceived, ResponseSent
from minikafka.protocol.framing import (
    SCRATCH_BYTES,
    BadFrame,
    FrameReceiver,
    coalesced,
    has_slices,
    read_request_header,
    response_frame,
    size_of,
)
from minikafka.protocol.handshake import ServedNode, unsupported_version
from minikafka.protocol.later import Later
from minikafka.protocol.routes import Dispatch, Route
from minikafka.protocol.schema import Buffer, MalformedMessage, Message, Piece
from minikafka.world import LEAST_SLICE_BYTES, SliceGone, is_out_of_descriptors
from minikafka.world.file_slice import kept
from minikafka.world.world import Listener, World

MAX_FRAME_BYTES = 100 * 1024 * 1024
IDLE_CLOSE_S = 600.0
MAX_IN_FLIGHT = 100
MAX_QUEUED_BYTES = 1024 * 1024
"""Reading pauses when requests of this size in all wait to be begun; so many more may have begun."""
FLUSH_BYTES = 64 * 1024
REQUESTS_A_TURN = 100
"""Who sends more at once waits for its next turn, and others are served in between."""


class Server:
    """Listens for one node, and answers by its `Dispatch`."""

    def __init__(
        self,
        world: World,
        node: object,
        dispatch: Dispatch,
        *,
        max_frame_bytes: int = MAX_FRAME_BYTES,
        idle_close_s: float = IDLE_CLOSE_S,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self.world = world
        self.node = node
        self.dispatch = dispatch
        self.served = ServedNode(node, dispatch.advertised())
        self.max_frame_bytes = max_frame_bytes
        self.idle_close_s = idle_close_s if idle_close_s >= 0 else math.inf
        self.max_in_flight = max_in_flight
        self.connections: dict[int, Connection] = {}
        self.scratch = bytearray(SCRATCH_BYTES)
        self._listener: Listener | None = None
        self._connections_made = 0

    async def listen(self, port: int = 0, host: str | None = None) -> int:
        """Begin to accept, on `host` or the world's own address; returns the port. Raises OSError where it is taken."""
        self._listener = await self.world.network.listen(self._accept, port, host)
        return self._listener.port

    def advertise(self, host: str, port: int) -> None:
        """Clients are told to connect there."""
        assert self._listener is not None, "the server does not listen yet"
        self.world.network.advertise(self._listener, host, port)

    @property
    def port(self) -> int:
        assert self._listener is not None, "the server does not listen yet"
        return self._listener.port

    def close(self) -> None:
        """Accept no more and end all connections."""
        if self._listener is not None:
            self._listener.close()
        for connection in list(self.connections.values()):
            connection.close()

    def _accept(self) -> Connection:
        self._connections_made += 1
        return Connection(self, self._connections_made)


class Connection(asyncio.BufferedProtocol):
    """One client's connection."""

    def __init__(self, server: Server, connection_id: int) -> None:
        self._server = server
        self._world = server.world
        self._id = connection_id
        self._receiver = FrameReceiver(self._queue_frame, server.max_frame_bytes, server.scratch)
        self._queue: deque[Buffer] = deque()
        self._queued_bytes = 0
        self._out: list[Piece] = []
        self._out_bytes = 0
        self._unsent: list[Piece] = []
        """What the client hasn't taken yet of answers that are in files; nothing is answered before it has."""
        self._begun = BegunRequests(server.max_in_flight, MAX_QUEUED_BYTES)
        self._write_paused = False
        self._read_paused = False
        self._waits_for_turn = False
        self._closed = False
        self._last_active = 0.0
        self.has_asked = False
        self._idle_timer: asyncio.TimerHandle | None = None

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = peer
        self.client_host = str(peer[0]) if isinstance(peer, tuple) and peer else str(peer or "")
        self._server.connections[self._id] = self
        self._last_active = self._world.clock.now()
        if self._server.idle_close_s < math.inf:
            self._idle_timer = self._world.call_later(self._server.idle_close_s, self._close_if_idle)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._receiver.get_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self._last_active = self._world.clock.now()
        try:
            self._receiver.received(nbytes)
        except BadFrame as error:
            self._reject(str(error))
            return
        self._serve()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True
        self._unsent = []
        self._queue.clear()
        self._server.connections.pop(self._id, None)
        if self._idle_timer is not None:
            self._idle_timer.cancel()

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        self._last_active = self._world.clock.now()
        if self._unsent:
            self._write(self._unsent)
            if not self._unsent and not self._closed:
                self._transport.set_write_buffer_limits()
        self._serve()

    @property
    def idle_since(self) -> float | None:
        """Since when nothing was asked or answered; None while something is."""
        is_idle = not (self._begun or self._queue or self._unsent or self._write_paused)
        return self._last_active if is_idle else None

    def _peer_host(self) -> str:
        """The client as the trace shows it."""
        return self._world.network.host_of(self._peer) or self.client_host

    # Requests, one after the other.

    def _queue_frame(self, frame: Buffer) -> None:
        self._queue.append(frame)
        self._queued_bytes += len(frame)

    def _serve(self) -> None:
        """Work on what waits, until a handler has to be awaited, the client does not read its answers, or others have
        to have their turn."""
        queue = self._queue
        left = 0 if self._waits_for_turn else REQUESTS_A_TURN
        while queue and left and not self._is_held_up() and self._begun.may_begin(queue[0]):
            left -= 1
            frame = queue.popleft()
            self._queued_bytes -= len(frame)
            self.has_asked = True
            try:
                self._request(frame)
            except MalformedMessage as error:
                self._take(Begun(None, None, None, 0, _failed(CloseConnection(str(error)))))
            if self._out_bytes >= FLUSH_BYTES:
                self._flush()
        self._flush()
        self._pace_reading()
        if queue:
            if not left and not self._waits_for_turn:
                self._waits_for_turn = True
                self._world.call_later(0.0, self._next_turn)
            self._begun.hurry()

    def _next_turn(self) -> None:
        self._waits_for_turn = False
        self._serve()

    def _is_held_up(self) -> bool:
        return self._write_paused or self._closed or bool(self._unsent)

    def _pace_reading(self) -> None:
        full = len(self._queue) >= self._server.max_in_flight or self._queued_bytes > MAX_QUEUED_BYTES
        if full != self._read_paused and not self._closed:
            self._read_paused = full
            if full:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _request(self, frame: Buffer) -> None:
        header = read_request_header(frame)
        route = self._server.dispatch.routes.get(header.api_key)
        version = header.api_version
        if route is None:
            raise MalformedMessage(f"no API {header.api_key} here")
        if not route.versions[0] <= version <= route.versions[1]:
            if route.api_key is not ApiKey.API_VERSIONS:
                raise MalformedMessage(f"no version {version} of {route.api_key.name} here")
            self._send(response_frame(unsupported_version(), 0, header.correlation_id))
            return
        request = route.read(frame, header)
        context = RequestContext(
            route.api_key, version, header.correlation_id, header.client_id, self.client_host, self._id
        )
        if self._world.trace.messages:
            self._world.trace.emit(
                RequestReceived(
                    self._peer_host(),
                    header.client_id or "",
                    route.api_key.name,
                    version,
                    header.correlation_id,
                    len(frame),
                ),
                content_of(request),
            )
        self._handle(route, request, context, len(frame))

    def _handle(self, route: Route, request: Message, context: RequestContext, size_bytes: int) -> None:
        server = self._server
        node = server.served if route.api_key is ApiKey.API_VERSIONS else server.node
        try:
            answer = route.handler(node, request, context)
        except Exception as error:
            self._take(Begun(route, request, context, size_bytes, _failed(error)))
            return
        if answer is None:
            return
        if isinstance(answer, Message) or callable(answer):
            if not self._begun:
                self._answer(answer, route, request, context)
                return
            later = Later[Any]()
            later.give(answer)
        elif isinstance(answer, Later):
            later = answer
        else:
            later = Later[Any]()
            # The name shows in failures; what the handler raises is told there by _settle.
            self._world.spawn(_give(later, answer), f"{route.api_key.name} handler", inner=answer)
        self._take(Begun(route, request, context, size_bytes, later))

    def _take(self, begun: Begun) -> None:
        """Answer it when its turn has come and its answer is there."""
        self._begun.add(begun)
        if begun.later.is_there:
            self._answer_in_order()
        else:
            begun.later.then(self._is_there)

    def _is_there(self) -> None:
        """An answer that was waited for."""
        if self._answer_in_order():
            self._serve()

    def _answer_in_order(self) -> bool:
        """Answer those whose turn has come; were there any?"""
        any_answered = False
        while (begun := self._begun.pop_answered()) is not None:
            any_answered = True
            self._settle(begun)
        return any_answered

    def _settle(self, begun: Begun) -> None:
        route, request, context, error = begun.route, begun.request, begun.context, begun.later.error
        if route is None or request is None or context is None:
            self._reject(str(error))
        elif error is None:
            self._answer(begun.later.answer, route, request, context)
        else:
            self._failed(error, route, request, context)

    def _failed(self, error: BaseException, route: Route, request: Message, context: RequestContext) -> None:
        """The handler raised: its client is told, and what is a fault of ours is reported."""
        if isinstance(error, CloseConnection):
            self._reject(str(error))
            return
        if isinstance(error, OSError) and is_out_of_descriptors(error):
            error = ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
        elif not isinstance(error, ApiError):
            self._world.trace.fault(f"{route.api_key.name} handler", error)
            error = ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)
        try:
            refusal = route.refusal(request, context.api_version, error)
            if refusal is not None:
                pieces = response_frame(refusal, context.api_version, context.correlation_id)
                self._send_answer(pieces, refusal, route, context)
                return
        except Exception as another:
            self._world.trace.fault(f"{route.api_key.name} refusal", another)
        self._reject(str(error))  # nobody waits for an answer, or there is no way to say it

    def _answer(self, answer: Outcome, route: Route, request: Message, context: RequestContext) -> None:
        if answer is None or self._closed:
            return
        try:
            if not isinstance(answer, Message):
                answer = answer()
            pieces = response_frame(answer, context.api_version, context.correlation_id)
        except Exception as error:
            self._failed(error, route, request, context)
            return
        self._send_answer(pieces, answer, route, context)

    def _send_answer(
        self, pieces: list[Piece], answer: Message, route: Route, context: RequestContext
    ) -> None:
        if self._world.trace.messages:
            self._world.trace.emit(
                ResponseSent(
                    self._peer_host(),
                    route.api_key.name,
                    context.api_version,
                    context.correlation_id,
                    size_of(pieces),
                ),
                content_of(answer),
            )
        self._send(pieces)

    # Bytes out, and the end.

    def _send(self, pieces: list[Piece]) -> None:
        self._out += pieces
        size = size_of(pieces)
        self._out_bytes += size
        if size >= LEAST_SLICE_BYTES and has_slices(pieces):
            self._flush()

    def _flush(self) -> None:
        if not self._out:
            return
        pieces, self._out, self._out_bytes = self._out, [], 0
        if self._closed:
            return
        self._last_active = self._world.clock.now()
        if self._unsent:
            self._unsent += kept(coalesced(pieces))
        else:
            self._write(coalesced(pieces))

    def _write(self, pieces: list[Piece]) -> None:
        """Send what the client takes now, keep the rest."""
        try:
            self._unsent = self._world.network.write(self._transport, pieces)
        except OSError as problem:  # a file is not what it was, and a part of the frame may be on its way
            if not isinstance(problem, SliceGone) and not is_out_of_descriptors(problem):
                self._world.trace.fault("sending an answer", problem)
            self._closed = True
            self._unsent = []
            self._queue.clear()
            self._transport.abort()

    def _close_if_idle(self) -> None:
        remaining = self._last_active + self._server.idle_close_s - self._world.clock.now()
        if remaining <= 0 and not self._begun:
            self.close()
        else:
            self._idle_timer = self._world.call_later(max(remaining, 1.0), self._close_if_idle)

    def _reject(self, reason: str) -> None:
        if self._world.trace.messages:
            self._world.trace.emit(BadRequestClosed(self._peer_host(), reason))
        self.close()

    def close(self) -> None:
        """Send what is answered already, then end the connection."""
        if self._closed:
            return
        self._flush()
        self._closed = True
        self._queue.clear()
        self._transport.close()


def _failed(error: Exception) -> Later[Any]:
    later = Later[Any]()
    later.fail(error)
    return later


async def _give(later: Later[Any], answer: Awaitable[Outcome]) -> None:
    """Wait for what a handler waits for."""
    try:
        later.give(await answer)
    except Exception as error:
        later.fail(error)
    except asyncio.CancelledError:
        later.fail(CloseConnection("the broker stops"))
        raise
    finally:
        later.tell()
