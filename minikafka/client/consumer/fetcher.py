"""Fetching: one loop per broker that asks for what is assigned there, a fetch at a time, in a fetch session.

Rule: a fetch asks for what is wanted now, and its answer is believed only for partitions that have not moved
since. Kafka does the same in `Fetcher`, `FetchSessionHandler` (KIP-227: after the first request only changes are sent).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from minikafka.client.connections.connections import FETCH
from minikafka.client.connections.metadata import NO_TOPIC_ID
from minikafka.client.consumer.positions import UNRESOLVED, Chunk, Position
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error, is_retriable
from minikafka.client.values import Message
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.fetch_session import FetchPlan, FetchSession
from minikafka.protocol.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    ForgottenTopic,
    PartitionData,
)
from minikafka.records import legacy
from minikafka.records.batch import HEADER_BYTES, MAGIC_AT, MAGIC_V2, BatchHeader

if TYPE_CHECKING:
    from minikafka.client.connections.reach import Reach
    from minikafka.client.consumer.positions import Buffer
    from minikafka.client.values import Pair

_LAST_BY_NAME = 12
NEAR_S = 300.0
"""So long a consumer reads from the replica that it was sent to; then it asks the leader again (as librdkafka)."""


class _Place(NamedTuple):
    """A partition of this very topic: one that is made anew under the name is another, and the old one is forgotten."""

    topic: str
    partition: int
    topic_id: uuid.UUID


class _Wanted(NamedTuple):
    """What a session remembers of a partition: a change of any of these has to be sent."""

    fetch_offset: int
    leader_epoch: int


class Fetcher:
    """Keeps the buffer filled for the positions given. `wake()` after any change of them."""

    def __init__(
        self,
        reach: Reach,
        positions: dict[Pair, Position],
        buffer: Buffer,
        *,
        on_data: Callable[[], None],
        on_out_of_range: Callable[[Position], None],
        on_replaced: Callable[[Position], None],
        on_connection_error: Callable[[KafkaError], None],
    ) -> None:
        self._world, self._settings = reach.world, reach.settings
        self._connections, self._metadata = reach.connections, reach.metadata
        self._background = reach.background
        self._positions = positions
        self._buffer = buffer
        self._on_data = on_data
        self._on_out_of_range = on_out_of_range
        self._on_replaced = on_replaced
        self._on_time = reach.background.guarded(self._on_timer, "timer")
        self._on_connection_error = on_connection_error
        self.buffer_max_bytes: int = self._settings["queued.max.messages.kbytes"] * 1024
        self._eof: bool = self._settings["enable.partition.eof"]
        self._committed_only = self._settings["isolation.level"] == "read_committed"
        self._loops: dict[int, asyncio.Event] = {}
        """One per leader that leads something assigned; the event wakes it."""
        self._versions: dict[int, int] = {}
        """Of Fetch, by leader: a session is of one version."""
        self._closed = False
        self._timer_set = False
        self.is_blocked = False
        """The buffer is full: nothing is fetched until the application has read some."""

    def wake(self) -> None:
        """Something changed: partitions, positions, leaders or room in the buffer."""
        if self._closed:
            return
        leaders = set()
        for position in self._positions.values():
            leader = self._read_from(position)
            if leader >= 0:
                leaders.add(leader)
            elif position.fetch_from != UNRESOLVED:
                self._metadata.request_update()
                self._wake_later(self._settings.seconds("retry.backoff.ms"))
        for leader in sorted(leaders):
            if leader not in self._loops:
                self._loops[leader] = asyncio.Event()
                self._background.spawn(self._run(leader, self._loops[leader]), f"fetch-from-{leader}")
        for event in self._loops.values():
            event.set()

    def _read_from(self, position: Position) -> int:
        """The broker to ask: the leader, or one that it has told to be nearer; -1: there is none."""
        leader = self._metadata.leader(position.topic, position.partition)
        if position.near >= 0 and (
            self._world.clock.now() >= position.near_until or position.near not in self._metadata.brokers
        ):
            position.near = -1
        return position.near if leader >= 0 and position.near >= 0 else leader

    def _leave(self, broker: int) -> None:
        """It can't be reached: the leaders are asked again."""
        for position in self._positions.values():
            if position.near == broker:
                position.near = -1

    def _wake_later(self, delay_s: float) -> None:
        if not self._timer_set:
            self._timer_set = True
            self._world.call_later(delay_s, self._on_time)

    def _on_timer(self) -> None:
        self._timer_set = False
        self.wake()

    def close(self) -> None:
        """Ends the loops."""
        self._closed = True
        for event in self._loops.values():
            event.set()

    def _is_closed(self) -> bool:
        return self._closed

    async def _run(self, leader: int, event: asyncio.Event) -> None:
        session: FetchSession[_Place, _Wanted] = FetchSession()
        while not self._closed:
            event.clear()
            wanted = self._wanted(leader)
            self.is_blocked = self._buffer.size_bytes >= self.buffer_max_bytes
            if not wanted or self.is_blocked:
                await event.wait()
                continue
            try:
                await self._fetch(leader, session, wanted)
            except (OSError, TimeoutError) as cause:
                session.reset()
                if self._is_closed():
                    return
                self._on_connection_error(as_kafka_error(cause))
                self._leave(leader)
                self._metadata.request_update()
                await asyncio.sleep(self._settings.seconds("retry.backoff.ms"))
            except KafkaException as cause:
                session.reset()
                self._on_connection_error(cause.error)
                await asyncio.sleep(self._settings.seconds("fetch.error.backoff.ms"))

    def _wanted(self, leader: int) -> dict[Pair, Position]:
        now = self._world.clock.now()
        wanted = {}
        replaced: list[Position] = []
        for pair, position in self._positions.items():
            if position.paused or position.fetch_from == UNRESOLVED:
                continue
            if self._read_from(position) != leader:
                continue
            topic_id = self._metadata.topics[position.topic].id
            if position.topic_id is None and topic_id != NO_TOPIC_ID:
                position.topic_id = topic_id
            elif position.topic_id is not None and topic_id not in (position.topic_id, NO_TOPIC_ID):
                replaced.append(position)
                continue
            if position.blocked_until > now:
                self._wake_later(position.blocked_until - now)
                continue
            wanted[pair] = position
        for position in replaced:
            self._on_replaced(position)
        return wanted

    async def _fetch(
        self, leader: int, session: FetchSession[_Place, _Wanted], positions: dict[Pair, Position]
    ) -> None:
        channel = await self._connections.to(leader, FETCH)
        wants: dict[_Place, _Wanted] = {}
        eras = {}
        for pair, position in positions.items():
            topic = self._metadata.topics[position.topic]
            place = topic.partitions.get(position.partition)
            epoch = place.leader_epoch if place else -1
            wants[_Place(*pair, topic.id)] = _Wanted(position.fetch_from, epoch)
            eras[pair] = (position.era, position.fetch_from)
        by_name = any(place.topic_id == NO_TOPIC_ID for place in wants)
        version = self._connections.version(channel, FetchRequest, _LAST_BY_NAME if by_name else None)
        if self._versions.setdefault(leader, version) != version:
            session.reset()
            self._versions[leader] = version
        plan = session.next(wants, [place for place in session.told if place not in wants])
        response = await self._connections.ask(channel, self._request(plan), FetchResponse, at_most=version)
        if response.error_code:
            session.reset()
            if response.error_code not in (
                ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
                ErrorCode.INVALID_FETCH_SESSION_EPOCH,
            ):
                self._metadata.request_update()
                await asyncio.sleep(self._settings.seconds("retry.backoff.ms"))
            return
        session.accept(response.session_id)
        names = {place.topic_id: place.topic for place in wants}
        for answer in response.responses:
            name = names.get(answer.topic_id) if version > _LAST_BY_NAME else answer.topic
            for data in answer.partitions:
                pair = (name or "", data.partition_index)
                current = positions.get(pair)
                # Not a partition that moved or was taken away while the fetch was under way.
                if current is None or self._positions.get(pair) is not current:
                    continue
                if (current.era, current.fetch_from) == eras[pair]:
                    self._take(current, data)
        self._on_data()

    def _request(self, plan: FetchPlan[_Place, _Wanted]) -> FetchRequest:
        settings = self._settings
        topics: dict[str, FetchTopic] = {}
        for (topic, partition, topic_id), want in plan.partitions.items():
            if topic not in topics:
                topics[topic] = FetchTopic(topic=topic, topic_id=topic_id, partitions=[])
            topics[topic].partitions.append(
                FetchPartition(
                    partition=partition,
                    current_leader_epoch=want.leader_epoch,
                    fetch_offset=want.fetch_offset,
                    partition_max_bytes=settings["max.partition.fetch.bytes"],
                )
            )
        forgotten: dict[tuple[str, uuid.UUID], ForgottenTopic] = {}
        for topic, partition, topic_id in plan.forgotten:
            key = (topic, topic_id)
            if key not in forgotten:
                forgotten[key] = ForgottenTopic(topic=topic, topic_id=topic_id, partitions=[])
            forgotten[key].partitions.append(partition)
        return FetchRequest(
            max_wait_ms=settings["fetch.wait.max.ms"],
            min_bytes=settings["fetch.min.bytes"],
            max_bytes=settings["fetch.max.bytes"],
            isolation_level=1 if self._committed_only else 0,
            session_id=plan.session_id,
            session_epoch=plan.session_epoch,
            topics=list(topics.values()),
            forgotten_topics_data=list(forgotten.values()),
            rack_id=settings["client.rack"],
        )

    # --- one partition's answer

    def _take(self, position: Position, data: PartitionData) -> None:
        code = data.error_code
        if code == ErrorCode.NONE and data.preferred_read_replica >= 0:
            position.near = data.preferred_read_replica
            position.near_until = self._world.clock.now() + NEAR_S
            self.wake()
            return
        if code == ErrorCode.NONE:
            self._take_records(position, data)
            return
        if position.near >= 0:  # a follower may lack what the leader has
            position.near = -1
            if code == ErrorCode.OFFSET_OUT_OF_RANGE:
                self.wake()
                return
        backoff_s = self._settings.seconds("retry.backoff.ms")
        if code == ErrorCode.OFFSET_OUT_OF_RANGE:
            self._on_out_of_range(position)
            return
        if is_retriable(code):
            self._metadata.request_update()
        else:
            backoff_s = self._settings.seconds("fetch.error.backoff.ms")
            offset = position.fetch_from
            self._buffer.add_event(
                position, Message(position.topic, position.partition, offset, error=KafkaError(code))
            )
        position.blocked_until = self._world.clock.now() + backoff_s

    def _take_records(self, position: Position, data: PartitionData) -> None:
        position.high_watermark = data.high_watermark
        if data.log_start_offset >= 0:
            position.log_start = data.log_start_offset
        position.end = data.last_stable_offset if self._committed_only else data.high_watermark
        if position.end < 0:
            position.end = data.high_watermark
        records = memoryview(data.records) if data.records is not None else memoryview(b"")
        next_offset = next_offset_after(records)
        if next_offset > position.fetch_from:
            aborted = sorted((a.first_offset, a.producer_id) for a in data.aborted_transactions or ())
            self._buffer.add(
                Chunk(
                    position,
                    position.era,
                    position.fetch_from,
                    records,
                    tuple(aborted),
                    next_offset,
                    len(records),
                )
            )
            position.fetch_from = next_offset
        elif len(records) and next_offset < 0:
            size = len(records)
            reason = (
                f"a batch at offset {position.fetch_from} is larger than the {size} bytes that were fetched"
            )
            error = KafkaError(KafkaError._UNDERFLOW, reason)
            self._buffer.add_event(
                position, Message(position.topic, position.partition, position.fetch_from, error=error)
            )
            position.blocked_until = self._world.clock.now() + self._settings.seconds(
                "fetch.error.backoff.ms"
            )
        if self._eof and position.fetch_from >= position.end and position.eof_at != position.fetch_from:
            position.eof_at = position.fetch_from
            error = KafkaError(
                KafkaError._PARTITION_EOF,
                f"Fetch from broker reached end of partition at offset {position.eof_at}",
            )
            self._buffer.add_event(
                position, Message(position.topic, position.partition, position.eof_at, error=error)
            )


def next_offset_after(records: memoryview) -> int:
    """The offset after the last whole batch; -1 where there is none. Looks at headers only."""
    at, end, next_offset = 0, len(records), -1
    while end - at > MAGIC_AT:
        if records[at + MAGIC_AT] != MAGIC_V2:
            size, smallest = legacy.size_of(records, at), legacy.SMALLEST_MESSAGE_BYTES
            last_offset = legacy.offset_of(records, at)
        elif end - at >= HEADER_BYTES:
            header = BatchHeader.read(records, at)
            size, smallest, last_offset = header.size_bytes, HEADER_BYTES, header.last_offset
        else:
            break
        if not smallest <= size <= end - at:
            break
        next_offset = last_offset + 1
        at += size
    return next_offset
