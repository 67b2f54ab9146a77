"""The values that go in and out of the clients: messages, partitions, nodes and the special offsets.

Rule: plain values without behaviour, with confluent_kafka's names.
Kafka: `ConsumerRecord`, `RecordMetadata`, `TopicPartition`, `Node`.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, IntEnum
from typing import Any, TypeVar

from minikafka.client.errors import KafkaError
from minikafka.world.visible import visible_name

OFFSET_BEGINNING = -2
OFFSET_END = -1
OFFSET_STORED = -1000
OFFSET_INVALID = -1001
OFFSET_TAIL_BASE = -2000
"""OFFSET_TAIL_BASE - n begins n records before the end (librdkafka's OFFSET_TAIL(n))."""
TIMESTAMP_NOT_AVAILABLE = 0
TIMESTAMP_CREATE_TIME = 1
TIMESTAMP_LOG_APPEND_TIME = 2

Pair = tuple[str, int]
"""A topic and a partition."""
Headers = list[tuple[str, bytes | None]]
HeadersArgument = Sequence[tuple[str, bytes | str | None]] | Mapping[str, bytes | str | None]
N = TypeVar("N", int, float)
DeliveryCallback = Callable[[KafkaError | None, "Message"], Any]


class Message:
    """One record on its way: delivered by the producer's callback, or returned by the consumer's poll."""

    __slots__ = (
        "_error",
        "_headers",
        "_key",
        "_latency",
        "_leader_epoch",
        "_offset",
        "_partition",
        "_timestamp",
        "_topic",
        "_value",
    )

    def __init__(
        self,
        topic: str | None = None,
        partition: int | None = None,
        offset: int | None = None,
        key: bytes | None = None,
        value: bytes | None = None,
        headers: Headers | None = None,
        error: KafkaError | None = None,
        timestamp: tuple[int, int] | None = (TIMESTAMP_NOT_AVAILABLE, 0),
        latency: float | None = None,
        leader_epoch: int | None = None,
    ) -> None:
        self._topic = topic
        self._partition = partition
        self._offset = offset
        self._key = key
        self._value = value
        self._headers = headers
        self._error = error
        self._timestamp = timestamp
        self._latency = latency
        self._leader_epoch = leader_epoch

    def topic(self) -> str | None:
        """The topic's name."""
        return self._topic

    def partition(self) -> int | None:
        """The partition's number, or None."""
        return _from_zero(self._partition)

    def offset(self) -> int | None:
        """The offset in its partition, or None."""
        return _from_zero(self._offset)

    def key(self) -> Any:
        """The key's bytes, or None."""
        return self._key

    def value(self) -> Any:
        """The value's bytes, or None (a tombstone)."""
        return self._value

    def headers(self) -> Headers | None:
        """The headers in their order, or None."""
        return self._headers

    def error(self) -> KafkaError | None:
        """None for a record; else this is an event of the consumer, such as `_PARTITION_EOF`."""
        return self._error

    def timestamp(self) -> tuple[int, int]:
        """(TIMESTAMP_CREATE_TIME or TIMESTAMP_LOG_APPEND_TIME, milliseconds since the epoch)."""
        return self._timestamp or (TIMESTAMP_NOT_AVAILABLE, 0)

    def latency(self) -> float | None:
        """Seconds from produce() to the acknowledgement (producer only)."""
        return _from_zero(self._latency)

    def leader_epoch(self) -> int | None:
        """The leader's epoch at which the record was written, or None."""
        return _from_zero(self._leader_epoch)

    def set_headers(self, headers: Headers) -> None:
        """Replaces the headers."""
        self._headers = headers

    def set_key(self, key: Any) -> None:
        """Replaces the key, by what a deserializer made of it, say."""
        self._key = key

    def set_value(self, value: Any) -> None:
        """Replaces the value."""
        self._value = value

    def set_topic(self, topic: str | None) -> None:
        """Replaces the topic."""
        self._topic = topic

    def set_error(self, error: KafkaError | None) -> None:
        """Replaces the error."""
        self._error = error

    def __len__(self) -> int:
        return len(self._value) if self._value is not None else 0

    def __bool__(self) -> bool:
        return True  # else a record with an empty value would look like None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Message.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it can be changed

    def __repr__(self) -> str:
        what = f"error={self._error}" if self._error else f"key={self._key!r}, value={self._value!r}"
        return f"Message({visible_name(self._topic or '')}[{self._partition}]@{self._offset}, {what})"


def _from_zero(number: N | None) -> N | None:
    """None for what is below zero, which stands for none on the wire."""
    return number if number is None or number >= 0 else None


@functools.total_ordering
class TopicPartition:
    """A partition of a topic, with an offset to commit, to seek to or to start from.

    Two are equal when topic and partition are; the offset does not count.
    """

    __slots__ = ("error", "leader_epoch", "metadata", "offset", "partition", "topic")

    def __init__(
        self,
        topic: str,
        partition: int = -1,
        offset: int = OFFSET_INVALID,
        metadata: str | None = None,
        leader_epoch: int | None = None,
    ) -> None:
        if not isinstance(topic, str):
            raise TypeError(f"argument 1 must be str, not {type(topic).__name__}")
        if metadata is not None and "\0" in metadata:
            raise ValueError("embedded null character")
        self.topic = topic
        self.partition = operator.index(partition)
        self.offset = operator.index(offset)
        self.metadata = metadata
        self.leader_epoch = leader_epoch
        self.error: KafkaError | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TopicPartition):
            return NotImplemented
        return self.topic == other.topic and self.partition == other.partition

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, TopicPartition):
            return NotImplemented
        return (self.topic, self.partition) < (other.topic, other.partition)

    def __hash__(self) -> int:
        return hash((self.topic, self.partition))

    def __repr__(self) -> str:
        return (
            f"TopicPartition{{topic={visible_name(self.topic)},partition={self.partition},offset={self.offset},"
            f"leader_epoch={self.leader_epoch},error={self.error}}}"
        )


