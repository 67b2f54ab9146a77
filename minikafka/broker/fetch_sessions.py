"""The answering side of fetch sessions: what each session asks for and what it was told last (KIP-227).

Rule: `open()` turns a request into the full list of wanted partitions; `Session.tell()` decides
whether a partition's answer is news. Sessions live in memory only and may be evicted.

Kafka: `kafka.server.FetchManager`, `FetchSessionCacheShard`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.fetch import FetchPartition, FetchRequest, PartitionData
from minikafka.world import World

INITIAL_EPOCH = 0
FINAL_EPOCH = -1
EVICT_AFTER_S = 120.0

# A topic is named by id from Fetch version 13 on, by name before.
TopicKey = str | uuid.UUID
Key = tuple[TopicKey, int]


@dataclass(slots=True)
class Wanted:
    """One partition of a session: what the client asks, and what it was told last."""

    ask: FetchPartition
    told_high_watermark: int = -1
    told_log_start: int = -1


class Session:
    """One client's session."""

    __slots__ = ("by_id", "epoch", "follower", "id", "used_at", "wanted")

    def __init__(
        self, session_id: int, wanted: dict[Key, Wanted], *, by_id: bool, follower: bool, now: float
    ) -> None:
        self.id = session_id
        self.epoch = 1
        self.wanted = wanted
        self.by_id = by_id
        self.follower = follower
        self.used_at = now

    def tell(self, key: Key, data: PartitionData) -> bool:
        """Is `data` news to the client? Notes what it is told."""
        wanted = self.wanted[key]
        if data.error_code != ErrorCode.NONE or data.diverging_epoch.end_offset >= 0:
            # Tell again next time, whatever the outcome then: who truncates takes nothing else from this answer.
            wanted.told_high_watermark = -1
            return True
        news = bool(data.records)
        if (
            data.high_watermark != wanted.told_high_watermark
            or data.log_start_offset != wanted.told_log_start
        ):
            wanted.told_high_watermark = data.high_watermark
            wanted.told_log_start = data.log_start_offset
            news = True
        if data.records:
            # Fairness: who got data goes to the end of the line.
            self.wanted[key] = self.wanted.pop(key)
        return news


@dataclass(slots=True)
class Opened:
    """What a request means: an error, or the partitions to read and the session (None: there is none)."""

    error: ErrorCode
    wanted: dict[Key, FetchPartition]
    session: Session | None = None
    incremental: bool = False
    may_create: bool = False


class FetchSessions:
    """The cache of sessions of one broker (`max.incremental.fetch.session.cache.slots`)."""

    def __init__(self, world: World, slots: int) -> None:
        self._world = world
        self._slots = slots
        self._sessions: dict[int, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, request: FetchRequest, version: int) -> Opened:
        """Look up or begin the request's session."""
        by_id = version >= 13
        named = _named(request, by_id)
        if request.session_epoch in (INITIAL_EPOCH, FINAL_EPOCH):
            if request.session_id != 0:
                self._sessions.pop(request.session_id, None)
            return Opened(ErrorCode.NONE, named, may_create=request.session_epoch == INITIAL_EPOCH)
        session = self._sessions.get(request.session_id)
        if session is None:
            return Opened(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, {})
        if session.epoch != request.session_epoch:
            return Opened(ErrorCode.INVALID_FETCH_SESSION_EPOCH, {})
        if session.by_id != by_id:
            return Opened(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR, {})
        session.epoch = session.epoch % 0x7FFFFFFF + 1
        session.used_at = self._world.clock.now()
        self._update(session, named, request, by_id)
        wanted = {key: item.ask for key, item in session.wanted.items()}
        if not wanted:
            del self._sessions[session.id]
            return Opened(ErrorCode.NONE, {})
        return Opened(ErrorCode.NONE, wanted, session, incremental=True)

    def create(self, opened: Opened, *, by_id: bool, follower: bool) -> Session | None:
        """A session for a full fetch, or None when the cache is full of busy ones."""
        now = self._world.clock.now()
        if len(self._sessions) >= self._slots and not self._evict(follower, now):
            return None
        session_id = self._world.random.randint(1, 0x7FFFFFFF)
        while session_id in self._sessions:
            session_id = self._world.random.randint(1, 0x7FFFFFFF)
        wanted = {key: Wanted(ask) for key, ask in opened.wanted.items()}
        session = Session(session_id, wanted, by_id=by_id, follower=follower, now=now)
        self._sessions[session_id] = session
        return session

    def _update(
        self, session: Session, named: dict[Key, FetchPartition], request: FetchRequest, by_id: bool
    ) -> None:
        for key, ask in named.items():
            known = session.wanted.get(key)
            if known is None:
                session.wanted[key] = Wanted(ask)
            else:
                known.ask = ask
        for topic in request.forgotten_topics_data:
            name: TopicKey = topic.topic_id if by_id else topic.topic
            for index in topic.partitions:
                session.wanted.pop((name, index), None)

    def _evict(self, follower: bool, now: float) -> bool:
        """Make room: the one unused longest, if unused long enough, or a consumer's for a follower."""
        if not self._sessions:
            return False
        oldest = min(self._sessions.values(), key=lambda s: s.used_at)
        if now - oldest.used_at < EVICT_AFTER_S:
            consumers = [s for s in self._sessions.values() if not s.follower]
            if not follower or not consumers:
                return False
            oldest = min(consumers, key=lambda s: s.used_at)
        del self._sessions[oldest.id]
        return True


def _named(request: FetchRequest, by_id: bool) -> dict[Key, FetchPartition]:
    return {
        (topic.topic_id if by_id else topic.topic, ask.partition): ask
        for topic in request.topics
        for ask in topic.partitions
    }
