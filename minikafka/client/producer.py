"""`Producer`: confluent_kafka's producer, in front of our core.

One rule: produce() only puts a record into a queue and poll() and flush() only call callbacks; the core on the loop
does everything else. Kafka: `KafkaProducer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minikafka.client.arguments import bytes_of, headers_of
from minikafka.client.async_producer import AsyncProducer, deliver
from minikafka.client.batches import Outgoing
from minikafka.client.errors import KafkaError, KafkaException, failure
from minikafka.client.face import Face
from minikafka.client.values import DeliveryCallback, HeadersArgument

if TYPE_CHECKING:
    from minikafka.policy import Organs
    from minikafka.world import World

_RECORD_OVERHEAD_BYTES = 36


class Producer(Face[AsyncProducer]):
    """Writes records. `Producer(conf)` as in confluent_kafka; the keyword-only arguments are for clusters."""

    def _new_core(self, world: World, conf: Mapping[str, Any], organs: Organs | None) -> AsyncProducer:
        return AsyncProducer(world, conf, organs=organs)

    def _begin(self) -> None:
        settings = self._core.settings
        self._count_max: int = settings["queue.buffering.max.messages"] or 2_147_483_647
        self._bytes_max: int = settings["queue.buffering.max.kbytes"] * 1024
        self._message_max_bytes: int = settings["message.max.bytes"]
        self._on_delivery: DeliveryCallback | None = settings["on_delivery"]
        self._only_errors: bool = settings["delivery.report.only.error"]
        self._error_cb = settings["error_cb"]
        self._waiting = 0
        self._waiting_bytes = 0

    def produce(
        self,
        topic: str,
        value: str | bytes | None = None,
        key: str | bytes | None = None,
        partition: int = -1,
        callback: DeliveryCallback | None = None,
        on_delivery: DeliveryCallback | None = None,
        timestamp: int = 0,
        headers: HeadersArgument | None = None,
    ) -> None:
        """Queues a record. Raises BufferError when the queue is full: poll() and try again."""
        core = self._open()
        if core.fatal is not None:
            raise KafkaException(core.fatal)
        data, key_data = bytes_of(value), bytes_of(key)
        size = len(data or b"") + len(key_data or b"")
        if size + _RECORD_OVERHEAD_BYTES > self._message_max_bytes:
            raise failure(KafkaError.MSG_SIZE_TOO_LARGE, "Broker: Message size too large")
        if self._waiting >= self._count_max or self._waiting_bytes + size > self._bytes_max:
            raise BufferError("Local: Queue full")
        if not isinstance(topic, str):
            raise TypeError("topic must be a str")
        record = Outgoing(
            topic,
            partition,
            key_data,
            data,
            headers_of(headers) if headers else (),
            timestamp or core.world.clock.time_ms(),
            on_delivery or callback or self._on_delivery,
            core.world.clock.now(),
        )
        self._waiting += 1
        self._waiting_bytes += size
        inbox = core.inbox
        inbox.append(record)
        if not core.accept_is_due:
            core.accept_is_due = True
            self._attachment.post(core.accept)

    def produce_batch(
        self,
        topic: str,
        messages: list[dict[str, Any]],
        partition: int = -1,
        callback: DeliveryCallback | None = None,
        on_delivery: DeliveryCallback | None = None,
    ) -> int:
        """Queues many records; returns how many. The entry of one that fails gets an "_error"."""
        count = 0
        for entry in messages:
            try:
                self.produce(
                    topic,
                    entry.get("value"),
                    entry.get("key"),
                    entry.get("partition", partition),
                    entry.get("callback") or callback or on_delivery,
                    timestamp=entry.get("timestamp", 0),
                    headers=entry.get("headers"),
                )
                count += 1
            except BufferError:
                entry["_error"] = KafkaError(KafkaError._QUEUE_FULL)
            except KafkaException as cause:
                entry["_error"] = cause.error
        return count

    def poll(self, timeout: float = -1) -> int:
        """Calls the callbacks that are due, waiting up to `timeout` seconds (-1: for ever) for the first."""
        core = self._core
        if (
            not core.reports
            and not core.errors
            and not self._closed
            and (timeout or self._attachment.is_virtual)
        ):
            self._attachment.run(core.wait_for_reports(None if timeout < 0 else timeout))
        return self._serve()

    def flush(self, timeout: float = -1) -> int:
        """Sends everything and waits for every report; returns how many records are still waiting."""
        if self._closed:
            return 0
        core = self._core
        deadline = None if timeout < 0 else self._attachment.now() + timeout
        self._attachment.post(core.accept)
        self._attachment.post(core.sender.begin_flush)
        try:
            while self._waiting:
                self._serve()
                if not self._waiting:
                    break
                left_s = None if deadline is None else deadline - self._attachment.now()
                if left_s is not None and left_s <= 0:
                    break
                self._attachment.run(core.wait_for_reports(left_s))
            self._serve()
        finally:
            self._attachment.post(core.sender.end_flush)
        return len(self)

    def _serve(self) -> int:
        core = self._core
        count = 0
        first_error: BaseException | None = None
        while core.reports:
            report = core.reports.popleft()
            records = report.messages
            self._waiting -= len(records)
            self._waiting_bytes -= sum(len(r.value or b"") + len(r.key or b"") for r in records)
            count += len(records)
            if report.error is None and self._only_errors:
                continue
            try:
                deliver(report)
            except BaseException as error:
                first_error = first_error or error
        while core.errors:
            complaint = core.errors.popleft()
            if self._error_cb is not None:
                self._error_cb(complaint)
                count += 1
        if first_error is not None:
            raise first_error
        return count

    def purge(self, in_queue: bool = True, in_flight: bool = True, blocking: bool = True) -> None:
        """Drops records that wait; poll() afterwards calls their callbacks with an error."""

        async def purge() -> None:
            self._core.purge(in_queue, in_flight)

        self._attachment.run(purge())

    def close(self, timeout: float = -1) -> bool:
        """Flushes, then ends the producer."""
        if not self._closed:
            try:
                self.flush(timeout)
            finally:
                self._end()
        return True

    def init_transactions(self, timeout: float = -1) -> None:
        """Transactions are not built yet."""
        raise failure(KafkaError._NOT_IMPLEMENTED, "Transactions are not supported by this producer yet")

    begin_transaction = commit_transaction = abort_transaction = init_transactions

    def __len__(self) -> int:
        return self._waiting

    def __bool__(self) -> bool:
        return True