class Node:
    """A broker, as descriptions name it."""

    def __init__(self, id: int, host: str, port: int, rack: str | None = None) -> None:
        self.id = id
        self.id_string = str(id)
        self.host = host
        self.port = port
        self.rack = rack

    def __repr__(self) -> str:
        return f"({self.id}) {self.host}:{self.port}" + (f" rack={self.rack}" if self.rack else "")


class TopicCollection:
    """Names of topics to describe."""

    def __init__(self, topic_names: list[str]) -> None:
        if not isinstance(topic_names, list):
            raise TypeError("topic_names must be a list")
        self.topic_names = topic_names


class TopicPartitionInfo:
    """A partition in a topic's description."""

    def __init__(self, id: int, leader: Node | None, replicas: list[Node], isr: list[Node]) -> None:
        self.id = id
        self.leader = leader
        self.replicas = replicas
        self.isr = isr


class ConsumerGroupTopicPartitions:
    """Partitions of a group; None as `topic_partitions` means all."""

    def __init__(self, group_id: str, topic_partitions: list[TopicPartition] | None = None) -> None:
        self.group_id = group_id
        self.topic_partitions = topic_partitions


class ConsumerGroupState(Enum):
    """A group's state; the values are confluent_kafka's."""

    UNKNOWN = 0
    PREPARING_REBALANCING = 1
    COMPLETING_REBALANCING = 2
    STABLE = 3
    DEAD = 4
    EMPTY = 5


class ConsumerGroupType(Enum):
    """Which protocol a group speaks."""

    UNKNOWN = 0
    CONSUMER = 1
    CLASSIC = 2


class IsolationLevel(IntEnum):
    """Which records a reader sees."""

    READ_UNCOMMITTED = 0
    READ_COMMITTED = 1


class ElectionType(Enum):
    """Which replica may become leader."""

    PREFERRED = 0
    UNCLEAN = 1


class ConsumerGroupMetadata:
    """Opaque, as in confluent_kafka: for a transactional producer's send_offsets_to_transaction()."""

    def __init__(self, group_id: str, generation: int, member_id: str) -> None:
        self.group_id = group_id
        self.generation = generation
        self.member_id = member_id
