"""A copy of a replica in another log directory of its broker, which grows beside the one in use.

Rule: it has another name until it is whole, so that no start takes a part for a replica: NAME.ID-future while it grows,
NAME.ID-swap once it is whole and synced.

Kafka: `ReplicaAlterLogDirsThread`, the future log of `LogManager`; KIP-113.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.replication.log_directory import LogDirectory, new_name
from minikafka.replication.partition import Partition

PIECE_BYTES = 1 << 20


@dataclass(slots=True)
class DirectoryCopy:
    """`topic_id`: of the replica that is copied."""

    directory: LogDirectory
    folder: str
    log: Log
    topic_id: UUID
    whole_at: float | None = None
    """When it was whole first, in the clock's seconds."""

    @classmethod
    def open(cls, partition: Partition, directory: LogDirectory, rules: Rules) -> DirectoryCopy:
        """An empty one. Raises OSError."""
        folder = new_name((partition.topic, partition.index), directory.world.random, "future")
        log = Log.open(
            directory.world,
            folder,
            partition.topic,
            partition.index,
            partition.log.config,
            rules,
            topic_id=partition.topic_id,
        )
        return cls(directory, folder, log, partition.topic_id)

    def is_whole(self, current: Log) -> bool:
        """Has it all that the one in use has? Cuts off what that has no more. Raises OSError."""
        return self._agrees(current) and self.log.log_end_offset == current.log_end_offset

    def _agrees(self, current: Log) -> bool:
        """Its end may have been cut, and its beginning deleted. False: something was, and there may be more."""
        log = self.log
        if log.log_end_offset < current.log_start_offset or log.log_start_offset > current.log_end_offset:
            log.truncate_fully_and_start_at(current.log_start_offset)
            return False
        if log.log_end_offset == log.log_start_offset:
            return True
        epoch, end = current.epochs.end_offset_for(log.epochs.latest)
        if end < 0:
            epoch, end = current.epochs.latest, current.log_end_offset
        _, own = log.epochs.end_offset_for(epoch)
        end = min(end, own) if own >= 0 else end
        if end >= log.log_end_offset:
            return True
        log.truncate_to(max(end, log.log_start_offset))
        return False

    def grow(self, current: Log) -> int:
        """By the next piece; how many bytes that has. Raises OSError."""
        data = current.read(self.log.log_end_offset, PIECE_BYTES, at_least_one=True)
        self.log.append_as_follower(data)
        return len(data)

    def finish(self, current: Log, *, may_have_gaps: bool) -> None:
        """Make it durable, under the name by which a start knows that it is whole. Raises OSError."""
        log, disk = self.log, self.directory.world.disk
        log.advance_log_start_offset(min(current.log_start_offset, log.log_end_offset))
        log.high_watermark = current.high_watermark
        log.close()
        swap = f"{self.folder.removesuffix('future')}swap"
        disk.rename(self.folder, swap)
        self.folder = swap
        disk.sync_dir("")
        self.directory.checkpoints.adopt((log.topic, log.partition), log, may_have_gaps=may_have_gaps)
