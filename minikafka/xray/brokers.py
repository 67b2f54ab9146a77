"""Connections of the remote source: one channel for each broker, opened when first asked, kept until it fails.

Rule: every failure is an `Unreachable` or an `ApiError` of one broker, never of the whole picture. A broker
that doesn't answer is waited for once; then it counts as silent, and nobody waits for it until a probe finds it back.
One that answers other questions isn't silent: it may wait for somebody who is. Only that question has no answer then.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError
from minikafka.protocol.schema import MalformedMessage, Message
from minikafka.world import World
from minikafka.world.visible import quoted
from minikafka.xray.client import in_words

R = TypeVar("R", bound=Message)
CLIENT_ID = "minikafka-inspector"
TIMEOUT_S = 2.0
IS_THERE_S = 1.0
"""Who is there says so soon: it is a question of no work, on a new connection."""
PATIENCE_S = 30.0
"""A question without an answer is asked again that long, with nobody waiting for it."""
Address = tuple[str, int]


class Unreachable(ConnectionError):
    """This broker doesn't answer; the text is one sentence."""


class Unanswered(Unreachable):
    """This broker is there, and doesn't answer this question."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when a broker doesn't answer, in seconds on the world's clock. `is_refused`: nobody listens there."""

    since: float
    why: str
    is_refused: bool


class _Way(NamedTuple):
    """A connection to a broker; `question`: for that only."""

    address: Address
    question: type[Message] | None


class Brokers:
    """Asks brokers by address."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._channels: dict[_Way, Channel] = {}
        self._locks: dict[_Way, asyncio.Lock] = {}
        self._probes: dict[_Way, asyncio.Task[None]] = {}
        self._unanswered: dict[_Way, str] = {}
        """Why nobody waits for this answer now."""
        self.silent: dict[Address, Silence] = {}
        self.heard_at: dict[Address, float] = {}
        """When each answered last, in seconds on the world's clock."""

    async def ask(
        self, address: Address, request: Message, answer: type[R], *, at_most: int = 99, apart: bool = False
    ) -> R:
        """The broker's answer. Unreachable (at once, if it was silent before), Unanswered, or ApiError
        (UNSUPPORTED_VERSION) when it lacks the API. `apart`: on a connection of its own, since the broker asks others
        first, and answers nothing else on this connection meanwhile."""
        way = _Way(address, type(request) if apart else None)
        if (why := self._unanswered.get(_Way(address, type(request)))) is not None:
            raise Unanswered(why)
        channel = await self._channel(way)
        try:
            version = min(channel.version_for(type(request)), at_most)
            response = await channel.request(request, version, TIMEOUT_S)
        except (OSError, TimeoutError, MalformedMessage) as error:
            raise await self._why(way, request, error) from None
        assert isinstance(response, answer)
        self.heard_at[address] = self._world.clock.now()
        return response

    async def channel(self, address: Address) -> Channel:
        """A live channel with negotiated versions. Unreachable."""
        return await self._channel(_Way(address, None))

    async def _channel(self, way: _Way) -> Channel:
        if way.address in self.silent:
            self._start(_Way(way.address, None), self._look_for(way.address))
            raise Unreachable(self.silent[way.address].why)
        return await self._connect(way, TIMEOUT_S)

    async def _connect(self, way: _Way, timeout_s: float, *, is_probe: bool = False) -> Channel:
        address = way.address
        async with self._locks.setdefault(way, asyncio.Lock()):
            if address in self.silent and not is_probe:
                raise Unreachable(self.silent[address].why)  # somebody else has just tried
            channel = self._channels.get(way)
            if channel is not None and not channel.closed:
                return channel
            try:
                channel = await Channel.connect(self._world, *address, CLIENT_ID, timeout=timeout_s)
                await channel.negotiate(timeout_s)
            except (OSError, TimeoutError, MalformedMessage, ApiError) as error:
                raise self._unreachable(address, "is not a Kafka that answers", error) from None
            self._channels[way] = channel
            self.heard_at[address] = self._world.clock.now()
            self.silent.pop(address, None)
            return channel

    async def _why(self, way: _Way, request: Message, error: Exception) -> Unreachable:
        """Is it the broker that doesn't answer, or this question that has no answer?"""
        self._drop(way)
        name = type(request).__name__
        try:
            await self._connect(way, IS_THERE_S)
        except Unreachable:
            return self._unreachable(way.address, f"did not answer {name}", error)
        if not isinstance(error, TimeoutError):
            return Unreachable(f"{_name(way.address)} ended the connection over {name}.")
        why = f"{_name(way.address)} is there, but doesn't answer {name}."
        self._unanswered[_Way(way.address, type(request))] = why
        self._start(_Way(way.address, type(request)), self._ask_on(way.address, request))
        return Unanswered(why)

    def _unreachable(self, address: Address, what: str, error: Exception) -> Unreachable:
        for way in [way for way in self._channels if way.address == address]:
            self._drop(way)
        why = f"{_name(address)} {what} ({in_words(error)})."
        is_refused = isinstance(error, OSError) and error.errno == errno.ECONNREFUSED
        before = self.silent.get(address)
        since = before.since if before is not None else self._world.clock.now()
        self.silent[address] = Silence(since, why, is_refused or isinstance(error, ConnectionRefusedError))
        return Unreachable(why)

    def _start(self, way: _Way, probe: Coroutine[Any, Any, None]) -> None:
        """With nobody waiting for it; one at a time."""
        if way in self._probes:
            probe.close()
            return

        async def probing() -> None:
            try:
                await probe
            finally:
                del self._probes[way]

        self._probes[way] = self._world.spawn(probing(), f"probe of {_name(way.address)}")

    async def _look_for(self, address: Address) -> None:
        """Is it back? Else the silence continues."""
        with contextlib.suppress(Unreachable):
            await self._connect(_Way(address, None), TIMEOUT_S, is_probe=True)

    async def _ask_on(self, address: Address, request: Message) -> None:
        """Until it is answered, or for so long; then others may wait for it again."""
        try:
            channel = await Channel.connect(self._world, *address, CLIENT_ID, timeout=TIMEOUT_S)
            try:
                await channel.negotiate(TIMEOUT_S)
                await channel.request(request, channel.version_for(type(request)), PATIENCE_S)
            finally:
                channel.close()
        except (OSError, TimeoutError, MalformedMessage, ApiError):
            pass
        finally:
            del self._unanswered[_Way(address, type(request))]

    def _drop(self, way: _Way) -> None:
        channel = self._channels.pop(way, None)
        if channel is not None:
            channel.close()

    def close(self) -> None:
        """End all connections."""
        for probe in list(self._probes.values()):
            probe.cancel()
        for way in list(self._channels):
            self._drop(way)


def parse_servers(text: str) -> list[Address]:
    """`HOST:PORT,HOST:PORT`. ValueError with one sentence for anything else."""
    servers = []
    for server in text.split(","):
        host, colon, port = server.strip().rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"{quoted(server.strip())} is not HOST:PORT, for instance localhost:9092.")
        servers.append((host, int(port)))
    return servers


def _name(address: Address) -> str:
    return f"{address[0]}:{address[1]}"
