"""A follower is a loop that fetches: one loop for each leader this broker follows.

Rule: everything a follower learns it learns from Fetch answers of the leader: records, the high
watermark, the log start offset, and where its log diverges (KIP-320, KIP-595's diverging epoch).

Kafka: `ReplicaFetcherThread`, `AbstractFetcherThread`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    ForgottenTopic,
    PartitionData,
    ReplicaState,
)
from minikafka.protocol.schema import Message
from minikafka.replication.fetch_session import FetchPosition, FetchSession, Key
from minikafka.replication.partition import Partition, Role
from minikafka.world import Event, World

FETCH_VERSION = 17
RETRY_SOON_S = 0.05  # the leader has not heard of its leadership yet: a matter of one metadata fetch
SESSION_ERRORS = (
    ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    ErrorCode.INVALID_FETCH_SESSION_EPOCH,
    ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
)


class FollowerTruncated(Event, frozen=True):
    """A follower threw away what the leader's reign does not have."""

    topic: str
    partition: int
    broker: int
    offset: int


@dataclass(frozen=True, slots=True)
class FetcherSettings:
    """The `replica.fetch.*` settings. Times in milliseconds, sizes in bytes."""

    wait_max_ms: int = 500
    min_bytes: int = 1
    max_bytes: int = 1_048_576
    response_max_bytes: int = 10_485_760
    backoff_ms: int = 1_000
    request_timeout_ms: int = 30_000


