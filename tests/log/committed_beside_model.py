"""What a log tells of aborted transactions beside its model, and what a reader of committed records makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hypothesis import strategies as st
from hypothesis.stateful import rule

from minikafka.log.transaction_index import AbortedTransaction
from minikafka.records.batch import Batch, read_batches
from minikafka.records.compression import Compression
from minikafka.records.control import ControlType, parse_control_type
from tests.log.log_beside_model import KEYS, TRANSACTIONAL, LogBesideModel
from tests.log.model import Entry, Transaction, entries_of

shares = st.floats(0, 1)
FOREVER = 1 << 62


def committed(batches: Iterable[Batch], aborted: Iterable[AbortedTransaction]) -> Iterator[Entry]:
    """The records that a consumer shows of one fetch (KIP-98): an aborted transaction is skipped from its first offset
    to its producer's next abort marker."""
    coming = sorted(aborted, key=lambda one: one.first_offset)
    skipped: set[int] = set()
    for batch in batches:
        header = batch.header
        while coming and coming[0].first_offset <= header.last_offset:
            skipped.add(coming.pop(0).producer_id)
        if header.is_control:
            if any(parse_control_type(e.key) is ControlType.ABORT for e in entries_of(batch)):
                skipped.discard(header.producer_id)
        elif not (header.is_transactional and header.producer_id in skipped):
            yield from entries_of(batch)


class CommittedBesideModel(LogBesideModel):
    @rule(
        turns=st.lists(
            st.tuples(
                st.sampled_from([-1, *TRANSACTIONAL, *TRANSACTIONAL]),
                st.sampled_from([None, None, True, False, False]),
                st.sampled_from(KEYS[1:]),
                st.integers(0, 150),
            ),
            min_size=4,
            max_size=25,
        ),
        codec=st.sampled_from(list(Compression)),
        is_replicated=st.booleans(),
    )
    def transactions_take_turns(self, turns, codec, is_replicated):
        """Each writes one record, and may end then: True with a commit, False with an abort."""
        for pid, ends, key, size in turns:
            drawn = [(key, size, 0, ())]
            self.lead(*self.batch(drawn, codec, pid=pid, transactional=pid in TRANSACTIONAL), None)
            if ends is not None and pid in TRANSACTIONAL:
                self.end_transaction_of(pid, ends, None)
        if is_replicated:
            self.log.high_watermark = self.model.high_watermark = self.model.end

    @rule(first=shares, second=shares)
    def look_up_aborted_transactions(self, first, second):
        start, end = self.model.start, self.model.end
        low, high = sorted(start + round((end - start) * share) for share in (first, second))
        self.check_aborted(low, high)

    @rule(share=shares, max_bytes=st.sampled_from([1, 200, 600, 5000]))
    def read_committed(self, share, max_bytes):
        """From anywhere, in fetches of that size."""
        model = self.model
        stable = max(self.log.last_stable_offset, model.start)
        self.check_committed(model.start + round((stable - model.start) * share), max_bytes)

    def check_committed(self, start: int, max_bytes: int) -> None:
        """What a reader is shown from `start` to the last stable offset."""
        model, log, at = self.model, self.log, start
        stable = log.last_stable_offset
        aborted = model.aborted_offsets(FOREVER)
        shown: list[Entry] = []
        while at < stable:
            data = log.read(at, max_bytes, up_to_offset=stable, at_least_one=True)
            if not data:
                break
            batches = list(read_batches(data))
            shown += committed(batches, log.aborted_in_read(at, len(data)))
            at = batches[-1].header.next_offset
        due = [
            entry
            for base in sorted(model.present_batches)
            if model.batches[base].told.last < stable and not model.batches[base].told.control
            for entry in model.batches[base].entries
            if entry.offset >= start and entry.offset in model.present and entry.offset not in aborted
        ]
        assert [entry for entry in shown if entry.offset >= start] == due, (start, stable, aborted)

    def check_aborted(self, low: int, high: int) -> None:
        told = self.log.aborted_transactions(low, high)
        assert [one.last_offset for one in told] == sorted({one.last_offset for one in told})
        assert all(one.last_offset >= low and one.first_offset < high for one in told), (low, high, told)
        ended = {t.marker: t for t in self.model.transactions() if t.aborted}
        for one in told:
            due = ended[one.last_offset]
            assert one.producer_id == due.producer_id
            # What is gone by retention or compaction may count no more.
            assert not self.data_of(due, max(due.first, self.model.start), one.first_offset), (one, due)
            assert one.first_offset >= due.first
            assert one.last_stable_offset <= one.last_offset + 1
        found = {one.last_offset for one in told}
        for due in ended.values():
            if due.marker not in found:
                assert not self.data_of(due, max(low, self.model.start), high), (low, high, due, told)

    def data_of(self, transaction: Transaction, low: int, high: int) -> list[int]:
        """Offsets of its records from `low` on, below `high`, that are there."""
        model = self.model
        return [
            offset
            for base in model.present_batches
            if model.batches[base].told.producer_id == transaction.producer_id
            and model.batches[base].told.transactional
            and transaction.first <= base < transaction.marker
            for offset in (e.offset for e in model.batches[base].entries)
            if low <= offset < high and offset in model.present
        ]


__all__ = ["CommittedBesideModel", "committed"]
