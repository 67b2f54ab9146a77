"""The broker's cleaner: one log after the other, the dirtiest first, a little work at a turn.

Rule: it never holds the loop for long, and does next to nothing when nothing is dirty. That a log is being compacted
is noted before its first record goes, how far it was compacted after the pass.

Kafka: `LogCleaner` (one thread here: the broker's loop), `LogCleanerManager` (`cleaner-offset-checkpoint`).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping

from minikafka.log.cleanable import Dirty, dirtiest
from minikafka.log.cleaner import clean
from minikafka.log.events import LogUncleanable
from minikafka.log.log import Log
from minikafka.log.offset_map import entries_in
from minikafka.metadata.configs import BrokerConfigs
from minikafka.records.errors import CorruptRecords
from minikafka.replication.checkpoints import Checkpoints, Key
from minikafka.replication.partition import Partition
from minikafka.world import World, is_out_of_descriptors


class Compaction:
    """Compacts the logs of `partitions`, the broker's own, living mapping; `notes_of` gives the checkpoints of each.

    Not one that is being copied to another directory: a copy that has a record has to get the one that deletes it.
    """

    def __init__(
        self,
        world: World,
        configs: BrokerConfigs,
        partitions: Mapping[Key, Partition],
        notes_of: Callable[[Key], Checkpoints],
        failed: Callable[[Partition, OSError], None],
        is_copied: Callable[[Key], bool] = lambda _: False,
    ) -> None:
        self._world = world
        self._configs = configs
        self._partitions = partitions
        self._notes_of = notes_of
        self._failed = failed
        self._is_copied = is_copied
        self._uncleanable: set[tuple[uuid.UUID, int]] = set()
        """By the topic's id: one that is made again under the name starts over."""

    async def run(self) -> None:
        """For the life of the broker."""
        while True:
            await asyncio.sleep(max(1, self._configs.int("log.cleaner.backoff.ms")) / 1000)
            while await self.clean_dirtiest():
                await asyncio.sleep(0)

    async def clean_dirtiest(self) -> bool:
        """One pass over the log that needs it most; False when none does, or when it didn't help."""
        present = {
            (p.topic_id, p.index): p.log for p in self._partitions.values() if p.log.config.is_compacted
        }
        self._uncleanable &= present.keys()
        logs = [
            log
            for identity, log in present.items()
            if identity not in self._uncleanable and not self._is_copied((log.topic, log.partition))
        ]
        found = dirtiest(logs, self._world.clock.time_ms())
        if found is None:
            return False
        log, dirty = found
        partition = self._partitions[log.topic, log.partition]
        try:
            return await self._clean(partition, log, dirty)
        except OSError as problem:
            if self._is_here(partition):
                self._failed(partition, problem)
            return not is_out_of_descriptors(problem)

    async def _clean(self, partition: Partition, log: Log, dirty: Dirty) -> bool:
        key = (log.topic, log.partition)
        notes = self._notes_of(key)
        notes.write_cleaner_offsets(key)
        passing = clean(log, dirty, self._max_map_entries())
        try:
            for _ in passing:
                await asyncio.sleep(0)
                if not self._is_here(partition) or self._is_copied(key):
                    return True
        except CorruptRecords as problem:
            self._uncleanable.add((partition.topic_id, partition.index))
            self._world.trace.emit(LogUncleanable(log.topic, log.partition, str(problem)))
            return True
        finally:
            passing.close()
        notes.write_cleaner_offsets()
        return log.cleaned_up_to > dirty.start

    def _is_here(self, partition: Partition) -> bool:
        return self._partitions.get((partition.topic, partition.index)) is partition

    def _max_map_entries(self) -> int:
        return entries_in(
            self._configs.int("log.cleaner.dedupe.buffer.size"),
            self._configs.float("log.cleaner.io.buffer.load.factor"),
        )
