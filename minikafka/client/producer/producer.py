"""`Producer`: confluent_kafka's producer, in front of our core.

Rule: produce() only puts a record into a queue and poll() and flush() only call callbacks; the core on the loop
does everything else. Kafka: `KafkaProducer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minikafka.client.errors import KafkaError, KafkaException, failure
from minikafka.client.faces.arguments import (
    bytes_of,
    checked_callback,
    checked_number,
    checked_text,
    headers_of,
    headers_size,
    timeout_of,
)
from minikafka.client.faces.face import Face
from minikafka.client.producer.async_producer import AsyncProducer
from minikafka.client.producer.batches import Outgoing
from minikafka.client.values import DeliveryCallback, HeadersArgument

if TYPE_CHECKING:
    from minikafka.policy import Rules
    from minikafka.world import World

_RECORD_OVERHEAD_BYTES = 36
_INT32_MAX = 2_147_483_647
_new_tuple = tuple.__new__
_NO_TRANSACTIONS = "Transactions are not supported by this producer yet"


class Producer(Face[AsyncProducer]):
    """Writes records. `Producer(conf)` as in confluent_kafka; the keyword-only arguments are for clusters."""

    _when_closed = "Producer has been closed"

    def _new_core(self, world: World, conf: Mapping[str, Any], rules: Rules | None) -> AsyncProducer:
        return AsyncProducer(world, conf, rules=rules)

    def _begin(self) -> None:
        core = self._core
        settings = core.settings
        self._size_max: int = settings["message.max.bytes"] - _RECORD_OVERHEAD_BYTES
        self._on_delivery: DeliveryCallback | None = settings["on_delivery"]
        clock = core.world.clock
        self._now, self._time_ms, self._put_in = clock.now, clock.time_ms, core.inbox.append
        self._topics: set[str] = set()  # names that were checked
        self._deliveries = core.deliveries
        self._lock, self._unlock = core.deliveries.lock.acquire, core.deliveries.lock.release
        self._reports, self._notices = core.deliveries.reports, core.notices.waiting
        self._is_virtual = self._attachment.is_virtual
        self._looked = self._now(), self._time_ms()
        attachment, news = self._attachment, core.news
        self._deliveries.on_settled = lambda: attachment.post(news.tell)  # it must not hold the face
        if core.statistics.is_wanted:
            self._call(core.statistics.start)

    # --- records in

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
        """Queues a record. Raises BufferError when the queue is full: poll() and try again.

        Raises TypeError, ValueError or OverflowError for an argument of a wrong kind, KafkaException for a partition
        that the topic does not have or a record that is too large.
        """
        core = self._core
        if self._refusal is not None:
            self._open()
        if topic not in self._topics:
            self._topics.add(checked_text(topic))
        if partition != -1 or timestamp != 0:
            partition, timestamp = self._checked_place(topic, partition, timestamp)
        reporter: Any = on_delivery if on_delivery is not None else callback
        if reporter is None:
            reporter = self._on_delivery
        elif not callable(reporter):
            checked_callback(reporter, "on_delivery")
        data = value if type(value) is bytes else bytes_of(value)
        size = len(data) if data is not None else 0
        if key is not None:
            key = key if type(key) is bytes else bytes_of(key)
            size += len(key)  # type: ignore[arg-type]
        pairs = headers_of(headers) if headers is not None else ()
        if size > self._size_max or (pairs and size + headers_size(pairs) > self._size_max):
            raise failure(
                KafkaError.MSG_SIZE_TOO_LARGE, "Unable to produce message: Broker: Message size too large"
            )
        now = self._now()
        if not core.accept_is_due:
            self._looked = now, self._time_ms()
        looked_at, looked_ms = self._looked
        time_ms = timestamp or looked_ms + int((now - looked_at) * 1000)  # cheaper than another look
        fields = (topic, partition, key, data, pairs, time_ms, reporter, now, size)
        record = _new_tuple(Outgoing, fields)  # as Outgoing(…), in half the time
        deliveries = self._deliveries
        try:
            self._lock()  # as `with`, in half the time
        except BaseException:  # KeyboardInterrupt: before the lock was ours, or after
            deliveries.let_go()
            raise
        try:
            room, room_bytes = deliveries.room, deliveries.room_bytes - size
            if room <= 0 or room_bytes < 0:
                deliveries.cannot_accept()
            deliveries.room, deliveries.room_bytes = room - 1, room_bytes
            self._put_in(record)  # nothing can come between: what is counted is there
        finally:
            self._unlock()
        if not core.accept_is_due:
            self._post_accept()

    def _checked_place(self, topic: str, partition: int, timestamp: int) -> tuple[int, int]:
        """Of a record whose caller says where it goes, or when it was."""
        partition = checked_number(partition, "partition", 32)
        timestamp = checked_number(timestamp, "timestamp", 64)
        if partition < -1 or (partition >= 0 and not self._core.has_partition(topic, partition)):
            self._attachment.post(self._core.metadata.request_update)
            raise failure(
                KafkaError._UNKNOWN_PARTITION,
                f"Unable to produce message: topic {topic} has no partition {partition}",
            )
        return partition, timestamp

    def _post_accept(self) -> None:
        """Once for all records that come before the loop's next turn."""
        self._core.accept_is_due = True
        try:
            self._attachment.post(self._core.accept)
        except BaseException:  # KeyboardInterrupt: the next one posts it
            self._core.accept_is_due = False
            raise

    def produce_batch(
        self,
        topic: str,
        messages: list[dict[str, Any]],
        partition: int = -1,
        callback: DeliveryCallback | None = None,
        on_delivery: DeliveryCallback | None = None,
    ) -> int:
        """Queues many records; returns how many. The entry of one that fails gets an "_error".

        Raises TypeError, before anything is queued, for an entry that is no record.
        """
        self._open()
        checked_text(topic)
        if not isinstance(messages, list):
            raise TypeError("messages must be a list")
        for index, entry in enumerate(messages):
            _check_entry(index, entry)
        common = on_delivery if on_delivery is not None else callback
        count = 0
        for entry in messages:
            own = entry.get("on_delivery") if entry.get("on_delivery") is not None else entry.get("callback")
            try:
                self.produce(
                    topic,
                    entry.get("value"),
                    entry.get("key"),
                    entry.get("partition", partition),
                    on_delivery=own if own is not None else common,
                    timestamp=entry.get("timestamp", 0),
                    headers=entry.get("headers"),
                )
                count += 1
            except BufferError:
                entry["_error"] = KafkaError(KafkaError._QUEUE_FULL)
            except KafkaException as cause:
                entry["_error"] = cause.error
        return count

    # --- reports out

    def poll(self, timeout: float = -1) -> int:
        """Calls the callbacks that are due, waiting up to `timeout` seconds (-1: for ever) for the first.

        What a callback raises is raised here; the callbacks after it come with the next call.
        """
        if (
            timeout == 0
            and self._refusal is None
            and not (self._reports or self._notices or self._is_virtual)
        ):
            return 0  # many programs ask after each record
        core = self._open()
        limit_s = timeout_of(timeout)
        count = self._serve()
        if count or (limit_s == 0 and not self._is_virtual):
            return count
        deadline = None if limit_s is None else self._attachment.now() + limit_s
        while True:
            left_s = None if deadline is None else max(deadline - self._attachment.now(), 0.0)
            self._attachment.run(core.wait_for_reports(left_s, lambda: False))
            core.news.check()
            count = self._serve()
            if count or core.news.closed or (deadline is not None and self._attachment.now() >= deadline):
                return count

    def flush(self, timeout: float = -1) -> int:
        """Sends everything and waits for every report; returns how many records are still waiting.

        What a callback raises is raised here, when all have been called. In a callback it waits for all the others.
        """
        self._open()
        return self._flush(timeout_of(timeout))

    def _flush(self, limit_s: float | None) -> int:
        core, deliveries = self._core, self._deliveries
        inside = deliveries.is_inside()
        deadline = None if limit_s is None else self._attachment.now() + limit_s
        first: Exception | None = None

        def enough() -> bool:
            return deliveries.is_done(inside=inside)

        deliveries.watch(1)
        self._attachment.post(core.accept)
        self._attachment.post(core.sender.begin_flush)
        try:
            while True:
                try:
                    self._serve(all_=True)
                except Exception as error:
                    first = first or error
                if enough() or core.news.closed or core.news.death is not None:
                    break
                left_s = None if deadline is None else deadline - self._attachment.now()
                if left_s is not None and left_s <= 0:
                    break
                try:
                    self._attachment.run(core.wait_for_reports(left_s, enough))
                except KafkaException:  # the background work died; `check` says so when all have been told
                    if core.news.death is None:
                        raise
        finally:
            self._attachment.post(core.sender.end_flush)
            deliveries.watch(-1)
        if first is not None:
            raise first
        core.news.check()
        return len(self)

    def _serve(self, *, all_: bool = False) -> int:
        deliveries, notices = self._deliveries, self._core.notices
        if not deliveries.reports and not notices.waiting:
            return 0
        self._enter()
        try:
            return deliveries.serve(all_=all_) + notices.serve()
        finally:
            self._leave()

    def purge(self, in_queue: bool = True, in_flight: bool = True, blocking: bool = True) -> None:
        """Drops records that wait; poll() afterwards calls their callbacks with an error."""
        core = self._open()

        async def purge() -> None:
            core.purge(bool(in_queue), bool(in_flight))

        self._attachment.run(purge())

    # --- the end

    def close(self, timeout: float = -1) -> bool:
        """Flushes, then ends the producer. Was everything delivered or refused within `timeout` seconds?

        What is still waiting then fails with _PURGE_QUEUE or _PURGE_INFLIGHT, and its callback is called.
        """
        limit_s = timeout_of(timeout)
        if not self._may_close():
            return True
        deadline = None if limit_s is None else self._attachment.now() + limit_s
        first: Exception | None = None
        try:
            while True:
                left_s = None if deadline is None else max(deadline - self._attachment.now(), 0.0)
                try:
                    self._flush(left_s)
                except Exception as error:
                    first = first or error
                over = self._core.news.closed or self._core.fatal is not None or self._deliveries.is_inside()
                over = over or (left_s is not None and left_s <= 0)
                complete = self._deliveries.refuse(RuntimeError(self._when_closed), if_empty=not over)
                if complete or over:
                    break
            complete = self._deliveries.is_done(inside=self._deliveries.is_inside())
        finally:
            self._end()
        try:
            self._serve(all_=True)
        except Exception as error:
            first = first or error
        if first is not None:
            raise first
        return complete

    # --- what is not there

    def init_transactions(self, timeout: float = -1) -> None:
        """Transactions are not built yet."""
        self._open()
        raise failure(KafkaError._NOT_CONFIGURED, _NO_TRANSACTIONS)

    def begin_transaction(self) -> None:
        """Transactions are not built yet."""
        self.init_transactions()

    def commit_transaction(self, timeout: float = -1) -> None:
        """Transactions are not built yet."""
        self.init_transactions()

    def abort_transaction(self, timeout: float = -1) -> None:
        """Transactions are not built yet."""
        self.init_transactions()

    def send_offsets_to_transaction(self, positions: Any, group_metadata: Any, timeout: float = -1) -> None:
        """Transactions are not built yet."""
        self.init_transactions()

    # --- how much waits

    @property
    def _waiting(self) -> int:
        return self._deliveries.count

    @property
    def _waiting_bytes(self) -> int:
        return self._deliveries.size_bytes

    def __len__(self) -> int:
        return 0 if self._closed else self._deliveries.count

    def __bool__(self) -> bool:
        return True


def _check_entry(index: int, entry: Any) -> None:
    """An entry of produce_batch() whose values have the right types."""
    if not isinstance(entry, dict):
        raise TypeError(f"Message at index {index} must be a dict")
    for name in ("value", "key"):
        if entry.get(name) is not None:
            try:
                bytes_of(entry[name])
            except TypeError:
                raise TypeError(f"Message {name} at index {index} must be bytes or str") from None
    for name in ("partition", "timestamp"):
        if name in entry:
            checked_number(entry[name], f"Message {name} at index {index}", 32 if name == "partition" else 64)
    if entry.get("headers") is not None:
        headers_of(entry["headers"])
    for name in ("callback", "on_delivery"):
        if entry.get(name) is not None:
            checked_callback(entry[name], f"Message {name} at index {index}")
