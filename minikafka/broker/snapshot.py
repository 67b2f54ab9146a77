"""A broker, or one of its partitions, at one instant, immutable: what a picture of the cluster is drawn from.

Rule: a snapshot reads what is there and changes nothing. Kafka shows as much only by JMX and several requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from minikafka.coordinator.reading import GroupSnapshot
from minikafka.log.log import LogSnapshot
from minikafka.replication.log_directory import LogDirectory, LogDirectorySnapshot
from minikafka.replication.partition import Partition, Role


class PartitionSnapshot(msgspec.Struct, frozen=True, gc=False):
    """A partition as this broker sees it. (Of these there are thousands, hence no work for the garbage collector.)"""

    is_leader: bool
    isr: tuple[int, ...]
    high_watermark: int
    last_stable_offset: int
    log: LogSnapshot
    directory: str

    @classmethod
    def of(cls, partition: Partition, directory: LogDirectory) -> PartitionSnapshot:
        """Now, in the directory where it lies."""
        log = partition.log
        return cls(
            partition.role is Role.LEADER,
            partition.isr,
            log.high_watermark,
            log.last_stable_offset,
            log.snapshot(directory.residency),
            directory.location,
        )


@dataclass(frozen=True, slots=True)
class BrokerSnapshot:
    """One broker at one instant, without its partitions: of those there may be thousands (`PartitionSnapshot`)."""

    id: int
    host: str
    port: int
    state: str
    epoch: int
    metadata_offset: int
    fetch_sessions: int
    connections: int
    log_dirs: tuple[LogDirectorySnapshot, ...]
    coordinates: Mapping[int, str]
    """Partitions of `__consumer_offsets`, with the state of each coordinator: loading, active or failed."""
    groups: tuple[GroupSnapshot, ...]
    problem: str | None
