"""The consumer's core: subscription or assignment in, records out. Runs on one loop, knows no thread.

Rule: `take()` is the application's side and never waits; everything else runs on the loop. The two sides share
only the positions and the buffer, under its lock, and the mailbox. Kafka does the same in `ClassicKafkaConsumer`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from minikafka.client.connections.notices import Notices
from minikafka.client.connections.offsets import GroupOffsets
from minikafka.client.connections.reach import Reach
from minikafka.client.connections.statistics import Statistics
from minikafka.client.consumer.committing import ConsumerOffsets
from minikafka.client.consumer.drawing import Drawings
from minikafka.client.consumer.fetcher import Fetcher
from minikafka.client.consumer.group import Membership
from minikafka.client.consumer.mailbox import Mailbox
from minikafka.client.consumer.positions import Buffer, Position
from minikafka.client.consumer.starting_offsets import StartingOffsets
from minikafka.client.consumer.statistics import position_fields
from minikafka.client.consumer.subscription import Subscription
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error, failure
from minikafka.client.settings.settings import check
from minikafka.client.values import OFFSET_INVALID, Message, TopicPartition
from minikafka.policy import Rules

if TYPE_CHECKING:
    from minikafka.client.consumer.drawing import Drawing
    from minikafka.client.values import Pair
    from minikafka.world import World

_SECOND_LOOK_S = 0.4
_A_MOMENT_S = 0.005


class AsyncConsumer:
    """Consumer for coroutines, and the core of the synchronous `Consumer`."""

    def __init__(self, world: World, conf: Mapping[str, Any], *, rules: Rules | None = None) -> None:
        self.settings = settings = check(conf, "consumer")
        if not settings["group.id"]:
            raise ValueError("Failed to create consumer: group.id must be set")
        self.world = world
        self.rules = rules or Rules()
        self._reach = reach = Reach.of(world, settings)
        self.connections, self.metadata = reach.connections, reach.metadata
        self.positions: dict[Pair, Position] = {}
        self.buffer = Buffer(
            check_crcs=settings["check.crcs"],
            read_committed=settings["isolation.level"] == "read_committed",
        )
        self.news = reach.news
        self.notices = Notices(reach)
        self.mailbox = mailbox = Mailbox(self.news, self.notices)
        self.events = mailbox.events
        self.wants_assign_event = False
        self.wants_revoke_event = False
        self.wants_lost_event = False
        group = GroupOffsets(self.connections, settings["group.id"])
        self.membership = Membership(reach, group, self.rules, self)
        self.drawings = Drawings(self.buffer, stores=settings["enable.auto.offset.store"])
        self.offsets = ConsumerOffsets(
            reach, group, self.membership, self.positions, self.drawings, mailbox, self.rules
        )
        self.starting = StartingOffsets(
            reach,
            group,
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
        self.subscription = Subscription()
        self._closed = False
        self._losing = False  # is the application at partitions that others may have already?
        self._background: list[asyncio.Task[None]] = []
        self.metadata.on_news = self._on_news
        self.statistics = Statistics(reach, self.notices, "consumer", self._statistics)
        self._rebalances = 0

    async def start(self) -> None:
        """Starts what runs in the background. Called once, on the loop."""
        self.loop = asyncio.get_running_loop()
        if self.settings["enable.auto.commit"] and self.settings["auto.commit.interval.ms"]:
            self._spawn(self.offsets.commit_by_time(), "auto-commit")
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
        partitions = {pair: position_fields(position) for pair, position in list(self.positions.items())}
        return {"cgrp": group, "replyq": len(self.events)}, partitions

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
        await self.give_up([pair for pair in self.positions if pair not in wanted])
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

    async def give_up(self, pairs: Sequence[Pair]) -> None:
        """The application gives these partitions up by itself; with auto commit they are committed first."""
        if pairs and self.settings["enable.auto.commit"] and not self._losing:
            await self.offsets.commit_quietly(pairs)
        self.remove(pairs)

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
        """Continues from this offset. Raises KafkaException(_STATE) when the partition is not assigned."""
        position = self.positions.get((topic, partition))
        if position is None:
            reason = f"Failed to seek to offset {offset}: {topic} [{partition}] is not assigned"
            raise failure(KafkaError._STATE, reason)
        with self.buffer.lock:
            position.move(offset)
        self.starting.resolve()

    def pause(self, pairs: Iterable[Pair], paused: bool) -> None:
        """Stops or keeps giving out records of these partitions."""
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
        self._losing = lost
        try:
            if self.wants_revoke_event or kind == "lost":
                await self.mailbox.tell_rebalance(kind, list(pairs))
        finally:
            self._losing = False
        if not lost and self.settings["enable.auto.commit"]:
            await self.offsets.commit_quietly(pairs)
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
                position.consumed = position.handed = next_offset = message._offset + 1  # type: ignore[operator]
                if self._auto_store:
                    position.stored = next_offset
                    epoch = message._leader_epoch
                    position.stored_epoch = -1 if epoch is None else epoch
        if self.fetcher.is_blocked:
            self._make_room()
        return message

    def draw(self, drawing: Drawing, count_max: int) -> None:
        """Takes up to so many records and events for a call of consume(). Never waits."""
        self.drawings.draw(drawing, count_max)
        if self.fetcher.is_blocked:
            self._make_room()

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
        """Returns when there is an event, or after `timeout_s`. Raises nothing: a client that can't continue must be
        able to end, too."""
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

    # --- the end

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
            await self.offsets.commit_quietly()
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
