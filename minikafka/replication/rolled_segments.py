"""Rolled segments are fsynced soon, one at a turn, so that a start after a crash has little to look at.

Rule: nobody waits for it. Replication makes records safe; this only moves recovery points, and with them what
the next life may trust unread.

Kafka: the task `flush-log` that `UnifiedLog.roll` schedules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from minikafka.replication.partition import Partition
from minikafka.world import World

DELAY_S = 0.1
"""Between two syncs, in which the broker's other work is done."""


class RolledSegments:
    """The partitions that have segments to sync, in the order in which they asked."""

    def __init__(self, world: World, failed: Callable[[Partition, OSError], None]) -> None:
        self._world = world
        self._failed = failed
        self._waiting: dict[tuple[str, int], Partition] = {}
        self._timer: asyncio.TimerHandle | None = None

    def note(self, partition: Partition) -> None:
        """This partition has rolled a segment."""
        self._waiting[partition.topic, partition.index] = partition
        if self._timer is None:
            self._timer = self._world.call_later(DELAY_S, self._sync_one)

    def forget(self, partition: Partition) -> None:
        """It is closed or gone."""
        self._waiting.pop((partition.topic, partition.index), None)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.clear()

    def _sync_one(self) -> None:
        self._timer = None
        if not self._waiting:
            return
        partition = self._waiting.pop(next(iter(self._waiting)))
        try:
            partition.log.flush_rolled()
        except OSError as problem:
            self._failed(partition, problem)
        else:
            if partition.log.has_unflushed_segment:
                self.note(partition)
        if self._waiting and self._timer is None:
            self._timer = self._world.call_later(DELAY_S, self._sync_one)
