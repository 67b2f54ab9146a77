"""The answering side of fetch sessions: what each session asks for and what it was told last (KIP-227).

Rule: an incremental fetch looks at what is *due*, the partitions that it names, that have changed or that had more to
tell than there was room for, and at no other: it costs what moved, however many partitions the session has. Sessions
live in memory only and may be evicted.

Kafka: `kafka.server.FetchManager`, `FetchSessionCacheShard`, `CachedPartition`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.later import Later
from minikafka.protocol.messages.fetch import EpochEndOffset, FetchPartition, FetchRequest, PartitionData
from minikafka.replication.partition import FetchTimes, Partition
from minikafka.replication.pending import PendingRequests, Tokens, Waiter
from minikafka.world import World

INITIAL_EPOCH = 0
FINAL_EPOCH = -1
EVICT_AFTER_S = 120.0
NEVER_FOUND = -2
"""In place of a partition epoch: what is asked is new."""

# A topic is named by id from Fetch version 13 on, by name before.
TopicKey = str | uuid.UUID
Key = tuple[str | int, int]
"""A topic id is a number here: a UUID takes long to hash."""
Place = tuple[str, int]
"""Topic and index: under which name a partition's changes are told."""


@dataclass(slots=True)
class Wanted:
    """One partition that somebody fetches: what is asked, what was found there, and what was told last."""

    key: Key
    topic: TopicKey
    ask: FetchPartition
    name: str | None = None
    known_as: str | None = None
    """The name under which an id was found once: sessions keep it when the topic is deleted, or made again."""
    partition: Partition | None = None
    found_in_epoch: int = NEVER_FOUND
    error: ErrorCode = ErrorCode.NONE
    diverging: EpochEndOffset | None = None
    told_high_watermark: int = -1
    told_log_start: int = -1

    @property
    def place(self) -> Place | None:
        return (self.name, self.ask.partition) if self.name is not None else None

    def is_news(self, data: PartitionData) -> bool:
        """Is `data` news to the client? Notes what it is told."""
        if data.error_code != ErrorCode.NONE or data.diverging_epoch.end_offset >= 0:
            # Tell again next time, whatever the outcome then: who truncates takes nothing else from this answer.
            self.told_high_watermark = -1
            return True
        if data.high_watermark == self.told_high_watermark and data.log_start_offset == self.told_log_start:
            return bool(data.records) or data.preferred_read_replica >= 0
        self.told_high_watermark = data.high_watermark
        self.told_log_start = data.log_start_offset
        return True


class Asker(NamedTuple):
    """Who fetches, and how. When this changes within a session, all of it is due."""

    version: int
    replica_id: int
    replica_epoch: int
    isolation_level: int

    @property
    def is_follower(self) -> bool:
        return self.replica_id >= 0


class Session:
    """One client's session. It watches its partitions."""

    def __init__(
        self, session_id: int, asker: Asker, by_id: bool, now: float, pending: PendingRequests
    ) -> None:
        self.id = session_id
        self.epoch = 1
        """The epoch that the next request has to name; each request counts it up."""
        self.asker = asker
        self.by_id = by_id
        self.used_at = now
        self.wanted: dict[Key, Wanted] = {}
        """Every partition of the session, whether it has something new or not."""
        self.due: dict[Key, Wanted] = {}
        """In the order of their turn: who got records goes to the end of the line."""
        self.times = FetchTimes()
        self.waiting: Waiter[Any] | None = None
        """Its request that waits for records; there is at most one."""
        self._pending = pending
        self._watched: dict[Key, Place] = {}
        """Under which name each partition's changes are heard."""

    def look(self, tokens: Tokens) -> Later[Any] | None:
        """Partitions have changed: they are due, and who waits looks at them."""
        self._mark(tokens)
        waiting = self.waiting
        return waiting.look(tokens) if waiting is not None else None

    def catch_up(self) -> None:
        """What has changed in this very turn is due already."""
        self._mark(self._pending.woken(self))

    def _mark(self, keys: Iterable[Any]) -> None:
        for key in keys:
            wanted = self.wanted.get(key)
            if wanted is not None:
                self.due.setdefault(key, wanted)

    def want(self, wanted: Wanted) -> None:
        """From now on it belongs to the session, and is due."""
        self.wanted[wanted.key] = self.due[wanted.key] = wanted
        self.watch(wanted)

    def take_over(self, wanted: Wanted) -> None:
        """The full fetch that began the session was told of to the partition; later fetches go by `times`."""
        if wanted.partition is None or wanted.error is not ErrorCode.NONE or wanted.diverging is not None:
            return
        follower = wanted.partition.followers.get(self.asker.replica_id)
        if follower is not None and follower.session is None:
            follower.session = self.times

    def watch(self, wanted: Wanted) -> None:
        """Hear of its changes, as soon as it is known under which name they are told."""
        place = wanted.place
        if place is not None and wanted.key not in self._watched:
            self._watched[wanted.key] = place
            self._pending.watch(place, self, wanted.key)

    def forget(self, key: Key) -> None:
        """It leaves the session; fine if it isn't in it."""
        wanted = self.wanted.pop(key, None)
        self.due.pop(key, None)
        place = self._watched.pop(key, None)
        if place is not None:
            self._pending.unwatch(place, self, key)
        if wanted is not None and wanted.partition is not None:
            follower = wanted.partition.followers.get(self.asker.replica_id)
            if follower is not None and follower.session is self.times:
                follower.leave_session()

    def end(self) -> None:
        """Every partition leaves the session."""
        for key in list(self.wanted):
            self.forget(key)


