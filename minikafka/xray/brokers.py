"""Connections of the remote source: one channel for each broker, opened when first asked, kept until it fails.

Its one rule: every failure is an ``Unreachable`` or an ``ApiError`` of one broker, never of the whole picture.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError
from minikafka.protocol.schema import MalformedMessage, Message
from minikafka.world import World
from minikafka.xray.client import in_words

R = TypeVar("R", bound=Message)
CLIENT_ID = "minikafka-inspector"
TIMEOUT_S = 5.0


class Unreachable(ConnectionError):
    """This broker doesn't answer; the text is one sentence."""


class Brokers:
    """Asks brokers by address."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._channels: dict[tuple[str, int], Channel] = {}
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}

    async def ask(
        self, address: tuple[str, int], request: Message, answer: type[R], *, at_most: int = 99
    ) -> R:
        """The broker's answer. Unreachable, or ApiError (UNSUPPORTED_VERSION) when it lacks the API."""
        channel = await self.channel(address)
        try:
            version = min(channel.version_for(type(request)), at_most)
            response = await channel.request(request, version, TIMEOUT_S)
        except (OSError, TimeoutError, MalformedMessage) as error:
            self._drop(address)
            raise Unreachable(
                f"{_name(address)} did not answer {type(request).__name__} ({in_words(error)})."
            ) from None
        assert isinstance(response, answer)
        return response

    async def channel(self, address: tuple[str, int]) -> Channel:
        """A live channel with negotiated versions."""
        async with self._locks.setdefault(address, asyncio.Lock()):
            channel = self._channels.get(address)
            if channel is not None and not channel.closed:
                return channel
            try:
                channel = await Channel.connect(self._world, *address, CLIENT_ID, timeout=TIMEOUT_S)
                await channel.negotiate(TIMEOUT_S)
            except (OSError, TimeoutError, MalformedMessage, ApiError) as error:
                raise Unreachable(
                    f"{_name(address)} is not a Kafka that answers ({in_words(error)})."
                ) from None
            self._channels[address] = channel
            return channel

    def _drop(self, address: tuple[str, int]) -> None:
        channel = self._channels.pop(address, None)
        if channel is not None:
            channel.close()

    def close(self) -> None:
        """End all connections."""
        for address in list(self._channels):
            self._drop(address)


def parse_servers(text: str) -> list[tuple[str, int]]:
    """``HOST:PORT,HOST:PORT``. ValueError with one sentence for anything else."""
    servers = []
    for server in text.split(","):
        host, colon, port = server.strip().rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"{server.strip()!r} is not HOST:PORT, for instance localhost:9092.")
        servers.append((host, int(port)))
    return servers


def _name(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"
