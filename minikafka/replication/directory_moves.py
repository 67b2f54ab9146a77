"""Replicas on their way to another log directory of this broker: copied beside the one in use, then put in its place.

Rule: the one in use serves until the copy has all that it has. A copy has another name until it is whole, so that no
start takes a part for a replica: NAME.ID-future while it grows, NAME.ID-swap once it is whole and synced.

Kafka: `ReplicaAlterLogDirsThread`, `Partition.maybeReplaceCurrentWithFutureReplica`, `LogManager`
(`replaceCurrentWithFutureLog`); KIP-113.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from minikafka.log.log import Log
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.image import MetadataImage
from minikafka.policy import Rules
from minikafka.replication.checkpoints import Key
from minikafka.replication.log_directory import LogDirectory, new_name
from minikafka.replication.partition import Partition
from minikafka.replication.throttle import Rate, dynamic_value
from minikafka.world import Event, World, is_out_of_descriptors

PIECE_BYTES = 1 << 20
PAUSE_S = 0.1
LATE_S = 5.0
RATE_KEY = "replica.alter.log.dirs.io.max.bytes.per.second"


class ReplicaMovedToDirectory(Event, frozen=True):
    """From now on the replica lies in that log directory of its broker."""

    topic: str
    partition: int
    broker: int
    directory: str


@dataclass(slots=True)
class Move:
    """A copy that grows. `topic_id`: of the replica that is copied."""

    directory: LogDirectory
    folder: str
    log: Log
    topic_id: UUID
    whole_at: float | None = None
    """When it was whole first."""

    @property
    def swap(self) -> str:
        """Its folder's name once it is whole."""
        return f"{self.folder.removesuffix('future')}swap"


class DirectoryMoves:
    """Those of one broker.

    `put_in_place(partition, move, is_late)` makes a copy that is whole the replica: True if it has done so; else it is
    asked again, and when that takes long it shall wait for nobody. `failed(directory, problem)` is told when a disk
    refuses a copy, `has_doomed(directory)` when there is something to remove.
    """

    def __init__(
        self,
        world: World,
        broker_id: int,
        configs: BrokerConfigs,
        rules: Rules,
        partitions: Mapping[Key, Partition],
        put_in_place: Callable[[Partition, Move, bool], bool],
        failed: Callable[[LogDirectory, OSError], None],
        has_doomed: Callable[[LogDirectory], None],
    ) -> None:
        self._world = world
        self._broker_id = broker_id
        self._rules = rules
        self._partitions = partitions
        self._put_in_place = put_in_place
        self._failed = failed
        self._has_doomed = has_doomed
        self._measured = Rate(
            configs.int("alter.log.dirs.replication.quota.window.num"),
            configs.int("alter.log.dirs.replication.quota.window.size.seconds"),
        )
        self._limit: float | None = None
        self._moves: dict[Key, Move] = {}
        self._begun = asyncio.Event()
        self._task = world.spawn(self._run(), "directory-moves")

    def get(self, key: Key) -> Move | None:
        """The move of this partition that is under way."""
        return self._moves.get(key)

    def within(self, directory: LogDirectory) -> dict[Key, Move]:
        """Those whose copies lie there."""
        return {key: move for key, move in sorted(self._moves.items()) if move.directory is directory}

    def see(self, image: MetadataImage) -> None:
        """Settings have changed."""
        text = dynamic_value(image, self._broker_id, RATE_KEY)
        self._limit = None if text is None else float(text)

    def begin(self, partition: Partition, directory: LogDirectory) -> None:
        """Copy it there; a move to elsewhere ends. Raises OSError."""
        key = (partition.topic, partition.index)
        known = self._moves.get(key)
        if known is not None and known.directory is directory:
            return
        self.cancel(key)
        if key in directory.partitions:
            return
        folder = new_name(key, self._world.random, "future")
        log = Log.open(
            directory.world,
            folder,
            partition.topic,
            partition.index,
            partition.log.config,
            self._rules,
            topic_id=partition.topic_id,
        )
        self._moves[key] = Move(directory, folder, log, partition.topic_id)
        self._begun.set()

    def cancel(self, key: Key) -> None:
        """What was copied is removed; fine if nothing was."""
        move = self._moves.pop(key, None)
        if move is not None:
            move.log.abandon()
            if move.directory.is_online:
                move.directory.doomed.append(move.folder)
                self._has_doomed(move.directory)

    def directory_failed(self, directory: LogDirectory) -> None:
        """It is offline, with the copies in it."""
        for key in self.within(directory):
            self.cancel(key)

    def close(self) -> None:
        """Copies that aren't whole go with the next start."""
        self._task.cancel()
        for key in list(self._moves):
            self._moves.pop(key).log.abandon()

    async def _run(self) -> None:
        while True:
            if not self._moves:
                self._begun.clear()
                await self._begun.wait()
            is_idle = True
            for key in list(self._moves):
                is_idle = not self._go_on(key) and is_idle
                await asyncio.sleep(0)
            if is_idle:
                await asyncio.sleep(PAUSE_S)

    def _go_on(self, key: Key) -> bool:
        """Copy some, or finish. False: it has to wait."""
        move, partition = self._moves.get(key), self._partitions.get(key)
        if move is None:
            return False
        if partition is None or partition.topic_id != move.topic_id or not move.directory.is_online:
            self.cancel(key)
            return True
        now = self._world.clock.now()
        if self._limit is not None and self._measured.is_above(now, self._limit):
            return False
        try:
            if self._is_whole(partition.log, move.log):
                move.whole_at = now if move.whole_at is None else move.whole_at
                return self._finish(key, partition, move, is_late=now - move.whole_at > LATE_S)
            self._measured.count(now, _copy(partition.log, move.log))
        except OSError as problem:
            if is_out_of_descriptors(problem):
                return False
            self.cancel(key)
            self._failed(move.directory, problem)
        return True

    def _is_whole(self, current: Log, copy: Log) -> bool:
        return _agree(current, copy) and copy.log_end_offset == current.log_end_offset

    def _finish(self, key: Key, partition: Partition, move: Move, *, is_late: bool) -> bool:
        if not self._put_in_place(partition, move, is_late):
            return False
        self._moves.pop(key, None)
        location = move.directory.location
        self._world.trace.emit(ReplicaMovedToDirectory(*key, self._broker_id, location))
        return True


def _agree(current: Log, copy: Log) -> bool:
    """Cut off what the one in use has no more: its end may have been cut, and its beginning deleted. False: something
    was, and there may be more."""
    if copy.log_end_offset < current.log_start_offset or copy.log_start_offset > current.log_end_offset:
        copy.truncate_fully_and_start_at(current.log_start_offset)
        return False
    if copy.log_end_offset == copy.log_start_offset:
        return True
    epoch, end = current.epochs.end_offset_for(copy.epochs.latest)
    if end < 0:
        epoch, end = current.epochs.latest, current.log_end_offset
    _, own = copy.epochs.end_offset_for(epoch)
    end = min(end, own) if own >= 0 else end
    if end >= copy.log_end_offset:
        return True
    copy.truncate_to(max(end, copy.log_start_offset))
    return False


def _copy(current: Log, copy: Log) -> int:
    """The next piece; how many bytes it has."""
    data = current.read(copy.log_end_offset, PIECE_BYTES, at_least_one=True)
    copy.append_as_follower(data)
    return len(data)
