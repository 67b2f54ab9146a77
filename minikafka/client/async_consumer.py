"""The consumer's core: subscription or assignment in, records out. Runs on one loop, knows no thread.

One rule: `take()` is the application's side and never waits; everything else runs on the loop. The two sides share
only the positions and the buffer, under its lock, and the mailbox. Kafka does the same in `ClassicKafkaConsumer`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error, failure
from minikafka.client.fetcher import Fetcher
from minikafka.client.group import Membership
from minikafka.client.mailbox import Committed, Mailbox
from minikafka.client.notices import Notices
from minikafka.client.offsets import (
    EARLIEST,
    LATEST,
    GroupOffsets,
    OffsetAnswer,
    OffsetToCommit,
    Retrying,
    settled_offsets,
)
from minikafka.client.positions import Buffer, Position
from minikafka.client.reach import Reach
from minikafka.client.settings import check
from minikafka.client.starting_offsets import StartingOffsets
from minikafka.client.statistics import Statistics
from minikafka.client.subscription import Subscription
from minikafka.client.values import OFFSET_INVALID, Message, TopicPartition
from minikafka.policy import Organs

if TYPE_CHECKING:
    from minikafka.client.assignors import Pair
    from minikafka.world import World

_SECOND_LOOK_S = 0.4
_A_MOMENT_S = 0.005
_QUIET_COMMIT_TIMEOUT_S = 5.0
"""Neither close() nor a rebalance waits longer for a commit that nobody asked for."""


class AsyncConsumer:
    """Consumer for coroutines, and the core of the synchronous `Consumer`."""

    def __init__(self, world: World, conf: Mapping[str, Any], *, organs: Organs | None = None) -> None:
        self.settings = settings = check(conf, "consumer")
        if not settings["group.id"]:
            raise ValueError("Failed to create consumer: group.id must be set")
        self.world = world
        self.organs = organs or Organs()
        self._reach = reach = Reach.of(world, settings)
        self.connections, self.metadata = reach.connections, reach.metadata
        self.retrying = Retrying(world, settings.seconds("retry.backoff.ms"))
        self.positions: dict[Pair, Position] = {}
        self.buffer = Buffer(
            check_crcs=settings["check.crcs"],
            read_committed=settings["isolation.level"] == "read_committed",
        )
        self.news = reach.news
        self.notices = Notices(settings, self.news)
        self.mailbox = mailbox = Mailbox(self.news, self.notices)
        self.events = mailbox.events
        self.wants_assign_event = False
        self.wants_revoke_event = False
        self.wants_lost_event = False
        self.wants_commit_event = False
        self.group = GroupOffsets(self.connections, settings["group.id"])
        self.membership = Membership(reach, self.group, self.organs, self)
        self.starting = StartingOffsets(
            reach,
            self.group,
            self.positions,
            on_resolved=self._wake_fetcher,
            on_event=self._event_at,
            on_trouble=mailbox.tell,
        )
        self.fetcher = Fetcher(
            reach,
            self.positions,
            self.buffer,
            on_data=self.news.tell,
            on_out_of_range=self.starting.out_of_range,
            on_replaced=self._begin_anew,
            on_connection_error=self.notices.complain,
        )
        self.loop: asyncio.AbstractEventLoop | None = None
        self.last_poll = world.clock.now()
        self._polls = 0  # how many calls wait in poll()
        self._auto_store: bool = settings["enable.auto.offset.store"]
        self._isolation = 1 if settings["isolation.level"] == "read_committed" else 0
        self.subscription = Subscription()
        self._closed = False
        self._background: list[asyncio.Task[None]] = []
        self.metadata.on_news = self._on_news
        self.metadata.on_trouble = self.notices.complain
        self.statistics = Statistics(reach, self.notices, "consumer", self._statistics)
        self._rebalances = 0

    async def start(self) -> None:
        """Starts what runs in the background. Called once, on the loop."""
        self.loop = asyncio.get_running_loop()
        if self.settings["enable.auto.commit"] and self.settings["auto.commit.interval.ms"]:
            self._spawn(self._auto_commit(), "auto-commit")
        self.metadata.keep_fresh()
        self.statistics.start()

    def _statistics(self) -> tuple[dict[str, Any], dict[Pair, dict[str, Any]]]:
        membership = self.membership
        group = {
            "state": "up" if membership.member_id else "init",
            "stateage": 0,
            "join_state": "steady" if membership.state == "stable" else membership.state,
            "rebalance_age": 0,
            "rebalance_cnt": self._rebalances,
            "rebalance_reason": "",
            "assignment_size": len(self.positions),
        }
        top = {"cgrp": group, "replyq": len(self.events)}
        partitions = {}
        for pair, position in list(self.positions.items()):
            lag = (
                max(position.end - position.committed, 0)
                if min(position.end, position.committed) >= 0
                else -1
            )
            stored_lag = (
                max(position.end - position.stored, 0) if min(position.end, position.stored) >= 0 else -1
            )
            partitions[pair] = {
                "next_offset": max(position.fetch_from, 0),
                "app_offset": position.consumed,
                "stored_offset": position.stored,
                "stored_leader_epoch": position.stored_epoch,
                "commited_offset": position.committed,
                "committed_offset": position.committed,
                "lo_offset": position.log_start,
                "hi_offset": position.high_watermark,
                "ls_offset": position.end,
                "consumer_lag": lag,
                "consumer_lag_stored": stored_lag,
                "leader_epoch": position.leader_epoch,
            }
        return top, partitions

    def _spawn(self, coro: Coroutine[Any, Any, None], name: str) -> None:
        self._background = [task for task in self._background if not task.done()]
        self._background.append(self._reach.background.spawn(coro, name))

    # --- subscription and assignment

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Reads these topics as a member of the group. A name that begins with ^ is a regular expression."""
        subscription = self.subscription = Subscription(topics)
        self.metadata.want(subscription.names)
        self.metadata.all_topics = bool(subscription.patterns)
        if subscription.patterns:
            try:
                await self.metadata.update(self.settings.seconds("socket.timeout.ms"))
            except (KafkaException, TimeoutError) as cause:
                self.notices.complain(as_kafka_error(cause))
        if not self.positions and self.membership.state == "unjoined":
            self.last_poll = self.world.clock.now()
        self.membership.subscribe(self.subscription.topics(self.metadata))
        self._spawn(self._look_for_topics(), "look-for-topics")

    async def _look_for_topics(self) -> None:
        """Tells the application, once, of a topic in its subscription that does not exist."""
        subscription = self.subscription
        for pause_s in (_SECOND_LOOK_S, 0):  # a topic that was created a moment ago gets a second look
            try:
                await self.metadata.update(self.settings.seconds("socket.timeout.ms"))
            except (KafkaException, TimeoutError):
                return
            if not subscription.complaints(self.metadata):
                return
            await asyncio.sleep(pause_s)
        if subscription is self.subscription:
            for event in subscription.complaints(self.metadata):
                self.mailbox.put(event)

    def _on_news(self) -> None:
        """Fresh metadata: leaders may have moved, and there may be new topics that a pattern matches."""
        self.fetcher.wake()
        if self.subscription.patterns and self.membership.is_on:
            topics = self.subscription.topics(self.metadata)
            if self.membership.topics != topics:
                self.membership.subscribe(topics)

    async def unsubscribe(self) -> None:
        """Leaves the group, and gives up every partition."""
        self.subscription = Subscription()
        await self.membership.stop()
        await self.assign([])

    async def assign(self, partitions: Sequence[TopicPartition]) -> None:
        """Reads exactly these partitions, from their offsets if they have any."""
        wanted = {(tp.topic, tp.partition): tp for tp in partitions}
        for pair in [pair for pair in self.positions if pair not in wanted]:
            self._drop(pair)
        self.add(wanted.values())

    def add(self, partitions: Iterable[TopicPartition]) -> None:
        """Takes on these partitions beside those it has."""
        with self.buffer.lock:
            for tp in partitions:
                pair = (tp.topic, tp.partition)
                if pair in self.positions:
                    if tp.offset != OFFSET_INVALID:
                        self.positions[pair].move(tp.offset)
                    continue
                position = self.positions[pair] = Position(tp.topic, tp.partition)
                position.move(tp.offset)
        self.metadata.want(sorted({topic for topic, _ in self.positions}))
        self.starting.resolve()

    def remove(self, pairs: Iterable[Pair]) -> None:
        """Gives these partitions up."""
        for pair in list(pairs):
            self._drop(pair)
        self.fetcher.wake()

    def _drop(self, pair: Pair) -> None:
        with self.buffer.lock:
            position = self.positions.pop(pair, None)
            if position is not None:
                position.era += 1

    def _begin_anew(self, position: Position) -> None:
        """The topic was deleted, and another one has its name: reading begins there, as in any new topic."""
        with self.buffer.lock:
            position.begin_anew()
        self.starting.resolve()

    def seek(self, topic: str, partition: int, offset: int) -> None:
        """Goes on from this offset. Raises KafkaException(_STATE) when the partition is not assigned."""
        position = self.positions.get((topic, partition))
        if position is None:
            reason = f"Failed to seek to offset {offset}: {topic} [{partition}] is not assigned"
            raise failure(KafkaError._STATE, reason)
        with self.buffer.lock:
            position.move(offset)
        self.starting.resolve()

    def pause(self, pairs: Iterable[Pair], paused: bool) -> None:
        """Stops or goes on giving out records of these partitions."""
        for pair in pairs:
            position = self.positions.get(pair)
            if position is not None:
                position.paused = paused
        if not paused:
            with self.buffer.lock:
                self.buffer.resume()
            self.news.tell()
        self.fetcher.wake()

    def _wake_fetcher(self) -> None:
        self.fetcher.wake()

    def _event_at(self, position: Position, error: KafkaError) -> None:
        message = Message(position.topic, position.partition, error=error)
        self.buffer.add_event(position, message)
        self.news.tell()

    # --- the membership's side

    def owned(self) -> list[Pair]:
        """The partitions assigned now."""
        return list(self.positions)

    async def on_assigned(self, pairs: Sequence[Pair]) -> None:
        """Takes on what the group gives, after telling the application."""
        self._rebalances += 1
        self.metadata.want(sorted({topic for topic, _ in pairs}))
        if any(self.metadata.leader(*pair) < 0 for pair in pairs):
            self.metadata.request_update()
        if self.wants_assign_event:
            await self.mailbox.tell_rebalance("assign", list(pairs))
        else:
            self.add(TopicPartition(*pair) for pair in pairs)

    async def on_revoked(self, pairs: Sequence[Pair], *, lost: bool) -> None:
        """Gives up what the group takes, after telling the application and committing."""
        kind = "lost" if lost and self.wants_lost_event else "revoke"
        if self.wants_revoke_event or kind == "lost":
            await self.mailbox.tell_rebalance(kind, list(pairs))
        if not lost and self.settings["enable.auto.commit"]:
            await self._commit_quietly(pairs)
        self.remove(pairs)

    def poll_is_overdue(self) -> bool:
        """Has the application stayed away for longer than max.poll.interval.ms?"""
        if self._polls:
            return False
        return self.world.clock.now() - self.last_poll > self.settings.seconds("max.poll.interval.ms")

    def is_being_told(self) -> bool:
        """Is the application in a callback about a rebalance?"""
        return self.mailbox.is_being_handled

    def tell(self, error: KafkaError) -> None:
        """An error for the application's next poll; what will be tried again only goes to error_cb."""
        self.mailbox.tell(error)

    # --- records out (the application's side)

    def take(self) -> Message | None:
        """The next record or event, if one is there. Never waits."""
        buffer = self.buffer
        with buffer.lock:
            message = buffer.next()
            if message is None:
                return None
            position = buffer.position
            if message._error is None and position is not None:
                position.consumed = next_offset = message._offset + 1  # type: ignore[operator]
                if self._auto_store:
                    position.stored = next_offset
                    epoch = message._leader_epoch
                    position.stored_epoch = -1 if epoch is None else epoch
        if self.fetcher.is_blocked:
            self._make_room()
        return message

    def draw(self, count_max: int) -> list[tuple[Position, int, Message]]:
        """Up to `count_max` records and events, which `hand_out` or `put_back` must follow. Never waits."""
        buffer = self.buffer
        drawn: list[tuple[Position, int, Message]] = []
        with buffer.lock:
            while len(drawn) < count_max:
                message = buffer.next()
                if message is None:
                    break
                position = buffer.position
                assert position is not None
                drawn.append((position, position.era, message))
        if self.fetcher.is_blocked:
            self._make_room()
        return drawn

    def hand_out(self, drawn: Iterable[tuple[Position, int, Message]]) -> list[Message]:
        """The application gets these, also those of partitions that moved meanwhile: another thread may have stored
        what comes after them, so nobody else would read them.
        """
        messages = []
        with self.buffer.lock:
            for position, era, message in drawn:
                messages.append(message)
                if position.era == era and message._error is None:
                    self._hand_out(position, message)
        return messages

    def put_back(self, drawn: list[tuple[Position, int, Message]]) -> None:
        """The application could not be given these: they come next."""
        with self.buffer.lock:
            self.buffer.put_back(drawn)

    def _hand_out(self, position: Position, message: Message) -> None:
        next_offset = message._offset + 1  # type: ignore[operator]
        if next_offset > position.consumed:
            position.consumed = next_offset
        if self._auto_store:
            position.stored = next_offset
            position.stored_epoch = message._leader_epoch if message._leader_epoch is not None else -1

    def _make_room(self) -> None:
        if self.buffer.size_bytes < self.fetcher.buffer_max_bytes // 2:
            self.fetcher.is_blocked = False
            assert self.loop is not None
            self.loop.call_soon_threadsafe(self.fetcher.wake)

    def polling(self, step: int) -> None:
        """+1: somebody waits in poll(); -1: no more."""
        with self.buffer.lock:
            self._polls += step
            self.last_poll = self.world.clock.now()

    async def wait_ready(self, timeout_s: float | None) -> None:
        """Returns when there is something to take or an event, or after `timeout_s`."""
        if self.fetcher.is_blocked:
            self.fetcher.wake()
        if self.buffer or self.events or self.notices.waiting:
            return
        if timeout_s is not None and timeout_s <= 0:
            self.news.check()
            await asyncio.sleep(0)
            return
        await self.news.wait(timeout_s)

    async def wait_event(self, timeout_s: float) -> None:
        """Returns when there is an event, or after `timeout_s`. Raises nothing: also who can't go on must end."""
        if self.news.death is not None or self.news.closed:
            await asyncio.sleep(_A_MOMENT_S)
        elif not self.events:
            with contextlib.suppress(KafkaException):
                await self.news.wait(timeout_s)

    async def get(self, timeout_s: float | None = None) -> Message | None:
        """For coroutines: the next record or event, or None after `timeout_s`. Rebalances are accepted as they are."""
        if self.loop is None:
            await self.start()
        deadline = None if timeout_s is None else self.world.clock.now() + timeout_s
        while True:
            self.last_poll = self.world.clock.now()
            while self.events:
                event = self.mailbox.take()
                if isinstance(event, Message):
                    return event
            message = self.take()
            if message is not None:
                return message
            left_s = None if deadline is None else deadline - self.world.clock.now()
            if self.news.closed or (left_s is not None and left_s <= 0):
                return None
            self.polling(1)
            try:
                await self.wait_ready(left_s)
            finally:
                self.polling(-1)

    # --- offsets

    def stored_offsets(self, pairs: Iterable[Pair] | None = None) -> dict[Pair, OffsetToCommit]:
        """What is to be committed: stored and not committed yet."""
        offsets = {}
        for pair in list(self.positions) if pairs is None else pairs:
            position = self.positions.get(pair)
            if position is not None and position.stored >= 0 and position.stored != position.committed:
                offsets[pair] = OffsetToCommit(
                    position.stored, position.stored_epoch, topic_id=position.topic_id
                )
        return offsets

    async def commit(self, offsets: Mapping[Pair, OffsetToCommit], timeout_s: float) -> list[TopicPartition]:
        """Commits, retrying. Raises KafkaException when the whole commit fails; else each partition has its error."""

        offsets = {pair: self._with_topic_id(pair, commit) for pair, commit in offsets.items()}

        async def attempt() -> dict[Pair, int]:
            return await self.group.commit(offsets, self.membership.member)

        codes = await self.retrying.run(attempt, timeout_s)
        result = []
        for pair, commit in offsets.items():
            code = codes.get(pair, 0)
            epoch = commit.leader_epoch if commit.leader_epoch >= 0 else None
            tp = TopicPartition(*pair, commit.offset, commit.metadata or None, epoch)
            tp.error = KafkaError(code) if code else None
            result.append(tp)
            position = self.positions.get(pair)
            if position is not None and not code:
                position.committed = commit.offset
        errors = [tp.error for tp in result]
        if errors and all(error is not None for error in errors):
            raise KafkaException(errors[0])
        return result

    def _with_topic_id(self, pair: Pair, commit: OffsetToCommit) -> OffsetToCommit:
        """The topic that this consumer reads, and not one that was made anew under its name."""
        if commit.topic_id is not None:
            return commit
        position = self.positions.get(pair)
        return commit._replace(topic_id=None if position is None else position.topic_id)

    async def commit_and_tell(
        self, offsets: Mapping[Pair, OffsetToCommit], timeout_s: float | None = None
    ) -> None:
        """An asynchronous commit: its outcome goes to on_commit, if anybody listens."""
        try:
            result = await self.commit(offsets, timeout_s or self.settings.seconds("socket.timeout.ms"))
            event = Committed(None, result)
        except KafkaException as cause:
            tps = [TopicPartition(*pair, commit.offset) for pair, commit in offsets.items()]
            event = Committed(cause.error, tps)
        if self.wants_commit_event:
            self.mailbox.put(event)

    async def _commit_quietly(self, pairs: Iterable[Pair] | None = None) -> None:
        offsets = self.stored_offsets(pairs)
        if offsets:
            await self.commit_and_tell(offsets, _QUIET_COMMIT_TIMEOUT_S)

    async def _auto_commit(self) -> None:
        while True:
            await asyncio.sleep(self.settings.seconds("auto.commit.interval.ms"))
            await self._commit_quietly()

    async def committed(self, pairs: Sequence[Pair], timeout_s: float) -> dict[Pair, OffsetAnswer]:
        """What the group has committed. Raises KafkaException."""
        return await self.retrying.run(lambda: self.group.committed(pairs), timeout_s)

    async def offsets_at(self, wanted: Mapping[Pair, int], timeout_s: float) -> dict[Pair, OffsetAnswer]:
        """Offsets by timestamp, or LATEST or EARLIEST. Raises KafkaException."""
        return await settled_offsets(
            self.connections, self.metadata, self.retrying, wanted, self._isolation, timeout_s
        )

    async def lag(self, timeout_s: float = 10.0, *, committed: bool = False) -> dict[Pair, int | None]:
        """How many records each assigned partition is behind, from its position or from what is committed."""
        pairs = list(self.positions)
        ends = await self.offsets_at(dict.fromkeys(pairs, LATEST), timeout_s)
        starts = await self.offsets_at(dict.fromkeys(pairs, EARLIEST), timeout_s)
        stands = {pair: position.standing for pair, position in self.positions.items()}
        if committed:
            answers = await self.committed(pairs, timeout_s)
            stands = {pair: a.offset if a.offset >= 0 else None for pair, a in answers.items()}
        return {
            pair: self.organs.lag(ends[pair].offset, stands.get(pair), starts[pair].offset)
            for pair in pairs
            if not ends[pair].error_code and not starts[pair].error_code
        }

    async def abandon(self) -> None:
        """Closes when the application is gone and nobody will handle an event."""
        self.wants_assign_event = self.wants_revoke_event = self.wants_lost_event = False
        self.mailbox.give_up()
        await self.close()

    async def close(self) -> None:
        """Commits (with auto commit), leaves the group, closes the connections."""
        if self._closed:
            return
        for task in self._background:
            task.cancel()
        self.statistics.close()
        if self.subscription or self.membership.topics:
            await self.membership.stop()
        elif self.settings["enable.auto.commit"] and self.positions:
            await self._commit_quietly()
        self._closed = True
        self.mailbox.give_up()
        self.starting.close()
        with self.buffer.lock:
            for position in self.positions.values():
                position.era += 1
            self.positions.clear()
        self.fetcher.close()
        self._reach.close()
        self.news.close()
