"""Asking the controller for another ISR: one AlterPartition request in flight, the rest wait for the next.

Rule: a leader never changes its ISR by itself; it asks, counts the newcomer already for the high
watermark (so that nothing is committed without it), and takes what the controller answers. While it can't
know whether the controller did it (no answer, an answer about another epoch), it goes on asking and counting
until an answer or the metadata says.

Kafka: `AlterPartitionManager`, KIP-497.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.alter_partition import (
    AlterPartitionRequest,
    AlterPartitionResponse,
    BrokerState,
    PartitionData,
    TopicData,
)
from minikafka.replication.partition import Partition
from minikafka.world import Event, World

RETRY_S = (0.05, 1.0)
"""The first and the longest pause before asking again."""
VERSION = 3
# Only these say for sure that the ISR is as it was.
REFUSALS = (ErrorCode.INELIGIBLE_REPLICA, ErrorCode.OPERATION_NOT_ATTEMPTED)


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
        self._wished: dict[tuple[uuid.UUID, int], tuple[Partition, tuple[int, ...]]] = {}
        self._work = asyncio.Event()
        self._task = world.spawn(self._run(), "isr-changes")

    def submit(self, partition: Partition, isr: tuple[int, ...]) -> None:
        """Ask for `isr`; the partition hears of the outcome by `isr_answered`."""
        partition.isr_asked(isr)
        self._world.trace.emit(
            IsrChangeAsked(partition.topic, partition.index, self._broker_id, partition.isr, isr)
        )
        self._wished[partition.topic_id, partition.index] = (partition, isr)
        self._work.set()

    def close(self) -> None:
        """Stop asking."""
        self._task.cancel()

    async def _run(self) -> None:
        pause_s = RETRY_S[0]
        while True:
            await self._work.wait()
            self._work.clear()
            wished, self._wished = self._wished, {}
            asked = {key: item for key, item in wished.items() if item[0].pending_isr == item[1]}
            if not asked:
                continue
            try:
                response = await self._ask(self._request(asked), VERSION)
            except (OSError, TimeoutError):
                response = None
            if response is not None and response.error_code == ErrorCode.NONE:
                self._take(asked, response)
                pause_s = RETRY_S[0]
                continue
            # Perhaps it was done: ask again. A newer wish for the same partition wins.
            self._wished = {**asked, **self._wished}
            self._work.set()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RETRY_S[1])

    def _request(
        self, asked: dict[tuple[uuid.UUID, int], tuple[Partition, tuple[int, ...]]]
    ) -> AlterPartitionRequest:
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

    def _take(
        self,
        asked: dict[tuple[uuid.UUID, int], tuple[Partition, tuple[int, ...]]],
        response: AlterPartitionResponse,
    ) -> None:
        for topic in response.topics:
            for data in topic.partitions:
                item = asked.pop((topic.topic_id, data.partition_index), None)
                if item is None or item[0].pending_isr != item[1]:
                    continue
                if data.error_code == ErrorCode.NONE:
                    item[0].isr_answered(tuple(data.isr), data.leader_epoch, data.partition_epoch)
                elif data.error_code in REFUSALS:
                    item[0].isr_answered(None, -1, -1)
