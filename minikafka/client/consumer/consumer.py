"""`Consumer`: confluent_kafka's consumer, in front of our core.

Rule: callbacks run in the application's thread, inside poll(), consume() or close(), and nowhere else.
Kafka's consumer calls its listeners inside poll() and close(), too (`KafkaConsumer`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from minikafka.client.connections.offsets import EARLIEST, LATEST
from minikafka.client.consumer.arguments import (
    checked_assignment,
    checked_topics,
    each_once,
    offsets_given,
    pair_of,
)
from minikafka.client.consumer.async_consumer import AsyncConsumer
from minikafka.client.consumer.callbacks import Callbacks, RebalanceCallback
from minikafka.client.consumer.positions import is_position
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error, failure
from minikafka.client.faces.arguments import (
    checked_number,
    checked_partition,
    checked_partitions,
    limit_s,
    timeout_of,
)
from minikafka.client.faces.face import Face
from minikafka.client.values import (
    OFFSET_END,
    OFFSET_INVALID,
    OFFSET_STORED,
    ConsumerGroupMetadata,
    Message,
    TopicPartition,
)

if TYPE_CHECKING:
    from minikafka.policy import Rules
    from minikafka.world import World

T = TypeVar("T")
_NO_TIMEOUT_S = 60.0


class Consumer(Face[AsyncConsumer]):
    """Reads records. `Consumer(conf)` as in confluent_kafka; the keyword-only arguments are for clusters."""

    _when_closed = "Consumer closed"

    def _new_core(self, world: World, conf: Mapping[str, Any], rules: Rules | None) -> AsyncConsumer:
        return AsyncConsumer(world, conf, rules=rules)

    def _begin(self) -> None:
        core = self._core
        self._events, self._notices, self._now = core.events, core.notices.waiting, core.world.clock.now
        self._callbacks = Callbacks(core)
        self._attachment.run(self._core.start())

    def _ending(self) -> Callable[[], Coroutine[Any, Any, None]]:
        return self._core.abandon

    # --- what to read

    def subscribe(
        self,
        topics: list[str],
        on_assign: RebalanceCallback | None = None,
        on_revoke: RebalanceCallback | None = None,
        on_lost: RebalanceCallback | None = None,
    ) -> None:
        """Joins the group for these topics; "^…" is a regular expression. The old subscription is replaced."""
        core = self._open()
        checked_topics(topics)
        self._callbacks.use(on_assign, on_revoke, on_lost)
        self._attachment.run(core.subscribe(list(topics)))

    def unsubscribe(self) -> None:
        """Leaves the group."""
        core = self._open()
        self._callbacks.serve_until(self, core.unsubscribe())

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Reads exactly these partitions, from their offsets where they have any (OFFSET_TAIL(n) and the like, too).

        Raises TypeError, or KafkaException: _INVALID_ARG for an offset that means nothing, _STATE for a member of a
        cooperative group.
        """
        core = self._open()
        wanted = checked_assignment(partitions)
        core.membership.check_way(incremental=False)
        self._callbacks.have_assigned = True
        self._attachment.run(core.assign(wanted))

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        """Reads these partitions, too. Raises KafkaException(_CONFLICT) for one that is assigned already."""
        core = self._open()
        wanted = checked_assignment(partitions)
        core.membership.check_way(incremental=True)
        for topic, partition in map(pair_of, wanted):
            if (topic, partition) in core.positions:
                reason = (
                    f"{topic} [{partition}] can't be assigned since it is in the current assignment already"
                )
                raise failure(KafkaError._CONFLICT, reason)
        self._callbacks.have_assigned = True
        self._call(core.add, wanted)

    def unassign(self) -> None:
        """Reads nothing any more."""
        core = self._open()
        core.membership.check_way(incremental=False)
        self._callbacks.have_assigned = True
        self._attachment.run(core.assign([]))

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        """Reads these partitions no more. Raises KafkaException(_INVALID_ARG) for one that is not assigned."""
        core = self._open()
        pairs = [pair_of(tp) for tp in checked_partitions(partitions)]
        core.membership.check_way(incremental=True)
        for topic, partition in pairs:
            if (topic, partition) not in core.positions:
                reason = (
                    f"{topic} [{partition}] can't be unassigned since it is not in the current assignment"
                )
                raise failure(KafkaError._INVALID_ARG, reason)
        self._callbacks.have_assigned = True
        self._attachment.run(core.give_up(pairs))

    def assignment(self) -> list[TopicPartition]:
        """What is assigned now, and where reading was to begin; OFFSET_INVALID: at what is committed."""
        positions = self._open().positions
        return [TopicPartition(*pair, position.asked) for pair, position in list(positions.items())]

    # --- records

    def poll(self, timeout: float = -1) -> Message | None:
        """The next record or event; None when `timeout` seconds (-1: no limit) are over.

        What a callback raises is raised here, and nothing is lost by it.
        """
        core = self._core if self._refusal is None else self._open()
        if type(timeout) is not float and type(timeout) is not int:
            timeout_of(timeout)
        if not (self._events or self._notices):
            message = core.take()
            if message is not None:
                core.last_poll = self._now()
                return message
        return self._wait(timeout_of(timeout), core.take)

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        """Up to `num_messages` records or events: waits for all of them, or until `timeout` seconds are over.

        What a callback raises is raised here; the records that were taken already come with the next call.
        """
        core = self._open()
        count = checked_number(num_messages, "num_messages", 64)
        if not 0 <= count <= 1_000_000:
            raise ValueError("num_messages must be between 0 and 1000000 (1M)")
        limit_s = timeout_of(timeout)
        deadline = None if limit_s is None else self._attachment.now() + limit_s
        drawing = core.drawings.begin()
        events: list[Message] = []  # those that belong to no partition

        def draw() -> bool:
            core.draw(drawing, count - len(drawing) - len(events))
            return len(drawing) + len(events) >= count

        try:
            while not draw() or core.notices.waiting:
                left_s = None if deadline is None else max(deadline - self._attachment.now(), 0.0)
                event = self._wait(left_s, lambda: draw() or None)
                if isinstance(event, Message):
                    events.append(event)
                elif event is None:
                    break
        except BaseException:
            core.drawings.put_back(drawing)
            core.events.extendleft(reversed(events))
            raise
        core.last_poll = self._attachment.now()
        return core.drawings.hand_out(drawing) + events

    def _wait(self, limit_s: float | None, take: Callable[[], T | None]) -> Message | T | None:
        """Serves callbacks until there is an event that is a message, or what `take` finds, or time is over."""
        core = self._core
        deadline = None if limit_s is None else self._attachment.now() + limit_s
        core.polling(1)
        try:
            first = True
            while True:
                event = self._callbacks.serve(self)
                if event is not None:
                    return event
                if self._closed or core.news.closed:
                    return None
                taken = take()
                if taken is not None:
                    return taken
                left_s = None if deadline is None else deadline - self._attachment.now()
                if left_s is not None and left_s <= 0:
                    if not first or not self._attachment.is_virtual:
                        core.news.check()
                        return None
                    left_s = 0.0
                first = False
                self._attachment.run(core.wait_ready(left_s))
        finally:
            core.polling(-1)

    # --- positions and offsets

    def seek(self, partition: TopicPartition) -> None:
        """Continues from partition.offset. Raises KafkaException(_STATE) when it is not assigned."""
        core = self._open()
        checked_partition(partition)
        offset = partition.offset
        if not is_position(offset) or offset == OFFSET_STORED:
            reason = f"Failed to seek to offset {offset}: it is neither an offset nor a name for one that can be sought"
            raise failure(KafkaError._INVALID_ARG, reason)
        self._call(core.seek, partition.topic, partition.partition, offset)

    def pause(self, partitions: list[TopicPartition]) -> None:
        """Gives out no records of these partitions until resume()."""
        self._call(self._open().pause, [pair_of(tp) for tp in checked_partitions(partitions)], True)

    def resume(self, partitions: list[TopicPartition]) -> None:
        """Undoes pause()."""
        self._call(self._open().pause, [pair_of(tp) for tp in checked_partitions(partitions)], False)

    def position(self, partitions: list[TopicPartition]) -> list[TopicPartition]:
        """The offset after the last record that was given out; OFFSET_INVALID before the first."""
        core = self._open()
        result = []
        for tp in checked_partitions(partitions):
            position = core.positions.get(pair_of(tp))
            offset = position.consumed if position is not None else OFFSET_INVALID
            found = TopicPartition(tp.topic, tp.partition, offset)
            if (
                position is not None
                and offset >= 0
                and position.stored == offset
                and position.stored_epoch >= 0
            ):
                found.leader_epoch = position.stored_epoch
            result.append(found)
        return result

    def store_offsets(
        self, message: Message | None = None, offsets: list[TopicPartition] | None = None
    ) -> None:
        """Sets what the next commit commits; needs enable.auto.offset.store=false."""
        core = self._open()
        wanted = offsets_given(message, offsets)
        if wanted is None:
            raise ValueError("expected either message or offsets")
        if core.settings["enable.auto.offset.store"]:
            raise failure(
                KafkaError._INVALID_ARG,
                "StoreOffsets failed: enable.auto.offset.store must be false for offsets to be stored by hand",
            )
        for pair, commit in wanted.items():
            position = core.positions.get(pair)
            if position is None:
                raise failure(
                    KafkaError._STATE, f"StoreOffsets failed: {pair[0]} [{pair[1]}] is not assigned"
                )
            position.stored, position.stored_epoch = commit.offset, commit.leader_epoch

    def commit(
        self,
        message: Message | None = None,
        offsets: list[TopicPartition] | None = None,
        asynchronous: bool = True,
    ) -> list[TopicPartition] | None:
        """Commits a message's offset + 1, or these offsets, or what is stored. Waits only if not asynchronous."""
        core = self._open()
        wanted = offsets_given(message, offsets)
        if wanted is None:
            wanted = core.offsets.stored()
        if not wanted:
            if not asynchronous:
                raise failure(KafkaError._NO_OFFSET, "Commit failed: Local: No offset stored")
            if offsets:
                error = KafkaError(KafkaError._NO_OFFSET)
                self._attachment.post(core.offsets.tell, error, [copy.copy(tp) for tp in offsets])
            return None
        if asynchronous:
            self._attachment.submit(core.offsets.commit_and_tell(wanted))
            return None
        timeout_s = core.settings.seconds("socket.timeout.ms")
        result: list[TopicPartition] = self._ask("Commit failed", core.offsets.commit(wanted, timeout_s))
        return result

    def committed(self, partitions: list[TopicPartition], timeout: float = -1) -> list[TopicPartition]:
        """What the group has committed; OFFSET_INVALID where nothing. Raises KafkaException."""
        core = self._open()
        pairs = [pair_of(tp) for tp in checked_partitions(partitions)]
        if not pairs:
            return []
        answers = self._ask(
            "Failed to get committed offsets", core.offsets.committed(pairs, limit_s(timeout, _NO_TIMEOUT_S))
        )
        result = []
        for pair in pairs:
            tp = TopicPartition(*pair)
            answer = answers.get(pair)
            if answer is not None:
                tp.offset = answer.offset if answer.offset >= 0 else OFFSET_INVALID
                tp.metadata = answer.metadata or None
                tp.leader_epoch = answer.leader_epoch if answer.leader_epoch >= 0 else None
                tp.error = KafkaError(answer.error_code) if answer.error_code else None
            result.append(tp)
        return result

    def get_watermark_offsets(
        self, partition: TopicPartition, timeout: float = -1, cached: bool = False
    ) -> tuple[int, int]:
        """(first offset, offset after the last). `cached` asks nobody: what the last fetch said."""
        core = self._open()
        pair = pair_of(checked_partition(partition))
        if cached:
            position = core.positions.get(pair)
            if position is None:
                return OFFSET_INVALID, OFFSET_INVALID
            return position.log_start, position.end
        doing = "Failed to get watermark offsets"
        low = self._ask(doing, core.offsets.at({pair: EARLIEST}, limit_s(timeout, _NO_TIMEOUT_S)))[pair]
        high = self._ask(doing, core.offsets.at({pair: LATEST}, limit_s(timeout, _NO_TIMEOUT_S)))[pair]
        for answer in (low, high):
            if answer.error_code:
                error = _of_partition(answer.error_code)
                raise KafkaException(KafkaError(error.code(), f"{doing}: {error.str()}"))
        return low.offset, high.offset

    def offsets_for_times(
        self, partitions: list[TopicPartition], timeout: float = -1
    ) -> list[TopicPartition]:
        """For each partition the first offset at or after its timestamp (in `offset`, ms); OFFSET_END if none."""
        core = self._open()
        asked = list(checked_partitions(partitions))
        if not asked:
            raise failure(KafkaError._INVALID_ARG, "Failed to get offsets: there is no partition in the list")
        result = []
        for wanted in each_once(asked):
            doing = "Failed to get offsets"
            answers = self._ask(doing, core.offsets.at(wanted, limit_s(timeout, _NO_TIMEOUT_S)))
            for pair in wanted:
                answer = answers[pair]
                tp = TopicPartition(*pair, answer.offset if answer.offset >= 0 else OFFSET_END)
                tp.leader_epoch = answer.leader_epoch if answer.leader_epoch >= 0 else None
                tp.error = _of_partition(answer.error_code) if answer.error_code else None
                result.append(tp)
        if all(tp.error is not None for tp in result):
            raise KafkaException(as_kafka_error(KafkaException(result[0].error), "Failed to get offsets"))
        return result

    def lag(self, timeout: float = 10.0, *, committed: bool = False) -> dict[TopicPartition, int | None]:
        """How far behind each assigned partition is (not in confluent_kafka). None: nothing to count from."""
        lags = self._ask("Failed to get the lag", self._open().offsets.lag(timeout, committed=committed))
        return {TopicPartition(*pair): lag for pair, lag in lags.items()}

    # --- the rest

    def memberid(self) -> str | None:
        """This member's id in its group, None before it joined."""
        return self._open().membership.member_id or None

    def consumer_group_metadata(self) -> ConsumerGroupMetadata:
        """The group, generation and member, as an opaque value."""
        membership = self._open().membership
        return ConsumerGroupMetadata(
            self._core.settings["group.id"], membership.generation, membership.member_id
        )

    def close(self) -> None:
        """Commits (with auto commit), gives up the assignment, leaves the group, ends the consumer.

        What a callback raises meanwhile is raised here, when all is done.
        """
        if not self._may_close():
            return
        try:
            self._finalizer.detach()
            self._callbacks.serve_until(self, self._core.close())
        finally:
            self._ended()


def _of_partition(code: int) -> KafkaError:
    """What a leader's code means to the application: of a partition that is not there librdkafka has its own word."""
    return KafkaError(KafkaError._UNKNOWN_PARTITION if code == KafkaError.UNKNOWN_TOPIC_OR_PART else code)
