"""This broker's replicas: which partitions live here, in which role, and what keeps them going.

Rule: `apply(image)` is the only way a partition comes, changes role or goes; reads and writes go
through the partition. Wakes of pending requests all pass through `_partition_changed`.

Kafka: `ReplicaManager`, `LogManager`, `ReplicaFetcherManager`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.log.partition_metadata import read_partition_metadata
from minikafka.metadata.configs import BrokerConfigs, effective_topic_configs
from minikafka.metadata.image import MetadataImage, PartitionRegistration, TopicImage
from minikafka.policy import Organs
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.alter_partition import AlterPartitionRequest, AlterPartitionResponse
from minikafka.replication.checkpoints import Checkpoints, Key
from minikafka.replication.compaction import Compaction
from minikafka.replication.fetcher import FetcherSettings, ReplicaFetcher
from minikafka.replication.isr_changes import IsrChanges
from minikafka.replication.partition import Partition, Role
from minikafka.replication.pending import PendingRequests
from minikafka.replication.rolled_segments import RolledSegments
from minikafka.world import Event, World


class LogDirectoryFailed(Event, frozen=True):
    """The disk refused a partition's log; the partition is offline on this broker."""

    broker: int
    topic: str
    partition: int
    reason: str


class Replicas:
    """All partitions of one broker."""

    def __init__(
        self,
        world: World,
        broker_id: int,
        configs: BrokerConfigs,
        organs: Organs,
        *,
        endpoint: Callable[[int], tuple[str, int] | None],
        broker_epoch: Callable[[], int],
        ask_controller: Callable[[AlterPartitionRequest, int], Awaitable[AlterPartitionResponse]],
        on_storage_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self._world = world
        self._broker_id = broker_id
        self._configs = configs
        self._organs = organs
        self._endpoint = endpoint
        self._broker_epoch = broker_epoch
        self._on_storage_failure = on_storage_failure
        self._partitions: dict[Key, Partition] = {}
        self._offline: dict[Key, str] = {}
        self._fetchers: dict[int, ReplicaFetcher] = {}
        self._followed: dict[Key, int] = {}
        self._image: MetadataImage | None = None
        self._closed = False
        self.produce_pending = PendingRequests(world)
        self.fetch_pending = PendingRequests(world)
        self._rolled_segments = RolledSegments(world, self.storage_failed)
        self._isr_changes = IsrChanges(world, broker_id, broker_epoch, ask_controller)
        self._checkpoints = Checkpoints(world, broker_id, self._partitions)
        self.previous_broker_epoch = self._checkpoints.previous_broker_epoch
        self._tasks = [
            world.spawn(self._every("replica.lag.time.max.ms", self._check_isrs, 0.5), "isr-check"),
            world.spawn(
                self._every("replica.high.watermark.checkpoint.interval.ms", self._write_checkpoints),
                "checkpoints",
            ),
            world.spawn(
                self._every("log.retention.check.interval.ms", self._delete_old_segments), "retention"
            ),
        ]
        if configs.bool("log.cleaner.enable"):
            compaction = Compaction(world, configs, self._partitions, self._checkpoints, self.storage_failed)
            self._tasks.append(world.spawn(compaction.run(), "cleaner"))

    # -- looking up --------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Partition]:
        return iter(self._partitions.values())

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
        if registered is not None and index in registered.partitions:
            raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)

    # -- what the controller decides -----------------------------------------------------------------------

    def apply(self, image: MetadataImage) -> None:
        """Bring this broker's replicas in line with `image`."""
        old, self._image = self._image, image
        if old is None:
            self._remove_strays(image)
        for key in [k for k, p in self._partitions.items() if not self._is_ours(image, k, p)]:
            self._drop(key)
        for key in [k for k in self._offline if image.partition(*k) is None]:
            del self._offline[key]
        for topic in image.topics.values():
            before = old.topic_by_id(topic.id) if old is not None else None
            configs_changed = old is None or image.topic_configs(topic.name) != old.topic_configs(topic.name)
            if before is not None and before.partitions is topic.partitions and not configs_changed:
                continue
            for index, registration in topic.partitions.items():
                if self._broker_id in registration.replicas:
                    self._apply_partition(topic, index, registration, configs_changed)
        self._close_idle_fetchers()

    def _is_ours(self, image: MetadataImage, key: Key, partition: Partition) -> bool:
        topic = image.topic(key[0])
        if topic is None or topic.id != partition.topic_id:
            return False
        registration = topic.partitions.get(key[1])
        return registration is not None and self._broker_id in registration.replicas

    def _apply_partition(
        self, topic: TopicImage, index: int, registration: PartitionRegistration, configs_changed: bool
    ) -> None:
        key = (topic.name, index)
        partition = self._partitions.get(key)
        if partition is None:
            partition = self._open(topic, index)
            if partition is None:
                return
        elif configs_changed:
            partition.log.config = self._log_config(topic.name)
        old_leader = self._followed.get(key)
        try:
            new_epoch = partition.apply(registration, self._world.clock.now())
        except OSError as problem:
            self.storage_failed(partition, problem)
            return
        if partition.is_leader or registration.leader != old_leader or new_epoch:
            self._unfollow(partition)
        if not partition.is_leader and registration.leader >= 0 and key not in self._followed:
            self._follow(partition, registration.leader)

    def _open(self, topic: TopicImage, index: int) -> Partition | None:
        key = (topic.name, index)
        if key in self._offline:
            return None  # until the broker starts again
        try:
            log = Log.open(
                self._world,
                f"{topic.name}-{index}",
                topic.name,
                index,
                self._log_config(topic.name),
                self._organs,
                clean_shutdown=self._checkpoints.started_clean,
                recovery_point=self._checkpoints.recovery_point(key),
                topic_id=topic.id,
                was_compacted=self._checkpoints.was_compacted(key),
            )
        except OSError as problem:
            self._take_offline(key, problem)
            return None
        self._checkpoints.apply_to(log, key)
        partition = Partition(
            topic.name,
            topic.id,
            index,
            self._broker_id,
            log,
            self._organs,
            self._world.trace,
            self._partition_changed,
        )
        self._partitions[key] = partition
        return partition

    def _log_config(self, topic: str) -> LogConfig:
        assert self._image is not None
        return LogConfig.from_topic(
            effective_topic_configs(self._image, topic, self._configs, self._broker_id)
        )

    def _follow(self, partition: Partition, leader: int) -> None:
        fetcher = self._fetchers.get(leader)
        if fetcher is None:
            fetcher = self._fetchers[leader] = ReplicaFetcher(
                self._world,
                self._broker_id,
                leader,
                self._endpoint,
                self._broker_epoch,
                self._fetch_settings(),
                self.storage_failed,
            )
        self._followed[partition.topic, partition.index] = leader
        fetcher.follow(partition)

    def _unfollow(self, partition: Partition) -> None:
        leader = self._followed.pop((partition.topic, partition.index), None)
        if leader is not None and leader in self._fetchers:
            self._fetchers[leader].unfollow(partition)

    def _close_idle_fetchers(self) -> None:
        for leader in [n for n, fetcher in self._fetchers.items() if fetcher.idle]:
            self._fetchers.pop(leader).close()

    def _fetch_settings(self) -> FetcherSettings:
        c = self._configs
        return FetcherSettings(
            wait_max_ms=c.int("replica.fetch.wait.max.ms"),
            min_bytes=c.int("replica.fetch.min.bytes"),
            max_bytes=c.int("replica.fetch.max.bytes"),
            response_max_bytes=c.int("replica.fetch.response.max.bytes"),
            backoff_ms=c.int("replica.fetch.backoff.ms"),
        )

    def _drop(self, key: Key) -> None:
        partition = self._partitions.pop(key)
        self._rolled_segments.forget(partition)
        self._unfollow(partition)
        partition.resign()
        try:
            partition.log.delete()
            self._checkpoints.write_recovery_points()
            self._checkpoints.write_cleaner_offsets()
        except OSError as problem:
            self._take_offline(key, problem)

    # -- a failing disk --------------------------------------------------------------------------------------

    def storage_failed(self, partition: Partition, problem: OSError) -> None:
        """The disk refused a partition: it is offline here until the broker starts again, and this broker gives
        up what it leads. (Kafka takes the whole log directory offline; a broker has one here.)"""
        key = (partition.topic, partition.index)
        if self._partitions.get(key) is not partition:
            return
        del self._partitions[key]
        self._rolled_segments.forget(partition)
        self._unfollow(partition)
        self._take_offline(key, problem)
        partition.resign()
        partition.log.abandon()

    def _take_offline(self, key: Key, problem: OSError) -> None:
        self._offline[key] = str(problem)
        self._world.trace.emit(LogDirectoryFailed(self._broker_id, *key, str(problem)))
        self._on_storage_failure()

    def _remove_strays(self, image: MetadataImage) -> None:
        """Directories of topics that were deleted while this broker was away."""
        for name in self._world.disk.listdir(""):
            topic, dash, index = name.rpartition("-")
            if not dash or not index.isdigit() or topic == "__cluster_metadata":
                continue
            topic_id = read_partition_metadata(self._world.disk, name)
            registered = image.topic(topic)
            if topic_id is not None and (registered is None or registered.id != topic_id):
                self._world.disk.rmtree(name)

    # -- changes and what they wake --------------------------------------------------------------------------

    def _partition_changed(self, partition: Partition) -> None:
        key = (partition.topic, partition.index)
        if partition.log.recovery_point < self._checkpoints.recovery_point(key):
            self._checkpoints.write_recovery_points()
        if partition.log.has_unflushed_segment:
            self._rolled_segments.note(partition)
        self.produce_pending.wake(key)
        self.fetch_pending.wake(key)

    def follower_fetched(self, partition: Partition, replica_id: int) -> None:
        """After `record_fetch`: let the follower back into the ISR when it has caught up."""
        if partition.could_rejoin(replica_id):
            self._check_isr(partition)

    def _check_isrs(self) -> None:
        for partition in self._partitions.values():
            self._check_isr(partition)

    def _check_isr(self, partition: Partition) -> None:
        if self._image is None:
            return
        alive = {b.id: b.epoch for b in self._image.brokers.values() if b.is_active}
        lag_ms = self._configs.int("replica.lag.time.max.ms")
        isr = partition.isr_to_ask_for(self._world.clock.now(), lag_ms, alive)
        if isr is not None:
            self._isr_changes.submit(partition, isr)

    # -- upkeep ----------------------------------------------------------------------------------------------

    async def _every(self, config: str, work: Callable[[], None], share: float = 1.0) -> None:
        while True:
            await asyncio.sleep(self._configs.int(config) / 1000 * share)
            try:
                work()
            except OSError as problem:
                self._take_offline(("", -1), problem)  # no partition's file, but the directory's own

    def _write_checkpoints(self) -> None:
        if self._image is None:
            return  # nothing is open yet, and the files are still to be used
        self._checkpoints.write()

    def _delete_old_segments(self) -> None:
        for partition in list(self._partitions.values()):
            try:
                partition.log.delete_old_segments()
            except OSError as problem:
                self.storage_failed(partition, problem)

    def write_log_starts(self) -> None:
        """After DeleteRecords: the new start must outlive a restart."""
        try:
            self._checkpoints.write_log_starts()
        except OSError as problem:
            self._take_offline(("", -1), problem)

    def stop_fetching(self) -> None:
        """End the followers' loops and what waits here; the logs stay open."""
        for task in self._tasks:
            task.cancel()
        self._isr_changes.close()
        self._rolled_segments.close()
        for leader in list(self._fetchers):
            self._fetchers.pop(leader).close()

    def close(self, broker_epoch: int = -1) -> None:
        """A clean shutdown: flush, checkpoint, and mark the directory clean."""
        if self._closed:
            return
        self._closed = True
        self.stop_fetching()
        for partition in self._partitions.values():
            partition.role = Role.OFFLINE
        self.produce_pending.close()
        self.fetch_pending.close()
        try:
            for partition in self._partitions.values():
                partition.log.close()
            self._write_checkpoints()
            self.write_log_starts()
            if not self._offline:
                self._checkpoints.write_clean_shutdown(broker_epoch)
        except OSError as problem:
            # Without the mark the next start looks at everything.
            self._take_offline(("", -1), problem)
