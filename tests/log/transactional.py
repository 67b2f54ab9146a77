"""Transactional producers that write to one log, and what is to be seen of their transactions."""

from __future__ import annotations

import pytest

from minikafka.log.transaction_index import AbortedTransaction
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.control import end_transaction_batch

START_MS = 1_700_000_000_000


class Writers:
    """Transactional producers that write to one log; each batch holds one record."""

    def __init__(self, log) -> None:
        self.log = log
        self.sequences: dict[int, int] = {}

    def write(
        self, producer: int, key: bytes = b"k", *, epoch: int = 0, transactional: bool = True, size: int = 10
    ):
        sequence = self.sequences.get(producer, 0)
        self.sequences[producer] = sequence + 1
        data = build_batch(
            [NewRecord(START_MS, key, b"v" * size)],
            producer_id=producer,
            producer_epoch=epoch,
            base_sequence=sequence,
            transactional=transactional,
        )
        return self.log.append_as_leader(data, 0).first_offset

    def plain(self) -> int:
        return self.log.append_as_leader(build_batch([NewRecord(START_MS, b"k", b"plain")]), 0).first_offset

    def end(
        self, producer: int, *, commit: bool, epoch: int = 0, coordinator: int = 0, version: int = 0
    ) -> int:
        marker = end_transaction_batch(
            commit=commit,
            coordinator_epoch=coordinator,
            timestamp_ms=START_MS,
            producer_id=producer,
            producer_epoch=epoch,
        )
        appended = self.log.append_as_leader(marker, 0, origin="coordinator", transaction_version=version)
        return appended.first_offset

    def commit(self, producer: int, **options) -> int:
        return self.end(producer, commit=True, **options)

    def abort(self, producer: int, **options) -> int:
        return self.end(producer, commit=False, **options)


def replicated(log) -> int:
    """The last stable offset, once all is replicated."""
    log.high_watermark = log.log_end_offset
    return log.last_stable_offset


def indexes(lab) -> list[str]:
    return [name for name in lab.files() if name.endswith(".txnindex")]


def everything(log) -> list[AbortedTransaction]:
    return log.aborted_transactions(0, log.log_end_offset)


def refused(do) -> ErrorCode:
    with pytest.raises(ApiError) as error:
        do()
    return error.value.code
