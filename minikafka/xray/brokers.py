"""Connections of the remote source: one channel for each broker, opened when first asked, kept until it fails.

Rule: every failure is an `Unreachable` or an `ApiError` of one broker, never of the whole picture. A broker
that doesn't answer is waited for once; then it counts as silent, and nobody waits for it until a probe finds it back.
"""

from __future__ import annotations

import asyncio
import errno
from dataclasses import dataclass
from typing import TypeVar

from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError
from minikafka.protocol.schema import MalformedMessage, Message
from minikafka.world import World
from minikafka.xray.client import in_words

R = TypeVar("R", bound=Message)
CLIENT_ID = "minikafka-inspector"
TIMEOUT_S = 2.5
Address = tuple[str, int]


class Unreachable(ConnectionError):
    """This broker doesn't answer; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when a broker doesn't answer, in seconds on the world's clock. `is_refused`: nobody listens there."""

    since: float
    why: str
    is_refused: bool


class Brokers:
    """Asks brokers by address."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._channels: dict[Address, Channel] = {}
        self._locks: dict[Address, asyncio.Lock] = {}
        self._probes: dict[Address, asyncio.Task[None]] = {}
        self.silent: dict[Address, Silence] = {}
        self.heard_at: dict[Address, float] = {}
        """When each answered last, in seconds on the world's clock."""

    async def ask(self, address: Address, request: Message, answer: type[R], *, at_most: int = 99) -> R:
        """The broker's answer. Unreachable (at once, if it was silent before), or ApiError (UNSUPPORTED_VERSION) when
        it lacks the API."""
        channel = await self.channel(address)
        try:
            version = min(channel.version_for(type(request)), at_most)
            response = await channel.request(request, version, TIMEOUT_S)
        except (OSError, TimeoutError, MalformedMessage) as error:
            raise self._unreachable(address, f"did not answer {type(request).__name__}", error) from None
        assert isinstance(response, answer)
        self.heard_at[address] = self._world.clock.now()
        return response

    async def channel(self, address: Address) -> Channel:
        """A live channel with negotiated versions. Unreachable."""
        if address in self.silent:
            self._probe(address)
            raise Unreachable(self.silent[address].why)
        return await self._connect(address)

    async def _connect(self, address: Address) -> Channel:
        async with self._locks.setdefault(address, asyncio.Lock()):
            channel = self._channels.get(address)
            if channel is not None and not channel.closed:
                return channel
            try:
                channel = await Channel.connect(self._world, *address, CLIENT_ID, timeout=TIMEOUT_S)
                await channel.negotiate(TIMEOUT_S)
            except (OSError, TimeoutError, MalformedMessage, ApiError) as error:
                raise self._unreachable(address, "is not a Kafka that answers", error) from None
            self._channels[address] = channel
            self.heard_at[address] = self._world.clock.now()
            self.silent.pop(address, None)
            return channel

    def _unreachable(self, address: Address, what: str, error: Exception) -> Unreachable:
        self._drop(address)
        why = f"{_name(address)} {what} ({in_words(error)})."
        is_refused = isinstance(error, OSError) and error.errno == errno.ECONNREFUSED
        before = self.silent.get(address)
        since = before.since if before is not None else self._world.clock.now()
        self.silent[address] = Silence(since, why, is_refused or isinstance(error, ConnectionRefusedError))
        return Unreachable(why)

    def _probe(self, address: Address) -> None:
        """See, without anybody waiting for it, whether it is back."""
        if address not in self._probes:

            async def probe() -> None:
                try:
                    await self._connect(address)
                except Unreachable:
                    pass  # the silence goes on
                finally:
                    del self._probes[address]

            self._probes[address] = self._world.spawn(probe(), f"probe of {_name(address)}")

    def _drop(self, address: Address) -> None:
        channel = self._channels.pop(address, None)
        if channel is not None:
            channel.close()

    def close(self) -> None:
        """End all connections."""
        for probe in list(self._probes.values()):
            probe.cancel()
        for address in list(self._channels):
            self._drop(address)


def parse_servers(text: str) -> list[Address]:
    """`HOST:PORT,HOST:PORT`. ValueError with one sentence for anything else."""
    servers = []
    for server in text.split(","):
        host, colon, port = server.strip().rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"{server.strip()!r} is not HOST:PORT, for instance localhost:9092.")
        servers.append((host, int(port)))
    return servers


def _name(address: Address) -> str:
    return f"{address[0]}:{address[1]}"
