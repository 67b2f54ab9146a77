"""A broker's line to the controller: one connection, opened when needed, opened again when it is lost or another one
decides.

Kafka: `NodeToControllerChannelManager`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from minikafka.membership.controllers import Controllers
from minikafka.membership.membership import Address
from minikafka.protocol.channel import Channel
from minikafka.protocol.schema import Message
from minikafka.world import World

CONNECT_TIMEOUT_S = 10.0


class ControllerChannel:
    """Requests to whoever is the controller."""

    def __init__(self, world: World, controllers: Controllers, client_id: str) -> None:
        self._world = world
        self._controllers = controllers
        self._client_id = client_id
        self._channel: Channel | None = None
        self._address: Address | None = None
        self._connecting = asyncio.Lock()

    async def connect(self, timeout_s: float = CONNECT_TIMEOUT_S) -> Channel:
        """A connection to the present controller. Raises OSError or TimeoutError."""
        async with self._connecting:
            present = self._controllers.present
            if self._channel is None or self._channel.closed or self._address != present:
                self.close()
                self._address = present
                try:
                    self._channel = await Channel.connect(
                        self._world, *present, self._client_id, timeout=timeout_s
                    )
                except (OSError, TimeoutError):
                    self._controllers.fail(present)
                    raise
            return self._channel

    async def request(self, message: Message, version: int, timeout_s: float = 30.0) -> Any:
        """The controller's answer. Raises OSError or TimeoutError when it can't be had."""
        return await (await self.connect()).request(message, version, timeout_s)

    def give_up(self) -> None:
        """Hang up on one that doesn't answer or doesn't decide, and ask the next from now on."""
        if self._address is not None:
            self._controllers.fail(self._address)
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None


__all__ = ["ControllerChannel"]
