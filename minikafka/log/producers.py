"""What a log remembers of each idempotent producer: epoch, the last five batches, and its transaction.

Rule: a batch is appended if it follows the producer's last one, answered with its old offsets if it is
one of the last five, and refused otherwise. The memory is a function of the log: it is rebuilt from batch
headers on top of the newest `.snapshot` file (`producer_snapshots`).

A transaction is ongoing until its marker is written, and keeps readers of committed records below its beginning until
the marker is replicated.

Kafka: `ProducerStateManager`, `ProducerStateEntry`, `ProducerAppendInfo` (KIP-98, KIP-360: a producer that the log has
forgotten may begin with any sequence number, KIP-890: each transaction has an epoch of its own).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import Batch, BatchHeader
from minikafka.records.control import ControlType, EndTransactionMarker, parse_end_transaction
from minikafka.records.validation import Origin

NUM_BATCHES_TO_RETAIN = 5
_NO_EPOCH = -1
_INT16_MAX = 0x7FFF
_INT32_MAX = 0x7FFFFFFF
_EPOCH_PER_TRANSACTION = 2
"""The version of transactions since which each has an epoch of its own."""


class BatchMetadata(NamedTuple):
    """One remembered batch."""

    first_sequence: int
    last_sequence: int
    first_offset: int
    last_offset: int
    timestamp_ms: int


class CompletedTransaction(NamedTuple):
    """A transaction with records here that its marker at `last_offset` has ended."""

    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int
    """What lies below was decided when the marker was written."""
    is_aborted: bool


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
        self.noted_at: int | None = None
        """Where the log ended when a snapshot that is there was written of this."""
        self._states: dict[int, ProducerState] = {}
        self._ongoing: dict[int, int] = {}
        """Where a transaction begins: whose it is."""
        self._unreplicated: dict[int, int] = {}
        """Where an ended transaction begins: where its marker is, at or above the high watermark."""

    def __len__(self) -> int:
        return len(self._states)

    def __iter__(self) -> Iterator[ProducerState]:
        return iter(self._states.values())

    def get(self, producer_id: int) -> ProducerState | None:
        return self._states.get(producer_id)

    # -- transactions --------------------------------------------------------------------------------------

    @property
    def first_unstable_offset(self) -> int | None:
        """The beginning of the oldest transaction that is not decided for all replicas: where the last stable
        offset stops."""
        if not self._ongoing and not self._unreplicated:
            return None
        return min((*self._ongoing, *self._unreplicated))

    def replicated_up_to(self, offset: int) -> None:
        """The high watermark, or the log's beginning, has reached `offset`: markers below it are everywhere."""
        if self._unreplicated:
            self._unreplicated = {f: last for f, last in self._unreplicated.items() if last >= offset}

    # -- may it be appended? -------------------------------------------------------------------------------

    def admit(
        self, batch: Batch, header: BatchHeader, offset: int, origin: Origin, transaction_version: int
    ) -> BatchMetadata | None:
        """May a batch from there be appended at `offset`, with `header`? See `check`, `check_coordinator`; what was
        replicated was checked where it came from."""
        if origin == "client":
            return self.check(header, offset)
        if origin == "coordinator":
            self.check_coordinator(batch, header, offset, transaction_version)
        return None

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
        self._check_transaction(state, header, offset)
        return None

    def check_coordinator(self, batch: Batch, header: BatchHeader, offset: int, version: int) -> None:
        """May a coordinator's batch be appended: a marker of transactions of this `version`, or a group's offsets,
        which have no sequence numbers?

        `ApiError` INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED for a marker of a coordinator that has been
        replaced, INVALID_TXN_STATE.
        """
        state = self._states.get(header.producer_id)
        if not header.is_control:
            self.check_epoch(header, offset)
            if state is not None:
                self._check_transaction(state, header, offset)
            return
        marker = marker_in(batch)
        if marker is None:
            return
        self._check_marker_epoch(state, header, offset, version)
        if state is not None and state.coordinator_epoch > marker.coordinator_epoch:
            raise ApiError(
                ErrorCode.TRANSACTION_COORDINATOR_FENCED,
                f"Invalid coordinator epoch for producerId {header.producer_id} at offset {offset} in partition "
                f"{self.topic_partition}: {marker.coordinator_epoch} (zombie), {state.coordinator_epoch} (current)",
            )

    def _check_marker_epoch(
        self, state: ProducerState | None, header: BatchHeader, offset: int, version: int
    ) -> None:
        if version < _EPOCH_PER_TRANSACTION:
            self.check_epoch(header, offset)
            return
        epoch, seen = header.producer_epoch, _NO_EPOCH if state is None else state.epoch
        has_ended = state is None or state.transaction_first_offset is None
        is_retry = epoch == seen and (has_ended or epoch == _INT16_MAX)
        if epoch <= seen and not is_retry:
            raise ApiError(
                ErrorCode.INVALID_PRODUCER_EPOCH,
                f"Epoch of producer {header.producer_id} at offset {offset} in {self.topic_partition} is {epoch}, "
                f"which a marker must raise above the last seen epoch {seen}",
            )

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

    def _check_transaction(self, state: ProducerState, header: BatchHeader, offset: int) -> None:
        if state.transaction_first_offset is not None and not header.is_transactional:
            raise ApiError(
                ErrorCode.INVALID_TXN_STATE,
                f"Expected transactional write from producer {header.producer_id} at offset {offset} "
                f"in partition {self.topic_partition}",
            )

    def _out_of_order(self, header: BatchHeader, offset: int, current: str) -> ApiError:
        return ApiError(
            ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
            f"Out of order sequence number for producer {header.producer_id} at offset {offset} in partition "
            f"{self.topic_partition}: {header.base_sequence} (incoming seq. number), {current}",
        )

    # -- taking in the log -----------------------------------------------------------------------------------

    def update(self, header: BatchHeader, batch: Batch | None = None) -> CompletedTransaction | None:
        """Take in a batch of the log, `header` with its final offsets; the transaction that it ends, if it does.
        A control batch needs its bytes."""
        self.end_offset = header.next_offset
        if header.producer_id < 0:
            return None
        state = self._states.get(header.producer_id)
        if state is None:
            state = self._states[header.producer_id] = ProducerState(header.producer_id)
        state.set_epoch(header.producer_epoch)
        state.last_timestamp_ms = header.max_timestamp
        if header.is_control:
            assert batch is not None, "a control batch is taken in with its bytes"
            marker = marker_in(batch)  # None: compaction has emptied the batch, which still tells the epoch
            return None if marker is None else self._end_transaction(state, marker, header.base_offset)
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
            self._ongoing[header.base_offset] = header.producer_id
        return None

    def _end_transaction(
        self, state: ProducerState, marker: EndTransactionMarker, offset: int
    ) -> CompletedTransaction | None:
        """A marker that ends nothing here (no record of the transaction came to this partition) decides nothing."""
        state.coordinator_epoch = marker.coordinator_epoch
        first, state.transaction_first_offset = state.transaction_first_offset, None
        if first is None:
            return None
        self._ongoing.pop(first, None)
        self._unreplicated[first] = offset
        is_aborted = marker.control_type is ControlType.ABORT
        stable = min(self._ongoing, default=offset + 1)
        return CompletedTransaction(state.producer_id, first, offset, stable, is_aborted)

    def replace(self, states: Iterable[ProducerState], end_offset: int) -> None:
        """These, and no others, are known at `end_offset`."""
        self._states = {state.producer_id: state for state in states}
        self._ongoing = {
            state.transaction_first_offset: state.producer_id
            for state in self
            if state.transaction_first_offset is not None
        }
        self._unreplicated = {}
        self.end_offset = end_offset
        self.noted_at = None

    def clear(self, end_offset: int) -> None:
        """Forget all: the state of a log that begins at `end_offset`."""
        self.replace((), end_offset)

    def expire(self, now_ms: int, expiration_ms: int) -> int:
        """Forget producers without an open transaction that have been silent for `expiration_ms`
        (`producer.id.expiration.ms`); returns how many."""
        silent = [
            state.producer_id
            for state in self
            if state.transaction_first_offset is None and now_ms - state.last_timestamp_ms >= expiration_ms
        ]
        for producer_id in silent:
            del self._states[producer_id]
        return len(silent)


def marker_in(batch: Batch) -> EndTransactionMarker | None:
    """The marker that a control batch holds, None when it holds none; `CorruptRecords`."""
    for record in batch.records():
        return parse_end_transaction(record.key, record.value)
    return None


def _follows(last_sequence: int, next_sequence: int) -> bool:
    return next_sequence == last_sequence + 1 or (next_sequence == 0 and last_sequence == _INT32_MAX)
