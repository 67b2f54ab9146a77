"""Which batches compaction must leave, though without records: those that tell a producer's last sequence.

Rule: a producer has two of them until its newest batch is sure, the newest of all and the newest sure one. A power
cut or a new leader may take what is not sure, and what the log then knows of the producer must be what it knew before.

Kafka: `UnifiedLog.lastRecordsOfActiveProducers`, `isBatchLastRecordOfProducer`. Kafka keeps the newest of all only.
"""

from __future__ import annotations

from collections.abc import Iterable

from minikafka.log.producers import ProducerState
from minikafka.records.batch import BatchHeader

_Last = tuple[int, int]
"""The last offset of a producer's last batch, -1 when a marker has begun an epoch without data; and the epoch."""


class CleanedProducers:
    """The producers that the log knows when a pass begins; `sure`: what lies below is on the disk and replicated."""

    def __init__(self, states: Iterable[ProducerState], sure: int) -> None:
        self._sure = sure
        self._last: dict[int, _Last] = {
            state.producer_id: (state.batches[-1].last_offset if state.batches else -1, state.epoch)
            for state in states
        }
        self._last_sure: dict[int, _Last] = {}

    def note(self, header: BatchHeader) -> None:
        """Take in the next batch of the log, from its beginning on."""
        producer_id, epoch = header.producer_id, header.producer_epoch
        if header.last_offset >= self._sure or producer_id not in self._last:
            return
        if not header.is_control:
            self._last_sure[producer_id] = header.last_offset, epoch
        elif self._last_sure.get(producer_id, (-1, -1))[1] != epoch:
            self._last_sure[producer_id] = -1, epoch

    def are_told_by(self, header: BatchHeader) -> bool:
        """Is this a batch that has to stay?"""
        return any(
            _is_last(header, last[header.producer_id])
            for last in (self._last, self._last_sure)
            if header.producer_id in last
        )


def _is_last(header: BatchHeader, last: _Last) -> bool:
    last_offset, epoch = last
    if last_offset == -1:
        return header.is_control and header.producer_epoch == epoch
    return header.last_offset == last_offset
