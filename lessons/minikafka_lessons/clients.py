"""The clients that a lesson hands out: minikafka's own, which know the notebook's names and its cells.

Rule: a name in a cell is the lesson's (`weather`), a name on the cluster the notebook's own (`weather-2` beside
another notebook); and a client that was opened by a cell that failed says so when it is used.
"""

from __future__ import annotations

import functools
import threading  # noqa: TID251 - a learner's clients work beside the cell
import time  # noqa: TID251 - the clients live outside the cluster, in real time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minikafka import (
    AdminClient,
    Consumer,
    KafkaError,
    KafkaException,
    NewPartitions,
    Producer,
    TopicPartition,
)
from minikafka_lessons.cells import Stumble, opened
from minikafka_lessons.language import say

Real = Callable[[str], str]
"""The name on the cluster of a topic that is there. Raises Stumble for a lesson's topic that isn't there yet."""


class NothingRead(KafkaException):
    """A commit before anything was read; a notebook shows the sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self.args[1])]


class LessonProducer(Producer):
    """A `Producer` that the pictures know: its name, what it has sent, and whether it is still there."""

    def __init__(self, config: Mapping[str, Any], *, real: Real = str, **more: Any) -> None:
        self.name = str(config.get("client.id", "producer"))
        self.sent = 0
        self.gone = False
        self._real: dict[str, str] = {}
        self._find = real
        self.why = ""
        super().__init__(config, **more)
        opened(self)

    def end_with(self, why: str) -> None:
        """Its cell did not come to its end: what it has not sent yet is dropped, or it would go on behind the cell."""
        if not self._closed:
            self.why = say(
                "This producer was closed, because its cell {why}: run the cell that opens it again.", why=why
            )
            self.purge()
            self.close(1)

    def _open(self) -> Any:
        if self._closed and self.why:
            raise Stumble(self.why)
        return super()._open()

    def produce(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """As in `Producer`."""
        real = self._real.get(topic)
        if real is None:
            real = self._real[topic] = self._find(topic)
        super().produce(real, *args, **kwargs)
        self.sent += 1

    def send_steadily(self, topic: str, rows: Sequence[tuple[str, str]], a_second: int) -> Sending:
        """Send rows of (key, value) from now on, so many a second, while the cell goes on."""
        return Sending(self, topic, rows, a_second)

    def close(self, timeout: float = -1) -> bool:
        """As in `Producer`."""
        self.gone = True
        return super().close(timeout)


class Sending:
    """Rows that are being sent. `wait()` for the last one; it ends with its cell when that is interrupted."""

    PORTION = 10

    def __init__(
        self, producer: LessonProducer, topic: str, rows: Sequence[tuple[str, str]], a_second: int
    ) -> None:
        self._stop = threading.Event()
        self._problem: Exception | None = None
        self._thread = threading.Thread(
            target=self._run, args=(producer, topic, rows, a_second), name="minikafka-sending", daemon=True
        )
        opened(self)
        self._thread.start()

    def _run(
        self, producer: LessonProducer, topic: str, rows: Sequence[tuple[str, str]], a_second: int
    ) -> None:
        try:
            for first in range(0, len(rows), self.PORTION):
                for key, value in rows[first : first + self.PORTION]:
                    producer.produce(topic, value, key=key)
                if self._stop.wait(self.PORTION / a_second):
                    return
            producer.flush()
        except Exception as problem:
            self._problem = problem

    def wait(self) -> None:
        """Until all is sent. Raises what sending raised."""
        while self._thread.is_alive():
            self._thread.join(0.1)
        if self._problem is not None:
            raise self._problem

    def end_with(self, why: str) -> None:
        """Its cell did not come to its end."""
        self._stop.set()
        self._thread.join(5)


class LessonConsumer(Consumer):
    """A `Consumer` of the notebook's own group and topics."""

    why = ""

    def __init__(self, config: Mapping[str, Any], *, real: Real = str, **more: Any) -> None:
        self._find = real
        self.group_id = str(config.get("group.id", ""))
        super().__init__(config, **more)
        opened(self)

    def subscribe(self, topics: list[str], *args: Any, **more: Any) -> None:
        """As in `Consumer`."""
        if isinstance(topics, list):
            topics = [self._find(t) if isinstance(t, str) and not t.startswith("^") else t for t in topics]
        super().subscribe(topics, *args, **more)

    def commit(self, *args: Any, **more: Any) -> list[TopicPartition] | None:
        """As in `Consumer`; that nothing was read is a sentence."""
        try:
            return super().commit(*args, **more)
        except KafkaException as problem:
            if problem.args[0].code() != KafkaError._NO_OFFSET:
                raise
            told = say(
                "There is nothing to commit, for this consumer has read nothing: run the cells above it."
            )
            raise NothingRead(problem.args[0], told) from None

    def end_with(self, why: str) -> None:
        """Its cell did not come to its end."""
        if not self._closed:
            self.why = say(
                "This consumer was closed, because its cell {why}: run the cell that opens it again.", why=why
            )
            self.close()

    def _open(self) -> Any:
        if self._closed and self.why:
            raise Stumble(self.why)
        return super()._open()


