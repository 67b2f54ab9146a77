"""The other brokers, as this one's coordinators ask them: a channel to each, opened when it is first needed.

Rule: a request ends in its answer or in an error; asking again is the matter of whoever asked.
Kafka: `InterBrokerSendThread`, as `TransactionMarkerChannelManager` uses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from minikafka.coordinator.decision import BrokerRequest
from minikafka.protocol.channel import Channel
from minikafka.protocol.schema import Message
from minikafka.world import World


class Peers:
    """`endpoint` says where a living broker listens."""

    def __init__(
        self, world: World, client_id: str, endpoint: Callable[[int], tuple[str, int] | None]
    ) -> None:
        self._world = world
        self._client_id = client_id
        self._endpoint = endpoint
        self._channels: dict[int, Channel] = {}
        self._opening: dict[int, asyncio.Lock] = {}

    async def request(self, asked: BrokerRequest) -> Message:
        """The broker's answer. Raises OSError, TimeoutError, or ApiError when it doesn't speak the request."""
        channel = await self._channel(asked.broker_id)
        return await channel.request(asked.request, channel.version_for(type(asked.request)), asked.timeout_s)

    async def _channel(self, broker_id: int) -> Channel:
        async with self._opening.setdefault(broker_id, asyncio.Lock()):
            address = self._endpoint(broker_id)
            if address is None:
                raise ConnectionError(f"broker-{broker_id} isn't there")
            channel = self._channels.get(broker_id)
            if channel is None or channel.closed or (channel.host, channel.port) != address:
                if channel is not None:
                    channel.close()
                channel = await Channel.connect(self._world, *address, self._client_id)
                self._channels[broker_id] = channel
                await channel.negotiate()
            return channel

    def close(self) -> None:
        """The broker stops: what waits fails with ConnectionError."""
        for channel in self._channels.values():
            channel.close()
