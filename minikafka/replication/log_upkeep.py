"""What is done to every log now and then: old segments go, silent producers are forgotten, and what lies unsynced for
long is synced.

Rule: nobody waits for it, a piece of the logs at a turn of the loop, and a log that the disk refuses goes offline by
itself, the others keep working.

Kafka: `LogManager.cleanupLogs` (`log.retention.check.interval.ms`), `LogManager.flushDirtyLogs`
(`log.flush.scheduler.interval.ms`, `flush.ms`), `UnifiedLog`'s task
`PeriodicProducerExpirationCheck` (`producer.id.expiration.check.interval.ms`, `producer.id.expiration.ms`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from minikafka.metadata.configs import BrokerConfigs
from minikafka.replication.partition import Partition
from minikafka.world import World, in_turns

_NEVER_MS = 2**63 - 1


class LogUpkeep:
    """Of the logs of `partitions`, which is the broker's own, living mapping."""

    def __init__(
        self,
        world: World,
        configs: BrokerConfigs,
        partitions: Mapping[tuple[str, int], Partition],
        failed: Callable[[Partition, OSError], None],
    ) -> None:
        self._world = world
        self._configs = configs
        self._partitions = partitions
        self._failed = failed

    async def run(self) -> None:
        """For the life of the broker."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._every("log.retention.check.interval.ms", self._delete_old_segments))
            group.create_task(self._every("producer.id.expiration.check.interval.ms", self._expire))
            group.create_task(self._every("log.flush.scheduler.interval.ms", self._flush))

    async def _every(self, config: str, work: Callable[[Partition, int], object]) -> None:
        while (interval_ms := self._configs.int(config)) < _NEVER_MS:
            await asyncio.sleep(interval_ms / 1000)
            async for partition in in_turns(self._world, list(self._partitions.values())):
                if self._partitions.get((partition.topic, partition.index)) is not partition:
                    continue
                try:
                    work(partition, self._world.clock.time_ms())
                except OSError as problem:
                    self._failed(partition, problem)

    def _delete_old_segments(self, partition: Partition, now_ms: int) -> None:
        if partition.log.delete_old_segments():
            partition.changed(
                partition
            )  # it begins later now, which its readers and its leader are to be told

    def _expire(self, partition: Partition, now_ms: int) -> None:
        partition.log.producers.expire(now_ms, self._configs.int("producer.id.expiration.ms"))

    def _flush(self, partition: Partition, now_ms: int) -> None:
        log = partition.log
        if log.rules.is_flush_due(now_ms - log.synced.last_flush_ms, log.config.flush_ms):
            log.flush()
