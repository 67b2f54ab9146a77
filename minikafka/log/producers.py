"""What a log remembers of each idempotent producer: epoch, and the last five batches.

The rule: a batch is appended if it follows the producer's last one, answered with its old offsets if it is
one of the last five, and refused otherwise. The memory is a function of the log: it is rebuilt from batch
headers on top of the newest `.snapshot` file.

Kafka: `ProducerStateManager`, `ProducerStateEntry`, `ProducerAppendInfo`, `ProducerSnapshot.json` (KIP-98,
KIP-360: a producer that the log has forgotten may begin with any sequence number).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import crc32c

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import Batch, BatchHeader
from minikafka.records.control import parse_end_transaction

NUM_BATCHES_TO_RETAIN = 5
_NO_EPOCH = -1
_INT32_MAX = 0x7FFFFFFF


class BatchMetadata(NamedTuple):
    """One remembered batch."""

    first_sequence: int
    last_sequence: int
    first_offset: int
    last_offset: int
    timestamp_ms: int


@dataclass(slots=True)
class ProducerState:
    """One producer id's memory."""

    producer_id: int
    epoch: int = _NO_EPOCH
    coordinator_epoch: int = -1
    last_timestamp_ms: int = -1
    transaction_first_offset: int | None = None
    batches: deque[BatchMetadata] = field(default_factory=lambda: deque(maxlen=NUM_BATCHES_TO_RETAIN))

    @property
    def last_sequence(self) -> int:
        return self.batches[-1].last_sequence if self.batches else -1

    def set_epoch(self, epoch: int) -> None:
        if epoch != self.epoch:
            self.epoch = epoch
            self.batches.clear()


class ProducerStates:
    """All producers of one log. `end_offset` is the offset up to which the log has been taken in."""

    def __init__(self, topic_partition: str) -> None:
        self.topic_partition = topic_partition
        self.end_offset = 0
        self._states: dict[int, ProducerState] = {}

    def __len__(self) -> int:
        return len(self._states)

    def __iter__(self) -> Iterator[ProducerState]:
        return iter(self._states.values())

    def get(self, producer_id: int) -> ProducerState | None:
        return self._states.get(producer_id)

    @property
    def first_unstable_offset(self) -> int | None:
        """The first offset of the oldest open transaction: where the last stable offset stops."""
        offsets = [s.transaction_first_offset for s in self if s.transaction_first_offset is not None]
        return min(offsets, default=None)

    def check(self, header: BatchHeader, offset: int) -> BatchMetadata | None:
        """May a client's batch be appended at `offset`? None for yes; the remembered batch when this is a
        retry of one of the last five; `ApiError` INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER or
        INVALID_TXN_STATE otherwise."""
        state = self._states.get(header.producer_id)
        if state is None:
            self.check_epoch(header, offset)
            return None
        first, last = header.base_sequence, header.last_sequence
        if header.producer_epoch == state.epoch:
            for batch in state.batches:
                if batch.first_sequence == first and batch.last_sequence == last:
                    return batch
        self.check_epoch(header, offset)
        if header.producer_epoch != state.epoch:
            if first != 0 and state.epoch != _NO_EPOCH:
                raise self._out_of_order(header, offset, f"{state.epoch} (current producer epoch)")
        elif not _follows(state.last_sequence, first):
            raise self._out_of_order(header, offset, f"{state.last_sequence} (current end sequence number)")
        if state.transaction_first_offset is not None and not header.is_transactional:
            raise ApiError(
                ErrorCode.INVALID_TXN_STATE,
                f"Expected transactional write from producer {header.producer_id} at offset {offset} "
                f"in partition {self.topic_partition}",
            )
        return None

    def check_epoch(self, header: BatchHeader, offset: int) -> None:
        """INVALID_PRODUCER_EPOCH when a newer incarnation of the producer has written, or below -1."""
        state = self._states.get(header.producer_id)
        seen = _NO_EPOCH if state is None else state.epoch
        if header.producer_epoch < seen:
            raise ApiError(
                ErrorCode.INVALID_PRODUCER_EPOCH,
                f"Epoch of producer {header.producer_id} at offset {offset} in {self.topic_partition} is "
                f"{header.producer_epoch}, which is smaller than the last seen epoch {seen}",
            )

    def _out_of_order(self, header: BatchHeader, offset: int, current: str) -> ApiError:
        return ApiError(
            ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
            f"Out of order sequence number for producer {header.producer_id} at offset {offset} in partition "
            f"{self.topic_partition}: {header.base_sequence} (incoming seq. number), {current}",
        )

    def update(self, header: BatchHeader, batch: Batch | None = None) -> None:
        """Take in a batch of the log, `header` with its final offsets. A control batch needs its bytes."""
        self.end_offset = header.next_offset
        if header.producer_id < 0:
            return
        state = self._states.get(header.producer_id)
        if state is None:
            state = self._states[header.producer_id] = ProducerState(header.producer_id)
        state.set_epoch(header.producer_epoch)
        state.last_timestamp_ms = header.max_timestamp
        if header.is_control:
            self._end_transaction(state, batch)
            return
        state.batches.append(
            BatchMetadata(
                header.base_sequence,
                header.last_sequence,
                header.base_offset,
                header.last_offset,
                header.max_timestamp,
            )
        )
        if header.is_transactional and state.transaction_first_offset is None:
            state.transaction_first_offset = header.base_offset

    def _end_transaction(self, state: ProducerState, batch: Batch | None) -> None:
        assert batch is not None, "a control batch is taken in with its bytes"
        for record in batch.records():
            marker = parse_end_transaction(record.key, record.value)
            if marker is not None:
                state.coordinator_epoch = marker.coordinator_epoch
                state.transaction_first_offset = None

    def clear(self, end_offset: int) -> None:
        """Forget all: the state of a log that begins at `end_offset`."""
        self._states.clear()
        self.end_offset = end_offset

    def expire(self, now_ms: int, expiration_ms: int) -> None:
        """Forget producers without an open transaction that have been silent for `expiration_ms`
        (`producer.id.expiration.ms`)."""
        for state in list(self):
            if state.transaction_first_offset is None and now_ms - state.last_timestamp_ms >= expiration_ms:
                del self._states[state.producer_id]

    def snapshot_bytes(self) -> bytes:
        """The state in the format of a `.snapshot` file."""
        entries = [_SNAPSHOT_COUNT.pack(len(self._states))]
        for state in self:
            last = state.batches[-1] if state.batches else None
            entries.append(
                _SNAPSHOT_ENTRY.pack(
                    state.producer_id,
                    state.epoch,
                    state.last_sequence,
                    last.last_offset if last else -1,
                    last.last_offset - last.first_offset if last else 0,
                    state.last_timestamp_ms,
                    state.coordinator_epoch,
                    -1 if state.transaction_first_offset is None else state.transaction_first_offset,
                )
            )
        body = b"".join(entries)
        return _SNAPSHOT_HEAD.pack(_SNAPSHOT_VERSION, crc32c.crc32c(body)) + body

    def load_snapshot(self, data: bytes, end_offset: int) -> None:
        """Replace the state by that of a `.snapshot` file; `CorruptSnapshot` when it is broken."""
        states = _parse_snapshot(data)
        self._states = {state.producer_id: state for state in states}
        self.end_offset = end_offset


