"""Telling the controller in which log directories this broker's replicas lie.

Rule: what differs from the metadata is told until the metadata says so, also of a directory that has failed
meanwhile: only so the controller learns which replicas were lost with it.

Kafka: `AssignmentsManager`, KIP-858.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.assign_replicas_to_dirs import (
    AssignReplicasToDirsRequest,
    AssignReplicasToDirsResponse,
    DirectoryData,
    PartitionData,
    TopicData,
)
from minikafka.replication.controller_queue import ControllerQueue
from minikafka.world import World

RETRY_S = (0.1, 10.0)
"""The first and the longest pause before telling again."""
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
        self._queue = ControllerQueue(world, "directory-assignments", RETRY_S, is_news, self._settle)

    def tell(self, replica: Replica, directory: UUID) -> None:
        """The replica lies in that directory; `LOST_DIRECTORY`: its files are gone."""
        self._queue.put(replica, directory)

    def close(self) -> None:
        """Tell no more."""
        self._queue.close()

    async def _settle(self, telling: dict[Replica, UUID]) -> Collection[Replica]:
        return self._told(await self._ask(self._request(telling), VERSION), telling)

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
    ) -> Collection[Replica]:
        """What the controller has taken."""
        if response.error_code != ErrorCode.NONE:
            return ()
        taken = {
            ((topic.topic_id, partition.partition_index), directory.id)
            for directory in response.directories
            for topic in directory.topics
            for partition in topic.partitions
            if partition.error_code == ErrorCode.NONE
        }
        return [replica for replica, directory in telling.items() if (replica, directory) in taken]
