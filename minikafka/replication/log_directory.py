"""A log directory: one place on disk where a broker keeps partitions, and all that belongs to it alone.

Rule: a directory fails as a whole and for good. What it held is offline then, nothing more is read from it or
written to it in this life of the broker, and what lies in other directories keeps working.

Kafka: `LogManager`, `LogDirFailureChannel`; KIP-112 (one directory may fail), KIP-858 (directory ids).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from minikafka.log.meta_properties import claim_directory
from minikafka.log.partition_metadata import read_partition_metadata
from minikafka.log.residency import SegmentResidency
from minikafka.metadata.ids import METADATA_TOPIC
from minikafka.metadata.image import MetadataImage
from minikafka.protocol.uuid_text import decode_uuid
from minikafka.replication.checkpoints import Checkpoints, Key
from minikafka.replication.partition import Partition
from minikafka.replication.strays import StraySetAside, is_stray, stray_name, why_stray
from minikafka.world import DiskLocked, Event, Lock, World, is_out_of_descriptors, reason_of

LOCK_FILE = ".lock"
DOOMED = re.compile(r".+\.[0-9a-f]{32}-delete")
FUTURE = re.compile(r".+\.[0-9a-f]{32}-future")
SWAP = re.compile(r"(.+)\.[0-9a-f]{32}-swap")
LONGEST_KEPT = 255 - len(f".{0:032x}-delete")
"""Characters of a folder's name that are kept when it is doomed: file systems allow 255."""


class LogDirectoryFailed(Event, frozen=True):
    """The disk refused something below `directory`; its `partitions` partitions are offline on this broker."""

    broker: int
    directory: str
    partitions: int
    reason: str
    is_last: bool
    """Are all of this broker's gone now?"""


class LogDirectorySnapshot(NamedTuple):
    """A log directory as a viewer sees it; sizes in bytes. `problem` None: it works. What isn't known is None."""

    location: str
    id: UUID | None
    problem: str | None
    partitions: int
    total_bytes: int | None
    usable_bytes: int | None
    strays: int = 0