class ReplicaFetcher:
    """Follows one leader for all partitions that it leads and we replicate."""

    def __init__(
        self,
        world: World,
        broker_id: int,
        leader_id: int,
        endpoint: Callable[[int], tuple[str, int] | None],
        broker_epoch: Callable[[], int],
        settings: FetcherSettings,
        storage_failed: Callable[[Partition, OSError], None],
    ) -> None:
        self._world = world
        self._broker_id = broker_id
        self._leader_id = leader_id
        self._endpoint = endpoint
        self._broker_epoch = broker_epoch
        self._settings = settings
        self._storage_failed = storage_failed
        self._partitions: dict[Key, Partition] = {}
        self._not_before: dict[Key, float] = {}
        self._asked: dict[Key, FetchPosition] = {}
        self._session = FetchSession()
        self._channel: Channel | None = None
        self._work = asyncio.Event()
        self._in_flight: asyncio.Future[Message] | None = None
        self._task = world.spawn(self._run(), f"replica-fetcher-{leader_id}")

    # -- what to follow --------------------------------------------------------------------------------

    def follow(self, partition: Partition) -> None:
        """Begin (or go on) with a partition of this leader."""
        self._partitions[partition.topic_id, partition.index] = partition
        self._not_before.pop((partition.topic_id, partition.index), None)
        self._work.set()
        if self._in_flight is not None:
            # A long poll that does not name the newcomer would keep it waiting: ask anew.
            self._in_flight.cancel()

    def unfollow(self, partition: Partition) -> None:
        """Stop with a partition; no error if it was not followed."""
        self._partitions.pop((partition.topic_id, partition.index), None)

    @property
    def idle(self) -> bool:
        """Nothing to follow?"""
        return not self._partitions

    def close(self) -> None:
        """End the loop and its connection."""
        self._task.cancel()
        self._disconnect()

    # -- the loop ----------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            wanted, pause_s = self._wanted()
            if not wanted:
                self._work.clear()
                await self._sleep(pause_s)
                continue
            try:
                if self._channel is None or self._channel.closed:
                    await self._connect()
                    continue  # something may have been added meanwhile
                response = await self._answer(self._fetch(self._channel, wanted, pause_s))
            except (OSError, TimeoutError):
                self._disconnect()
                await asyncio.sleep(self._settings.backoff_ms / 1000)
                continue
            if response is None:
                self._disconnect()
            else:
                self._take(response)

    async def _connect(self) -> None:
        endpoint = self._endpoint(self._leader_id)
        if endpoint is None:
            raise ConnectionError(f"broker {self._leader_id} is not registered")
        self._session.reset()
        self._channel = await Channel.connect(
            self._world, *endpoint, client_id=f"broker-{self._broker_id}-fetcher-{self._leader_id}"
        )

    async def _answer(self, in_flight: asyncio.Future[Message]) -> FetchResponse | None:
        """The answer, or None when `follow` interrupted the wait for it."""
        self._in_flight = in_flight
        try:
            return cast("FetchResponse", await in_flight)
        except asyncio.CancelledError:
            if self._task.cancelling():
                raise
            return None
        finally:
            self._in_flight = None

    async def _sleep(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._work.wait()
        except TimeoutError:
            pass

    def _wanted(self) -> tuple[dict[Key, FetchPosition], float | None]:
        """Positions of all partitions not backing off; and how long until the first of those that are."""
        now = self._world.clock.now()
        wanted: dict[Key, FetchPosition] = {}
        for key, partition in self._partitions.items():
            if self._not_before.get(key, 0.0) > now or partition.role is not Role.FOLLOWER:
                continue
            log = partition.log
            wanted[key] = FetchPosition(
                fetch_offset=log.log_end_offset,
                log_start_offset=log.log_start_offset,
                max_bytes=self._settings.max_bytes,
                leader_epoch=partition.leader_epoch,
                last_fetched_epoch=log.epochs.latest,
            )
        later = [at - now for at in self._not_before.values() if at > now]
        return wanted, min(later) if later else None

    def _fetch(
        self, channel: Channel, wanted: dict[Key, FetchPosition], pause_s: float | None
    ) -> asyncio.Future[Message]:
        self._asked = wanted
        plan = self._session.next(wanted)
        # A partition that backs off should not have to wait for the end of a long poll.
        wait_ms = self._settings.wait_max_ms if pause_s is None else max(1, int(pause_s * 1000))
        request = FetchRequest(
            replica_state=ReplicaState(replica_id=self._broker_id, replica_epoch=self._broker_epoch()),
            max_wait_ms=min(self._settings.wait_max_ms, wait_ms),
            min_bytes=self._settings.min_bytes,
            max_bytes=self._settings.response_max_bytes,
            session_id=plan.session_id,
            session_epoch=plan.session_epoch,
            topics=_topics(plan.partitions),
            forgotten_topics_data=_forgotten(plan.forgotten),
        )
        timeout_s = (self._settings.request_timeout_ms + self._settings.wait_max_ms) / 1000
        return channel.submit(request, FETCH_VERSION, timeout_s)

    def _disconnect(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        self._session.reset()

    # -- answers -----------------------------------------------------------------------------------------

    def _take(self, response: FetchResponse) -> None:
        error = ErrorCode(response.error_code)
        if error is not ErrorCode.NONE:
            self._session.reset()
            if error not in SESSION_ERRORS:
                self._back_off_all(self._settings.backoff_ms / 1000)
            return
        self._session.accept(response.session_id)
        for topic in response.responses:
            for data in topic.partitions:
                key = (topic.topic_id, data.partition_index)
                partition = self._partitions.get(key)
                if partition is None or not self._is_answered(key, partition):
                    continue
                try:
                    self._take_partition(key, partition, data)
                except OSError as problem:
                    self._storage_failed(partition, problem)

    def _is_answered(self, key: Key, partition: Partition) -> bool:
        """Is it still what was asked about: the same reign, the same end of our log?"""
        asked = self._asked.get(key)
        return (
            asked is not None
            and partition.role is Role.FOLLOWER
            and asked.leader_epoch == partition.leader_epoch
            and asked.fetch_offset == partition.log.log_end_offset
        )

    def _take_partition(self, key: Key, partition: Partition, data: PartitionData) -> None:
        error = ErrorCode(data.error_code)
        if error is ErrorCode.NONE:
            if data.diverging_epoch.end_offset >= 0:
                self._truncate(partition, data.diverging_epoch.epoch, data.diverging_epoch.end_offset)
                return
            try:
                records = memoryview(data.records or b"")
                partition.append_as_follower(records, data.high_watermark, data.log_start_offset)
            except ApiError as problem:
                # A bad batch concerns this partition alone.
                self._world.trace.fail(f"fetch {partition.topic}-{partition.index}", problem)
                self._back_off(key, self._settings.backoff_ms / 1000)
        elif error is ErrorCode.OFFSET_OUT_OF_RANGE:
            self._start_over(partition, data.log_start_offset)
        elif error in (
            ErrorCode.NOT_LEADER_OR_FOLLOWER,
            ErrorCode.UNKNOWN_LEADER_EPOCH,
            ErrorCode.FENCED_LEADER_EPOCH,
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            ErrorCode.UNKNOWN_TOPIC_ID,
            ErrorCode.INCONSISTENT_TOPIC_ID,
        ):
            self._back_off(key, RETRY_SOON_S)
        else:
            self._back_off(key, self._settings.backoff_ms / 1000)

    def _truncate(self, partition: Partition, epoch: int, end_offset: int) -> None:
        """Cut back to where our log and the leader's last agreed (KIP-279)."""
        log = partition.log
        _, own_end = log.epochs.end_offset_for(epoch)
        if own_end < 0:
            own_end = log.log_end_offset
        offset = partition.organs.truncation_offset(min(own_end, log.log_end_offset), end_offset)
        log.truncate_to(max(offset, log.log_start_offset))
        self._world.trace.emit(FollowerTruncated(partition.topic, partition.index, self._broker_id, offset))
        partition.changed(partition)

    def _start_over(self, partition: Partition, leader_start: int) -> None:
        """Our end lies outside the leader's log: what we have is of no use to anyone."""
        log = partition.log
        if leader_start > log.log_end_offset:
            log.truncate_fully_and_start_at(leader_start)
        else:
            log.truncate_to(max(log.log_start_offset, min(log.log_end_offset, log.high_watermark)))
        partition.changed(partition)

    def _back_off(self, key: Key, seconds: float) -> None:
        self._not_before[key] = self._world.clock.now() + seconds

    def _back_off_all(self, seconds: float) -> None:
        for key in self._partitions:
            self._back_off(key, seconds)


def _topics(partitions: dict[Key, FetchPosition]) -> list[FetchTopic]:
    by_topic: dict[uuid.UUID, list[FetchPartition]] = {}
    for (topic_id, index), position in partitions.items():
        by_topic.setdefault(topic_id, []).append(
            FetchPartition(
                partition=index,
                current_leader_epoch=position.leader_epoch,
                fetch_offset=position.fetch_offset,
                last_fetched_epoch=position.last_fetched_epoch,
                log_start_offset=position.log_start_offset,
                partition_max_bytes=position.max_bytes,
            )
        )
    return [FetchTopic(topic_id=topic_id, partitions=items) for topic_id, items in by_topic.items()]


def _forgotten(keys: tuple[Key, ...]) -> list[ForgottenTopic]:
    by_topic: dict[uuid.UUID, list[int]] = {}
    for topic_id, index in keys:
        by_topic.setdefault(topic_id, []).append(index)
    return [ForgottenTopic(topic_id=topic_id, partitions=indexes) for topic_id, indexes in by_topic.items()]
