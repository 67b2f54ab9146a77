"""Asking the controller for another ISR.

Rule: a leader never changes its ISR by itself; it asks, counts the newcomer already for the high
watermark (so that nothing is committed without it), and takes what the controller answers. While it can't
know whether the controller did it (no answer, an answer about another epoch), it keeps asking and counting
until an answer or the metadata says.

Kafka: `AlterPartitionManager`, KIP-497.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.alter_partition import (
    AlterPartitionRequest,
    AlterPartitionResponse,
    BrokerState,
    PartitionData,
    TopicData,
)
from minikafka.replication.controller_queue import ControllerQueue
from minikafka.replication.partition import Partition
from minikafka.world import Event, World

RETRY_S = (0.05, 1.0)
"""The first and the longest pause before asking again."""
VERSION = 3
# Only these say for sure that the ISR is as it was.
REFUSALS = (ErrorCode.INELIGIBLE_REPLICA, ErrorCode.OPERATION_NOT_ATTEMPTED)

Key = tuple[uuid.UUID, int]
Wish = tuple[Partition, tuple[int, ...]]
"""Whose ISR, and which."""


class IsrChangeAsked(Event, frozen=True):
    """A leader asks the controller for another ISR."""

    topic: str
    partition: int
    broker: int
    isr: tuple[int, ...]
    wanted: tuple[int, ...]


class IsrChanges:
    """The queue of wished ISRs of one broker."""

    def __init__(
        self,
        world: World,
        broker_id: int,
        broker_epoch: Callable[[], int],
        ask: Callable[[AlterPartitionRequest, int], Awaitable[AlterPartitionResponse]],
    ) -> None:
        self._world = world
        self._broker_id = broker_id
        self._broker_epoch = broker_epoch
        self._ask = ask
        self._queue = ControllerQueue(world, "isr-changes", RETRY_S, _is_pending, self._settle)

    def submit(self, partition: Partition, isr: tuple[int, ...]) -> None:
        """Ask for `isr`; the partition hears of the outcome by `isr_answered`."""
        partition.isr_asked(isr)
        self._world.trace.emit(
            IsrChangeAsked(partition.topic, partition.index, self._broker_id, partition.isr, isr)
        )
        self._queue.put((partition.topic_id, partition.index), (partition, isr))

    def close(self) -> None:
        """Stop asking."""
        self._queue.close()

    async def _settle(self, asked: dict[Key, Wish]) -> Collection[Key]:
        response = await self._ask(self._request(asked), VERSION)
        if response.error_code != ErrorCode.NONE:
            return ()  # perhaps it was done
        self._take(asked, response)
        return asked.keys()

    def _request(self, asked: dict[Key, Wish]) -> AlterPartitionRequest:
        topics: dict[uuid.UUID, list[PartitionData]] = {}
        for (topic_id, index), (partition, isr) in asked.items():
            topics.setdefault(topic_id, []).append(
                PartitionData(
                    partition_index=index,
                    leader_epoch=partition.leader_epoch,
                    new_isr_with_epochs=[
                        BrokerState(broker_id=b, broker_epoch=self._epoch_of(partition, b)) for b in isr
                    ],
                    leader_recovery_state=0,
                    partition_epoch=partition.partition_epoch,
                )
            )
        return AlterPartitionRequest(
            broker_id=self._broker_id,
            broker_epoch=self._broker_epoch(),
            topics=[TopicData(topic_id=topic_id, partitions=items) for topic_id, items in topics.items()],
        )

    def _epoch_of(self, partition: Partition, broker: int) -> int:
        """The life of the broker that this leader has heard of (KIP-903); -1: of none."""
        if broker == self._broker_id:
            return self._broker_epoch()
        follower = partition.followers.get(broker)
        return follower.broker_epoch if follower is not None else -1

    def _take(self, asked: dict[Key, Wish], response: AlterPartitionResponse) -> None:
        for topic in response.topics:
            for data in topic.partitions:
                key = (topic.topic_id, data.partition_index)
                wish = asked.get(key)
                if wish is None or not _is_pending(key, wish):
                    continue
                if data.error_code == ErrorCode.NONE:
                    wish[0].isr_answered(tuple(data.isr), data.leader_epoch, data.partition_epoch)
                elif data.error_code in REFUSALS:
                    wish[0].isr_answered(None, -1, -1)


def _is_pending(_: Key, wish: Wish) -> bool:
    """Does the partition still wait for an answer to it?"""
    return wish[0].pending_isr == wish[1]
