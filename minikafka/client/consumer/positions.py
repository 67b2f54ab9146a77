"""What a consumer knows of each partition that it reads: where it stands, and what is fetched and not yet read.

Rule: a seek or an assignment makes a new `era` of the partition; data fetched in an older era is dropped unread.
The application takes and the loop moves, so both do it under the buffer's lock. Kafka does the same in
`SubscriptionState` and `CompletedFetch`.
"""

from __future__ import annotations

import threading  # noqa: TID251  several of the application's threads may poll at once
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from minikafka.client.errors import KafkaError
from minikafka.client.values import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    OFFSET_STORED,
    OFFSET_TAIL_BASE,
    TIMESTAMP_NOT_AVAILABLE,
    Message,
)
from minikafka.records.batch import read_batches
from minikafka.records.control import ControlType, parse_control_type
from minikafka.records.errors import CorruptRecords

if TYPE_CHECKING:
    from minikafka.client.values import Pair

UNRESOLVED = -1


def is_position(offset: int) -> bool:
    """Is it an offset, or a number that stands for one (OFFSET_BEGINNING, OFFSET_TAIL(n) and the like)?"""
    named = (OFFSET_BEGINNING, OFFSET_END, OFFSET_STORED, OFFSET_INVALID)
    return offset >= 0 or offset in named or offset <= OFFSET_TAIL_BASE


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
        "handed",
        "high_watermark",
        "leader_epoch",
        "log_start",
        "near",
        "near_until",
        "partition",
        "paused",
        "stored",
        "stored_epoch",
        "topic",
        "topic_id",
    )

    def __init__(self, topic: str, partition: int, asked: int = OFFSET_INVALID) -> None:
        self.topic = topic
        self.partition = partition
        self.topic_id: uuid.UUID | None = None  # of the topic that was read; another may get its name
        self.asked = asked  # an offset, or OFFSET_BEGINNING, _END, _TAIL(n), _STORED, _INVALID (= stored)
        self.fetch_from = UNRESOLVED  # the next offset to fetch
        self.consumed = (
            OFFSET_INVALID  # the offset after the last record taken for the application, and gaps after it
        )
        self.handed = OFFSET_INVALID  # the offset after the last record that the application has
        self.stored = OFFSET_INVALID  # the offset to commit
        self.stored_epoch = -1
        self.committed = OFFSET_INVALID  # the last offset that we committed
        self.near = -1  # the broker whose replica the leader says is nearer (KIP-392); -1: none …
        self.near_until = 0.0  # … for so long
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
        """Continues from `offset`, or from what it stands for; what is fetched already is void."""
        self.era += 1
        self.asked = offset
        self.consumed = self.handed = OFFSET_INVALID
        self.fetch_from = offset if offset >= 0 else UNRESOLVED
        self.eof_at = -1
        self.leader_epoch = -1
        self.blocked_until = 0.0

    def read_up_to(self, next_offset: int, epoch: int | None, *, stores: bool) -> None:
        """The application has everything before `next_offset`, and with `stores` it may be committed."""
        self.consumed = self.handed = next_offset
        if stores:
            self.stored = next_offset
            self.stored_epoch = -1 if epoch is None else epoch

    def begin_anew(self) -> None:
        """Another topic has this one's name now: nothing that is known of the old one holds."""
        self.move(OFFSET_STORED)
        self.topic_id = None
        self.stored = self.committed = self.log_start = self.high_watermark = self.end = OFFSET_INVALID
        self.stored_epoch = -1


class Chunk(NamedTuple):
    """What one fetch brought for one partition."""

    position: Position
    era: int
    offset: int
    data: memoryview
    aborted: tuple[tuple[int, int], ...]  # (first offset, producer id) of aborted transactions, sorted
    next_offset: int
    size_bytes: int


class _Opened(NamedTuple):
    """A chunk of which some records are taken already."""

    chunk: Chunk
    messages: Iterator[Message]


_Event = tuple[Position, int, Message]


def _is_void(held: _Opened | _Event) -> bool:
    """Has the partition moved since?"""
    position, era = (held.chunk.position, held.chunk.era) if isinstance(held, _Opened) else held[:2]
    return position.era != era


class Buffer:
    """Fetched data in order of arrival, and events (errors, ends of partitions) among it.

    The loop appends, and any thread of the application takes. `position` is that of the message taken last.
    """

    def __init__(self, *, check_crcs: bool, read_committed: bool) -> None:
        self._check_crcs = check_crcs
        self._read_committed = read_committed
        self.lock = threading.Lock()
        self._items: deque[Chunk | _Opened | _Event] = deque()
        """In the order in which it arrived; of one partition also in the order of its offsets."""
        self._held: list[_Opened | _Event] = []  # of paused partitions
        self._messages: Iterator[Message] | None = None
        """What is left of the chunk that is being read."""
        self._current: Chunk | None = None
        self.position: Position | None = None
        self.fetched_bytes = 0
        """Both only grow; only the loop writes this one, and only the application's side the next."""
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

    def _hold(self, item: _Opened | _Event) -> None:
        """Keeps it until resume(); what is held in vain, since its partition has moved or is gone, goes."""
        self._held = [one for one in self._held if not _is_void(one)]
        self._held.append(item)

    def resume(self) -> None:
        """Puts back what was held for paused partitions."""
        held, self._held = self._held, []
        self._items.extendleft(reversed(held))

    def put_back(self, taken: Iterable[_Event]) -> None:
        """What was taken and could not be handed out comes next again."""
        if self._messages is not None and self._current is not None:
            self._items.appendleft(_Opened(self._current, self._messages))
            self._messages = self._current = None
        self._items.extendleft(reversed(list(taken)))

    def next(self) -> Message | None:
        """The application's side, under the lock: the next record or event, or None."""
        while True:
            messages = self._messages
            if messages is not None:
                chunk = self._current
                assert chunk is not None
                position = chunk.position
                if position.era == chunk.era and not position.paused:
                    message = next(messages, None)
                    if message is not None:
                        self.position = position
                        return message
                    # Control batches and gaps left by compaction move the position, too.
                    position.consumed = max(position.consumed, chunk.next_offset)
                elif position.era == chunk.era:
                    self._hold(_Opened(chunk._replace(size_bytes=0), messages))
                self.taken_bytes += chunk.size_bytes
                self._messages = self._current = None
            if not self._items:
                return None
            message = self._open(self._items.popleft())
            if message is not None:
                return message

    def _open(self, item: Chunk | _Opened | _Event) -> Message | None:
        """Begins with a chunk, or returns an event's message."""
        if isinstance(item, Chunk):
            self._current, self._messages = item, self._decode(item)
        elif isinstance(item, _Opened):
            self._current, self._messages = item
        else:
            position, era, message = item
            if position.era == era and position.paused and message._error is None:
                self._hold(item)
            elif position.era == era:
                self.position = position
                return message
        return None

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
