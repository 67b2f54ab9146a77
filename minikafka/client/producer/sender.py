"""The sender: decides which batches leave, sends them, and deals with what the brokers answer.

Rule: `pump` is the only place that decides what is sent; everything else (a record, an answer, a timer, news of
the cluster) changes state and calls it. Kafka does the same in `Sender` and `TransactionManager`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error, is_retriable
from minikafka.client.producer.batches import NO_SEQUENCE, PartitionQueue, ProducerBatch, ProducerIdentity
from minikafka.client.producer.events import AGAIN, FLUSHED, FULL, LINGERED, RULED, BatchSent
from minikafka.client.producer.produce_request import PartitionAnswer, ProduceCall, produce
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.init_producer_id import InitProducerIdRequest, InitProducerIdResponse

if TYPE_CHECKING:
    from minikafka.client.connections.reach import Reach
    from minikafka.policy import Rules

REQUEST_LIMIT_BYTES = 1_048_576
_EPOCH_MAX = 32_766
_LOST_SEQUENCE = frozenset(
    {
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        ErrorCode.UNKNOWN_PRODUCER_ID,
        ErrorCode.INVALID_PRODUCER_EPOCH,
    }
)

Settled = Callable[[PartitionQueue, ProducerBatch, KafkaError | None, int, int], None]
"""(queue, batch, error, first offset, append time in ms): told once for every batch."""


class Sender:
    """Works on the queues it is given with `add`. `new_batch` makes an empty batch (for a split)."""

    def __init__(
        self,
        reach: Reach,
        rules: Rules,
        *,
        idempotent: bool,
        new_batch: Callable[[float], ProducerBatch],
        on_settled: Settled,
        on_trouble: Callable[[KafkaError], None],
        on_fatal: Callable[[KafkaError], None],
    ) -> None:
        self.world, self.settings = reach.world, reach.settings
        self.connections, self.metadata = reach.connections, reach.metadata
        self._background = reach.background
        self._on_time = reach.background.guarded(self._on_timer, "timer")
        settings = reach.settings
        self.rules = rules
        self.identity = ProducerIdentity()
        self._idempotent = idempotent
        self._new_batch = new_batch
        self._on_settled = on_settled
        self._on_trouble = on_trouble
        self._on_fatal = on_fatal
        self._acks: int = settings["acks"]
        self._linger_ms: float = settings["linger.ms"]
        self._batch_bytes = min(settings["batch.size"], settings["message.max.bytes"])
        self._in_flight_max: int = settings["max.in.flight.requests.per.connection"]
        self._active: dict[PartitionQueue, None] = {}
        """Queues that have, or may soon have, something to send."""
        self._in_flight: dict[int, int] = {}
        """Requests on their way, by broker; never more than `max.in.flight.requests.per.connection`."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")
        """When `_timer` fires."""
        self._flushing = 0
        """How many callers wait in flush(); no batch lingers meanwhile."""
        self._identity_task: asyncio.Task[None] | None = None
        self._closed = False

    def add(self, queue: PartitionQueue) -> None:
        """This queue has something to send now or later; `pump()` afterwards."""
        self._active.setdefault(queue)

    def begin_flush(self) -> None:
        """From now on batches do not linger."""
        self._flushing += 1
        self.pump()

    def end_flush(self) -> None:
        """Batches linger again."""
        self._flushing -= 1

    def close(self) -> None:
        """Sends no more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def purge(
        self, queue: PartitionQueue, in_queue: bool, in_flight: bool, error: KafkaError | None = None
    ) -> None:
        """Drops batches; each is settled with `error`, or _PURGE_QUEUE or _PURGE_INFLIGHT."""
        for batch in list(queue.batches) if in_queue else []:
            if batch not in queue.in_flight:
                queue.batches.remove(batch)
                self._done(queue, batch, error or KafkaError(KafkaError._PURGE_QUEUE), -1, -1)
        for batch in list(queue.in_flight) if in_flight else []:
            if batch in queue.batches:
                queue.batches.remove(batch)
            self._give_up(queue, batch, error or KafkaError(KafkaError._PURGE_INFLIGHT))

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
                    if self._is_gone(queue, now):
                        continue
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
                if not queue.may_send(head, self._idempotent, self._in_flight_max):
                    continue
                if self.world.trace.messages:
                    self._tell(queue, head, now)
                batch = queue.take(self.identity if self._idempotent else None)
                self._active[queue] = self._active.pop(queue)  # to the end: everybody gets a turn
                calls.setdefault(leader, []).append((queue, batch))
                sizes[leader] = size + batch.size_bytes
            for leader, batches in calls.items():
                progress = True
                self._in_flight[leader] = self._in_flight.get(leader, 0) + 1
                self._background.spawn(self._send(leader, batches), name=f"produce-to-{leader}")
        self._set_timer(wake_at)

    def _is_gone(self, queue: PartitionQueue, now: float) -> bool:
        """Gives up what is written to a topic that was deleted, once that can be no matter of old metadata."""
        view = self.metadata.topics.get(queue.topic)
        if view is None or view.error != KafkaError.UNKNOWN_TOPIC_OR_PART:
            queue.gone_since = None
            return False
        if queue.gone_since is None:
            queue.gone_since = now
            self._on_trouble(KafkaError(view.error))
        if now - queue.gone_since < self.settings.seconds("topic.metadata.propagation.max.ms"):
            return False
        while queue.batches:
            self._give_up(queue, queue.batches.popleft(), KafkaError(view.error))
        return True

    def _ready_at(self, queue: PartitionQueue, now: float) -> float:
        batch = queue.batches[0]
        if batch.attempts:
            return queue.retry_at
        if self._flushing or batch.closed or len(queue.batches) > 1:
            return max(queue.retry_at, now) if queue.retry_at > now else now
        # A millisecond's fraction lost in floating point must not make a timer fire a hair too early.
        waited_ms = round((now - batch.created_at) * 1000, 6)
        if self.rules.batch_is_ready(batch.size_bytes, self._batch_bytes, waited_ms, self._linger_ms):
            return now
        return max(batch.created_at + self._linger_ms / 1000, now + 1e-4)

    def _tell(self, queue: PartitionQueue, batch: ProducerBatch, now: float) -> None:
        """Says why this batch is sent."""
        waited_ms = round((now - batch.created_at) * 1000, 3)
        if batch.attempts:
            why = AGAIN
        elif batch.closed or len(queue.batches) > 1 or batch.size_bytes >= self._batch_bytes:
            why = FULL
        elif self._flushing:
            why = FLUSHED
        else:
            why = LINGERED if waited_ms >= self._linger_ms else RULED
        records = len(batch.messages)
        self.world.trace.emit(
            BatchSent(queue.topic, queue.partition, records, batch.size_bytes, waited_ms, why)
        )

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
            self._timer = self.world.call_later(delay_s, self._on_time)

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, float("inf")
        self.pump()

    # --- one request

    async def _send(self, leader: int, batches: list[tuple[PartitionQueue, ProducerBatch]]) -> None:
        queues = [queue for queue, _ in batches]
        try:
            batches = [one for one in batches if self._can_be_encoded(*one)]
            call = ProduceCall(
                [(queue.topic, queue.partition, batch.encoded()) for queue, batch in batches],
                self._acks,
                self.settings["request.timeout.ms"],
            )
            answers = await produce(self.connections, self.metadata, leader, call) if batches else {}
        except (OSError, TimeoutError) as cause:
            error = as_kafka_error(cause)
            self._on_trouble(error)
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
            for queue in queues:
                queue.on_wire -= 1
                self._settle_numbers(queue)
        self.pump()

    def _can_be_encoded(self, queue: PartitionQueue, batch: ProducerBatch) -> bool:
        """A batch that can't is given up, and the others leave."""
        try:
            batch.encoded()
        except Exception as cause:
            reason = f"the records can't be encoded: {type(cause).__name__}: {cause}"
            self._reject(queue, batch, KafkaError(KafkaError._FAIL, reason))
            return False
        return True

    def _handle(self, queue: PartitionQueue, batch: ProducerBatch, answer: PartitionAnswer) -> None:
        code = answer.error_code
        if code in (ErrorCode.NONE, ErrorCode.DUPLICATE_SEQUENCE_NUMBER):
            queue.acknowledged(batch)
            self._done(queue, batch, None, answer.base_offset, answer.append_time_ms)
        elif code == ErrorCode.MESSAGE_TOO_LARGE and len(batch.messages) > 1:
            self._split(queue, batch)
        elif self._idempotent and code in _LOST_SEQUENCE:
            if code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER and queue.is_surely_written(batch):
                # A broker that started again remembers only the last batch, and can't tell an earlier one's offset.
                self._done(queue, batch, None, -1, -1)
                return
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
        batch.maybe_written = True
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
        """The broker has not appended this batch, and never will."""
        if batch.done:
            return
        if batch.maybe_written:  # by another leader, which judged it otherwise
            self._give_up(queue, batch, error)
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
            half = self._new_batch(batch.created_at)
            for record in part:
                half.try_append(record, len(part))
            half.closed, half.deadline, half.identity = True, batch.deadline, batch.identity
            half.attempts, half.place = 1, batch.place
            half.maybe_written = batch.maybe_written
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
            self._identity_task = self._background.spawn(self._get_identity(), name="init-producer-id")

    async def _get_identity(self) -> None:
        request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=60_000)
        while not self._closed:
            try:
                answer = await self.connections.request_any(request, InitProducerIdResponse)
            except (OSError, TimeoutError) as cause:
                self._on_trouble(as_kafka_error(cause))
            else:
                if not answer.error_code:
                    self.identity = ProducerIdentity(answer.producer_id, answer.producer_epoch)
                    for queue in list(self._active):
                        self._settle_numbers(queue)
                    self.pump()
                    return
                if not is_retriable(answer.error_code):
                    self._die(KafkaError(answer.error_code, fatal=True))
                    return
            await asyncio.sleep(self.settings.seconds("retry.backoff.ms"))

    def _die(self, error: KafkaError) -> None:
        self._on_fatal(error)
        for queue in list(self._active):
            while queue.batches:
                self._done(queue, queue.batches.popleft(), error, -1, -1)

    def _done(
        self, queue: PartitionQueue, batch: ProducerBatch, error: KafkaError | None, base: int, time_ms: int
    ) -> None:
        if batch.done and batch not in queue.in_flight and error is None:
            return  # purged meanwhile
        queue.settle(batch)
        self._on_settled(queue, batch, error, base, time_ms)