class CorruptSnapshot(ValueError):
    """A `.snapshot` file that can't be believed; the log is scanned instead."""


_SNAPSHOT_VERSION = 1
_SNAPSHOT_HEAD = struct.Struct(">hI")
_SNAPSHOT_COUNT = struct.Struct(">i")
_SNAPSHOT_ENTRY = struct.Struct(">qhiqiqiq")


def _parse_snapshot(data: bytes) -> list[ProducerState]:
    head = _SNAPSHOT_HEAD.size
    if len(data) < head + _SNAPSHOT_COUNT.size:
        raise CorruptSnapshot("Snapshot failed schema validation: it is too short")
    version, checksum = _SNAPSHOT_HEAD.unpack_from(data)
    if version != _SNAPSHOT_VERSION:
        raise CorruptSnapshot(f"Snapshot contained an unknown file version {version}")
    if crc32c.crc32c(data[head:]) != checksum:
        raise CorruptSnapshot("Snapshot is corrupt (CRC is no longer valid)")
    count = _SNAPSHOT_COUNT.unpack_from(data, head)[0]
    body = data[head + _SNAPSHOT_COUNT.size :]
    if count < 0 or len(body) != count * _SNAPSHOT_ENTRY.size:
        raise CorruptSnapshot("Snapshot failed schema validation: its size is not that of its entries")
    states = []
    for entry in _SNAPSHOT_ENTRY.iter_unpack(body):
        producer_id, epoch, sequence, offset, delta, timestamp_ms, coordinator_epoch, first = entry
        state = ProducerState(producer_id, epoch, coordinator_epoch, timestamp_ms)
        state.transaction_first_offset = None if first < 0 else first
        if offset >= 0:
            first_sequence = -1 if sequence < 0 else (sequence - delta) & _INT32_MAX
            state.batches.append(
                BatchMetadata(first_sequence, sequence, offset - delta, offset, timestamp_ms)
            )
        states.append(state)
    return states


def _follows(last_sequence: int, next_sequence: int) -> bool:
    return next_sequence == last_sequence + 1 or (next_sequence == 0 and last_sequence == _INT32_MAX)
