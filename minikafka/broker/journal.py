"""A coordinator's journal: one partition of an internal topic, written as any leader writes.

Rule: `append` returns only when the write is committed (at or below the high watermark), so that what a
coordinator answers survives it.

Kafka: `CoordinatorPartitionWriter`, `CoordinatorLoaderImpl`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.later import Later
from minikafka.records.batch import NewRecord, Record, build_batch, read_batches
from minikafka.records.compression import Compression
from minikafka.replication.partition import Partition
from minikafka.replication.replicas import Replicas

LOAD_BYTES = 5 * 1024 * 1024


class PartitionJournal:
    """The records of one coordinator shard."""

    def __init__(self, replicas: Replicas, partition: Partition, timeout_s: float) -> None:
        self._replicas = replicas
        self._partition = partition
        self._timeout_s = timeout_s
        self.epoch = partition.leader_epoch

    async def append(self, records: Sequence[NewRecord]) -> int:
        """Write one batch, acks=all. Returns its first offset once committed. Raises ApiError."""
        partition = self._partition
        if partition.leader_epoch != self.epoch:
            raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)
        data = memoryview(build_batch(records, compression=Compression.NONE))
        try:
            appended = partition.append(data, acks=-1, origin="coordinator")
        except OSError as problem:
            self._replicas.storage_failed(partition, problem)
            raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER) from None
        required = appended.last_offset + 1

        def look(_: object) -> ErrorCode | None:
            if partition.leader_epoch != self.epoch:
                return ErrorCode.NOT_LEADER_OR_FOLLOWER
            return partition.acks_error(required)

        answer = self._replicas.produce_pending.wait(
            [(partition.topic, partition.index)], look, lambda: ErrorCode.REQUEST_TIMED_OUT, self._timeout_s
        )
        error = await answer if isinstance(answer, Later) else answer
        if error is not ErrorCode.NONE:
            raise ApiError(error)
        return appended.first_offset

    def read_all(self) -> Iterator[Record]:
        """Every record of the partition from its start to its end, control batches left out."""
        log = self._partition.log
        offset = log.log_start_offset
        while offset < log.log_end_offset:
            data = log.read(offset, LOAD_BYTES, up_to_offset=log.log_end_offset, at_least_one=True)
            advanced = False
            for batch in read_batches(memoryview(data)):
                if not batch.header.is_control:
                    yield from (record for record in batch.records() if record.offset >= offset)
                offset = batch.header.next_offset
                advanced = True
            if not advanced:
                return
