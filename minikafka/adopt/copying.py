"""A replica's files into a partition of ours, opened once as a broker opens it after a crash, and closed cleanly.

Rule: what a start would do is done here and said; the first start of the cluster then finds all in order.
Kafka: `LogLoader`.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from minikafka.adopt.offsets import LiveGroups, keep_from_expiring
from minikafka.adopt.replica import Replica, Walked
from minikafka.dump.source import RawFile
from minikafka.log.checkpoints import (
    CLEAN_SHUTDOWN_FILE,
    CLEANER_OFFSETS,
    HIGH_WATERMARKS,
    LEADER_EPOCHS,
    LOG_STARTS,
    RECOVERY_POINTS,
    OffsetCheckpoint,
)
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.log.partition_metadata import PARTITION_METADATA, write_partition_metadata
from minikafka.metadata.topic_names import GROUP_METADATA_TOPIC
from minikafka.policy import Rules
from minikafka.world import World

CHUNK_BYTES = 4 << 20
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Copied:
    """A partition as it is now."""

    walked: Walked
    leader_epoch: int
    end_offset: int
    unstable_offset: int | None
    """Where the oldest transaction begins that nobody has ended."""


class Copying:
    """Into one broker's directory, the `world`'s disk."""

    def __init__(self, world: World, *, keeps_offsets: bool) -> None:
        self._world = world
        self._keeps_offsets = keeps_offsets
        self._notes: dict[str, dict[Key, int]] = {
            name: {} for name in (RECOVERY_POINTS, HIGH_WATERMARKS, LOG_STARTS, CLEANER_OFFSETS)
        }
        self.groups = LiveGroups()

    def take(self, key: Key, topic_id: UUID, replica: Replica | None, config: LogConfig) -> Copied:
        """Make the partition; empty without a replica. Raises OSError."""
        directory = f"{key[0]}-{key[1]}"
        disk = self._world.disk
        disk.makedirs(directory)
        walked = Walked(0, -1, -1, False, "")
        if replica is not None and replica.logs:
            for name in replica.files:
                self._copy(replica, name, directory)
            if LEADER_EPOCHS not in replica.files:
                disk.write_atomic(f"{directory}/{LEADER_EPOCHS}", b"")  # to be made again from the batches
            walked = replica.walk()
        write_partition_metadata(disk, directory, topic_id)
        log = self._open(key, topic_id, replica, config)
        copied = Copied(
            walked,
            max(walked.last_epoch, log.epochs.latest),
            log.log_end_offset,
            log.producers.first_unstable_offset,
        )
        if key[0] == GROUP_METADATA_TOPIC:
            self._read_groups(log, copied)
        self._note(key, log, replica, walked)
        log.close()
        return copied

    def _copy(self, replica: Replica, name: str, directory: str) -> None:
        if name == PARTITION_METADATA:
            return
        file = self._world.disk.open(f"{directory}/{name}", create=True)
        try:
            with RawFile(replica.path / name) as source:
                position = 0
                while chunk := source.read_at(position, CHUNK_BYTES):
                    file.append(chunk)
                    position += len(chunk)
            file.sync()
        finally:
            file.close()

    def _open(self, key: Key, topic_id: UUID, replica: Replica | None, config: LogConfig) -> Log:
        noted = 0 if replica is None else replica.source.noted(RECOVERY_POINTS, key) or 0
        log = Log.open(
            self._world,
            f"{key[0]}-{key[1]}",
            key[0],
            key[1],
            config,
            Rules(),
            clean_shutdown=False,
            recovery_point=noted,
            topic_id=topic_id,
            was_compacted=True,  # whether it was is told by metadata and notes, which may be missing
        )
        start = 0 if replica is None else replica.source.noted(LOG_STARTS, key) or 0
        if start > log.log_end_offset:
            log.truncate_fully_and_start_at(start)
        log.advance_log_start_offset(start)
        log.high_watermark = log.log_end_offset
        return log

    def _read_groups(self, log: Log, copied: Copied) -> None:
        mine = LiveGroups()
        mine.read(log)
        if self._keeps_offsets:
            keep_from_expiring(log, mine, max(0, copied.leader_epoch), self._world.clock.time_ms())
            log.high_watermark = log.log_end_offset
        self.groups.offsets |= mine.offsets
        self.groups.groups |= mine.groups
        self.groups.unreadable += mine.unreadable
        self.groups.damaged += mine.damaged

    def _note(self, key: Key, log: Log, replica: Replica | None, walked: Walked) -> None:
        self._notes[RECOVERY_POINTS][key] = self._notes[HIGH_WATERMARKS][key] = log.log_end_offset
        if log.log_start_offset > 0:
            self._notes[LOG_STARTS][key] = log.log_start_offset
        cleaned = None if replica is None else replica.source.noted(CLEANER_OFFSETS, key)
        if cleaned is not None or walked.has_gaps or (log.config.is_compacted and walked.records):
            self._notes[CLEANER_OFFSETS][key] = cleaned or 0

    def finish(self) -> None:
        """Write the checkpoints and the mark of a clean stop. Raises OSError."""
        disk = self._world.disk
        for name, offsets in self._notes.items():
            OffsetCheckpoint(disk, name).write(offsets)
        disk.write_atomic(CLEAN_SHUTDOWN_FILE, b'{"version":0,"brokerEpoch":-1}')
        disk.sync_dir("")
