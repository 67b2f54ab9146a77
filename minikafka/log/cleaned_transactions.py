"""Which transactional batches compaction may throw away.

Rule: all batches of the log up to the pass's end are shown in order. Aborted data goes at once; a marker may go
when the pass has met no batch of its transaction any more, and its delete horizon has passed (the cleaner's part).

Kafka: `CleanedTransactionMetadata`. Kafka knows the aborted transactions from `.txnindex` files; here the
markers tell, in one walk over the headers (the cleaner carries the files' entries over, as Kafka does).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from minikafka.log.scan import scan_headers
from minikafka.log.segment import Segment
from minikafka.records.batch import Batch, BatchHeader
from minikafka.records.control import ControlType, parse_end_transaction

HEADERS_A_TURN = 2048


class CleanedTransactions:
    """The ends of all transactions: a pass's end may lie between the data and its marker."""

    def __init__(self) -> None:
        self._ends: dict[int, list[tuple[int, bool]]] = {}
        """By producer id: (offset of a marker, was it an abort), ascending."""
        self._undecided: dict[int, int] = {}
        """By producer id: its first marker that is not everywhere yet."""
        self._seen: set[tuple[int, int]] = set()
        """(producer id, offset of the marker) of the transactions that still have a batch."""

    def collect(
        self, segments: list[Segment], high_watermark: int, note: Callable[[BatchHeader], None]
    ) -> Iterator[None]:
        """Find the markers, and `note` every batch on the way; yields now and then, so that others can run, who may cut
        or remove segments: not one is read after that (the generator is to be closed)."""
        count = 0
        for segment in segments:
            file = segment.file()
            for position, header in scan_headers(file, 0, segment.size_bytes):
                note(header)
                if header.is_control and header.producer_id >= 0:
                    batch = Batch(header, memoryview(file.read_at(position, header.size_bytes)))
                    self._note(batch, high_watermark)
                count += 1
                if count % HEADERS_A_TURN == 0:
                    yield

    def _note(self, batch: Batch, high_watermark: int) -> None:
        producer_id = batch.header.producer_id
        for record in batch.records():
            marker = parse_end_transaction(record.key, record.value)
            if marker is None:
                continue
            if record.offset >= high_watermark:
                self._undecided.setdefault(producer_id, record.offset)
            else:
                is_abort = marker.control_type is ControlType.ABORT
                self._ends.setdefault(producer_id, []).append((record.offset, is_abort))

    def is_undecided(self, header: BatchHeader) -> bool:
        """Is the end of this batch's transaction at the high watermark or above? After a start the last stable offset
        doesn't tell, here as in Kafka: what a snapshot knows of has ended, not where."""
        if not header.is_transactional or header.is_control or self._end_after(header) is not None:
            return False
        return header.base_offset < self._undecided.get(header.producer_id, -1)

    def is_aborted(self, header: BatchHeader) -> bool:
        """Was this batch of data rolled back?"""
        if not header.is_transactional or header.is_control:
            return False
        end = self._end_after(header)
        return end is not None and end[1]

    def can_discard(self, header: BatchHeader) -> bool:
        """As the pass meets it: may this batch go, for what became of its transaction?"""
        if not header.is_transactional:
            return False
        end = self._end_after(header)
        if header.is_control:
            return end is not None and (header.producer_id, end[0]) not in self._seen
        if end is not None:
            self._seen.add((header.producer_id, end[0]))
        return end is not None and end[1]

    def _end_after(self, header: BatchHeader) -> tuple[int, bool] | None:
        ends = self._ends.get(header.producer_id, [])
        slot = bisect_left(ends, (header.base_offset, False))
        return ends[slot] if slot < len(ends) else None
