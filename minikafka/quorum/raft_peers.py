"""A voter's lines to the others: it asks, and hears what they answer.

Rule: a question ends in its answer or in an error, and nobody waits behind somebody else: fetches, which are held by
who has nothing new, have a line of their own. Kafka: `KafkaNetworkChannel`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.quorum.control_records import VoterNode
from minikafka.quorum.raft.messages import (
    Answer,
    Fetch,
    FetchAnswer,
    FetchSnapshot,
    Question,
    SnapshotAnswer,
)
from minikafka.quorum.raft_wire import VERSIONS, Wire
from minikafka.world import World

RECONNECT_S = 0.05


class Peers:
    """`voters` by id. `heard` gets each answer; a question is given up after `timeout_s`."""

    def __init__(
        self,
        world: World,
        node_id: int,
        voters: Mapping[int, VoterNode],
        wire: Wire,
        timeout_s: float,
        heard: Callable[[Answer], None],
    ) -> None:
        self._world = world
        self._client_id = f"raft-client-{node_id}"
        self._voters = voters
        self._wire = wire
        self._timeout_s = timeout_s
        self._heard = heard
        self._channels: dict[tuple[int, bool], Channel] = {}
        self._opening: dict[tuple[int, bool], asyncio.Lock] = {}
        self._asking: dict[asyncio.Task[None], None] = {}

    def send(self, to: int, question: Question, high_watermark: int) -> None:
        """`high_watermark`: what this one knows by now."""
        asking = self._ask(to, question, high_watermark)
        task = self._world.spawn(asking, f"{type(question).__name__} to {to}")
        self._asking[task] = None
        task.add_done_callback(self._asking.pop)

    async def wait(self) -> None:
        """Until all is answered or given up."""
        if self._asking:
            await asyncio.wait(list(self._asking))

    async def _ask(self, to: int, question: Question, high_watermark: int) -> None:
        """What fails is as if nothing was said; but of a fetch the core is told, which has only one under way."""
        line = (to, isinstance(question, Fetch | FetchSnapshot))
        try:
            request = self._wire.request(to, question, high_watermark)
            channel = await self._channel(line)
            response = await channel.request(request, VERSIONS[type(question)], self._timeout_s)
            answer = self._wire.answer(to, question, response)
        except (OSError, TimeoutError, ApiError, ValueError):
            self._hang_up(line)
            failed = ErrorCode.NETWORK_EXCEPTION
            if isinstance(question, Fetch):
                answer = FetchAnswer(question.epoch, to, question.offset, question.last_epoch, 0, failed)
            elif isinstance(question, FetchSnapshot):
                answer = SnapshotAnswer(question.epoch, to, question.id, question.position, error=failed)
            else:
                return
            await asyncio.sleep(RECONNECT_S)
        self._heard(answer)

    async def _channel(self, line: tuple[int, bool]) -> Channel:
        async with self._opening.setdefault(line, asyncio.Lock()):
            channel = self._channels.get(line)
            if channel is None or channel.closed:
                voter = self._voters[line[0]]
                channel = await Channel.connect(
                    self._world, voter.host, voter.port, self._client_id, timeout=self._timeout_s
                )
                self._channels[line] = channel
            return channel

    def _hang_up(self, line: tuple[int, bool]) -> None:
        """It didn't answer: what it says on that line from now on would come too late."""
        channel = self._channels.pop(line, None)
        if channel is not None:
            channel.close()

    def close(self) -> None:
        """Nobody hears of what is under way."""
        for task in list(self._asking):
            task.cancel()
        for channel in self._channels.values():
            channel.close()


__all__ = ["Peers"]
