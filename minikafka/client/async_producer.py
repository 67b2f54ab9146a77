"""The producer's core: takes records in, gives delivery reports out. Runs on one loop, knows no thread.

One rule: every record that is accepted is reported exactly once. What is sent, and when, is the `Sender`'s matter.
Kafka does the same in `KafkaProducer` and `RecordAccumulator`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from minikafka.client.batches import (
    Outgoing,
    PartitionQueue,
    ProducerBatch,
    Report,
)
from minikafka.client.errors import KafkaError, KafkaException, failure
from minikafka.client.partitioner import TopicPartitioner
from minikafka.client.reach import Reach
from minikafka.client.sender import Sender
from minikafka.client.settings import PRODUCER, check
from minikafka.client.values import OFFSET_INVALID, Message
from minikafka.policy import Organs
from minikafka.records.compression import Compression

if TYPE_CHECKING:
    from minikafka.world import World


class _Topic:
    """A topic that records are written to."""

    __slots__ = ("known_version", "partitioner", "queues", "waiting")

    def __init__(self, partitioner: TopicPartitioner) -> None:
        self.partitioner = partitioner
        self.queues: dict[int, PartitionQueue] = {}
        self.waiting: deque[Outgoing] | None = deque()  # None once the topic's partitions are known
        self.known_version = -1


class AsyncProducer:
    """Producer for coroutines, and the core of the synchronous `Producer`."""

    def __init__(self, world: World, conf: Mapping[str, Any], *, organs: Organs | None = None) -> None:
        self.settings = settings = check(conf, PRODUCER)
        self.world = world
        self.organs = organs or Organs()
        self._reach = reach = Reach.of(world, settings)
        self.connections, self.metadata = reach.connections, reach.metadata
        self.inbox: deque[Outgoing] = deque()
        self.reports: deque[Report] = deque()
        self.errors: deque[KafkaError] = deque()
        self.fatal: KafkaError | None = None
        self.accept_is_due = False
        self.sender = Sender(
            reach,
            self.organs,
            idempotent=_check_idempotence(settings),
            new_batch=self._new_batch,
            on_settled=self._settled,
            on_trouble=self._complain,
            on_fatal=self._die,
        )
        self._batch_bytes = min(settings["batch.size"], settings["message.max.bytes"])
        self._count_max: int = settings["batch.num.messages"]
        self._compression = Compression[str(settings["compression.type"]).upper()]
        level = settings["compression.level"]
        self._level: int | None = None if level == -1 else level
        self._topics: dict[str, _Topic] = {}
        self._outstanding = 0
        self._report_waiter: asyncio.Future[None] | None = None
        self._idle_waiter: asyncio.Future[None] | None = None
        self._closed = False

    # --- records in

    def accept(self) -> None:
        """Moves what the application gave into batches."""
        self.accept_is_due = False  # before looking: what comes from now on asks again
        inbox = self.inbox
        now = self.world.clock.now()
        while inbox:
            record = inbox.popleft()
            self._outstanding += 1
            topic = self._topics.get(record.topic)
            if topic is None:
                topic = self._topics[record.topic] = _Topic(
                    TopicPartitioner(self.world, self.organs, self.settings)
                )
                self.world.spawn(self._learn_topic(record.topic, topic), name=f"learn-topic-{record.topic}")
            if topic.waiting is not None:
                topic.waiting.append(record)
            else:
                self._append(topic, record, now)
        self.sender.pump()

    def _append(self, topic: _Topic, record: Outgoing, now: float) -> None:
        if topic.known_version != self.metadata.version:
            view = self.metadata.topics.get(record.topic)
            if view is not None and view.partitions:
                topic.partitioner.learn(view)
                for index in view.partitions:
                    if index not in topic.queues:
                        topic.queues[index] = PartitionQueue(record.topic, index)
            topic.known_version = self.metadata.version
        partition = record.partition
        if partition < 0:
            try:
                partition = topic.partitioner.choose(record.key)
            except (
                Exception
            ) as cause:  # a learner's organ may raise anything; its record fails, the rest lives
                reason = f"the partitioner raised {type(cause).__name__}: {cause}"
                self._report([record], record.topic, -1, KafkaError(KafkaError._FAIL, reason))
                return
        queue = topic.queues.get(partition)
        if queue is None:
            error = KafkaError(KafkaError._UNKNOWN_PARTITION)
            self._report([record], record.topic, partition, error)
            return
        batches = queue.batches
        if batches and batches[-1].try_append(record, self._count_max):
            return
        if batches:
            topic.partitioner.batch_closed(partition)
        batch = self._new_batch(now)
        batch.deadline = record.produced_at + self.settings.seconds("delivery.timeout.ms")
        batch.try_append(record, self._count_max)
        batches.append(batch)
        self.sender.add(queue)

    async def _learn_topic(self, name: str, topic: _Topic) -> None:
        delivery_s = self.settings.seconds("delivery.timeout.ms")
        propagation_s = self.settings.seconds("topic.metadata.propagation.max.ms")
        waiting = topic.waiting
        assert waiting is not None
        while True:
            now = self.world.clock.now()
            while waiting and waiting[0].produced_at + delivery_s <= now:
                self._report([waiting.popleft()], name, -1, KafkaError(KafkaError._MSG_TIMED_OUT))
            if not waiting or self._closed:
                del self._topics[name]
                return
            left_s = waiting[0].produced_at + delivery_s - now
            try:
                await self.metadata.topic(name, min(left_s, propagation_s))
                break
            except KafkaException as cause:
                if cause.error.code() > 0:  # the cluster itself says so
                    self._report(list(waiting), name, -1, cause.error)
                    waiting.clear()
                else:
                    self._complain(cause.error)
        topic.waiting = None
        now = self.world.clock.now()
        for record in waiting:
            self._append(topic, record, now)
        self.sender.pump()

    def _new_batch(self, now: float) -> ProducerBatch:
        return ProducerBatch(self._batch_bytes, self._compression, self._level, now)

    # --- reports out

    def _settled(
        self, queue: PartitionQueue, batch: ProducerBatch, error: KafkaError | None, base: int, time_ms: int
    ) -> None:
        self._report(batch.messages, queue.topic, queue.partition, error, base, time_ms)

    def _die(self, error: KafkaError) -> None:
        self.fatal = error
        self._complain(error)

    def _report(
        self,
        messages: list[Outgoing],
        topic: str,
        partition: int,
        error: KafkaError | None,
        base_offset: int = -1,
        append_time_ms: int = -1,
    ) -> None:
        now = self.world.clock.now()
        self._outstanding -= len(messages)
        self.reports.append(Report(messages, topic, partition, error, base_offset, append_time_ms, now))
        self._wake_waiter()
        if not self._outstanding and self._idle_waiter is not None and not self._idle_waiter.done():
            self._idle_waiter.set_result(None)

    def _complain(self, error: KafkaError) -> None:
        if self.settings["error_cb"] is not None and len(self.errors) < 100:
            self.errors.append(error)
            self._wake_waiter()

    def _wake_waiter(self) -> None:
        if self._report_waiter is not None and not self._report_waiter.done():
            self._report_waiter.set_result(None)

    async def wait_for_reports(self, timeout_s: float | None) -> None:
        """Returns when there is a report (or an error to tell), or after `timeout_s`."""
        self.accept()
        if self.reports or self.errors:
            return
        waiter = self._report_waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await waiter
        except TimeoutError:
            pass

    # --- for coroutines

    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        *,
        partition: int = -1,
        timestamp_ms: int = 0,
        headers: tuple[tuple[str, bytes | None], ...] = (),
    ) -> Message:
        """Writes one record and waits for its acknowledgement. Raises KafkaException."""
        done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def on_delivery(error: KafkaError | None, message: Message) -> None:
            if not done.done():
                done.set_result(message)

        time_ms = timestamp_ms or self.world.clock.time_ms()
        now = self.world.clock.now()
        self.inbox.append(Outgoing(topic, partition, key, value, headers, time_ms, on_delivery, now))
        self.accept()
        while not done.done():
            await self.wait_for_reports(None)
            self.errors.clear()
            self.serve_reports()
        message = done.result()
        error = message.error()
        if error is not None:
            raise KafkaException(error)
        return message

    def serve_reports(self) -> int:
        """Calls the callbacks of all reports that are there; returns how many records they were about."""
        count = 0
        while self.reports:
            count += deliver(self.reports.popleft())
        return count

    async def flush(self, timeout_s: float | None = None) -> int:
        """Sends everything and waits until it is acknowledged or refused; returns how many records are not."""
        self.accept()
        self.sender.begin_flush()
        try:
            async with asyncio.timeout(timeout_s):
                while self._outstanding:
                    self._idle_waiter = asyncio.get_running_loop().create_future()
                    await self._idle_waiter
        except TimeoutError:
            pass
        finally:
            self.sender.end_flush()
        return self._outstanding

    def purge(self, in_queue: bool = True, in_flight: bool = True) -> None:
        """Drops records; their reports carry _PURGE_QUEUE or _PURGE_INFLIGHT."""
        self.accept()
        for topic in self._topics.values():
            for queue in topic.queues.values():
                self.sender.purge(queue, in_queue, in_flight)
            if in_queue and topic.waiting:
                name = topic.waiting[0].topic
                self._report(list(topic.waiting), name, -1, KafkaError(KafkaError._PURGE_QUEUE))
                topic.waiting.clear()

    async def close(self) -> None:
        """Closes at once; what is not acknowledged is not reported any more. Flush before."""
        self._closed = True
        self.sender.close()
        self._reach.close()


def deliver(report: Report) -> int:
    """Tells each record's callback what became of it; returns how many records there were.

    What a callback raises is raised here, once the others have been called.
    """
    raised: BaseException | None = None
    error = report.error
    offset = report.base_offset if report.base_offset >= 0 else OFFSET_INVALID
    append_time_ms = report.append_time_ms
    for record in report.messages:
        if record.on_delivery is not None:
            timestamp = (1, record.timestamp_ms) if append_time_ms < 0 else (2, append_time_ms)
            message = Message(
                report.topic,
                report.partition,
                offset,
                record.key,
                record.value,
                list(record.headers) or None,
                error,
                timestamp,
                report.at - record.produced_at,
            )
            try:
                record.on_delivery(error, message)
            except BaseException as exception:
                raised = raised or exception
        if offset >= 0:
            offset += 1
    if raised is not None:
        raise raised
    return len(report.messages)


def _check_idempotence(settings: Any) -> bool:
    if not settings["enable.idempotence"]:
        return False
    rules: list[tuple[str, Callable[[Any], bool], str]] = [
        ("acks", lambda v: v == -1, "acks=all"),
        ("max.in.flight.requests.per.connection", lambda v: v <= 5, "at most 5 requests in flight"),
        ("retries", lambda v: v > 0, "retries"),
    ]
    for key, holds, needs in rules:
        if not holds(settings[key]):
            raise failure(
                KafkaError._INVALID_ARG,
                f'"{key}"={settings[key]} does not go with enable.idempotence: it needs {needs}',
            )
    return True
