"""The producer's core: takes records in, gives delivery reports out. Runs on one loop, knows no thread.

Rule: every record that is accepted is reported exactly once. What is sent, and when, is the `Sender`'s matter.
Kafka does the same in `KafkaProducer` and `RecordAccumulator`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from minikafka.client.connections.notices import Notices
from minikafka.client.connections.reach import Reach
from minikafka.client.connections.statistics import Statistics
from minikafka.client.errors import KafkaError, KafkaException, failure
from minikafka.client.producer.batches import Outgoing, PartitionQueue, ProducerBatch
from minikafka.client.producer.deliveries import Deliveries, Report, Share
from minikafka.client.producer.partitioner import TopicPartitioner
from minikafka.client.producer.sender import Sender
from minikafka.client.settings.settings import check, delivery_limit_s
from minikafka.client.values import Message
from minikafka.policy import Rules
from minikafka.records.compression import Compression

if TYPE_CHECKING:
    from minikafka.world import World


_UNLIMITED = 2_147_483_647
_FIRST_LOOK_S = 0.8
"""After so long error_cb hears what is wrong with a topic, though the records may still be written."""


class _Topic:
    """A topic that records are written to."""

    __slots__ = ("known_version", "partitioner", "queues", "waiting")

    def __init__(self, partitioner: TopicPartitioner) -> None:
        self.partitioner = partitioner
        self.queues: dict[int, PartitionQueue] = {}
        self.waiting: deque[Outgoing] | None = deque()  # None once the topic's partitions are known
        self.known_version = -1

    def learn(self, name: str, partitions: Mapping[int, Any]) -> None:
        """There are new partitions; or fewer, in a topic that was made again."""
        for index in [index for index in self.queues if index not in partitions]:
            if not self.queues[index].batches:
                del self.queues[index]
        for index in partitions:
            if index not in self.queues:
                self.queues[index] = PartitionQueue(name, index)


class _Sent:
    """The callback of a record that a coroutine waits for."""

    __slots__ = ("message",)

    def __init__(self, message: asyncio.Future[Message]) -> None:
        self.message = message

    def __call__(self, _error: KafkaError | None, message: Message) -> None:
        if not self.message.done():
            self.message.set_result(message)


class AsyncProducer:
    """Producer for coroutines, and the core of the synchronous `Producer`."""

    def __init__(self, world: World, conf: Mapping[str, Any], *, rules: Rules | None = None) -> None:
        self.settings = settings = check(with_rules(conf, rules), "producer")
        self.world = world
        self.rules = rules or Rules()
        self._reach = reach = Reach.of(world, settings)
        self.connections, self.metadata, self.news = reach.connections, reach.metadata, reach.news
        self.inbox: deque[Outgoing] = deque()
        self.deliveries = Deliveries(
            settings["queue.buffering.max.messages"] or _UNLIMITED,
            settings["queue.buffering.max.kbytes"] * 1024,
            only_errors=settings["delivery.report.only.error"],
        )
        self.notices = Notices(reach)
        self.statistics = Statistics(reach, self.notices, "producer", self._statistics)
        self._settled_count = self._settled_bytes = 0
        self.fatal: KafkaError | None = None
        self.accept_is_due = False
        self.accept = reach.background.guarded(self._accept, "queue of records")
        self.sender = Sender(
            reach,
            self.rules,
            idempotent=_check_idempotence(settings),
            new_batch=self._new_batch,
            on_settled=self._settled,
            on_trouble=self.notices.complain,
            on_fatal=self._die,
        )
        self.news.on_death(self._die)
        self._batch_bytes = min(settings["batch.size"], settings["message.max.bytes"])
        self._count_max: int = settings["batch.num.messages"]
        self._compression = Compression[str(settings["compression.type"]).upper()]
        level = settings["compression.level"]
        self._level: int | None = None if level == -1 else level
        self._topics: dict[str, _Topic] = {}
        self._delivery_s = delivery_limit_s(settings)
        self._outstanding = 0
        self._sent = 0  # of these, what coroutines wait for
        self._closed = False

    # --- records in

    def _accept(self) -> None:
        """Moves what the application gave until now into batches."""
        self.accept_is_due = False  # before looking: what comes from now on asks again
        topics, take = self._topics, self.inbox.popleft
        now = self.world.clock.now()
        count = len(self.inbox)
        self._outstanding += count
        for _ in range(count):
            record = take()
            topic = topics.get(record.topic)
            if topic is None:
                topic = self._new_topic(record.topic)
            if topic.waiting is not None:
                topic.waiting.append(record)
                continue
            try:
                self._append(topic, record, now)
            except Exception as cause:
                self._cannot_write(record, cause)
        self.sender.pump()

    def _new_topic(self, name: str) -> _Topic:
        partitioner = TopicPartitioner(self.world, self.rules, self.settings)
        topic = self._topics[name] = _Topic(partitioner)
        self.metadata.keep_fresh()
        self._reach.background.spawn(self._learn_topic(name, topic), name=f"learn-topic-{name}")
        return topic

    def has_partition(self, topic: str, partition: int) -> bool:
        """False only where the topic is known and has no such partition."""
        view = self.metadata.topics.get(topic)
        return view is None or not view.partitions or partition in view.partitions

    def _cannot_write(self, record: Outgoing, cause: Exception) -> None:
        """What goes wrong with one record is its own error, and the others live."""
        reason = f"the record can't be written: {type(cause).__name__}: {cause}"
        self._report([record], record.topic, -1, KafkaError(KafkaError._FAIL, reason))

    def _append(self, topic: _Topic, record: Outgoing, now: float) -> None:
        if topic.known_version != self.metadata.version:
            self._learn_partitions(topic, record.topic)
        partition = record.partition
        if partition < 0:
            try:
                partition = topic.partitioner.choose(record.key, now)
            except (
                Exception
            ) as cause:  # a learner's rule may raise anything; its record fails, the rest lives
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
        batch.deadline = record.produced_at + self._delivery_s
        batch.try_append(record, self._count_max)
        batches.append(batch)
        self.sender.add(queue)

    def _learn_partitions(self, topic: _Topic, name: str) -> None:
        view = self.metadata.topics.get(name)
        if view is not None and view.partitions:
            topic.partitioner.learn(view)
            topic.learn(name, view.partitions)
        topic.known_version = self.metadata.version

    async def _learn_topic(self, name: str, topic: _Topic) -> None:
        delivery_s = self._delivery_s
        propagation_s = self.settings.seconds("topic.metadata.propagation.max.ms")
        waiting = topic.waiting
        assert waiting is not None
        told: KafkaError | None = None
        believed_from = self.world.clock.now() + propagation_s
        while True:
            now = self.world.clock.now()
            while waiting and waiting[0].produced_at + delivery_s <= now:
                self._report([waiting.popleft()], name, -1, KafkaError(KafkaError._MSG_TIMED_OUT))
            if not waiting or self._closed:
                del self._topics[name]
                return
            left_s = waiting[0].produced_at + delivery_s - now
            try:
                await self.metadata.topic(name, min(left_s, _FIRST_LOOK_S if told is None else propagation_s))
                break
            except KafkaException as cause:
                error = cause.error
                if error.code() > 0 and (not error.retriable() or self.world.clock.now() >= believed_from):
                    self._report(list(waiting), name, -1, error)  # the cluster itself says so
                    waiting.clear()
                elif error != told:
                    told = error
                    self.notices.complain(error)
        topic.waiting = None
        now = self.world.clock.now()
        for record in waiting:
            try:
                self._append(topic, record, now)
            except Exception as cause:
                self._cannot_write(record, cause)
        self.sender.pump()

    def _new_batch(self, now: float) -> ProducerBatch:
        return ProducerBatch(self._batch_bytes, self._compression, self._level, now)

    # --- reports out

    def _settled(
        self, queue: PartitionQueue, batch: ProducerBatch, error: KafkaError | None, base: int, time_ms: int
    ) -> None:
        if error is None:
            self._settled_count += len(batch.messages)
            self._settled_bytes += batch.size_bytes
        self._report(batch.messages, queue.topic, queue.partition, error, base, time_ms)

    def _statistics(self) -> tuple[dict[str, Any], dict[tuple[str, int], dict[str, Any]]]:
        settings, deliveries = self.settings, self.deliveries
        top = {
            "msg_cnt": deliveries.count,
            "msg_size": deliveries.size_bytes,
            "msg_max": settings["queue.buffering.max.messages"],
            "msg_size_max": settings["queue.buffering.max.kbytes"] * 1024,
            "txmsgs": self._settled_count,
            "txmsg_bytes": self._settled_bytes,
        }
        partitions = {}
        for name, topic in self._topics.items():
            for index, queue in topic.queues.items():
                waiting = [len(batch.messages) for batch in queue.batches if batch not in queue.in_flight]
                flying = sum(len(batch.messages) for batch in queue.in_flight)
                partitions[name, index] = {"msgq_cnt": sum(waiting), "msgs_inflight": flying}
        return top, partitions

    def _die(self, error: KafkaError) -> None:
        if self.fatal is None:
            self.fatal = error
            self.deliveries.refuse(KafkaException(error))
            self.notices.complain(error)
            if self.news.death is not None:  # nobody will send any more
                self.purge(error=error)

    def _report(
        self,
        messages: list[Outgoing],
        topic: str,
        partition: int,
        error: KafkaError | None,
        base_offset: int = -1,
        append_time_ms: int = -1,
    ) -> None:
        self._outstanding -= len(messages)
        now = self.world.clock.now()
        report = Report(messages, topic, partition, error, base_offset, append_time_ms, now)
        if self._sent:
            report = self._tell_senders(report)
        if report.messages:
            self.deliveries.reports.append(report)
        self.news.tell()

    def _tell_senders(self, report: Report) -> Report:
        """Coroutines have nobody who polls, so they are told at once. Returns what is left to be polled for."""
        for index, record in enumerate(report.messages):
            if isinstance(record.on_delivery, _Sent):
                self._sent -= 1
                Share(report, index, index + 1).tell()
        if any(isinstance(record.on_delivery, _Sent) for record in report.messages):
            report.messages = [one for one in report.messages if not isinstance(one.on_delivery, _Sent)]
        return report

    async def wait_for_reports(self, timeout_s: float | None, enough: Callable[[], bool]) -> None:
        """Returns at news, when there is a report or a notice, when `enough()`, or after `timeout_s`."""
        self.accept()
        self.news.check()
        if not self.deliveries.reports and not self.notices.waiting and not enough():
            await self.news.wait(timeout_s)

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
        if self.fatal is not None:
            raise KafkaException(self.fatal)
        if self._closed:
            raise failure(KafkaError._DESTROY)
        done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        clock = self.world.clock
        time_ms = timestamp_ms or clock.time_ms()
        size_bytes = len(value or b"") + len(key or b"")
        self._sent += 1
        self.inbox.append(
            Outgoing(topic, partition, key, value, headers, time_ms, _Sent(done), clock.now(), size_bytes)
        )
        self.accept()
        message = await done
        error = message.error()
        if error is not None:
            raise KafkaException(error)
        return message

    async def flush(self, timeout_s: float | None = None) -> int:
        """Sends everything and waits until it is acknowledged or refused; returns how many records are not."""
        self.accept()
        self.sender.begin_flush()
        deadline = None if timeout_s is None else self.world.clock.now() + timeout_s
        try:
            while self._outstanding and not self._closed:
                left_s = None if deadline is None else deadline - self.world.clock.now()
                if left_s is not None and left_s <= 0:
                    break
                await self.news.wait(left_s)
        finally:
            self.sender.end_flush()
        return self._outstanding

    def queues(self) -> list[PartitionQueue]:
        """Those of every partition that has been written to, by topic and partition."""
        return [
            queue for _, topic in sorted(self._topics.items()) for _, queue in sorted(topic.queues.items())
        ]

    def purge(self, in_queue: bool = True, in_flight: bool = True, error: KafkaError | None = None) -> None:
        """Drops records; their reports carry `error`, or _PURGE_QUEUE or _PURGE_INFLIGHT."""
        if self.news.death is None:
            self.accept()
        for topic in self._topics.values():
            for queue in topic.queues.values():
                self.sender.purge(queue, in_queue, in_flight, error)
            if in_queue and topic.waiting:
                waiting = list(topic.waiting)
                topic.waiting.clear()
                reason = error or KafkaError(KafkaError._PURGE_QUEUE)
                self._report(waiting, waiting[0].topic, waiting[0].partition, reason)

    async def close(self) -> None:
        """Closes at once; what is not acknowledged fails with _PURGE_QUEUE or _PURGE_INFLIGHT. Flush before."""
        if self._closed:
            return
        self.purge()
        self._closed = True
        self.statistics.close()
        self.sender.close()
        self.news.close()
        self._reach.close()


def with_rules(conf: Mapping[str, Any], rules: Rules | None) -> Mapping[str, Any]:
    """A producer that is given rules, as a cluster gives them to its own, asks them where a key goes."""
    if rules is None or not isinstance(conf, Mapping):
        return conf
    return {"partitioner": "murmur2_random", **conf}


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
