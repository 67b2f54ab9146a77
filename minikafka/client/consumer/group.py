"""A consumer's membership in its group: join, sync, heartbeat, leave (the classic protocol).

Rule: one task walks the states of `STATES`; heartbeats continue beside it while it waits for the application, and
only tell it that something is to be done. Kafka does the same in `AbstractCoordinator` and `ConsumerCoordinator`
(KIP-62: heartbeats in the background; KIP-345: static members; KIP-429: cooperative rebalancing).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from minikafka.client.connections.offsets import Member
from minikafka.client.consumer import assignors
from minikafka.client.consumer.group_requests import GroupRequests
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error, failure
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.join_group import JoinGroupResponse
from minikafka.protocol.schema import MalformedMessage

if TYPE_CHECKING:
    from minikafka.client.connections.offsets import GroupOffsets
    from minikafka.client.connections.reach import Reach
    from minikafka.client.values import Pair
    from minikafka.policy import Rules

STATES: dict[str, dict[str, str]] = {
    "unjoined": {"join": "joining"},
    "joining": {"joined": "syncing", "failed": "unjoined"},
    "syncing": {"synced": "stable", "failed": "unjoined"},
    "stable": {"rebalance": "unjoined", "lost": "unjoined"},
}
"""{state: {event: next state}}."""

_LOST = frozenset({ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.ILLEGAL_GENERATION})


class Reader(Protocol):
    """What the membership needs of the consumer it belongs to."""

    def owned(self) -> list[Pair]:
        """The partitions assigned now."""
        ...

    async def on_assigned(self, pairs: Sequence[Pair]) -> None:
        """Takes these on; returns when the application has been told."""
        ...

    async def on_revoked(self, pairs: Sequence[Pair], *, lost: bool) -> None:
        """Gives these up (committing before, unless they are lost); returns when the application knows."""
        ...

    def poll_is_overdue(self) -> bool:
        """Has the application stayed away for longer than max.poll.interval.ms?"""
        ...

    def is_being_told(self) -> bool:
        """Is the application in a callback about a rebalance?"""
        ...

    def tell(self, error: KafkaError) -> None:
        """An error that the application should see at its next poll."""
        ...


class Membership:
    """The walk through the states. `start()` it with topics, `stop()` it to leave."""

    def __init__(
        self,
        reach: Reach,
        group: GroupOffsets,
        rules: Rules,
        reader: Reader,
    ) -> None:
        self._world, self._settings, self._metadata = reach.world, reach.settings, reach.metadata
        self._background = reach.background
        self._group = group
        self._rules = rules
        self._reader = reader
        self.strategies = assignors.check_strategies(self._settings["partition.assignment.strategy"])
        self.cooperative = self.strategies == [assignors.COOPERATIVE]
        self.state = "unjoined"
        """A key of `STATES`; only `_step` changes it."""
        self.member_id = ""
        """As the coordinator gave it; empty while it doesn't know us."""
        self.generation = -1
        """That of the last join; -1 while we are no member."""
        self.topics: list[str] = []
        """What is subscribed to."""
        self._previous: tuple[list[Pair], int] | None = None
        """What it was assigned last, and in which generation: the sticky assignor's memory."""
        self._requests = GroupRequests(reach, group, self.strategies)
        self._is_leader = False
        self._watched: list[str] = []
        """As the group's leader: the topics of all members, …"""
        self._assigned_counts: dict[str, int] = {}
        """… and how many partitions each had when they were assigned. Another count means a rebalance."""
        self._walk: asyncio.Task[None] | None = None
        self._stopping: asyncio.Future[None] | None = None
        self._next_topics: list[str] | None = None  # to be joined for when it has left
        self._beat: asyncio.Task[None] | None = None
        self._attention = asyncio.Event()
        """Set when something has to be done that can't wait for the next heartbeat."""
        self._lost = False
        """The coordinator no longer knows us: what we owned belongs to others."""
        self._fenced = False
        """Another member has our `group.instance.id`."""
        self._too_slow = False
        """The application hasn't polled for `max.poll.interval.ms`."""

    @property
    def member(self) -> Member:
        """As whom offsets are committed."""
        if self.generation < 0:
            return Member()
        return Member(self.member_id, self.generation, self._requests.instance_id)

    def _step(self, event: str) -> None:
        self.state = STATES[self.state][event]

    # --- from the consumer

    def check_way(self, *, incremental: bool) -> None:
        """A member may change its assignment by itself only in its group's way. Raises KafkaException(_STATE)."""
        if self.is_on and incremental is not self.cooperative:
            kind, way = ("an eager", "assign() and unassign()")
            if self.cooperative:
                kind, way = "a cooperative", "incremental_assign() and incremental_unassign()"
            raise failure(KafkaError._STATE, f"In {kind} group the assignment is changed by {way}")

    def subscribe(self, topics: Sequence[str]) -> None:
        """Joins with these topics, or rejoins when they changed. While it leaves, that comes first."""
        if self._stopping is not None:
            self._next_topics = list(topics)
            return
        if list(topics) == self.topics and self._walk is not None:
            return
        self.topics = list(topics)
        if self._walk is None:
            self._walk = self._background.spawn(self._run(), f"group-{self._requests.group_id}")
            self._beat = self._background.spawn(self._heartbeats(), f"heartbeat-{self._requests.group_id}")
        self.rejoin()

    @property
    def is_on(self) -> bool:
        """Is it in the group, or on the way there?"""
        return self._walk is not None

    def rejoin(self) -> None:
        """Something changed that the group has to agree on again."""
        self._attention.set()

    async def stop(self) -> None:
        """Gives up the assignment and leaves the group (a static member stays, as Kafka has it).

        A second call waits for the first, but not from within a callback, for which the first one waits.
        """
        self._next_topics = None
        if self._stopping is not None:
            if not self._reader.is_being_told():
                await asyncio.shield(self._stopping)
            return
        stopping = self._stopping = asyncio.get_running_loop().create_future()
        try:
            await self._stop()
        finally:
            self._stopping = None
            stopping.set_result(None)
        self._begin_next()

    def _begin_next(self) -> None:
        topics, self._next_topics = self._next_topics, None
        if topics is not None:
            self.subscribe(topics)

    async def _stop(self) -> None:
        walk, beat = self._walk, self._beat
        self._walk = self._beat = None
        self.topics = []
        for task in (walk, beat):
            if task is not None:
                task.cancel()
        for task in (walk, beat):
            if task is not None:
                await asyncio.wait((task,))
        owned = self._reader.owned()
        if owned:
            await self._reader.on_revoked(owned, lost=False)
        if walk is not None and self._requests.instance_id is None:
            await self._leave("the consumer unsubscribed or closed")
        self._reset_membership()
        self.state = "unjoined"

    async def _leave(self, reason: str) -> None:
        if self.member_id:
            await self._requests.leave(self.member_id, reason)
            self.member_id = ""

    # --- the walk

    async def _run(self) -> None:
        while True:
            try:
                await self._rebalance()
                await self._attention.wait()
                self._attention.clear()
                await self._after_stable()
            except (OSError, TimeoutError) as cause:
                self._fall_back()
                self._group.forget()
                self._reader.tell(as_kafka_error(cause))
                await asyncio.sleep(self._settings.seconds("retry.backoff.ms"))
            except KafkaException as cause:
                self._fall_back()
                await self._recover(cause.error)
            except MalformedMessage as cause:
                self._fall_back()
                self._reader.tell(KafkaError(KafkaError._BAD_MSG, str(cause)))
                await asyncio.sleep(self._settings.seconds("retry.backoff.max.ms"))

    def _fall_back(self) -> None:
        if self.state in ("joining", "syncing"):
            self._step("failed")

    async def _after_stable(self) -> None:
        """Why was the stable group disturbed?"""
        if self._too_slow:
            self._too_slow = False
            self._step("lost")
            self._reader.tell(KafkaError(KafkaError._MAX_POLL_EXCEEDED))
            await self._leave("the application did not poll within max.poll.interval.ms")
            await self._lose()
            while self._reader.poll_is_overdue():
                await asyncio.sleep(0.1)
        elif self._fenced:
            self._step("lost")
            raise KafkaException(KafkaError(ErrorCode.FENCED_INSTANCE_ID))
        elif self._lost:
            self._step("lost")
            await self._lose()
        else:
            self._step("rebalance")

    async def _lose(self) -> None:
        self._lost = False
        self._previous = None
        self._reset_membership()
        owned = self._reader.owned()
        if owned:
            await self._reader.on_revoked(owned, lost=True)

    def _reset_membership(self) -> None:
        self.member_id = ""
        self.generation = -1
        self._is_leader = False

    async def _recover(self, error: KafkaError) -> None:
        code = error.code()
        if code == ErrorCode.MEMBER_ID_REQUIRED or code == ErrorCode.REBALANCE_IN_PROGRESS:
            return
        if code in (ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.ILLEGAL_GENERATION):
            await self._lose()
            return
        if code == ErrorCode.FENCED_INSTANCE_ID:
            await self._lose()
            self._reader.tell(KafkaError(KafkaError._FATAL, f"Fatal error: {error.str()}", fatal=True))
            await (
                asyncio.Event().wait()
            )  # else two of one group.instance.id would take each other's place for ever
        if error.retriable():
            await asyncio.sleep(self._settings.seconds("retry.backoff.ms"))
            return
        self._reader.tell(error)
        await asyncio.sleep(self._settings.seconds("retry.backoff.max.ms"))

    async def _rebalance(self) -> None:
        self._attention.clear()
        if not self.cooperative:
            owned = self._reader.owned()
            if owned:
                await self._reader.on_revoked(owned, lost=False)
        self._step("join")
        joined = await self._join()
        self._step("joined")
        plan = await self._plan(joined) if self._is_leader else {}
        pairs = await self._requests.sync(self.member_id, self.generation, joined.protocol_name, plan)
        self._step("synced")
        self._previous = (pairs, self.generation)
        owned = self._reader.owned()
        revoked = [pair for pair in owned if pair not in pairs]
        if self.cooperative and revoked:
            await self._reader.on_revoked(revoked, lost=False)
            self.rejoin()  # so that the others can have them
        added = [pair for pair in pairs if pair not in owned]
        await self._reader.on_assigned(added if self.cooperative else pairs)

    async def _join(self) -> JoinGroupResponse:
        subscriptions = {strategy: self._subscription(strategy) for strategy in self.strategies}
        response = await self._requests.join(self.member_id, subscriptions)
        if response.error_code == ErrorCode.MEMBER_ID_REQUIRED:
            self.member_id = response.member_id
        self._group.check(response.error_code)
        self.member_id = response.member_id
        self.generation = response.generation_id
        self._is_leader = response.leader == response.member_id
        return response

    def _subscription(self, strategy: str) -> bytes:
        return assignors.subscription_bytes(
            self.topics,
            self._reader.owned() if self.cooperative else [],
            self.generation,
            self._settings["client.rack"],
            self._previous if strategy == assignors.STICKY else None,
        )

    async def _plan(self, joined: JoinGroupResponse) -> dict[str, list[Pair]]:
        if joined.skip_assignment:
            return {}
        members = {member.member_id: member.metadata for member in joined.members}
        topics = assignors.subscribed_topics(members)
        self._metadata.want(topics)
        await self._metadata.update()
        counts = self._counts(topics)
        self._watched, self._assigned_counts = topics, counts
        try:
            return assignors.assign(self._rules, joined.protocol_name or "", members, counts)
        except (MalformedMessage, KafkaException):
            raise
        except Exception as cause:  # a learner's rule may raise anything
            reason = f"the assignor {joined.protocol_name} raised {type(cause).__name__}: {cause}"
            raise KafkaException(KafkaError(KafkaError._FAIL, reason)) from cause

    def _counts(self, topics: Sequence[str]) -> dict[str, int]:
        known = self._metadata.topics
        return {t: len(known[t].partitions) for t in topics if t in known and known[t].partitions}

    # --- heartbeats

    async def _heartbeats(self) -> None:
        interval_s = self._settings.seconds("heartbeat.interval.ms")
        session_s = self._settings.seconds("session.timeout.ms")
        last_answer = self._world.clock.now()
        while True:
            await asyncio.sleep(interval_s)
            if self.generation < 0 or self.state in ("joining", "syncing"):
                last_answer = self._world.clock.now()
                continue
            if self.state == "stable" and self._reader.poll_is_overdue():
                self._too_slow = True
                self._attention.set()
                continue
            self._watch_topics()
            generation = self.generation
            try:
                code = await self._requests.heartbeat(
                    self.member_id, self.generation, min(interval_s * 2, session_s)
                )
            except (OSError, TimeoutError, KafkaException):
                self._group.forget()
                if self._world.clock.now() - last_answer >= session_s:
                    self._lost = True
                    self._attention.set()
                continue
            last_answer = self._world.clock.now()
            if generation != self.generation or self.state != "stable":
                continue
            if code in (ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_NOT_AVAILABLE):
                self._group.forget()
            elif code == ErrorCode.REBALANCE_IN_PROGRESS:
                self._attention.set()
            elif code == ErrorCode.FENCED_INSTANCE_ID:
                self._fenced = True
                self._attention.set()
            elif code in _LOST:
                self._lost = True
                self._attention.set()

    def _watch_topics(self) -> None:
        """The leader looks out for topics that appear or grow."""
        if self._is_leader and self.state == "stable":
            counts = self._counts(self._watched)
            if counts != self._assigned_counts:
                self._attention.set()
            elif len(counts) < len(self._watched):
                self._metadata.request_update()

    def describe(self) -> dict[str, Any]:
        """State, member id and generation, for people."""
        return {"state": self.state, "member_id": self.member_id, "generation": self.generation}
