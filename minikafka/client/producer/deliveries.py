"""What became of records, until the application has been told; and how many records wait for that.

Rule: a record counts from produce() until its callback has returned, and it is counted and told once, whoever
polls. Kafka: `BufferPool` and `KafkaProducer.flush`; librdkafka counts in the same way (`rd_kafka_outq_len`).
"""

from __future__ import annotations

import threading  # noqa: TID251  several of the application's threads may produce and poll at once
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from minikafka.client.values import OFFSET_INVALID, Message

if TYPE_CHECKING:
    from minikafka.client.errors import KafkaError
    from minikafka.client.producer.batches import Outgoing

_AT_ONCE = 64
_CLOSED = 1 << 40
"""More room than any queue has: without it nothing is accepted."""


class Report:
    """What became of some records of one partition; `base_offset` is that of the first."""

    __slots__ = (
        "append_time_ms",
        "at",
        "base_offset",
        "error",
        "is_silent",
        "messages",
        "partition",
        "told",
        "topic",
    )

    def __init__(
        self,
        messages: list[Outgoing],
        topic: str,
        partition: int,
        error: KafkaError | None,
        base_offset: int,
        append_time_ms: int,
        at: float,
    ) -> None:
        self.messages = messages
        self.topic = topic
        self.partition = partition
        self.error = error
        self.base_offset = base_offset
        self.append_time_ms = append_time_ms
        self.at = at
        self.told = 0  # so many of the messages are taken out already
        self.is_silent = False

    def part(self, begin: int, end: int) -> Report:
        """The same about some of the records."""
        base = self.base_offset + begin if self.base_offset >= 0 else -1
        messages = self.messages[begin:end]
        return Report(messages, self.topic, self.partition, self.error, base, self.append_time_ms, self.at)


class Share:
    """Some neighbours of a report, for one thread to tell."""

    __slots__ = ("begin", "end", "report", "size_bytes", "told")

    def __init__(self, report: Report, begin: int, end: int) -> None:
        self.report = report
        self.begin = begin
        self.end = end
        self.told = 0
        self.size_bytes = 0  # of those that have been told

    def tell(self) -> None:
        """Calls the callbacks, until one raises."""
        report = self.report
        topic, partition, error, at = report.topic, report.partition, report.error, report.at
        first, append_time_ms, is_silent = report.base_offset, report.append_time_ms, report.is_silent
        index = self.begin
        for record in report.messages[index : self.end]:
            _, _, key, value, headers, time_ms, on_delivery, produced_at, size_bytes = record
            self.told += 1
            self.size_bytes += size_bytes
            if on_delivery is not None and not is_silent:
                offset = first + index if first >= 0 else OFFSET_INVALID
                shown = list(headers) if headers else None
                time = (1, time_ms) if append_time_ms < 0 else (2, append_time_ms)
                message = Message(topic, partition, offset, key, value, shown, error, time, at - produced_at)
                on_delivery(error, message)
            index += 1


class Deliveries:
    """The loop puts reports in; `serve()` calls the callbacks in whichever thread polls. All numbers under one lock."""

    def __init__(self, count_max: int, bytes_max: int, *, only_errors: bool = False) -> None:
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._only_errors = only_errors
        self._inside: dict[int, int] = {}  # thread → how many calls of serve() it is in, one within the other
        self._being_told = 0  # records that some serve() has taken
        self._watchers = 0
        self._refusal: BaseException | None = None
        self.lock = threading.Lock()
        self.room = count_max
        """How many records more are accepted; produce() takes from it, under the lock."""
        self.room_bytes = bytes_max
        self.reports: deque[Report] = deque()
        self.on_settled: Callable[[], None] = lambda: None
        """Called when records have been told while somebody watches."""

    @property
    def count(self) -> int:
        """Records that were accepted and whose callbacks have not returned."""
        return self._count_max - self.room

    @property
    def size_bytes(self) -> int:
        """Keys and values of these."""
        return self._bytes_max - self.room_bytes

    # --- records in

    def let_go(self) -> None:
        """After an interrupt while the lock was being taken: it is free, or this thread holds it without knowing.

        Nobody keeps it longer than a few lines take, so who can't have it in a second has it himself.
        """
        self.lock.acquire(timeout=1.0)
        self.lock.release()

    def cannot_accept(self) -> None:
        """Says why there is no room: BufferError when the queue is full, else why it is closed."""
        raise self._refusal or BufferError("Local: Queue full")

    def refuse(self, refusal: BaseException, *, if_empty: bool = False) -> bool:
        """From now on nothing is accepted; with `if_empty` only when nothing waits. Was it so?"""
        with self.lock:
            if if_empty and self.count:
                return False
            if self._refusal is None:
                self._count_max -= _CLOSED
                self.room -= _CLOSED
            self._refusal = refusal
            return True

    # --- callbacks out

    def serve(self, *, all_: bool = False) -> int:
        """Calls the callbacks that are due, and returns for how many records. What one raises is raised here.

        The callbacks after it wait for the next call; with `all_` they are called first.
        """
        served = 0
        first: BaseException | None = None
        while self.reports and (first is None or (all_ and isinstance(first, Exception))):
            taken = self._take()
            if taken is None:  # another thread was faster
                break
            try:
                taken.tell()
            except BaseException as error:
                first = first or error
            finally:
                self._settle(taken)
                served += taken.told
        if served and self._watchers:
            self.on_settled()
        if first is not None:
            raise first
        return served

    def _take(self) -> Share | None:
        """What comes next, if anything: none is told by two."""
        with self.lock:
            if not self.reports:
                return None
            report = self.reports[0]
            begin = report.told
            # With little room each record makes room for the next as soon as its callback has returned.
            many = report.is_silent or self.room * 2 > self._count_max
            end = min(begin + (_AT_ONCE if many else 1), len(report.messages))
            report.told = end
            if end == len(report.messages):
                self.reports.popleft()
            report.is_silent = self._only_errors and report.error is None
            thread = threading.get_ident()
            self._inside[thread] = self._inside.get(thread, 0) + 1
            self._being_told += end - begin
        return Share(report, begin, end)

    def _settle(self, taken: Share) -> None:
        """Those that were told make room; the others wait again."""
        with self.lock:
            self.room += taken.told
            self.room_bytes += taken.size_bytes
            self._being_told -= taken.end - taken.begin
            if taken.begin + taken.told < taken.end:
                self.reports.appendleft(taken.report.part(taken.begin + taken.told, taken.end))
            thread = threading.get_ident()
            self._inside[thread] -= 1
            if not self._inside[thread]:
                del self._inside[thread]

    # --- flush

    def watch(self, step: int) -> None:
        """+1: somebody waits for the count to fall; -1: no more."""
        with self.lock:
            self._watchers += step

    def is_inside(self) -> bool:
        """Is this thread in one of the callbacks? Then it can't wait for those that run now."""
        return threading.get_ident() in self._inside

    def is_done(self, *, inside: bool) -> bool:
        """Is nothing left to wait for (`inside` a callback: nothing but the callbacks that run now)?"""
        with self.lock:
            return self.count <= (self._being_told if inside else 0)
