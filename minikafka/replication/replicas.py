"""This broker's replicas: which partitions live here, in which role, and what keeps them going.

Rule: `apply(image)` is the only way a partition comes, changes role or goes, except that a log directory which
fails takes its partitions with it (`directory_failed`). Wakes of pending requests all pass through
`_partition_changed`.

Kafka: `ReplicaManager`, `ReplicaFetcherManager`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

from minikafka.log.log import Log
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.image import (
    MetadataDelta,
    MetadataImage,
    PartitionRegistration,
    TopicImage,
)
from minikafka.policy import Rules
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.schema import Message
from minikafka.replication.assignments import DirectoryAssignments, Replica
from minikafka.replication.checkpoints import Checkpoints, Key
from minikafka.replication.compaction import Compaction
from minikafka.replication.concerned import concerned
from minikafka.replication.directory_moves import DirectoryMoves
from minikafka.replication.fetchers import Fetchers
from minikafka.replication.isr_changes import IsrChanges
from minikafka.replication.isr_checks import IsrChecks
from minikafka.replication.log_directories import LogDirectories
from minikafka.replication.log_directory import LogDirectory
from minikafka.replication.log_upkeep import LogUpkeep
from minikafka.replication.lost_replicas import LostReplicas
from minikafka.replication.partition import Partition, Role
from minikafka.replication.pending import PendingRequests
from minikafka.replication.replica_logs import ReplicaLogs
from minikafka.replication.rolled_segments import RolledSegments
from minikafka.replication.strays import why_stray
from minikafka.replication.throttle import Throttle
from minikafka.world import LOOK_AGAIN_S, Backlog, World, is_out_of_descriptors


class Replicas:
    """All partitions of one broker. `on_directory_failure` is told once of each log directory that fails,
    `on_settled(topic, index)` of each partition that came, changed its role, or went. `was_deleted(topic_id)`: was the
    deletion of that topic committed? `was_removed(topic_id, index)`: was it that this broker gives up its replica?
    """

    def __init__(
        self,
        world: World,
        broker_id: int,
        configs: BrokerConfigs,
        rules: Rules,
        directories: LogDirectories,
        *,
        endpoint: Callable[[int], tuple[str, int] | None],
        broker_epoch: Callable[[], int],
        ask_controller: Callable[[Message, int], Awaitable[Any]],
        on_directory_failure: Callable[[LogDirectory], None] = lambda _: None,
        on_settled: Callable[[str, int], None] = lambda topic, index: None,
        was_deleted: Callable[[UUID], bool] = lambda _: False,
        was_removed: Callable[[UUID, int], bool] = lambda _, index: False,
    ) -> None:
        self._world = world
        self._broker_id = broker_id
        self._configs = configs
        self._rules = rules
        self._directories = directories
        self._on_directory_failure = on_directory_failure
        self._on_settled = on_settled
        self._was_deleted = was_deleted
        self._was_removed = was_removed
        self._partitions: dict[Key, Partition] = {}
        """What lives here, in log directories that work."""
        self._offline: dict[
            Key, UUID
        ] = {}  # the topic's id: what lies, or may lie, in a directory that failed
        self.leader_throttle = Throttle("leader", broker_id, configs)
        self.follower_throttle = Throttle("follower", broker_id, configs)
        self._fetchers = Fetchers(
            world,
            broker_id,
            configs,
            endpoint,
            broker_epoch,
            self.storage_failed,
            self.follower_throttle,
        )
        self._image: MetadataImage | None = None
        """The newest metadata that this broker knows; not all of it need be settled yet."""
        self._applied_offset = -1
        """The offset of the last image of which every partition here has been brought in line; -1: none yet."""
        self._unsettled = Backlog(world, "replicas", self._settle, self._after_piece)
        """Partitions that the image says differently than they are; worked off some at a turn."""
        self._doomed = Backlog(world, "deleted-logs", self._remove_doomed)
        """Folders of partitions whose deletion was committed: renamed at once, removed later."""
        self._logs = ReplicaLogs(broker_id, configs, rules)
        self._closed = False
        self.moved: dict[Key, None] = {}
        """Partitions that changed since who takes pictures has looked, and emptied it."""
        self.produce_pending = PendingRequests(world)
        """acks=all writes that wait for the high watermark."""
        self.fetch_pending = PendingRequests(world)
        """Fetches that wait for records."""
        self._rolled_segments = RolledSegments(world, self.storage_failed)
        """Closed segments that are not synced yet."""
        self._isr_changes = IsrChanges(world, broker_id, broker_epoch, ask_controller)
        """ISRs that this broker, as a leader, asks the controller for."""
        self._isr_checks = IsrChecks(world, configs, self._partitions, lambda: self._image, self._isr_changes)
        self._assignments = DirectoryAssignments(
            world, broker_id, broker_epoch, ask_controller, self._is_assignment_news
        )
        """What the controller isn't told yet about which log directory holds which replica."""
        self._lost = LostReplicas(world, broker_id, directories, self._assignments)
        """Replicas whose files are not what they were when this broker last stopped."""
        self.directory_moves = DirectoryMoves(world, broker_id, configs, rules, directories, self)
        """Replicas on their way to another log directory."""
        self._tasks = [
            world.spawn(self._isr_checks.run(), "isr-check"),
            world.spawn(self._note_now_and_then(), "checkpoints"),
        ]
        upkeep = LogUpkeep(world, configs, self._partitions, self.storage_failed)
        self._tasks.append(world.spawn(upkeep.run(), "log-upkeep"))
        if configs.bool("log.cleaner.enable"):
            compaction = Compaction(
                world,
                configs,
                self._partitions,
                self.notes_of,
                self.storage_failed,
                self.directory_moves.is_under_way,
            )
            self._tasks.append(world.spawn(compaction.run(), "cleaner"))

    # -- looking up --------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Partition]:
        return iter(self._partitions.values())

    def __len__(self) -> int:
        return len(self._partitions)

    def get(self, topic: str, index: int) -> Partition | None:
        """The partition if it lives here."""
        return self._partitions.get((topic, index))

    def partition(self, topic: str, index: int) -> Partition:
        """The partition. Raises ApiError: UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR."""
        found = self._partitions.get((topic, index))
        if found is not None:
            return found
        if (topic, index) in self._offline:
            raise ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
        registered = self._image.topic(topic) if self._image is not None else None
        # Before there is an image, any partition may be one that is known in a moment.
        if self._image is None or (registered is not None and index in registered.partitions):
            raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)

    # -- what the controller decides -----------------------------------------------------------------------

    @property
    def applied_offset(self) -> int:
        """That of the newest image which all replicas here are in line with."""
        return self._applied_offset

    def apply(self, image: MetadataImage, delta: MetadataDelta | None = None) -> None:
        """Bring this broker's replicas in line with `image`, which differs by `delta` (None: not known) from the one
        before; where many differ, a piece at a turn of the loop.
        """
        old, self._image = self._image, image
        if old is None:
            self._each_directory(lambda directory: directory.checkpoints.take_clean_shutdown())
            self._each_directory(lambda directory: directory.sort_out(image, self._was_deleted))
        if delta is None:
            delta = image.delta(old or MetadataImage())
        if delta.configs:
            self._logs.forget_configs()
            self.leader_throttle.see(image)
            self.follower_throttle.see(image)
            self.directory_moves.see(image)
        old = old or MetadataImage()
        self._unsettled.put(concerned(self._broker_id, self._partitions, self._offline, image, old, delta))

    def _settle(self, key: Key) -> None:
        """Make of this partition what the newest image says."""
        assert self._image is not None
        topic, registration = self._image.topic(key[0]), self._image.partition(*key)
        is_mine = registration is not None and self._broker_id in registration.replicas
        topic_id = topic.id if topic is not None and is_mine else None
        if topic_id is None:
            self._lost.forget(key)
        if key in self._partitions and self._partitions[key].topic_id != topic_id:
            self._drop(key)
        if key in self._offline and self._offline[key] != topic_id:
            del self._offline[key]
        if topic is not None and registration is not None and is_mine:
            self._apply_partition(topic, key[1], registration)
        self._on_settled(*key)

    def _settle_later(self, key: Key, problem: OSError) -> bool:
        """Try again where there were only no descriptors; False when that is not what the problem was."""
        if not is_out_of_descriptors(problem):
            return False
        self._world.call_later(LOOK_AGAIN_S, lambda: self._unsettled.put([key]))
        return True

    def _after_piece(self) -> None:
        if self._image is None or self._unsettled:
            return
        self._applied_offset = self._image.offset
        self._fetchers.close_idle()
        self._doomed.put(directory for directory in self._directories.online if directory.doomed)

    def _apply_partition(self, topic: TopicImage, index: int, registration: PartitionRegistration) -> None:
        key = (topic.name, index)
        partition = self._partitions.get(key) or self._open(topic, index, registration)
        if partition is None:
            return
        was_lost = registration.leader >= 0 and self._lost.is_led(key)
        if was_lost and registration.leader != self._broker_id and partition.log.lacks_its_beginning:
            self._drop(key, "its first segments are gone, and the leader has them")
            partition = self._open(topic, index, registration)
            if partition is None:
                return
        assert self._image is not None
        config = self._logs.config_of(self._image, topic.name)
        if partition.log.config is not config:
            partition.log.config = config
        self._lost.tell_directory(partition, registration)
        old_leader = self._fetchers.leader_of(key)
        try:
            new_epoch = partition.apply(registration, self._world.clock.now())
        except OSError as problem:
            self.storage_failed(partition, problem)
            self._settle_later(key, problem)
            return
        if partition.is_leader or registration.leader != old_leader or new_epoch:
            self._fetchers.unfollow(partition)
        if not partition.is_leader and registration.leader >= 0 and self._fetchers.leader_of(key) is None:
            self._fetchers.follow(partition, registration.leader)

    def _open(
        self, topic: TopicImage, index: int, registration: PartitionRegistration, *, is_whole: bool = False
    ) -> Partition | None:
        """`is_whole`: its log was closed cleanly a moment ago."""
        key = (topic.name, index)
        if key in self._offline:
            return None  # until the broker starts again
        assigned = self.directory_moves.take_wanted(key) or registration.directory_of(self._broker_id)
        is_new = self._directories.home(key) is None
        has_lost = is_new and self._applied_offset < 0 and self._lost.had_a_log(key, registration)
        directory = self._place(key, assigned)
        if directory is None:
            self._offline[key] = topic.id
            return None
        assert self._image is not None
        try:
            log, lacks = self._logs.open(self._image, topic, index, directory, is_whole=is_whole)
        except OSError as problem:
            if not self._settle_later(key, problem):
                self._offline[key] = topic.id
                self.directory_failed(directory, problem)
            return None
        partition = Partition(
            topic.name,
            topic.id,
            index,
            self._broker_id,
            log,
            self._rules,
            self._world.trace,
            self._partition_changed,
        )
        self._partitions[key] = directory.partitions[key] = partition
        if has_lost or (lacks and not is_new):
            self._lost.note(partition, registration)
        return partition

    def _place(self, key: Key, assigned: UUID) -> LogDirectory | None:
        """The directory that has the partition's folder, or has now been given it; None: none may or can."""
        while (directory := self._directories.place(key, assigned)) is not None:
            if key in directory.logs:
                break
            try:
                directory.make_folder(key)
            except OSError as problem:
                self.directory_failed(directory, problem)
        return directory

    def _is_assignment_news(self, replica: Replica, directory: UUID) -> bool:
        topic = self._image.topic_by_id(replica[0]) if self._image is not None else None
        registration = topic.partitions.get(replica[1]) if topic is not None else None
        return (
            registration is not None
            and self._broker_id in registration.replicas
            and registration.directory_of(self._broker_id) != directory
        )

    def take_out(self, key: Key) -> tuple[Partition, LogDirectory]:
        """Close a replica; its folder is as it was."""
        partition = self._partitions.pop(key)
        directory = self._home(key)
        del directory.partitions[key]
        self._rolled_segments.forget(partition)
        self._fetchers.unfollow(partition)
        partition.resign()
        partition.log.abandon()
        return partition, directory

    def _drop(self, key: Key, reason: str | None = None) -> None:
        """Give a replica up. Its folder goes if that is committed, or the topic's deletion; else it is kept renamed."""
        partition, directory = self.take_out(key)
        self.directory_moves.cancel(key)
        try:
            moved_away = reason is None and self._was_removed(partition.topic_id, partition.index)
            if moved_away or self._was_deleted(partition.topic_id):
                directory.doom(key)
            else:
                assert self._image is not None
                reason = reason or why_stray(self._image, self._broker_id, *key, partition.topic_id)
                directory.set_aside(key, reason or "this broker has given it up")
        except OSError as problem:
            self.directory_failed(directory, problem)

    # -- from one log directory to another ------------------------------------------------------------------

    def may_come(self, key: Key) -> bool:
        """Is there such a partition, and perhaps a replica of it here one day?"""
        return self._image is not None and self._image.partition(*key) is not None

    def is_offline(self, key: Key) -> bool:
        """Does it lie in a directory that failed?"""
        return key in self._offline

    def may_be_replaced(self, partition: Partition, *, is_late: bool) -> bool:
        """Is nothing open about it? `is_late`: whoever waits for an acknowledgement will have to ask again."""
        assert self._image is not None
        key = (partition.topic, partition.index)
        topic, registration = self._image.topic(key[0]), self._image.partition(*key)
        return (
            topic is not None
            and registration is not None
            and topic.id == partition.topic_id
            and partition.pending_isr is None
            and partition.partition_epoch == registration.partition_epoch
            and (is_late or not self.produce_pending.count(key))
        )

    def bring_back(self, key: Key) -> None:
        """Open it from where it lies now, in the role that it had; its log was closed cleanly."""
        assert self._image is not None
        topic, registration = self._image.topic(key[0]), self._image.partition(*key)
        assert topic is not None
        assert registration is not None
        if self._open(topic, key[1], registration, is_whole=True) is not None:
            self._apply_partition(topic, key[1], registration)
        self._on_settled(*key)

    def lose(self, partition: Partition, directory: LogDirectory) -> None:
        """It was taken out, and lies in that directory, which has failed."""
        key = (partition.topic, partition.index)
        self._offline[key] = partition.topic_id
        if directory.id is not None:
            self._assignments.tell((partition.topic_id, partition.index), directory.id)
        self._on_settled(*key)

    def remove_later(self, directory: LogDirectory) -> None:
        """There is something doomed in it."""
        self._doomed.put([directory])

    def _remove_doomed(self, directory: LogDirectory) -> None:
        try:
            if directory.is_online and directory.remove_doomed():
                self._doomed.put([directory])
        except OSError as problem:
            self.directory_failed(directory, problem)

    # -- failing disks ---------------------------------------------------------------------------------------

    def _home(self, key: Key) -> LogDirectory:
        """That of an open partition."""
        home = self._directories.home(key)
        assert home is not None
        return home

    def notes_of(self, key: Key) -> Checkpoints:
        """Those of the directory where an open partition lies."""
        return self._home(key).checkpoints

    def storage_failed(self, partition: Partition, problem: OSError) -> None:
        """The disk refused a partition, which takes all of its log directory offline."""
        key = (partition.topic, partition.index)
        if self._partitions.get(key) is partition:
            self.directory_failed(self._home(key), problem)

    def directory_failed(self, directory: LogDirectory, problem: OSError) -> None:
        """A directory is offline, with all that lies in it, until the broker starts again. Not for want of descriptors:
        whoever wanted one was told to come again."""
        if not directory.is_online or is_out_of_descriptors(problem):
            return
        directory.fail(problem)
        self.directory_moves.directory_failed(directory)
        lost = dict(directory.partitions)
        directory.partitions.clear()
        for key, partition in lost.items():
            del self._partitions[key]
            self._offline[key] = partition.topic_id
            self._lost.is_told(key)
            self._rolled_segments.forget(partition)
            self._fetchers.unfollow(partition)
        for partition in lost.values():
            partition.resign()
            partition.log.abandon()
        self._on_directory_failure(directory)
        for key in lost:
            self._on_settled(*key)

    def _each_directory(self, work: Callable[[LogDirectory], None]) -> None:
        """Do it in each that works; where the disk refuses, the others keep working."""
        for directory in self._directories.online:
            try:
                work(directory)
            except OSError as problem:
                self.directory_failed(directory, problem)

    @property
    def has_untold_losses(self) -> bool:
        """Isn't it in the metadata yet that a replica here has lost its files?"""
        return self._lost.has_untold

    # -- changes and what they wake --------------------------------------------------------------------------

    def _partition_changed(self, partition: Partition) -> None:
        key = (partition.topic, partition.index)
        self.moved[key] = None
        if key in self._partitions:
            directory = self._home(key)
            if partition.log.recovery_point < directory.checkpoints.recovery_point(key):
                directory.checkpoints.write_recovery_points()
            if partition.log.has_unflushed_segment:
                self._rolled_segments.note(partition)
        if partition.role is Role.FOLLOWER:
            self._fetchers.note(partition)
        self.produce_pending.wake(key)
        self.fetch_pending.wake(key)

    def follower_fetched(self, partition: Partition, replica_id: int) -> None:
        """After `record_fetch`: let the follower back into the ISR when it has caught up."""
        if partition.could_rejoin(replica_id) and self._image is not None:
            self._isr_checks.check(partition)

    # -- upkeep ----------------------------------------------------------------------------------------------

    async def _note_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._configs.seconds("replica.high.watermark.checkpoint.interval.ms"))
            if self._image is None:
                continue  # nothing is open yet, and the files are still to be used
            for directory in self._directories.online:
                try:
                    await directory.checkpoints.write_in_background()
                except OSError as problem:
                    self.directory_failed(directory, problem)

    def write_log_starts(self) -> None:
        """After DeleteRecords: the new start must outlive a restart."""
        self._each_directory(lambda directory: directory.checkpoints.write_log_starts())

    def stop_fetching(self) -> None:
        """End the followers' loops and what waits here; the logs stay open."""
        for task in self._tasks:
            task.cancel()
        self._unsettled.close()
        self._doomed.close()
        self._isr_changes.close()
        self._assignments.close()
        self._rolled_segments.close()
        self.directory_moves.close()
        self._fetchers.close()

    def _make_what_is_new(self) -> None:
        """A replica that was never made would look lost at the next start."""
        for key in self._unsettled.take():
            if self._directories.home(key) is None:
                self._settle(key)

    def close(self, broker_epoch: int = -1) -> None:
        """A clean shutdown: flush, checkpoint, and mark each directory clean."""
        if self._closed:
            return
        self._closed = True
        self._make_what_is_new()
        self.stop_fetching()
        for partition in self._partitions.values():
            partition.role = Role.OFFLINE
        self.produce_pending.close()
        self.fetch_pending.close()

        def finish(directory: LogDirectory) -> None:
            logs = [partition.log for partition in directory.partitions.values()]
            Log.close_all(directory.world.disk, logs)
            notes = directory.checkpoints
            if self._image is not None:
                notes.write()
                notes.write_log_starts()
                notes.write_clean_shutdown(broker_epoch)

        self._each_directory(finish)  # one without the mark is looked at in whole by the next start
