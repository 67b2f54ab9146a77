"""The client's end of one connection: requests out, answers matched by correlation id.

Rule: a request ends in its answer, a `TimeoutError` or a `ConnectionError`; connecting again is the
caller's business. Kafka: `NetworkClient` with its `InFlightRequests`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import cast

from minikafka._version import VERSION
from minikafka.protocol.api import RESPONSES, ApiKey, response_header_version
from minikafka.protocol.content import content_of
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.events import RequestSent, ResponseReceived
from minikafka.protocol.framing import (
    BadFrame,
    FrameReceiver,
    coalesced,
    read_correlation_id,
    request_frame,
    size_of,
    skip_header_tags,
)
from minikafka.protocol.messages.api_versions import ApiVersionsRequest, ApiVersionsResponse
from minikafka.protocol.schema import Buffer, MalformedMessage, Message
from minikafka.world.alarm import Alarm
from minikafka.world.world import World

MAX_RESPONSE_BYTES = 256 * 1024 * 1024
"""Above this it is no answer of Kafka's: what other servers say first reads as a larger length."""
SOFTWARE_NAME = "minikafka"


Told = Callable[[Message | None, Exception | None], None]
"""What is called with the answer, or with the error that came in its place."""


class _Pending:
    """A request that waits for its answer."""

    __slots__ = ("api", "deadline", "is_done", "response", "tell", "version")

    def __init__(
        self, api: ApiKey, response: type[Message], version: int, tell: Told, deadline: float
    ) -> None:
        self.api = api
        self.response = response
        self.version = version
        self.tell = tell
        self.deadline = deadline
        self.is_done = False


