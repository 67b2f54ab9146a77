"""What a consumer knows of each partition that it reads: where it stands, and what is fetched and not yet read.

One rule: a seek, an assignment or a pause makes a new `era` of the partition; data fetched in an older era is
dropped unread. Kafka does the same in `SubscriptionState` and `CompletedFetch`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from minikafka.client.errors import KafkaError
from minikafka.client.values import OFFSET_INVALID, TIMESTAMP_NOT_AVAILABLE, Message
from minikafka.records.batch import read_batches
from minikafka.records.control import ControlType, parse_control_type
from minikafka.records.errors import CorruptRecords

if TYPE_CHECKING:
    from minikafka.client.assignors import Pair

UNRESOLVED = -1


class Position:
    """One assigned partition. Offsets are those of the next record; -1001 (OFFSET_INVALID) means none yet."""

    __slots__ = (
        "asked",
        "blocked_until",
        "committed",
        "consumed",
        "end",
        "eof_at",
        "era",
        "fetch_from",
        "high_watermark",
        "leader_epoch",
        "log_start",
        "partition",
        "paused",
        "stored",
        "stored_epoch",
        "topic",
    )

    def __init__(self, topic: str, partition: int, asked: int = OFFSET_INVALID) -> None:
        self.topic = topic
        self.partition = partition
        self.asked = asked  # an offset, or OFFSET_BEGINNING, _END, _STORED, _INVALID (= stored)
        self.fetch_from = UNRESOLVED  # the next offset to fetch
        self.consumed = OFFSET_INVALID  # the offset after the last record given to the application
        self.stored = OFFSET_INVALID  # the offset to commit
        self.stored_epoch = -1
        self.committed = OFFSET_INVALID  # the last offset that we committed
        self.log_start = OFFSET_INVALID
        self.high_watermark = OFFSET_INVALID
        self.end = OFFSET_INVALID  # what this consumer can read up to: high watermark or last stable offset
        self.leader_epoch = -1
        self.paused = False
        self.eof_at = -1
        self.era = 0
        self.blocked_until = 0.0

    @property
    def pair(self) -> Pair:
        """(topic, partition)."""
        return self.topic, self.partition

    @property
    def standing(self) -> int | None:
        """After the last record given out, else where reading is to begin; None while that is not known."""
        known = (offset for offset in (self.consumed, self.asked, self.fetch_from) if offset >= 0)
        return next(known, None)

    def move(self, offset: int) -> None:
        """Goes on from `offset`, or from what it stands for; what is fetched already is void."""
        self.era += 1
        self.asked = offset
        self.consumed = OFFSET_INVALID
        self.fetch_from = offset if offset >= 0 else UNRESOLVED
        self.eof_at = -1
        self.leader_epoch = -1
        self.blocked_until = 0.0


class Chunk(NamedTuple):
    """What one fetch brought for one partition."""

    position: Position
    era: int
    offset: int
    data: memoryview
    aborted: tuple[tuple[int, int], ...]  # (first offset, producer id) of aborted transactions, sorted
    next_offset: int
    size_bytes: int


class Buffer:
    """Fetched data in order of arrival, and events (errors, ends of partitions) among it.

    The loop appends and the application takes, perhaps from another thread: each side writes its own counter.
    """

    def __init__(self, *, check_crcs: bool, read_committed: bool) -> None:
        self._check_crcs = check_crcs
        self._read_committed = read_committed
        self._items: deque[Chunk | tuple[Position, int, Message]] = deque()
        self._held: list[Chunk] = []  # of paused partitions
        self._messages: Iterator[Message] | None = None
        self._current: Chunk | None = None
        self.fetched_bytes = 0
        self.taken_bytes = 0

    @property
    def size_bytes(self) -> int:
        """How much is fetched and not yet read."""
        return self.fetched_bytes - self.taken_bytes

    def __bool__(self) -> bool:
        return self._messages is not None or bool(self._items)

    def add(self, chunk: Chunk) -> None:
        """The loop's side: appends what a fetch brought."""
        self.fetched_bytes += chunk.size_bytes
        self._items.append(chunk)

    def add_event(self, position: Position, message: Message) -> None:
        """The loop's side: appends an event that must come after the records before it."""
        self._items.append((position, position.era, message))

    def resume(self) -> None:
        """Puts back what was held for paused partitions."""
        held, self._held = self._held, []
        for chunk in reversed(held):
            self._items.appendleft(chunk)

    def next(self) -> Message | None:
        """The application's side: the next record or event, or None."""
        while True:
            messages = self._messages
            if messages is not None:
                chunk = self._current
                assert chunk is not None
                position = chunk.position
                if position.era == chunk.era and not position.paused:
                    message = next(messages, None)
                    if message is not None:
                        if message._error is None:
                            position.consumed = message._offset + 1  # type: ignore[operator]
                        return message
                    self._finish(chunk)
                elif position.era == chunk.era:
                    from_here = max(chunk.offset, position.consumed)
                    self._held.append(chunk._replace(offset=from_here, size_bytes=0))
                self.taken_bytes += chunk.size_bytes
                self._messages = self._current = None
            if not self._items:
                return None
            item = self._items.popleft()
            if isinstance(item, Chunk):
                self._current = item
                self._messages = self._decode(item)
            else:
                position, era, message = item
                if position.era == era:
                    return message

    @staticmethod
    def _finish(chunk: Chunk) -> None:
        position = chunk.position
        if position.era == chunk.era:
            # Control batches and gaps left by compaction move the position, too.
            position.consumed = max(position.consumed, chunk.next_offset)

    def _decode(self, chunk: Chunk) -> Iterator[Message]:
        position = chunk.position
        topic, partition, start = position.topic, position.partition, chunk.offset
        aborting = list(chunk.aborted)
        aborted: set[int] = set()
        at = start
        try:
            for batch in read_batches(chunk.data):
                header = batch.header
                at = header.base_offset
                if header.base_offset + header.last_offset_delta < start:
                    continue
                if self._check_crcs and not batch.crc_is_valid():
                    raise CorruptRecords("the batch's checksum is wrong")
                while aborting and aborting[0][0] <= header.last_offset:
                    aborted.add(aborting.pop(0)[1])
                if header.is_control:
                    if header.producer_id in aborted and self._is_abort(batch):
                        aborted.discard(header.producer_id)
                    continue
                if self._read_committed and header.is_transactional and header.producer_id in aborted:
                    continue
                kind = header.timestamp_type + 1 if header.magic else TIMESTAMP_NOT_AVAILABLE
                epoch: int | None = header.partition_leader_epoch
                if epoch is not None and epoch < 0:
                    epoch = None
                for offset, timestamp_ms, key, value, headers in batch.records():
                    if offset >= start:
                        yield Message(
                            topic,
                            partition,
                            offset,
                            key,
                            value,
                            list(headers) if headers else None,
                            None,
                            (kind, timestamp_ms if kind else 0),
                            None,
                            epoch,
                        )
        except CorruptRecords as cause:
            error = KafkaError(KafkaError._BAD_MSG, f"{topic} [{partition}] at offset {at}: {cause}")
            yield Message(topic, partition, at, error=error)

    @staticmethod
    def _is_abort(batch: Any) -> bool:
        return any(parse_control_type(record.key) == ControlType.ABORT for record in batch.records())
