"""Clients that note what they tried, were told and read: writers, members of groups, and one that reads everything.

Rule: they do what any program could do, by the public methods of `Producer` and `Consumer`, and each value is
written once in a run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from minikafka.client import KafkaError, KafkaException, Message, TopicPartition
from minikafka.explore.history import Commit, Notebook, Read, WholeReading, Write

if TYPE_CHECKING:
    from minikafka.cluster import Cluster

Config = Mapping[str, str | int | float | bool]

WRITER_CONFIG: Config = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 2,
    "delivery.timeout.ms": 120_000,
}
MEMBER_CONFIG: Config = {
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "session.timeout.ms": 6000,
    "heartbeat.interval.ms": 1000,
}
KEYS = 13
MOST_AT_A_TURN = 500
_NEVER_WRITTEN = (
    "INVALID_RECORD",
    "INVALID_REQUIRED_ACKS",
    "MSG_SIZE_TOO_LARGE",
    "POLICY_VIOLATION",
    "RECORD_LIST_TOO_LARGE",
    "TOPIC_AUTHORIZATION_FAILED",
)
"""Errors after which a record is for sure in no log. Others (a timeout, too few replicas; INVALID_TIMESTAMP, by the
clock of the next leader) may follow a try that was."""


class Writer:
    """A producer that numbers what it writes: `0/17` is the seventeenth value of writer 0, counted from 0."""

    def __init__(self, cluster: Cluster, notebook: Notebook, number: int, topic: str, config: Config) -> None:
        if config.get("acks", "all") not in ("all", -1):
            config = {"enable.idempotence": False, **config}
        config = {**WRITER_CONFIG, **config}
        self.cluster, self.notebook, self.number, self.topic = cluster, notebook, number, topic
        self.name = f"writer-{number}"
        self.next = 0
        self.producer = cluster.producer(config)
        self._open: dict[int, Write] = {}
        self._acks_all = config["acks"] in ("all", -1)
        self._idempotent = bool(config["enable.idempotence"])

    @property
    def writes(self) -> tuple[Write, ...]:
        """All, in the order in which they began."""
        return tuple(self.notebook.writes_of(self.name))

    @property
    def open(self) -> int:
        """How many haven't been answered."""
        return len(self._open)

    @property
    def acked(self) -> dict[bytes, tuple[int, int]]:
        """By value, the partition and the offset that was told."""
        return {w.value: (w.partition, w.offset) for w in self.writes if w.outcome == "acknowledged"}

    @property
    def refused(self) -> dict[bytes, str]:
        """By value, the name of the error: also where that leaves open what became of it."""
        return {w.value: w.error for w in self.writes if w.error}

    def write(self, count: int = 1, partition: int = -1) -> None:
        """Queue that many records, to one partition or spread by key."""
        for _ in range(count):
            number, value = self.next, b"%d/%d" % (self.number, self.next)
            self.next += 1
            write = Write(
                *(self.name, self.topic, value, number, self.cluster.now),
                acks_all=self._acks_all,
                idempotent=self._idempotent,
            )
            self._open[number] = write
            self.notebook.write(write)
            self.producer.produce(
                *(self.topic, value, b"k%d" % (number % KEYS), partition),
                on_delivery=partial(self._answered, number),
            )

    def _answered(self, number: int, error: KafkaError | None, message: Message) -> None:
        changes: dict[str, Any] = {"ended_s": self.cluster.now}
        if error is None:
            offset = message.offset()
            changes["outcome"] = "acknowledged"
            changes["partition"], changes["offset"] = message.partition(), -1 if offset is None else offset
        else:
            changes["error"] = error.name()
            changes["outcome"] = "refused" if error.name() in _NEVER_WRITTEN else "unknown"
        self.notebook.write(msgspec.structs.replace(self._open.pop(number), **changes))

    def flush(self, within_s: float) -> int:
        """Wait until everything is answered; how many aren't."""
        return self.producer.flush(within_s)

    def turn(self, count: int) -> None:
        """Write a few, and hear what became of others."""
        self.write(count)
        self.producer.poll(0)


class Member:
    """A consumer that takes part in a group, and commits what it has read."""

    def __init__(self, cluster: Cluster, notebook: Notebook, number: int, topic: str, config: Config) -> None:
        config = {**MEMBER_CONFIG, **config}
        self.cluster, self.notebook = cluster, notebook
        self.name = f"member-{number}"
        self.group = str(config["group.id"])
        self.consumer = cluster.consumer({**config, "on_commit": self._committed})
        self._turns: dict[tuple[str, int], int] = {}
        self.consumer.subscribe([topic], on_assign=self._assigned)

    def _assigned(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        for one in partitions:
            where = (one.topic, one.partition)
            self._turns[where] = self._turns.get(where, 0) + 1

    def _committed(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        for one in partitions if error is None else ():
            if one.error is None and one.offset >= 0:
                commit = Commit(self.name, self.group, one.topic, one.partition, one.offset, self.cluster.now)
                self.notebook.commits.append(commit)

    def turn(self) -> int:
        """Take what is there; how many records that were."""
        count = 0
        while count < MOST_AT_A_TURN:
            message = self.consumer.poll(0)
            if message is None:
                break
            if message.error() is None:
                note(self.notebook, self.name, message, self.cluster.now, self.group, self._turns)
                count += 1
        if count:
            with contextlib.suppress(
                KafkaException
            ):  # a rebalance came between: others read on from the last commit
                self.consumer.commit(asynchronous=True)
        return count


def note(
    notebook: Notebook,
    client: str,
    message: Message,
    now: float,
    group: str = "",
    turns: Mapping[tuple[str, int], int] | None = None,
) -> Read:
    """A consumer was shown this."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    value = message.value()
    turn = (turns or {}).get((topic, partition), 0)
    read = Read(
        *(client, topic, partition, offset, None if value is None else bytes(value), now, group, turn)
    )
    notebook.reads.append(read)
    return read


class Unread(TimeoutError):
    """Not all of a topic could be read in time."""


def read_whole(
    cluster: Cluster, notebook: Notebook, topic: str, within_s: float = 60.0
) -> dict[int, list[Read]]:
    """By partition, all records from the beginning up to the high watermarks of now. Raises Unread."""
    began_s = cluster.now
    name = f"reader-{len(notebook.readings)}"
    consumer = cluster.consumer({"group.id": f"{name}-{began_s}", "enable.auto.commit": False})
    try:
        count = len(cluster.snapshot().topic(topic).partitions)
        found: dict[int, list[Read]] = {index: [] for index in range(count)}
        bounds: dict[int, tuple[int, int]] = {}
        for index in range(count):
            where = TopicPartition(topic, index)
            bounds[index] = consumer.get_watermark_offsets(where, timeout=within_s)
        positions = {index: low for index, (low, high) in bounds.items() if low < high}
        consumer.assign([TopicPartition(topic, *item) for item in positions.items()])
        while any(position < bounds[index][1] for index, position in positions.items()):
            if cluster.now >= began_s + within_s:
                ends = {index: high for index, (_, high) in bounds.items()}
                raise Unread(f"{topic} was read up to {positions} of {ends} within {within_s:g} s")
            message = consumer.poll(1.0)
            if message is None or message.error() is not None:
                continue
            read = note(notebook, name, message, cluster.now)
            found[read.partition].append(read)
            positions[read.partition] = read.offset + 1
    finally:
        consumer.close()
    for index, (low, high) in bounds.items():
        notebook.readings.append(WholeReading(name, topic, index, low, high, began_s, cluster.now))
    return found
