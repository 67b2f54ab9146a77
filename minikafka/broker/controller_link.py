"""A broker's line to the controller: one connection, opened when needed, opened again when lost.

Kafka: `NodeToControllerChannelManager`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from minikafka.protocol.channel import Channel
from minikafka.protocol.schema import Message
from minikafka.world import World


class ControllerLink:
    """Requests to whoever is the controller."""

    def __init__(self, world: World, address: tuple[str, int], client_id: str) -> None:
        self._world = world
        self._address = address
        self._client_id = client_id
        self._channel: Channel | None = None
        self._connecting = asyncio.Lock()

    async def request(self, message: Message, version: int, timeout_s: float = 30.0) -> Any:
        """The controller's answer. Raises OSError or TimeoutError when it can't be had."""
        async with self._connecting:
            if self._channel is None or self._channel.closed:
                self._channel = await Channel.connect(self._world, *self._address, client_id=self._client_id)
        return await self._channel.request(message, version, timeout_s)

    def close(self) -> None:
        """Hang up."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