class Channel(asyncio.BufferedProtocol):
    """Made by `Channel.connect`. Requests may be pipelined; answers come in their order."""

    def __init__(self, world: World, host: str, port: int, client_id: str | None) -> None:
        self.host = host
        self.port = port
        self.client_id = client_id
        self.closed = False
        self.versions: Mapping[ApiKey, tuple[int, int]] = {}
        self._world = world
        self._client_id = None if client_id is None else client_id.encode()
        self._receiver = FrameReceiver(self._frame, MAX_RESPONSE_BYTES)
        self._pending: dict[int, _Pending] = {}
        self._correlation_id = 0
        self._timer: Alarm | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(
        cls, world: World, host: str, port: int, client_id: str | None, *, timeout: float = 10.0
    ) -> Channel:
        """Raises OSError (refused, unreachable) or TimeoutError. `timeout` is in seconds."""

        def factory() -> Channel:
            return cls(world, host, port, client_id)

        async with asyncio.timeout(timeout):
            _transport, protocol = await world.network.connect(factory, host, port)
        return cast("Channel", protocol)

    async def request(self, message: Message, version: int, timeout_s: float = 30.0) -> Message:
        """Send, and return the response. Raises ConnectionError, TimeoutError, or what `encode` raises."""
        return await self.submit(message, version, timeout_s)

    def submit(self, message: Message, version: int, timeout_s: float = 30.0) -> asyncio.Future[Message]:
        """As `request`, sent before this returns: so the order of calls is the order on the wire."""
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def tell(answer: Message | None, error: Exception | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(cast("Message", answer))
                return
            future.set_exception(error)
            if isinstance(error, ConnectionError):
                future.exception()  # whoever has stopped waiting is not told, and that is no failure

        self.ask(message, version, timeout_s, tell)
        return future

    def ask(self, message: Message, version: int, timeout_s: float, tell: Told) -> None:
        """As `submit`; `tell` is called once, in the very moment in which the answer or an error is there."""
        correlation_id = self._send(message, version)
        api = ApiKey(message.SCHEMA.api_key)
        deadline = self._world.clock.now() + timeout_s
        self._pending[correlation_id] = _Pending(api, RESPONSES[api], version, tell, deadline)
        self._watch(deadline)

    def send(self, message: Message, version: int) -> None:
        """Send a request that gets no answer (Produce with acks=0). Raises ConnectionError."""
        self._send(message, version)

    async def negotiate(self, timeout_s: float = 30.0) -> Mapping[ApiKey, tuple[int, int]]:
        """Ask for the server's versions, and remember them. Keys that are unknown here are left out."""
        high = ApiVersionsRequest.SCHEMA.versions[1]
        response = await self._ask_versions(high, timeout_s)
        if response.error_code == ErrorCode.UNSUPPORTED_VERSION:
            told = {key.api_key: key.max_version for key in response.api_keys}
            response = await self._ask_versions(
                min(high, max(0, told.get(ApiKey.API_VERSIONS, 0))), timeout_s
            )
        if response.error_code:
            raise ApiError(ErrorCode(response.error_code))
        known = ApiKey._value2member_map_
        self.versions = {
            ApiKey(key.api_key): (key.min_version, key.max_version)
            for key in response.api_keys
            if key.api_key in known
        }
        return self.versions

    async def _ask_versions(self, version: int, timeout_s: float) -> ApiVersionsResponse:
        request = ApiVersionsRequest(client_software_name=SOFTWARE_NAME, client_software_version=VERSION)
        return cast("ApiVersionsResponse", await self.request(request, version, timeout_s))

    def version_for(self, request: type[Message]) -> int:
        """The highest version that both ends speak. Raises ApiError UNSUPPORTED_VERSION."""
        low, high = request.SCHEMA.versions
        key = ApiKey(request.SCHEMA.api_key)
        their_low, their_high = self.versions.get(key, (0, -1))
        if max(low, their_low) > min(high, their_high):
            raise ApiError(
                ErrorCode.UNSUPPORTED_VERSION, f"{self.host}:{self.port} does not speak {key.name}"
            )
        return min(high, their_high)

    def close(self) -> None:
        """End the connection; what waits fails with ConnectionError."""
        if self._transport is not None and not self.closed:
            self._transport.close()
        self._end("the channel was closed")

    def _peer_host(self) -> str:
        """The server as the trace shows it."""
        assert self._transport is not None
        return self._world.network.host_of(self._transport.get_extra_info("peername")) or self.host

    # Out.

    def _send(self, message: Message, version: int) -> int:
        if self.closed or self._transport is None:
            raise ConnectionError(f"no connection to {self.host}:{self.port}")
        correlation_id = self._correlation_id
        pieces = request_frame(message, version, correlation_id, self._client_id)
        self._correlation_id = (correlation_id + 1) & 0x7FFFFFFF
        if self._world.trace.messages:
            api = ApiKey(message.SCHEMA.api_key).name
            sent = RequestSent(self._peer_host(), self.port, api, version, correlation_id, size_of(pieces))
            self._world.trace.emit(sent, content_of(message))
        self._world.network.write(self._transport, coalesced(pieces))
        return correlation_id

    # Time. One timer a channel: it wakes at the earliest deadline, and often finds nothing to do.

    def _watch(self, deadline: float) -> None:
        timer = self._timer
        if timer is None or timer.when() > deadline:
            if timer is not None:
                timer.cancel()
            delay = max(0.0, deadline - self._world.clock.now())
            self._timer = self._world.alarm(delay, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self._world.clock.now()
        waiting, late = [], []
        for pending in self._pending.values():
            if pending.is_done:
                continue
            if pending.deadline <= now:
                # It stays in the table, so that its late answer is known for what it is.
                late.append(pending)
            else:
                waiting.append(pending.deadline)
        if waiting:
            self._watch(min(waiting))
        for pending in late:
            pending.is_done = True
            pending.tell(None, TimeoutError(f"{pending.api.name}: no answer from {self.host}"))

    # In: what the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._receiver.get_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._receiver.received(nbytes)
        except (BadFrame, MalformedMessage) as error:
            if self._transport is not None:
                self._transport.abort()
            self._end(str(error))

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc) if exc is not None else "the server closed the connection")

    def _frame(self, frame: Buffer) -> None:
        correlation_id = read_correlation_id(frame)
        pending = self._pending.pop(correlation_id, None)
        if pending is None:
            raise MalformedMessage(f"an answer to request {correlation_id}, which was not sent")
        version = pending.version
        if pending.api is ApiKey.API_VERSIONS and frame[4:6] == b"\0\x23":
            version = 0  # UNSUPPORTED_VERSION comes in version 0, whatever was asked
        body = 4
        if response_header_version(pending.response, version):
            body = skip_header_tags(frame, 4)
        response = pending.response.decode(frame, version, body)
        if self._world.trace.messages:
            name = pending.api.name
            event = ResponseReceived(
                *(self._peer_host(), self.port, name, version, correlation_id, len(frame))
            )
            self._world.trace.emit(event, content_of(response))
        if not pending.is_done:
            pending.tell(response, None)

    def _end(self, reason: str) -> None:
        if self.closed:
            return
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        pending, self._pending = self._pending, {}
        for entry in pending.values():
            if not entry.is_done:
                entry.tell(None, ConnectionError(f"{self.host}:{self.port}: {reason}"))
