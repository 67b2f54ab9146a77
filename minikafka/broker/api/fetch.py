"""Fetch (key 1): read batches, as a consumer below the high watermark, as a follower to the end of the log.

- 7+: fetch sessions (KIP-227). 9+: the caller's leader epoch is checked (KIP-320).
- 12+: `last_fetched_epoch` and the diverging epoch, by which followers truncate (KIP-595).
- 11+: a consumer may read from any replica, and is sent to one in its rack (KIP-392).
- 13+: topics by id (KIP-516). 15+: the replica's epoch (KIP-903). 16+: where the leader is (KIP-951).
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from minikafka.broker.fetch_sessions import Key, Opened, Place, Session, TopicKey, Wanted
from minikafka.broker.partition_reads import ISOLATION_LEVELS, READ_COMMITTED, PartitionReads
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import Deferred, RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.later import Later
from minikafka.protocol.messages.fetch import (
    FetchableTopicResponse,
    FetchRequest,
    FetchResponse,
    NodeEndpoint,
    PartitionData,
)
from minikafka.replication.partition import Partition
from minikafka.replication.pending import Tokens
from minikafka.world import in_turns

LOOKS_AT_ONCE = 1000

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.FETCH, versions=(4, 18))
def fetch(
    node: Broker, request: FetchRequest, context: RequestContext
) -> FetchResponse | Deferred | Later[Deferred] | Awaitable[Deferred]:
    """Answer at once when there is enough (or an error), else when there is, at latest after `max_wait_ms`.

    What is read is read when it is sent: a slice of a file is good for no longer."""
    opened = node.fetch_sessions.open(request, context.api_version)
    if opened.error is not ErrorCode.NONE:
        return FetchResponse(
            throttle_time_ms=0, error_code=opened.error, session_id=0, responses=[], node_endpoints=[]
        )
    read = Read(node, request, opened)
    if opened.session is None and not opened.due:
        return read.answer()
    if request.isolation_level not in ISOLATION_LEVELS:
        raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)
    if len(opened.due) > LOOKS_AT_ONCE:
        return _read_in_turns(read)
    return _read(read)


async def _read_in_turns(read: Read) -> Deferred:
    """A fetch of thousands of partitions looks at them in pieces, between which others have their turn."""
    await read.look_in_turns()
    found = _read(read)
    return await found if isinstance(found, Awaitable) else found


def _read(read: Read) -> Deferred | Later[Deferred] | Awaitable[Deferred]:
    read.arrive()
    unready = read.unready()
    return _read_when_ready(read, unready) if unready else read.when_there()


async def _read_when_ready(read: Read, unready: list[Wanted]) -> Deferred:
    for wanted in unready:
        if wanted.partition is not None:
            size_bytes = max(0, wanted.ask.partition_max_bytes)
            await wanted.partition.log.aborted.get_ready(wanted.ask.fetch_offset, size_bytes)
    read.look_again()
    found = read.when_there()
    return await found if isinstance(found, Later) else found


class Read:
    """One fetch from its arrival to its answer."""

    def __init__(self, node: Broker, request: FetchRequest, opened: Opened) -> None:
        self._node = node
        self._request = request
        self._opened = opened
        self._session = opened.session
        self._due = opened.due
        self._reads = PartitionReads(node, opened.asker, request.rack_id)
        self._version = opened.asker.version
        self.replica_id = opened.asker.replica_id
        self.is_follower = opened.asker.is_follower
        self._arrived_at = node.world.clock.now()
        self._min_bytes = request.min_bytes
        self._available: dict[Key, int] = {}
        """How much there is of which partition, where `min_bytes` makes a difference."""
        self._by_place: dict[Place, Wanted] = {}

    # -- what is there ---------------------------------------------------------------------------------------

    def arrive(self) -> None:
        """Look at all that is due. A follower's fetch offset says what it has: the leader's bookkeeping is here."""
        for wanted in self._due.values():
            self._look(wanted)
        if self.is_follower:
            self._note_follower()

    async def look_in_turns(self) -> None:
        """Look at all that is due, so that `arrive` finds most of it looked at."""
        async for wanted in in_turns(self._node.world, list(self._due.values())):
            self._look(wanted)

    def look_again(self) -> None:
        """After a wait for something else."""
        for wanted in self._due.values():
            self._look(wanted)

    def _look(self, wanted: Wanted) -> None:
        if self._reads.look(wanted) and self._session is not None:
            self._session.watch(wanted)

    def _note_follower(self) -> None:
        now = self._arrived_at
        epoch, session = self._opened.asker.replica_epoch, self._session
        times = session.times if session is not None else None
        for wanted in self._due.values():
            partition, ask = wanted.partition, wanted.ask
            if partition is None:
                continue
            try:
                if wanted.error is not ErrorCode.NONE or wanted.diverging is not None:
                    partition.disregard_fetch(self.replica_id)
                    continue
                partition.record_fetch(
                    self.replica_id, ask.fetch_offset, ask.log_start_offset, now, epoch, times
                )
            except ApiError as error:
                wanted.error = error.code
                continue
            self._node.replicas.follower_fetched(partition, self.replica_id)
        if times is not None:
            times.last_at = now

    def unready(self) -> list[Wanted]:
        """The partitions whose log has to be walked before it can tell what of its transactions was rolled back."""
        if self.is_follower or self._request.isolation_level != READ_COMMITTED:
            return []
        return [
            wanted
            for wanted in self._due.values()
            if wanted.partition is not None
            and not wanted.partition.log.aborted.is_ready(wanted.ask.fetch_offset)
        ]

    # -- is there enough? ----------------------------------------------------------------------------------

    def when_there(self) -> Deferred | Later[Deferred]:
        """The answer now, or as soon as there is enough, or when the time is up."""
        max_wait_ms = self._request.max_wait_ms
        if self._min_bytes <= 0 or max_wait_ms <= 0 or self._is_enough(self._due.values()):
            return self._answer
        session, places = self._session, self._by_place
        if session is None:
            places.update((place, w) for w in self._due.values() if (place := w.place) is not None)
        later = self._node.replicas.fetch_pending.enter(
            places,
            self._look_at,
            lambda: self.answer,
            max_wait_ms / 1000,
            may_hurry=self.is_follower,
        )
        if session is not None and isinstance(later, Later):
            session.waiting = later
        return later

    def _look_at(self, tokens: Tokens) -> Deferred | None:
        """Some partitions have changed: is there enough now?"""
        known: Mapping[Any, Wanted] = self._by_place if self._session is None else self._session.wanted
        changed = [known[token] for token in tokens if token in known]
        for wanted in changed:
            self._look(wanted)
        return self.answer if self._is_enough(changed) else None

    def _is_enough(self, looked_at: Iterable[Wanted]) -> bool:
        for wanted in looked_at:
            if wanted.error is not ErrorCode.NONE or wanted.diverging is not None:
                return True
            partition, ask = wanted.partition, wanted.ask
            assert partition is not None
            if self._node.chooses_replica and self._is_told_at_once(wanted, partition):
                return True
            end = self._reads.end_offset(partition)
            if ask.fetch_offset < end and not self._reads.is_held_back(partition):
                limit = min(self._request.max_bytes, ask.partition_max_bytes)
                if self._min_bytes == 1 or limit < 0:
                    return True
                size = partition.log.size_between(ask.fetch_offset, end, limit_bytes=limit)
                self._available[wanted.key] = size
        return self._min_bytes > 1 and sum(self._available.values()) >= self._min_bytes

    def _is_told_at_once(self, wanted: Wanted, partition: Partition) -> bool:
        """Where consumers read from followers: to a consumer that there is a nearer replica, to a follower how far it
        may let them read (in Kafka, too, the latter only there)."""
        if not self.is_follower:
            return self._reads.nearer(wanted) >= 0
        return self._session is not None and wanted.told_high_watermark < partition.high_watermark

    # -- the answer ------------------------------------------------------------------------------------------

    def answer(self) -> FetchResponse:
        """Read what is due, once, and say what is news."""
        self.look_again()
        return self._answer()

    def _answer(self) -> FetchResponse:
        session = self._session
        if session is not None:
            session.waiting = None
        left = min(self._request.max_bytes, self._node.configs.int("fetch.max.bytes"))
        nothing_yet = True
        told: list[tuple[Wanted, PartitionData]] = []
        for wanted in self._due.values():
            data = self._reads.read(wanted, left, nothing_yet=nothing_yet)
            size = len(data.records) if data.records is not None else 0
            left, nothing_yet = max(0, left - size), nothing_yet and size == 0
            told.append((wanted, data))
        is_new = session is None and self._opened.may_create and self._version >= 7
        if is_new:
            session = self._node.fetch_sessions.create(self._opened, by_id=self._version >= 13)
        if session is not None:
            news = [(wanted, data) for wanted, data in told if self._is_news(session, wanted, data)]
            told = told if is_new else news
        return self._response(told, session.id if session is not None else 0)

    def _is_news(self, session: Session, wanted: Wanted, data: PartitionData) -> bool:
        """Has it to be told? Notes whether it stays due."""
        if not self._may_say_more(wanted):
            session.due.pop(wanted.key, None)
        elif data.records:
            session.due[wanted.key] = session.due.pop(wanted.key)  # to the end of the line
        return wanted.is_news(data)

    def _may_say_more(self, wanted: Wanted) -> bool:
        """Might the next fetch find something here although nothing changes?"""
        partition = wanted.partition
        if wanted.error is not ErrorCode.NONE or wanted.diverging is not None or partition is None:
            return True
        if wanted.ask.fetch_offset < self._reads.end_offset(partition):
            return True
        # Each fetch of a follower that was out of the ISR may bring it back.
        return self.is_follower and self.replica_id not in partition.isr

    def _response(self, told: list[tuple[Wanted, PartitionData]], session_id: int) -> FetchResponse:
        topics: dict[str | int, FetchableTopicResponse] = {}
        moved: dict[int, None] = {}
        for wanted, data in told:
            topic = topics.get(wanted.key[0])
            if topic is None:
                topic = topics[wanted.key[0]] = _topic(wanted.topic)
            topic.partitions.append(data)
            if self._version >= 16 and not self.is_follower and data.current_leader.leader_id >= 0:
                moved[data.current_leader.leader_id] = None
        return FetchResponse(
            throttle_time_ms=0,
            error_code=ErrorCode.NONE,
            session_id=session_id,
            responses=list(topics.values()),
            node_endpoints=[_endpoint(self._node, leader) for leader in moved if self._node.endpoint(leader)],
        )


def _topic(topic: TopicKey) -> FetchableTopicResponse:
    if isinstance(topic, str):
        return FetchableTopicResponse(topic=topic, partitions=[])
    return FetchableTopicResponse(topic_id=topic, partitions=[])


def _endpoint(node: Broker, leader: int) -> NodeEndpoint:
    endpoint = node.endpoint(leader)
    assert endpoint is not None
    return NodeEndpoint(node_id=leader, host=endpoint[0], port=endpoint[1], rack=None)
