"""Records that wait to be sent: batches, and one queue of them per partition.

Rule: the order in a queue is the order in the log. A batch that got a sequence number keeps its place through
retries; it is numbered again only when Kafka's rules say that the numbers before it are lost.
Kafka does the same in `RecordAccumulator`, `ProducerBatch` and `TxnPartitionEntry` (KIP-98, KIP-360).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from minikafka.records.batch import BatchBuilder

if TYPE_CHECKING:
    from minikafka.records.compression import Compression

NO_SEQUENCE = -1
IDEMPOTENT_IN_FLIGHT_MAX = 5
"""A broker remembers the last five batches of a producer and partition, so no more may be in doubt."""
_SEQUENCE_MASK = 0x7FFFFFFF


class Outgoing(NamedTuple):
    """A record as the application gave it."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp_ms: int
    on_delivery: Any
    produced_at: float
    size_bytes: int


class ProducerIdentity(NamedTuple):
    """Who an idempotent producer is to the brokers."""

    id: int = -1
    epoch: int = -1


class ProducerBatch:
    """A batch on its way: open (it grows), closed, in flight, to be retried, done."""

    __slots__ = (
        "_data",
        "_data_of",
        "attempts",
        "builder",
        "closed",
        "created_at",
        "deadline",
        "done",
        "identity",
        "maybe_written",
        "messages",
        "place",
        "sent_sequence",
        "sequence",
    )

    def __init__(self, limit_bytes: int, compression: Compression, level: int | None, now: float) -> None:
        self.builder = BatchBuilder(limit_bytes, compression=compression, level=level)
        self.messages: list[Outgoing] = []
        self.created_at = now
        self.deadline = float("inf")
        self.attempts = 0
        self.maybe_written = False
        """Of an earlier attempt nobody knows what became of it."""
        self.closed = False
        self.done = False
        self.identity = ProducerIdentity()
        self.sequence = NO_SEQUENCE
        self.sent_sequence = NO_SEQUENCE
        self.place = 0
        """How many batches of its partition were sent before it."""
        self._data: bytearray | None = None
        self._data_of: tuple[ProducerIdentity, int] | None = None

    def try_append(self, record: Outgoing, count_max: int) -> bool:
        """Adds a record; False where it does not fit, and then the batch is closed."""
        if self.closed:
            return False
        messages = self.messages
        if len(messages) >= count_max or not self.builder.try_append(
            record.timestamp_ms, record.key, record.value, record.headers
        ):
            self.closed = True
            return False
        messages.append(record)
        return True

    @property
    def size_bytes(self) -> int:
        """The batch's size before compression."""
        return self.builder.size_bytes

    def encoded(self) -> bytearray:
        """The bytes, made once per numbering."""
        numbering = (self.identity, self.sequence)
        if self._data is None or self._data_of != numbering:
            self._data = self.builder.build(
                producer_id=self.identity.id, producer_epoch=self.identity.epoch, base_sequence=self.sequence
            )
            self._data_of = numbering
        return self._data


