"""A broker's line to the controller: one connection, opened when needed, opened again when it is lost or another one
decides.

Kafka: `NodeToControllerChannelManager`.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

from minikafka.membership.controllers import Controllers
from minikafka.membership.membership import Address
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.schema import Message
from minikafka.world import World

CONNECT_TIMEOUT_S = 10.0
RETRY_S = 0.05


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
        """The controller's answer. Raises OSError or TimeoutError when it can't be had within the time; connecting is a
        part of it."""
        ends = self._world.clock.now() + timeout_s
        channel = await self.connect(min(CONNECT_TIMEOUT_S, timeout_s))
        return await channel.request(message, version, max(0.0, ends - self._world.clock.now()))

    async def request_decider(self, message: Message, version: int, timeout_s: float = 30.0) -> Any:
        """The answer of whoever decides: while one is being elected, or the only one is away, it is asked again until
        there is one, or time is up. Raises as `request` does. (A controller that died may have done it: then the next
        one says so.)"""
        ends = self._world.clock.now() + timeout_s
        while True:
            left_s = ends - self._world.clock.now()
            try:
                answer = await self.request(message, version, left_s)
            except (OSError, TimeoutError):
                if left_s <= RETRY_S:
                    raise
                self.give_up()
            else:
                if not is_refused(answer, ErrorCode.NOT_CONTROLLER) or left_s <= RETRY_S:
                    return answer
                self.give_up()
            await asyncio.sleep(RETRY_S)

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


def is_refused(answer: Any, code: ErrorCode) -> bool:
    """Is it refused as a whole, for this reason? That stands in the answer, or in what it says of the first thing
    asked for."""
    said = getattr(answer, "error_code", None)
    if said is not None:
        return bool(said == code)
    lists = (getattr(answer, field.name) for field in dataclasses.fields(answer))
    first = next((items[0] for items in lists if isinstance(items, list) and items), None)
    return getattr(first, "error_code", None) == code


__all__ = ["ControllerChannel"]
