"""When a controller writes its image down as a snapshot, and does it.

Rule: the image is immutable, so it is written in pieces while the controller decides on; until the snapshot is whole,
nobody knows of it, and one that can't be written is told and tried again later. Kafka: `SnapshotGenerator`,
`SnapshotEmitter`; KIP-630.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import islice

from minikafka.controller.events import MetadataSnapshotFailed, MetadataSnapshotWritten
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.image import MetadataImage
from minikafka.metadata.image_records import records_of
from minikafka.protocol.schema import Message
from minikafka.quorum import Quorum
from minikafka.quorum.snapshot_file import SnapshotName
from minikafka.world import World, reason_of, with_descriptors

BATCH = 200
"""Records in one batch of a snapshot, and in one turn of the loop."""


class SnapshotGenerator:
    """One controller's."""

    def __init__(self, world: World, quorum: Quorum, configs: BrokerConfigs) -> None:
        self._world = world
        self._quorum = quorum
        self._most_bytes = configs.int("metadata.log.max.record.bytes.between.snapshots")
        self._interval_ms = configs.int("metadata.log.max.snapshot.interval.ms")
        self._retention_bytes = configs.int("metadata.max.retention.bytes")
        self._retention_ms = configs.int("metadata.max.retention.ms")
        self._last_ms = world.clock.time_ms()
        self._writing: asyncio.Task[None] | None = None

    def on_image(self, image: MetadataImage, epoch: int) -> None:
        """The image is as of a committed batch of that epoch."""
        if self._writing is not None:
            return
        now_ms = self._world.clock.time_ms()
        is_old = 0 < self._interval_ms <= now_ms - self._last_ms
        if is_old or self._quorum.bytes_since_snapshot >= self._most_bytes:
            self._last_ms = now_ms
            name = SnapshotName(image.offset + 1, epoch)
            self._writing = self._world.spawn(self._write(name, image), "metadata snapshot")

    def close(self) -> None:
        """What is half written is no snapshot."""
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self, name: SnapshotName, image: MetadataImage) -> None:
        try:
            writer = await with_descriptors(
                partial(self._quorum.begin_snapshot, name, self._world.clock.time_ms())
            )
            if writer is None:
                return
            for some in _batches(records_of(image)):
                await with_descriptors(partial(writer.append, some))
                await asyncio.sleep(0)
            await with_descriptors(writer.end)
            await with_descriptors(writer.freeze)
            took = partial(self._quorum.took_snapshot, name, self._retention_bytes, self._retention_ms)
            await with_descriptors(took)
            self._world.trace.emit(MetadataSnapshotWritten(str(name)))
        except OSError as error:
            self._world.trace.emit(MetadataSnapshotFailed(str(name), reason_of(error)))
        finally:
            self._writing = None


def _batches(records: Iterator[Message]) -> Iterator[list[Message]]:
    while some := list(islice(records, BATCH)):
        yield some


__all__ = ["SnapshotGenerator"]
