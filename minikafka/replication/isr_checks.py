"""When a leader asks for another ISR: as soon as a follower has caught up, and now and then for those that fell behind.

Rule: a check that comes late is left out once: followers couldn't fetch either while this process was away.

Kafka: `ReplicaManager.maybeShrinkIsr`, `Partition.maybeExpandIsr`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.image import MetadataImage
from minikafka.replication.checkpoints import Key
from minikafka.replication.isr_changes import IsrChanges
from minikafka.replication.partition import Partition
from minikafka.world import LATE_S, World, in_turns


class IsrChecks:
    """Of `partitions`, the broker's own, living mapping; `image` gives the newest metadata (None: there are none)."""

    def __init__(
        self,
        world: World,
        configs: BrokerConfigs,
        partitions: Mapping[Key, Partition],
        image: Callable[[], MetadataImage | None],
        changes: IsrChanges,
    ) -> None:
        self._world = world
        self._configs = configs
        self._partitions = partitions
        self._image = image
        self._changes = changes

    async def run(self) -> None:
        """For the life of the broker."""
        was_late = False
        while True:
            pause_s = self._configs.seconds("replica.lag.time.max.ms") / 2
            due = self._world.clock.now() + pause_s
            await asyncio.sleep(pause_s)
            was_late = not was_late and self._world.clock.now() - due >= LATE_S
            if was_late:
                continue
            led = [p for p in self._partitions.values() if p.is_leader and len(p.replicas) > 1]
            async for partition in in_turns(self._world, led):
                self.check(partition)

    def check(self, partition: Partition) -> None:
        """Ask for another ISR if it is to be another."""
        image = self._image()
        registration = None if image is None else image.partition(partition.topic, partition.index)
        if image is None or registration is None:
            return
        alive = {b.id: b.epoch for b in image.brokers.values() if b.is_active}
        if not all(image.is_disk_online(registration, r) for r in partition.replicas if r in alive):
            alive = {r: epoch for r, epoch in alive.items() if image.is_disk_online(registration, r)}
        lag_ms = self._configs.int("replica.lag.time.max.ms")
        isr = partition.isr_to_ask_for(self._world.clock.now(), lag_ms, alive)
        if isr is not None:
            self._changes.submit(partition, isr)
