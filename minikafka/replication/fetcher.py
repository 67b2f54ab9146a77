"""A follower is a loop that fetches: one loop for each leader this broker follows.

Rule: everything a follower learns it learns from Fetch answers of the leader: records, the high
watermark, the log start offset, and where its log diverges (KIP-320, KIP-595's diverging epoch). A round costs what
is in its answer: the next request names what that has moved, and what others have changed meanwhile.

Kafka: `ReplicaFetcherThread`, `AbstractFetcherThread`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import cast

from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.fetch_session import FetchPlan, FetchSession
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
from minikafka.replication.fetch_position import FetchPosition, Key
from minikafka.replication.partition import Partition, Role
from minikafka.replication.resting import Resting
from minikafka.replication.throttle import Throttle
from minikafka.world import World

FETCH_VERSION = 17
RETRY_SOON_S = 0.05  # the leader has not heard of its leadership yet: a matter of one metadata fetch
HELD_BACK_S = 0.5
"""A throttled partition is asked for again after this pause, if there is room by then."""
NAMED_A_FETCH = 500
"""A session of thousands of partitions begins in pieces, between which others have their turn."""
SESSION_ERRORS = (
    ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    ErrorCode.INVALID_FETCH_SESSION_EPOCH,
    ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
)


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
        throttle: Throttle,
    ) -> None:
        self._world = world
        self._broker_id = broker_id
        self._leader_id = leader_id
        self._endpoint = endpoint
        self._broker_epoch = broker_epoch
        self._settings = settings
        self._storage_failed = storage_failed
        self._throttle = throttle
        self._partitions: dict[Key, Partition] = {}
        self._news: dict[Key, None] = {}
        """Those whose position the leader may not know, in the order in which they changed."""
        self._resting = Resting()
        self._session: FetchSession[Key, FetchPosition] = FetchSession()
        self._in_session = True
        self._channel: Channel | None = None
        self._in_flight: deque[FetchPlan[Key, FetchPosition]] = deque()
        self._newcomers = False
        self._ask_is_due = False
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        """Something to follow has come, or the connection is lost."""
        self._task = world.spawn(self._run(), f"replica-fetcher-{leader_id}")

    # -- what to follow --------------------------------------------------------------------------------

    def follow(self, partition: Partition) -> None:
        """Begin (or continue) with a partition of this leader."""
        key = (partition.topic_id.int, partition.index)
        self._partitions[key] = partition
        self._resting.end(key)
        self._news[key] = None
        # A long poll that does not name the newcomer would keep it waiting: the next request is sent behind it.
        self._newcomers = True
        self._changed.set()
        self._ask_soon()

    def unfollow(self, partition: Partition) -> None:
        """Stop with a partition; no error if it was not followed."""
        key = (partition.topic_id.int, partition.index)
        if self._partitions.pop(key, None) is not None:
            self._resting.end(key)
            self._news[key] = None

    def note(self, partition: Partition) -> None:
        """Something about a partition has changed; no error if it is not followed here."""
        key = (partition.topic_id.int, partition.index)
        if key in self._partitions:
            self._news[key] = None

    @property
    def idle(self) -> bool:
        """Nothing to follow?"""
        return not self._partitions

    def close(self) -> None:
        """End the loop and its connection."""
        self._task.cancel()
        self._disconnect()

    # -- the connection ----------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            while not self._partitions:
                self._changed.clear()
                await self._changed.wait()
            try:
                await self._connect()
                self._ask()
                while self._channel is not None:
                    self._changed.clear()
                    await self._changed.wait()
            except (OSError, TimeoutError):
                self._disconnect()
            await asyncio.sleep(self._settings.backoff_ms / 1000)

    async def _connect(self) -> None:
        endpoint = self._endpoint(self._leader_id)
        if endpoint is None:
            raise ConnectionError(f"broker {self._leader_id} is not registered")
        self._begin_anew()
        self._channel = await Channel.connect(
            self._world, *endpoint, client_id=f"broker-{self._broker_id}-fetcher-{self._leader_id}"
        )

    def _disconnect(self) -> None:
        """The loop connects again, after a while."""
        channel, self._channel = self._channel, None
        self._in_flight.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if channel is not None:
            channel.close()
        self._changed.set()

    def _begin_anew(self) -> None:
        """The session is gone: all is to be named."""
        self._session.reset()
        self._news = dict.fromkeys(self._partitions)

    # -- asking --------------------------------------------------------------------------------------------

    def _ask_soon(self) -> None:
        """Once a turn of the loop, however many newcomers it brings."""
        if not self._ask_is_due:
            self._ask_is_due = True
            self._world.call_soon(self._ask)

    def _ask(self) -> None:
        """Send the next request, if it is time."""
        self._ask_is_due = False
        channel = self._channel
        if channel is None or not self._may_ask():
            return
        if channel.closed:  # while nothing was asked
            self._disconnect()
            return
        self._newcomers = False
        for key in self._resting.ended(self._world.clock.now()):
            self._news[key] = None
        positions, unwanted = self._take_news()
        plan = self._session.next(positions, unwanted)
        if not self._session.told:
            self._session.reset()  # there is nothing to wait for at the leader
            if self._news:
                self._ask_soon()
            else:
                self._sleep()
            return
        self._send(channel, plan)

    def _may_ask(self) -> bool:
        """One request at a time, but for one that tells of newcomers while the last one waits at the leader."""
        count = len(self._in_flight)
        if not count:
            return True
        return count == 1 and self._newcomers and self._session.is_established

    def _take_news(self) -> tuple[dict[Key, FetchPosition], list[Key]]:
        """The positions to tell now, and those that are wanted no more."""
        limit = NAMED_A_FETCH if self._in_session else len(self._news)
        positions: dict[Key, FetchPosition] = {}
        unwanted = []
        for key in list(islice(self._news, limit)):
            del self._news[key]
            partition = self._partitions.get(key)
            if partition is None or partition.role is not Role.FOLLOWER or key in self._resting:
                unwanted.append(key)
                continue
            if self._is_held_back(partition):
                self._resting.begin(key, self._world.clock.now() + HELD_BACK_S)
                unwanted.append(key)
                continue
            log = partition.log
            end = log.log_end_offset
            positions[key] = FetchPosition(
                partition.rules.fetch_offset(log.log_start_offset, log.high_watermark, end),
                log.log_start_offset,
                self._settings.max_bytes,
                partition.leader_epoch,
                log.epochs.latest,
                end,
            )
        return positions, unwanted

    def _is_held_back(self, partition: Partition) -> bool:
        """Has more been copied than the throttle allows, of a replica that isn't in sync yet?"""
        throttle = self._throttle
        return (
            throttle.is_set
            and self._broker_id not in partition.isr
            and throttle.concerns(partition.topic, partition.index)
            and throttle.is_exceeded(self._world.clock.now())
        )

    def _send(self, channel: Channel, plan: FetchPlan[Key, FetchPosition]) -> None:
        request = FetchRequest(
            replica_state=ReplicaState(replica_id=self._broker_id, replica_epoch=self._broker_epoch()),
            max_wait_ms=self._wait_ms(),
            min_bytes=self._settings.min_bytes,
            max_bytes=self._settings.response_max_bytes,
            session_id=plan.session_id,
            session_epoch=plan.session_epoch,
            topics=self._topics(plan.partitions),
            forgotten_topics_data=_forgotten(plan.forgotten),
        )
        timeout_s = (self._settings.request_timeout_ms + self._settings.wait_max_ms) / 1000
        self._in_flight.append(plan)
        try:
            channel.ask(
                request, FETCH_VERSION, timeout_s, lambda answer, error: self._told(channel, answer, error)
            )
        except OSError:
            self._disconnect()

    def _topics(self, positions: dict[Key, FetchPosition]) -> list[FetchTopic]:
        by_topic: dict[int, FetchTopic] = {}
        for key, position in positions.items():
            number, index = key
            topic = by_topic.get(number)
            if topic is None:
                topic_id = self._partitions[key].topic_id
                topic = by_topic[number] = FetchTopic(topic_id=topic_id, partitions=[])
            topic.partitions.append(
                FetchPartition(
                    partition=index,
                    current_leader_epoch=position.leader_epoch,
                    fetch_offset=position.fetch_offset,
                    last_fetched_epoch=position.last_fetched_epoch,
                    log_start_offset=position.log_start_offset,
                    partition_max_bytes=position.max_bytes,
                )
            )
        return list(by_topic.values())

    def _wait_ms(self) -> int:
        """How long the leader may wait. What is still to be named, or backs off, need not wait for that."""
        wait_ms = self._settings.wait_max_ms
        if self._news:
            return 0
        rest_s = self._resting.next_s(self._world.clock.now())
        return wait_ms if rest_s is None else max(1, min(wait_ms, int(rest_s * 1000)))

    def _sleep(self) -> None:
        """Until the first that backs off may be asked for again."""
        rest_s = self._resting.next_s(self._world.clock.now())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if rest_s is not None:
            self._timer = self._world.call_later(rest_s, self._ask)

    # -- answers -----------------------------------------------------------------------------------------

    def _told(self, channel: Channel, answer: Message | None, error: Exception | None) -> None:
        """An answer, or what came in its place; the next request follows in the same turn."""
        if channel is not self._channel:
            return
        if error is not None:
            self._disconnect()
            return
        plan = self._in_flight.popleft()
        try:
            if self._session.is_answered(plan):
                self._take(cast("FetchResponse", answer))
        except Exception as fault:
            self._world.trace.fail(f"replica-fetcher-{self._leader_id}", fault)
            self._disconnect()
            return
        self._ask()

    def _take(self, response: FetchResponse) -> None:
        if response.error_code != ErrorCode.NONE:
            error = ErrorCode(response.error_code)
            self._begin_anew()
            if error not in SESSION_ERRORS:
                for key in self._partitions:
                    self._back_off(key, self._settings.backoff_ms / 1000)
            return
        asked = self._session.told
        self._in_session = self._session.accept(response.session_id)
        if not self._in_session:
            self._news = dict.fromkeys(self._partitions)
        # What a request that is still on its way has named again, this answer doesn't know yet.
        renamed = [plan.partitions for plan in self._in_flight]
        for topic in response.responses:
            number = topic.topic_id.int
            for data in topic.partitions:
                key = (number, data.partition_index)
                partition, position = self._partitions.get(key), asked.get(key)
                if partition is None or position is None or not _is_answered(partition, position):
                    continue
                if any(key in named for named in renamed):
                    continue
                self._news[key] = None
                try:
                    self._take_partition(key, partition, data)
                except OSError as problem:
                    self._storage_failed(partition, problem)
                    if key in self._partitions:  # there were no descriptors
                        self._back_off(key, self._settings.backoff_ms / 1000)

    def _take_partition(self, key: Key, partition: Partition, data: PartitionData) -> None:
        error = ErrorCode(data.error_code) if data.error_code else ErrorCode.NONE
        if error is ErrorCode.NONE:
            if data.diverging_epoch.end_offset >= 0:
                end = partition.log.log_end_offset
                self._truncate(partition, data.diverging_epoch.epoch, data.diverging_epoch.end_offset)
                if (
                    partition.log.log_end_offset == end
                ):  # by a rule of its own: at once it would be told the same
                    self._back_off(key, self._settings.backoff_ms / 1000)
                return
            try:
                records = memoryview(data.records or b"")
                partition.append_as_follower(records, data.high_watermark, data.log_start_offset)
                if self._throttle.is_set and self._throttle.concerns(partition.topic, partition.index):
                    self._throttle.count(self._world.clock.now(), len(records))
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
        offset = partition.rules.truncation_offset(min(own_end, log.log_end_offset), end_offset)
        log.truncate_to(max(offset, log.log_start_offset))
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
        self._resting.begin(key, self._world.clock.now() + seconds)
        self._news[key] = None


def _is_answered(partition: Partition, asked: FetchPosition) -> bool:
    """Is it still what was asked about: the same leader epoch, the same end of our log?"""
    return (
        partition.role is Role.FOLLOWER
        and asked.leader_epoch == partition.leader_epoch
        and asked.log_end_offset == partition.log.log_end_offset
    )


def _forgotten(keys: list[Key]) -> list[ForgottenTopic]:
    by_topic: dict[int, list[int]] = {}
    for number, index in keys:
        by_topic.setdefault(number, []).append(index)
    return [
        ForgottenTopic(topic_id=uuid.UUID(int=number), partitions=indexes)
        for number, indexes in by_topic.items()
    ]