class PartitionQueue:
    """The batches of one partition, oldest first, and the sequence numbers of an idempotent producer."""

    __slots__ = (
        "batches",
        "gone_since",
        "identity",
        "in_flight",
        "last_acked",
        "next_sequence",
        "on_wire",
        "partition",
        "places",
        "renumber",
        "retry_at",
        "topic",
        "unresolved",
    )

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.batches: deque[ProducerBatch] = deque()
        """Not sent yet, or to be sent again, oldest first; only the last one is still open."""
        self.in_flight: list[ProducerBatch] = []  # sent at least once and not settled, in sequence order
        self.on_wire = 0
        """How many batches have been sent and not answered."""
        self.places = 0
        """How many batches were ever sent."""
        self.retry_at = 0.0
        """Nothing is sent before this time."""
        self.gone_since: float | None = None  # when the cluster first said that there is no such topic
        self.identity = ProducerIdentity()
        """The producer id and epoch that `next_sequence` counts for."""
        self.next_sequence = 0
        """That of the first record that has none yet."""
        self.last_acked = NO_SEQUENCE
        """The last sequence number that the broker has confirmed; NO_SEQUENCE while it has confirmed none."""
        self.renumber = False
        """The numbers in use are lost: once nothing is on the wire, all is numbered again."""
        self.unresolved = False
        """A batch failed and may or may not be written: nothing new is numbered until the others are settled."""

    def may_send(self, batch: ProducerBatch, idempotent: bool, in_flight_max: int) -> bool:
        """Does the order allow the head batch to leave now?

        `max.in.flight.requests.per.connection` counts for the partition too: after a change of leader the next
        batch would leave on another connection, and overtake (Kafka mutes the partition when the setting is 1).
        """
        if not idempotent:
            return in_flight_max > 1 or not self.on_wire
        if batch.sequence != NO_SEQUENCE:
            return not self.renumber and self.in_flight[0] is batch
        # A broker that does not know this producer yet takes whatever number comes first, and would then refuse
        # the true first batch if that had to be retried. So the first one goes alone.
        most = 1 if self.last_acked == NO_SEQUENCE else min(in_flight_max, IDEMPOTENT_IN_FLIGHT_MAX)
        # Answered ones count as well: had more followed the oldest, the broker would no longer know it for a duplicate.
        since_oldest = self.places - self.in_flight[0].place if self.in_flight else 0
        return since_oldest < most and not self.renumber and not self.unresolved

    def take(self, identity: ProducerIdentity | None) -> ProducerBatch:
        """Takes the head batch for sending and numbers it where that is due."""
        batch = self.batches.popleft()
        batch.closed = True
        if batch not in self.in_flight:
            self.in_flight.append(batch)
            batch.place = self.places
            self.places += 1
        if identity is not None and batch.sequence == NO_SEQUENCE:
            if self.identity != identity and len(self.in_flight) == 1:
                self.identity, self.next_sequence, self.last_acked = identity, 0, NO_SEQUENCE
            batch.identity = self.identity
            batch.sequence = self.next_sequence
            self.next_sequence = (self.next_sequence + len(batch.messages)) & _SEQUENCE_MASK
        batch.sent_sequence = batch.sequence
        self.on_wire += 1
        return batch

    def put_back(self, batch: ProducerBatch) -> None:
        """Returns a batch for a retry, to its place in the order."""
        place = 0
        if batch.sequence != NO_SEQUENCE:
            ahead = self.in_flight.index(batch)
            earlier = self.in_flight[:ahead]
            while place < len(self.batches) and self.batches[place] in earlier:
                place += 1
        self.batches.insert(place, batch)

    def settle(self, batch: ProducerBatch) -> None:
        """Forgets a batch that is acknowledged or given up."""
        batch.done = True
        if batch in self.in_flight:
            self.in_flight.remove(batch)

    def acknowledged(self, batch: ProducerBatch) -> None:
        """Notes the highest acknowledged sequence number."""
        if batch.sequence != NO_SEQUENCE and batch.identity == self.identity:
            last = batch.sequence + len(batch.messages) - 1
            self.last_acked = max(self.last_acked, last & _SEQUENCE_MASK)

    def is_next_expected(self, batch: ProducerBatch) -> bool:
        """Would the broker, having all that it acknowledged, expect exactly this batch now?"""
        return batch.sequence == (0 if self.last_acked == NO_SEQUENCE else self.last_acked + 1)

    def is_surely_written(self, batch: ProducerBatch) -> bool:
        """Has the broker confirmed a later batch? It takes them in order, so this one stands before that."""
        return batch.identity == self.identity and NO_SEQUENCE < batch.sequence <= self.last_acked

    def close_gap(self, rejected: ProducerBatch) -> None:
        """A batch was refused for good, so the numbers after it move down by its length."""
        if rejected.sequence == NO_SEQUENCE:
            return
        count = len(rejected.messages)
        for batch in self.in_flight:
            if batch.sequence > rejected.sequence and batch.identity == rejected.identity:
                batch.sequence -= count
        self.next_sequence -= count

    def start_numbers_over(self, identity: ProducerIdentity) -> None:
        """With a new epoch the numbers begin at 0 for everything that is not acknowledged."""
        self.identity, self.next_sequence, self.last_acked = identity, 0, NO_SEQUENCE
        self.renumber = self.unresolved = False
        for batch in self.in_flight:
            batch.identity = identity
            batch.sequence = self.next_sequence
            self.next_sequence += len(batch.messages)
