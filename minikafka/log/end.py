"""The end of a log, where batches are added: the segment that they go to, and what has to know of them.

Rule: nothing is checked here. A batch goes to the file first, then to those who remember what the log says: the
leader epochs, the producers, the transaction index.

Kafka: `UnifiedLog.append`, `LocalLog.append`.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka.log.aborted_transactions import AbortedTransactions
from minikafka.log.config import LogConfig
from minikafka.log.epochs import LeaderEpochs
from minikafka.log.producers import ProducerStates
from minikafka.log.segments import Segments
from minikafka.log.synced import Synced
from minikafka.policy import Rules
from minikafka.records.batch import MAGIC_V2, Batch, BatchHeader


class LogEnd:
    """Of one log. OSError from the disk."""

    def __init__(
        self,
        segments: Segments,
        epochs: LeaderEpochs,
        producers: ProducerStates,
        aborted: AbortedTransactions,
        synced: Synced,
        rules: Rules,
    ) -> None:
        self._segments = segments
        self._epochs = epochs
        self._producers = producers
        self._aborted = aborted
        self._synced = synced
        self._should_flush = rules.should_flush

    def add(
        self,
        header: BatchHeader,
        buffers: Sequence[bytes | memoryview],
        batch: Batch,
        config: LogConfig,
        now_ms: int,
    ) -> None:
        """Write `buffers`, which are `batch` under its final `header`."""
        if self._synced.is_unsettled:
            self._synced.settle()
        segment = self._segments.writable(header.size_bytes, header, config, now_ms)
        self._note_epoch(header)
        segment.append(buffers, (header,))
        self._take_in(header, batch)
        self.flush_if_due(config, 0)

    def add_all(self, batches: Sequence[Batch], config: LogConfig, now_ms: int) -> None:
        """Write batches as they are, those that fit into one segment at a time."""
        if self._synced.is_unsettled:
            self._synced.settle()
        begin = 0
        while begin < len(batches):
            begin = self._add_run(batches, begin, config, now_ms)
        # The next fetch tells the leader that they are here.
        self.flush_if_due(config, len(batches))

    def _add_run(self, batches: Sequence[Batch], begin: int, config: LogConfig, now_ms: int) -> int:
        """Those from `begin` on that fit into one segment; returns the next to add."""
        end, size = begin + 1, batches[begin].header.size_bytes
        segment = self._segments.writable(size, batches[begin].header, config, now_ms)
        while end < len(batches):
            header = batches[end].header
            if self._segments.should_roll(size + header.size_bytes, header, config, now_ms):
                break
            size += header.size_bytes
            end += 1
        run = batches[begin:end]
        for batch in run:
            self._note_epoch(batch.header)
        segment.append([batch.data for batch in run], [batch.header for batch in run])
        for batch in run:
            self._take_in(batch.header, batch)
        return end

    def flush_if_due(self, config: LogConfig, acks_leaving: int) -> bool:
        """Sync what the rule says; did it?"""
        unflushed = self._synced.unflushed_messages
        is_due = self._should_flush(unflushed, config.flush_messages, acks_leaving)
        if is_due:
            self._synced.flush()
        return is_due

    def _note_epoch(self, header: BatchHeader) -> None:
        if header.magic < MAGIC_V2:
            # As Kafka does: an old batch has no epoch, so what is known of epochs no longer tells where logs part.
            self._epochs.clear()
        elif header.partition_leader_epoch > self._epochs.latest:
            self._epochs.assign(header.partition_leader_epoch, header.base_offset)
        elif self._epochs.is_behind:
            self._epochs.catch_up()

    def _take_in(self, header: BatchHeader, batch: Batch) -> None:
        completed = self._producers.update(header, batch)
        if completed is not None:
            self._aborted.note(completed)
