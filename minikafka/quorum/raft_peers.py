"""A voter's lines to the others: it asks, and hears what they answer.

Rule: a question ends in its answer or in an error, and nobody waits behind somebody else: fetches, which are held by
who has nothing new, have a line of their own. Kafka: `KafkaNetworkChannel`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from minikafka.protocol.channel import Channel
from minikafka.protocol.schema import Message
from minikafka.quorum.control_records import VoterNode
from minikafka.quorum.raft.messages import Fetch, FetchSnapshot, Question
from minikafka.quorum.raft_wire import VERSIONS
from minikafka.world import World


class Peers:
    """`voters` by id."""

    def __init__(self, world: World, node_id: int, voters: Mapping[int, VoterNode]) -> None:
        self._world = world
        self._client_id = f"raft-client-{node_id}"
        self._voters = voters
        self._channels: dict[tuple[int, bool], Channel] = {}
        self._opening: dict[tuple[int, bool], asyncio.Lock] = {}

    async def ask(self, to: int, question: Question, request: Message, timeout_s: float) -> Any:
        """The voter's answer. Raises OSError or TimeoutError."""
        channel = await self._channel((to, isinstance(question, Fetch | FetchSnapshot)), timeout_s)
        return await channel.request(request, VERSIONS[type(question)], timeout_s)

    async def _channel(self, line: tuple[int, bool], timeout_s: float) -> Channel:
        async with self._opening.setdefault(line, asyncio.Lock()):
            channel = self._channels.get(line)
            if channel is None or channel.closed:
                voter = self._voters[line[0]]
                channel = await Channel.connect(
                    self._world, voter.host, voter.port, self._client_id, timeout=timeout_s
                )
                self._channels[line] = channel
            return channel

    def hang_up(self, to: int, question: Question) -> None:
        """It didn't answer: what it says on that line from now on would come too late."""
        channel = self._channels.pop((to, isinstance(question, Fetch | FetchSnapshot)), None)
        if channel is not None:
            channel.close()

    def close(self) -> None:
        """What waits fails with ConnectionError."""
        for channel in self._channels.values():
            channel.close()
