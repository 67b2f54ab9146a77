"""Replicas on their way to another log directory of this broker: copied while they are in use, then replaced.

Rule: the one in use serves until the copy has all that it has. It has lost its name for good before the copy gets it:
whenever the power fails, a start finds one of them, whole.

Kafka: `ReplicaAlterLogDirsManager`, `Partition.maybeReplaceCurrentWithFutureReplica`, `LogManager`
(`replaceCurrentWithFutureLog`); KIP-113.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.image import MetadataImage
from minikafka.policy import Rules
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.replication.checkpoints import Checkpoints, Key
from minikafka.replication.directory_copy import DirectoryCopy
from minikafka.replication.log_directories import LogDirectories
from minikafka.replication.log_directory import LogDirectory
from minikafka.replication.partition import Partition
from minikafka.replication.throttle import Rate, dynamic_value
from minikafka.world import LOOK_AGAIN_S, Event, World, is_out_of_descriptors

PAUSE_S = 0.1
LATE_S = 5.0
RATE_KEY = "replica.alter.log.dirs.io.max.bytes.per.second"


class ReplicaMovedToDirectory(Event, frozen=True):
    """From now on the replica lies in that log directory of its broker."""

    topic: str
    partition: int
    broker: int
    directory: str


class Holder(Protocol):
    """Who holds the replicas."""

    def get(self, topic: str, index: int) -> Partition | None:
        """The replica, if it is here."""

    def may_come(self, key: Key) -> bool:
        """Is there such a partition, and perhaps a replica of it here one day?"""

    def is_offline(self, key: Key) -> bool:
        """Does it lie in a directory that failed?"""

    def notes_of(self, key: Key) -> Checkpoints:
        """Those of the directory where it lies."""

    def may_be_replaced(self, partition: Partition, *, is_late: bool) -> bool:
        """Is nothing open about it? `is_late`: whoever waits for an acknowledgement will have to ask again."""

    def take_out(self, key: Key) -> tuple[Partition, LogDirectory]:
        """Close it; its folder is as it was, in that directory."""

    def bring_back(self, key: Key) -> None:
        """Open it from where it lies now, in the role that it had; its log was closed cleanly."""

    def lose(self, partition: Partition, directory: LogDirectory) -> None:
        """It was taken out, and lies in that directory, which has failed."""

    def directory_failed(self, directory: LogDirectory, problem: OSError) -> None:
        """The disk refused."""

    def remove_later(self, directory: LogDirectory) -> None:
        """There is something doomed in it."""


class DirectoryMoves:
    """Those of one broker."""

    def __init__(
        self,
        world: World,
        broker_id: int,
        configs: BrokerConfigs,
        rules: Rules,
        directories: LogDirectories,
        holder: Holder,
    ) -> None:
        self._world = world
        self._broker_id = broker_id
        self._rules = rules
        self._directories = directories
        self._holder = holder
        self._measured = Rate(
            configs.int("alter.log.dirs.replication.quota.window.num"),
            configs.int("alter.log.dirs.replication.quota.window.size.seconds"),
        )
        self._limit: float | None = None
        self._copies: dict[Key, DirectoryCopy] = {}
        self._wanted: dict[Key, UUID] = {}
        """In which directory replicas are to be made that aren't here yet."""
        self._begun = asyncio.Event()
        self._task = world.spawn(self._run(), "directory-moves")

    def is_under_way(self, key: Key) -> bool:
        """Is this replica being copied?"""
        return key in self._copies

    def within(self, directory: LogDirectory) -> dict[Key, DirectoryCopy]:
        """The copies that lie there."""
        return {key: copy for key, copy in sorted(self._copies.items()) if copy.directory is directory}

    def take_wanted(self, key: Key) -> UUID | None:
        """In which directory it is to be made, if somebody said so."""
        return self._wanted.pop(key, None)

    def see(self, image: MetadataImage) -> None:
        """Settings have changed."""
        text = dynamic_value(image, self._broker_id, RATE_KEY)
        self._limit = None if text is None else float(text)

    # -- begun and ended ---------------------------------------------------------------------------------------

    def begin(self, topic: str, index: int, location: str) -> None:
        """Copy it to that directory; a move to elsewhere ends. Raises ApiError: LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR,
        or REPLICA_NOT_AVAILABLE for one that isn't here (yet: it will be made there then)."""
        key = (topic, index)
        directory = self._directories.at(location)
        if directory is None:
            raise ApiError(ErrorCode.LOG_DIR_NOT_FOUND)
        if not directory.is_online or self._holder.is_offline(key):
            raise ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
        partition = self._holder.get(*key)
        if partition is None:
            if directory.id is not None and self._holder.may_come(key):
                self._wanted[key] = directory.id
            raise ApiError(ErrorCode.REPLICA_NOT_AVAILABLE)
        known = self._copies.get(key)
        if known is not None and known.directory is directory:
            return
        self.cancel(key)
        if key in directory.partitions:
            return
        try:
            self._copies[key] = DirectoryCopy.open(partition, directory, self._rules)
        except OSError as problem:
            self._holder.directory_failed(directory, problem)
            raise ApiError(ErrorCode.KAFKA_STORAGE_ERROR) from None
        self._begun.set()

    def cancel(self, key: Key) -> None:
        """What was copied is removed; fine if nothing was."""
        copy = self._copies.pop(key, None)
        if copy is not None:
            copy.log.abandon()
            if copy.directory.is_online:
                copy.directory.doomed.append(copy.folder)
                self._holder.remove_later(copy.directory)

    def directory_failed(self, directory: LogDirectory) -> None:
        """It is offline, with the copies in it."""
        for key in self.within(directory):
            self.cancel(key)

    def close(self) -> None:
        """Copies that aren't whole go with the next start."""
        self._task.cancel()
        for key in list(self._copies):
            self._copies.pop(key).log.abandon()

    # -- copying -------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            if not self._copies:
                self._begun.clear()
                await self._begun.wait()
            is_idle = True
            for key in list(self._copies):
                is_idle = not self._go_on(key) and is_idle
                await asyncio.sleep(0)
            if is_idle:
                await asyncio.sleep(PAUSE_S)

    def _go_on(self, key: Key) -> bool:
        """Copy some, or replace it. False: it has to wait."""
        copy, partition = self._copies.get(key), self._holder.get(*key)
        if copy is None:
            return False
        if partition is None or partition.topic_id != copy.topic_id or not copy.directory.is_online:
            self.cancel(key)
            return True
        now = self._world.clock.now()
        if self._limit is not None and self._measured.is_above(now, self._limit):
            return False
        try:
            if not copy.is_whole(partition.log):
                self._measured.count(now, copy.grow(partition.log))
                return True
            copy.whole_at = now if copy.whole_at is None else copy.whole_at
            if not self._holder.may_be_replaced(partition, is_late=now - copy.whole_at > LATE_S):
                return False
            copy.finish(partition.log, may_have_gaps=self._holder.notes_of(key).was_compacted(key))
        except OSError as problem:
            self._refused(key, copy, problem)
            return False
        self._replace(key, copy)
        return True

    def _refused(self, key: Key, copy: DirectoryCopy, problem: OSError) -> None:
        """By the disk: the replica stays where it is. Where only descriptors were out, it is copied anew."""

        def begin_again() -> None:
            with contextlib.suppress(ApiError):
                self.begin(*key, copy.directory.location)

        self.cancel(key)
        if is_out_of_descriptors(problem):
            self._world.call_later(LOOK_AGAIN_S, begin_again)
        self._holder.directory_failed(copy.directory, problem)

    def _replace(self, key: Key, copy: DirectoryCopy) -> None:
        """From now on a start takes either the one in use or, where that has lost its name, the copy."""
        del self._copies[key]
        partition, old = self._holder.take_out(key)
        try:
            old.doom(key)
            _if_descriptors(lambda: old.world.disk.sync_dir(""))  # or a power cut could bring it back
            _if_descriptors(lambda: old.checkpoints.forget([key]))
        except OSError as problem:
            self._fail(partition, old, problem)
            return
        self._holder.remove_later(old)
        try:
            _if_descriptors(lambda: copy.directory.take_over(key, copy.folder))
        except OSError as problem:
            self._fail(partition, copy.directory, problem)
            return
        self._holder.bring_back(key)
        self._world.trace.emit(ReplicaMovedToDirectory(*key, self._broker_id, copy.directory.location))

    def _fail(self, partition: Partition, directory: LogDirectory, problem: OSError) -> None:
        self._holder.directory_failed(directory, problem)
        self._holder.lose(partition, directory)


def _if_descriptors(work: Callable[[], None]) -> None:
    """What is only better done is left out where descriptors are out. Raises OSError: the disk refused."""
    try:
        work()
    except OSError as problem:
        if not is_out_of_descriptors(problem):
            raise