@dataclass(slots=True)
class Opened:
    """What a request means: an error, or the partitions to look at and the session (None: there is none)."""

    error: ErrorCode
    asker: Asker
    due: dict[Key, Wanted] = field(default_factory=dict)
    session: Session | None = None
    may_create: bool = False


class FetchSessions:
    """The cache of sessions of one broker (`max.incremental.fetch.session.cache.slots`)."""

    def __init__(self, world: World, slots: int, pending: PendingRequests) -> None:
        self._world = world
        self._slots = slots
        self._pending = pending
        self._sessions: dict[int, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, request: FetchRequest, version: int) -> Opened:
        """Look up or begin the request's session."""
        by_id, asker = version >= 13, _asker(request, version)
        if request.session_epoch in (INITIAL_EPOCH, FINAL_EPOCH):
            if request.session_id != 0:
                self._end(request.session_id)
            due = {key: Wanted(key, topic, ask) for key, topic, ask in _named(request, by_id)}
            return Opened(ErrorCode.NONE, asker, due, may_create=request.session_epoch == INITIAL_EPOCH)
        session = self._sessions.get(request.session_id)
        if session is None:
            return Opened(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, asker)
        if session.epoch != request.session_epoch:
            return Opened(ErrorCode.INVALID_FETCH_SESSION_EPOCH, asker)
        if session.by_id != by_id:
            return Opened(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR, asker)
        if session.waiting is not None:
            session.waiting.expire()  # who asks again waits for that no more
        session.epoch = session.epoch % 0x7FFFFFFF + 1
        session.used_at = self._world.clock.now()
        if session.asker != asker:
            session.asker = asker
            for wanted in session.wanted.values():
                wanted.found_in_epoch = NEVER_FOUND
            session.due.update(session.wanted)
        self._update(session, request)
        if not session.wanted:
            self._end(session.id)
            return Opened(ErrorCode.NONE, asker)
        session.catch_up()
        return Opened(ErrorCode.NONE, asker, session.due, session)

    def create(self, opened: Opened, *, by_id: bool) -> Session | None:
        """A session for a full fetch, or None when the cache is full of busy ones."""
        now = self._world.clock.now()
        if len(self._sessions) >= self._slots and not self._evict(opened.asker.is_follower, now):
            return None
        session_id = self._world.random.randint(1, 0x7FFFFFFF)
        while session_id in self._sessions:
            session_id = self._world.random.randint(1, 0x7FFFFFFF)
        session = self._sessions[session_id] = Session(session_id, opened.asker, by_id, now, self._pending)
        for wanted in opened.due.values():
            session.want(wanted)
            session.take_over(wanted)
        return session

    def _update(self, session: Session, request: FetchRequest) -> None:
        for key, topic, ask in _named(request, session.by_id):
            known = session.wanted.get(key)
            if known is None:
                session.want(Wanted(key, topic, ask))
            else:
                known.ask, known.found_in_epoch = ask, NEVER_FOUND
                session.due.setdefault(key, known)
        for forgotten in request.forgotten_topics_data:
            for index in forgotten.partitions:
                session.forget((forgotten.topic_id.int if session.by_id else forgotten.topic, index))

    def _evict(self, follower: bool, now: float) -> bool:
        """Make room: the one unused longest, if unused long enough, or a consumer's for a follower."""
        if not self._sessions:
            return False
        oldest = min(self._sessions.values(), key=lambda s: s.used_at)
        if now - oldest.used_at < EVICT_AFTER_S:
            consumers = [s for s in self._sessions.values() if not s.asker.is_follower]
            if not follower or not consumers:
                return False
            oldest = min(consumers, key=lambda s: s.used_at)
        self._end(oldest.id)
        return True

    def _end(self, session_id: int) -> None:
        session = self._sessions.pop(session_id, None)
        if session is not None:
            session.end()


def _asker(request: FetchRequest, version: int) -> Asker:
    if version < 15:
        return Asker(version, request.replica_id, -1, request.isolation_level)
    state = request.replica_state
    return Asker(version, state.replica_id, state.replica_epoch, request.isolation_level)


def _named(request: FetchRequest, by_id: bool) -> Iterator[tuple[Key, TopicKey, FetchPartition]]:
    for topic in request.topics:
        if by_id:
            number, topic_id = topic.topic_id.int, topic.topic_id
            for ask in topic.partitions:
                yield (number, ask.partition), topic_id, ask
        else:
            for ask in topic.partitions:
                yield (topic.topic, ask.partition), topic.topic, ask