def _with_own_names(name: str) -> Callable[..., Any]:
    """The consumer's method, for partitions that a cell names by the lesson's topics."""
    inherited = getattr(Consumer, name)

    @functools.wraps(inherited)
    def method(self: LessonConsumer, partitions: Any, *args: Any, **more: Any) -> Any:
        for one in partitions if isinstance(partitions, list) else [partitions]:
            if isinstance(one, TopicPartition):
                one.topic = self._find(one.topic)
        return inherited(self, partitions, *args, **more)

    return method


for _name in (
    "assign",
    "committed",
    "get_watermark_offsets",
    "incremental_assign",
    "incremental_unassign",
    "offsets_for_times",
    "pause",
    "position",
    "resume",
    "seek",
):
    setattr(LessonConsumer, _name, _with_own_names(_name))


class LessonAdmin(AdminClient):
    """An `AdminClient` of the notebook's own topics."""

    def __init__(self, config: Mapping[str, Any], *, real: Real, **more: Any) -> None:
        self._find = real
        super().__init__(config, **more)

    def delete_topics(self, topics: list[str], **options: Any) -> Any:
        """As in `AdminClient`, by the lesson's names."""
        names = {self._find(topic): topic for topic in topics}
        return {names[real]: done for real, done in super().delete_topics(list(names), **options).items()}

    def create_partitions(self, new_partitions: list[NewPartitions], **options: Any) -> Any:
        """As in `AdminClient`, by the lesson's names."""
        names = {self._find(one.topic): one.topic for one in new_partitions}
        wanted = [NewPartitions(self._find(one.topic), one.new_total_count) for one in new_partitions]
        return {names[real]: done for real, done in super().create_partitions(wanted, **options).items()}


def work_in_a_group(
    consumers: Sequence[LessonConsumer], total: int, work: Callable[[Any], object], limit_s: float
) -> tuple[float, list[int]]:
    """Each consumer in a thread of its own, until `total` records are worked on: seconds, and how many each had.

    What `work` raises ends all of them and is raised here; an interrupt ends them, too.
    """
    counts, stop, problems = [0] * len(consumers), threading.Event(), []

    def run(n: int) -> None:
        try:
            while sum(counts) < total and not stop.is_set():
                message = consumers[n].poll(0.2)
                if message is None or message.error() is not None:
                    continue
                work(message)
                counts[n] += 1
                if counts[n] % 50 == 0:
                    consumers[n].commit(asynchronous=True)
        except Exception as problem:
            problems.append(problem)
            stop.set()

    began = time.monotonic()
    threads = [
        threading.Thread(target=run, args=(n,), name=f"minikafka-work-{n}", daemon=True)
        for n in range(len(consumers))
    ]
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and time.monotonic() - began < limit_s:
            time.sleep(0.02)
        seconds = time.monotonic() - began
    finally:
        stop.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join(5)
    if problems:
        raise problems[0]
    return seconds, counts
