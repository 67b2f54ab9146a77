"""The producer's core: takes records in, gives delivery reports out. Runs on one loop, knows no thread.

One rule: `pump` is the only place that decides what is sent; everything else (a record, an answer, a timer, news of
the cluster) changes state and calls it. Kafka does the same in `KafkaProducer`, `Sender` and `TransactionManager`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from minikafka.client.batches import (
    NO_SEQUENCE,
    Outgoing,
    PartitionQueue,
    ProducerBatch,
    ProducerIdentity,
    Report,
)
from minikafka.client.connections import Connections
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error, failure, is_retriable
from minikafka.client.metadata import Metadata
from minikafka.client.partitioner import TopicPartitioner
from minikafka.client.produce_request import PartitionAnswer, ProduceCall, produce
from minikafka.client.settings import PRODUCER, check
from minikafka.client.values import OFFSET_INVALID, Message
from minikafka.policy import Organs
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.init_producer_id import InitProducerIdRequest, InitProducerIdResponse
from minikafka.records.compression import Compression

if TYPE_CHECKING:
    from minikafka.world import World

REQUEST_LIMIT_BYTES = 1_048_576
_EPOCH_MAX = 32_766
_LOST_SEQUENCE = frozenset(
    {
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        ErrorCode.UNKNOWN_PRODUCER_ID,
        ErrorCode.INVALID_PRODUCER_EPOCH,
    }
)


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
        self.connections = Connections(world, settings)
        self.metadata = Metadata(world, self.connections, settings)
        self.inbox: deque[Outgoing] = deque()
        self.reports: deque[Report] = deque()
        self.errors: deque[KafkaError] = deque()
        self.fatal: KafkaError | None = None
        self.accept_is_due = False
        self.identity = ProducerIdentity()
        self._idempotent = _check_idempotence(settings)
        self._acks: int = settings["acks"]
        self._linger_ms: float = settings["linger.ms"]
        self._batch_bytes = min(settings["batch.size"], settings["message.max.bytes"])
        self._count_max: int = settings["batch.num.messages"]
        self._compression = Compression[str(settings["compression.type"]).upper()]
        level = settings["compression.level"]
        self._level: int | None = None if level == -1 else level
        self._in_flight_max: int = settings["max.in.flight.requests.per.connection"]
        self._topics: dict[str, _Topic] = {}
        self._active: dict[PartitionQueue, None] = {}
        self._in_flight: dict[int, int] = {}
        self._timer: Any = None
        self._timer_at = float("inf")
        self._flushing = 0
        self._outstanding = 0
        self._identity_task: asyncio.Task[None] | None = None
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
        self.pump()

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
        batch = ProducerBatch(self._batch_bytes, self._compression, self._level, now)
        batch.deadline = record.produced_at + self.settings.seconds("delivery.timeout.ms")
        batch.try_append(record, self._count_max)
        batches.append(batch)
        self._active.setdefault(queue)

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
        self.pump()

    # --- what is sent, and when

    def pump(self) -> None:
        """Sends what is ready and allowed, and sets the timer for what will be."""
        if self._closed:
            return
        now = self.world.clock.now()
        self._expire(now)
        wake_at = self._next_deadline()
        if self._idempotent and self.identity.id < 0:
            if self._active:
                self._begin_identity()
                self._set_timer(wake_at)
            return
        progress = True
        while progress:
            progress = False
            calls: dict[int, list[tuple[PartitionQueue, ProducerBatch]]] = {}
            sizes: dict[int, int] = {}
            for queue in list(self._active):
                if not queue.batches:
                    del self._active[queue]
                    continue
                ready_at = self._ready_at(queue, now)
                if ready_at > now:
                    wake_at = min(wake_at, ready_at)
                    continue
                leader = self.metadata.leader(queue.topic, queue.partition)
                if leader < 0:
                    self.metadata.request_update()
                    wake_at = min(wake_at, now + self.settings.seconds("retry.backoff.ms"))
                    continue
                size = sizes.get(leader, 0)
                head = queue.batches[0]
                if self._in_flight.get(leader, 0) >= self._in_flight_max or (
                    size and size + head.size_bytes > REQUEST_LIMIT_BYTES
                ):
                    progress = progress or (size > 0)
                    continue
                if not queue.may_send(head, self._idempotent):
                    continue
                batch = queue.take(self.identity if self._idempotent else None)
                self._active[queue] = self._active.pop(queue)  # to the end: everybody gets a turn
                calls.setdefault(leader, []).append((queue, batch))
                sizes[leader] = size + batch.size_bytes
            for leader, batches in calls.items():
                progress = True
                self._in_flight[leader] = self._in_flight.get(leader, 0) + 1
                self.world.spawn(self._send(leader, batches), name=f"produce-to-{leader}")
        self._set_timer(wake_at)

    def _ready_at(self, queue: PartitionQueue, now: float) -> float:
        batch = queue.batches[0]
        if batch.attempts:
            return queue.retry_at
        if self._flushing or batch.closed or len(queue.batches) > 1:
            return max(queue.retry_at, now) if queue.retry_at > now else now
        # A millisecond's fraction lost in floating point must not make a timer fire a hair too early.
        waited_ms = round((now - batch.created_at) * 1000, 6)
        if self.organs.batch_is_ready(batch.size_bytes, self._batch_bytes, waited_ms, self._linger_ms):
            return now
        return max(batch.created_at + self._linger_ms / 1000, now + 1e-4)

    def _next_deadline(self) -> float:
        return min(
            (queue.batches[0].deadline for queue in self._active if queue.batches), default=float("inf")
        )

    def _expire(self, now: float) -> None:
        for queue in list(self._active):
            while queue.batches and queue.batches[0].deadline <= now:
                batch = queue.batches.popleft()
                self._give_up(queue, batch, KafkaError(KafkaError._MSG_TIMED_OUT))

    def _set_timer(self, at: float) -> None:
        if self._timer is not None:
            if at == self._timer_at:
                return
            self._timer.cancel()
            self._timer = None
        self._timer_at = at
        if at != float("inf"):
            delay_s = max(0.0, at - self.world.clock.now())
            self._timer = self.world.call_later(delay_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, float("inf")
        self.accept()

    # --- one request

    async def _send(self, leader: int, batches: list[tuple[PartitionQueue, ProducerBatch]]) -> None:
        call = ProduceCall(
            [(queue.topic, queue.partition, batch.encoded()) for queue, batch in batches],
            self._acks,
            self.settings["request.timeout.ms"],
        )
        try:
            answers = await produce(self.connections, self.metadata, leader, call)
        except (OSError, TimeoutError) as cause:
            error = as_kafka_error(cause)
            self._complain(error)
            self.metadata.request_update()
            for queue, batch in batches:
                self._retry(queue, batch, error)
        except KafkaException as cause:
            for queue, batch in batches:
                self._reject(queue, batch, cause.error)
        else:
            for queue, batch in batches:
                answer = answers.get((queue.topic, queue.partition))
                if answer is None:
                    reason = "the broker's answer lacks a partition"
                    self._retry(queue, batch, KafkaError(KafkaError._BAD_MSG, reason))
                else:
                    self._handle(queue, batch, answer)
        finally:
            self._in_flight[leader] -= 1
            for queue, _ in batches:
                queue.on_wire -= 1
                self._settle_numbers(queue)
        self.pump()

    def _handle(self, queue: PartitionQueue, batch: ProducerBatch, answer: PartitionAnswer) -> None:
        code = answer.error_code
        if code in (ErrorCode.NONE, ErrorCode.DUPLICATE_SEQUENCE_NUMBER):
            queue.acknowledged(batch)
            self._done(queue, batch, None, answer.base_offset, answer.append_time_ms)
        elif code == ErrorCode.MESSAGE_TOO_LARGE and len(batch.messages) > 1:
            self._split(queue, batch)
        elif self._idempotent and code in _LOST_SEQUENCE:
            # Either an earlier batch has to come first, or the broker has lost what it acknowledged (KIP-360).
            if batch.sent_sequence == batch.sequence and queue.is_next_expected(batch):
                queue.renumber = True
            self._retry(queue, batch, KafkaError(code, answer.message))
        elif is_retriable(code):
            self.metadata.request_update()
            self._retry(queue, batch, KafkaError(code, answer.message))
        else:
            self._reject(queue, batch, KafkaError(code, answer.message))

    def _retry(self, queue: PartitionQueue, batch: ProducerBatch, error: KafkaError) -> None:
        if batch.done:
            return
        batch.attempts += 1
        now = self.world.clock.now()
        if now >= batch.deadline:
            self._give_up(queue, batch, KafkaError(KafkaError._MSG_TIMED_OUT))
        elif batch.attempts > self.settings["retries"]:
            self._give_up(queue, batch, error)
        else:
            low, high = self.settings["retry.backoff.ms"], self.settings["retry.backoff.max.ms"]
            queue.retry_at = now + min(low * 2 ** min(batch.attempts - 1, 20), max(low, high)) / 1000
            queue.put_back(batch)
            self._active.setdefault(queue)

    def _reject(self, queue: PartitionQueue, batch: ProducerBatch, error: KafkaError) -> None:
        """The broker certainly has not appended this batch and never will."""
        if batch.done:
            return
        queue.settle(batch)
        queue.close_gap(batch)
        self._done(queue, batch, error, -1, -1)

    def _give_up(self, queue: PartitionQueue, batch: ProducerBatch, error: KafkaError) -> None:
        """Whether the broker has this batch is not known, so its sequence numbers can't be used again."""
        if batch.sequence != NO_SEQUENCE:
            queue.unresolved = True
        self._done(queue, batch, error, -1, -1)
        self._settle_numbers(queue)

    def _settle_numbers(self, queue: PartitionQueue) -> None:
        if not self._idempotent or queue.on_wire:
            return
        if queue.renumber or (queue.unresolved and not queue.in_flight):
            if self.identity == queue.identity:
                if self.identity.epoch >= _EPOCH_MAX:
                    self.identity = ProducerIdentity()  # the epochs are used up: ask for a new id
                    self._begin_identity()
                    return
                self.identity = ProducerIdentity(self.identity.id, self.identity.epoch + 1)
            if self.identity.id >= 0:
                queue.start_numbers_over(self.identity)

    def _split(self, queue: PartitionQueue, batch: ProducerBatch) -> None:
        """Too large for the broker: two halves take its place (as `RecordAccumulator.splitAndReenqueue`)."""
        at = queue.in_flight.index(batch)
        queue.settle(batch)
        middle = len(batch.messages) // 2
        sequence = batch.sequence
        halves = []
        for part in (batch.messages[:middle], batch.messages[middle:]):
            half = ProducerBatch(self._batch_bytes, self._compression, self._level, batch.created_at)
            for record in part:
                half.try_append(record, len(part))
            half.closed, half.deadline, half.identity = True, batch.deadline, batch.identity
            half.attempts = 1
            if sequence != NO_SEQUENCE:
                half.sequence = half.sent_sequence = sequence
                sequence += len(part)
            halves.append(half)
        queue.in_flight[at:at] = halves
        for half in halves if sequence != NO_SEQUENCE else reversed(halves):
            queue.put_back(half)
        self._active.setdefault(queue)

    # --- the idempotent producer's identity

    def _begin_identity(self) -> None:
        if self._identity_task is None or self._identity_task.done():
            self._identity_task = self.world.spawn(self._get_identity(), name="init-producer-id")

    async def _get_identity(self) -> None:
        request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=60_000)
        while not self._closed:
            try:
                answer = await self.connections.request_any(request, InitProducerIdResponse)
            except (OSError, TimeoutError) as cause:
                self._complain(as_kafka_error(cause))
            else:
                if not answer.error_code:
                    self.identity = ProducerIdentity(answer.producer_id, answer.producer_epoch)
                    for queue in list(self._active):
                        self._settle_numbers(queue)
                    self.accept()
                    return
                if not is_retriable(answer.error_code):
                    self._die(KafkaError(answer.error_code, fatal=True))
                    return
            await asyncio.sleep(self.settings.seconds("retry.backoff.ms"))

    def _die(self, error: KafkaError) -> None:
        self.fatal = error
        self.errors.append(error)
        for queue in list(self._active):
            while queue.batches:
                self._done(queue, queue.batches.popleft(), error, -1, -1)

    # --- reports out

    def _done(
        self, queue: PartitionQueue, batch: ProducerBatch, error: KafkaError | None, base: int, time_ms: int
    ) -> None:
        if batch.done and batch not in queue.in_flight and error is None:
            return  # purged meanwhile
        queue.settle(batch)
        self._report(batch.messages, queue.topic, queue.partition, error, base, time_ms)

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
        if len(self.errors) < 100:
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

    def begin_flush(self) -> None:
        """From now on batches do not linger."""
        self._flushing += 1
        self.accept()

    def end_flush(self) -> None:
        """Batches linger again."""
        self._flushing -= 1

    async def flush(self, timeout_s: float | None = None) -> int:
        """Sends everything and waits until it is acknowledged or refused; returns how many records are not."""
        self.begin_flush()
        try:
            async with asyncio.timeout(timeout_s):
                while self._outstanding:
                    self._idle_waiter = asyncio.get_running_loop().create_future()
                    await self._idle_waiter
        except TimeoutError:
            pass
        finally:
            self.end_flush()
        return self._outstanding

    def purge(self, in_queue: bool = True, in_flight: bool = True) -> None:
        """Drops records; their reports carry _PURGE_QUEUE or _PURGE_INFLIGHT."""
        self.accept()
        for topic in self._topics.values():
            for queue in topic.queues.values():
                for batch in list(queue.batches) if in_queue else []:
                    if batch not in queue.in_flight:
                        queue.batches.remove(batch)
                        self._done(queue, batch, KafkaError(KafkaError._PURGE_QUEUE), -1, -1)
                for batch in list(queue.in_flight) if in_flight else []:
                    if batch in queue.batches:
                        queue.batches.remove(batch)
                    self._give_up(queue, batch, KafkaError(KafkaError._PURGE_INFLIGHT))
            if in_queue and topic.waiting:
                name = topic.waiting[0].topic
                self._report(list(topic.waiting), name, -1, KafkaError(KafkaError._PURGE_QUEUE))
                topic.waiting.clear()

    async def close(self) -> None:
        """Closes at once; what is not acknowledged is not reported any more. Flush before."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self.metadata.close()
        self.connections.close()


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
