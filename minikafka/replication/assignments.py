"""Telling the controller in which log directories this broker's replicas lie: one request in flight.

Rule: what differs from the metadata is told until the metadata says so, also of a directory that has failed
meanwhile: only so the controller learns which replicas were lost with it.

Kafka: `AssignmentsManager`, KIP-858.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from uuid import UUID

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.assign_replicas_to_dirs import (
    AssignReplicasToDirsRequest,
    AssignReplicasToDirsResponse,
    DirectoryData,
    PartitionData,
    TopicData,
)
from minikafka.world import World

RETRY_S = (0.1, 10.0)
"""The first and the longest pause before telling again."""
MOST_AT_ONCE = 2250
VERSION = 0

Replica = tuple[UUID, int]
"""Topic id, partition."""


class DirectoryAssignments:
    """Those of one broker that the controller doesn't know yet. `is_news(replica, directory)` asks the metadata."""

    def __init__(
        self,
        world: World,
        broker_id: int,
        broker_epoch: Callable[[], int],
        ask: Callable[[AssignReplicasToDirsRequest, int], Awaitable[AssignReplicasToDirsResponse]],
        is_news: Callable[[Replica, UUID], bool],
    ) -> None:
        self._broker_id = broker_id
        self._broker_epoch = broker_epoch
        self._ask = ask
        self._is_news = is_news
        self._untold: dict[Replica, UUID] = {}
        self._work = asyncio.Event()
        self._task = world.spawn(self._run(), "directory-assignments")

    def tell(self, replica: Replica, directory: UUID) -> None:
        """The replica lies in that directory."""
        self._untold[replica] = directory
        self._work.set()

    def close(self) -> None:
        """Tell no more."""
        self._task.cancel()

    async def _run(self) -> None:
        pause_s = RETRY_S[0]
        while True:
            await self._work.wait()
            self._work.clear()
            self._untold = {r: d for r, d in self._untold.items() if self._is_news(r, d)}
            telling = dict(islice(self._untold.items(), MOST_AT_ONCE))
            if not telling:
                continue
            try:
                response = await self._ask(self._request(telling), VERSION)
            except (OSError, TimeoutError):
                response = None
            told = self._told(response, telling) if response is not None else {}
            for replica, directory in told.items():
                if self._untold.get(replica) == directory:
                    del self._untold[replica]
            if self._untold:
                self._work.set()
            if len(told) == len(telling):
                pause_s = RETRY_S[0]
            else:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, RETRY_S[1])

    def _request(self, telling: dict[Replica, UUID]) -> AssignReplicasToDirsRequest:
        directories: dict[UUID, dict[UUID, list[PartitionData]]] = {}
        for (topic_id, index), directory in telling.items():
            topics = directories.setdefault(directory, {})
            topics.setdefault(topic_id, []).append(PartitionData(partition_index=index))
        return AssignReplicasToDirsRequest(
            broker_id=self._broker_id,
            broker_epoch=self._broker_epoch(),
            directories=[
                DirectoryData(
                    id=directory,
                    topics=[TopicData(topic_id=topic_id, partitions=p) for topic_id, p in topics.items()],
                )
                for directory, topics in directories.items()
            ],
        )

    def _told(
        self, response: AssignReplicasToDirsResponse, telling: dict[Replica, UUID]
    ) -> dict[Replica, UUID]:
        """What the controller has taken."""
        if response.error_code != ErrorCode.NONE:
            return {}
        return {
            (topic.topic_id, partition.partition_index): directory.id
            for directory in response.directories
            for topic in directory.topics
            for partition in topic.partitions
            if partition.error_code == ErrorCode.NONE
            and telling.get((topic.topic_id, partition.partition_index)) == directory.id
        }
