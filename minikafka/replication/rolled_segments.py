"""Rolled segments are fsynced soon, one at a turn and in the background, so that a start after a crash has little to
look at.

Rule: nobody waits for it. Replication makes records safe; this only moves recovery points, and with them what
the next life may trust unread.

Kafka: the task `flush-log` that `UnifiedLog.roll` schedules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from minikafka.replication.partition import Partition
from minikafka.world import World, is_out_of_descriptors

DELAY_S = 0.1
"""Between two syncs, so that the disk has time for other things."""


class RolledSegments:
    """The partitions that have segments to sync, in the order in which they asked."""

    def __init__(self, world: World, failed: Callable[[Partition, OSError], None]) -> None:
        self._world = world
        self._failed = failed
        self._waiting: dict[tuple[str, int], Partition] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._syncing: Partition | None = None

    def note(self, partition: Partition) -> None:
        """This partition has rolled a segment."""
        if partition is not self._syncing:
            self._waiting[partition.topic, partition.index] = partition
        self._set_timer()

    def forget(self, partition: Partition) -> None:
        """It is closed or gone."""
        self._waiting.pop((partition.topic, partition.index), None)
        if partition is self._syncing:
            self._syncing = None

    def close(self) -> None:
        self._waiting.clear()
        self._syncing = None
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _set_timer(self) -> None:
        if self._waiting and self._timer is None and self._task is None:
            self._timer = self._world.call_later(DELAY_S, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._waiting:
            self._syncing = partition = self._waiting.pop(next(iter(self._waiting)))
            self._task = self._world.spawn(self._sync(partition), "flush-log")

    async def _sync(self, partition: Partition) -> None:
        problem: OSError | None = None
        try:
            await partition.log.flush_rolled_in_background()
        except OSError as error:
            problem = error
        finally:
            self._task = None
        is_still_here, self._syncing = partition is self._syncing, None
        if is_still_here and problem is not None:
            self._failed(partition, problem)
            if is_out_of_descriptors(problem):
                self.note(partition)
        elif is_still_here and partition.log.has_unflushed_segment:
            self.note(partition)
        self._set_timer()