class LogDirectory:
    """The directory `path` of a broker's disk ("" for the disk itself). Before `claim` it holds nothing."""

    def __init__(self, world: World, broker_id: int, path: str) -> None:
        self.path = path
        self.world = replace(world, disk=world.disk.within(path))
        """The broker's world, with this directory for a disk."""
        self.id: UUID | None = None
        """None: it could never be read."""
        self.others: tuple[LogDirectory, ...] = ()
        """Of the same broker."""
        self.problem: str | None = None
        """Why it is offline."""
        self.logs: set[Key] = set()
        """The partitions whose folders are here, open or not."""
        self.partitions: dict[Key, Partition] = {}
        """Those that are open."""
        self.doomed: list[str] = []
        """Folders of partitions that were deleted, still to be removed."""
        self.swaps: dict[str, str] = {}
        """Copies that were to take the place of what lies in another directory when the last life ended."""
        self.strays: list[str] = []
        """Folders that the metadata doesn't know, under the names that they are kept by."""
        self.residency = SegmentResidency(self.world.disk, world.clock)
        self.checkpoints: Checkpoints
        self._broker_id = broker_id
        self._lock: Lock | None = None

    def __repr__(self) -> str:
        return f"<LogDirectory {self.location} {self.problem or 'online'}>"

    @property
    def location(self) -> str:
        """For people to read."""
        return self.world.disk.location

    @property
    def is_online(self) -> bool:
        return self.problem is None

    def claim(self, cluster_id: str) -> None:
        """Make it this broker's own, and look at whose folders are in it; a disk that refuses leaves it offline.

        Raises DiskLocked (an OSError), or WrongDirectory (a ValueError) for one of another cluster or broker.
        """
        disk = self.world.disk
        try:
            disk.makedirs("")
            self._lock = disk.lock(LOCK_FILE)
            claimed = claim_directory(disk, cluster_id, self._broker_id, self.world.random)
            self.id = decode_uuid(claimed.directory_id)
            names = disk.listdir("")
            self.logs = {key for key in map(key_of, names) if key is not None}
            self.doomed = [name for name in names if DOOMED.fullmatch(name) or FUTURE.fullmatch(name)]
            self.swaps = {swap[1]: name for name in names if (swap := SWAP.fullmatch(name)) is not None}
            self.strays = [name for name in names if is_stray(name)]
        except DiskLocked as held:
            sentence = f"{self.location} is locked: another broker is using it."
            raise DiskLocked(held.errno, sentence) from None
        except OSError as problem:
            if is_out_of_descriptors(problem):
                raise
            self.fail(problem)

    def read_notes(self) -> None:
        """What the last life left, once nothing keeps the broker from starting: its clean end is believed only once."""
        try:
            self.checkpoints = Checkpoints(self.world, self._broker_id, self.partitions)
        except OSError as problem:
            if is_out_of_descriptors(problem):
                raise
            self.fail(problem)

    def fail(self, problem: OSError) -> None:
        """The disk refused it: offline from now on."""
        self.problem = reason_of(problem)
        is_last = not any(other.is_online for other in self.others)
        self.world.trace.emit(
            LogDirectoryFailed(self._broker_id, self.location, len(self.partitions), self.problem, is_last)
        )

    def make_folder(self, key: Key) -> None:
        """A place for a new partition. Raises OSError."""
        self.checkpoints.forget([key])
        self.world.disk.makedirs(folder_of(key))
        self.logs.add(key)

    def doom(self, key: Key) -> None:
        """It is committed that replica or topic goes: the folder loses its name, and is `doomed`. Raises OSError.

        Kafka names it so, too (`LogManager.asyncDelete`).
        """
        doomed = new_name(key, self.world.random, "delete")
        self.world.disk.rename(folder_of(key), doomed)
        self.logs.discard(key)
        self.doomed.append(doomed)

    def take_over(self, key: Key, swap: str) -> None:
        """The copy of that name is the replica from now on. Raises OSError."""
        self.world.disk.rename(swap, folder_of(key))
        self.logs.add(key)
        self.world.disk.sync_dir("")

    def remove_doomed(self) -> bool:
        """Remove one folder; False when none is left. Raises OSError."""
        if not self.doomed:
            return False
        self.world.disk.rmtree(self.doomed.pop())
        return True

    def topic_id_of(self, key: Key) -> UUID | None:
        """Whose folder that is; None when it doesn't say. Raises OSError."""
        return read_partition_metadata(self.world.disk, folder_of(key))

    def sort_out(self, image: MetadataImage, was_deleted: Callable[[UUID], bool]) -> None:
        """Doom the folders of topics that were deleted while this broker was away, and set aside what else isn't
        known. Raises OSError."""
        deleted: list[Key] = []
        for key in sorted(self.logs):
            topic_id = self.topic_id_of(key)
            reason = why_stray(image, self._broker_id, *key, topic_id)
            if topic_id is not None and was_deleted(topic_id):
                self.doom(key)
                deleted.append(key)
            elif reason is not None:
                self.set_aside(key, reason)
        self.checkpoints.forget(deleted)

    def set_aside(self, key: Key, reason: str) -> None:
        """Give a folder a name of its own, so that nothing takes it for this partition, and keep it. Raises OSError."""
        kept_as = stray_name(*key, self.world.random)
        self.world.disk.rename(folder_of(key), kept_as)
        self.world.disk.sync_dir("")
        self.logs.discard(key)
        self.strays.append(kept_as)
        self.world.trace.emit(StraySetAside(self._broker_id, self.location, *key, kept_as, reason))

    def snapshot(self) -> LogDirectorySnapshot:
        """This directory at this instant."""
        space = None
        if self.is_online:
            try:
                space = self.world.disk.space()
            except OSError:  # a failing disk: whoever writes to it will say so
                pass
        total, usable = space or (None, None)
        return LogDirectorySnapshot(
            self.location,
            self.id,
            self.problem,
            len(self.partitions),
            total,
            usable,
            len(self.strays),
        )

    def release(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def new_name(key: Key, rng: random.Random, ending: str) -> str:
    """NAME.ID-ending, of a folder that isn't a replica yet, or no more; long names are cut."""
    return f"{folder_of(key)[:LONGEST_KEPT]}.{rng.getrandbits(128):032x}-{ending}"


def folder_of(key: Key) -> str:
    """`TOPIC-PARTITION`."""
    return f"{key[0]}-{key[1]}"


def key_of(folder: str) -> Key | None:
    """The partition whose folder has this name; None for anything else."""
    found = re.fullmatch(r"(.+)-(\d+)", folder)
    return (found[1], int(found[2])) if found is not None and found[1] != METADATA_TOPIC else None


__all__ = ["LogDirectory", "LogDirectoryFailed", "LogDirectorySnapshot", "folder_of", "key_of"]
