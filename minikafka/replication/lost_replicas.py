"""Replicas whose files are not what they were when the last life of this broker ended.

Rule: such a replica leads nobody who has more. The broker says so (`LOST_DIRECTORY`) and stays out of service until its
own metadata show it; the replica counts as lost until somebody leads it, whom it can follow. Kafka: KIP-966, which
knows this of whole brokers only (an unclean shutdown).
"""

from __future__ import annotations

from minikafka.metadata.ids import LOST_DIRECTORY, RESERVED_DIRECTORIES
from minikafka.metadata.image import PartitionRegistration
from minikafka.replication.assignments import DirectoryAssignments
from minikafka.replication.checkpoints import Key
from minikafka.replication.log_directories import LogDirectories
from minikafka.replication.partition import Partition
from minikafka.world import Event, World


class ReplicaFilesLost(Event, frozen=True):
    """A start found less of a partition than the life before had noted: its log ends at `end_offset` here. It leads
    nobody who has more."""

    topic: str
    partition: int
    broker: int
    end_offset: int


class LostReplicas:
    """The lost replicas of one broker."""

    def __init__(
        self, world: World, broker_id: int, directories: LogDirectories, assignments: DirectoryAssignments
    ) -> None:
        self._world = world
        self._broker_id = broker_id
        self._directories = directories
        self._assignments = assignments
        self._lost: set[Key] = set()  # until somebody leads them
        self._untold: set[Key] = set()  # until the metadata show it

    @property
    def has_untold(self) -> bool:
        """Isn't one of them in the metadata yet?"""
        return bool(self._untold)

    def had_a_log(self, key: Key, registration: PartitionRegistration) -> bool:
        """At a start: was there a log of this partition when the last life ended? There is none now, but topics are
        also made while a broker is away."""
        assigned = registration.directory_of(self._broker_id)
        is_elsewhere = assigned.int >= RESERVED_DIRECTORIES and all(
            d.id != assigned for d in self._directories
        )
        knew = (*registration.isr, *registration.elr, *registration.last_known_elr)
        noted = any(directory.checkpoints.noted_end(key) for directory in self._directories.online)
        return noted or is_elsewhere or self._broker_id in knew

    def note(self, partition: Partition, registration: PartitionRegistration) -> None:
        """The replica isn't what it was: until that is known it might lead what it has no longer over others."""
        self._world.trace.emit(
            ReplicaFilesLost(partition.topic, partition.index, self._broker_id, partition.log.log_end_offset)
        )
        if len(registration.replicas) > 1:
            key = (partition.topic, partition.index)
            self._lost.add(key)
            self._untold.add(key)
            self._assignments.tell((partition.topic_id, partition.index), LOST_DIRECTORY)

    def tell_directory(self, partition: Partition, registration: PartitionRegistration) -> None:
        """Tell the controller where the replica lies, if it doesn't know; of a lost one only once it can follow."""
        key = (partition.topic, partition.index)
        assigned, home = registration.directory_of(self._broker_id), self._directories.home(key)
        if assigned == LOST_DIRECTORY:
            self._untold.discard(key)
            if registration.leader < 0 and (key in self._lost or not partition.log.size_bytes):
                return
        if home is not None and home.id not in (None, assigned) and key not in self._untold:
            self._assignments.tell((partition.topic_id, partition.index), home.id)

    def is_led(self, key: Key) -> bool:
        """Somebody leads it. True if it was one of these, which it no longer is."""
        was_lost = key in self._lost
        self._lost.discard(key)
        return was_lost

    def is_told(self, key: Key) -> None:
        """There is nothing left to tell of it, as its directory has failed."""
        self._untold.discard(key)

    def forget(self, key: Key) -> None:
        """This broker has no such replica any more."""
        self._lost.discard(key)
        self._untold.discard(key)
