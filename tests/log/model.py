"""What a log ought to hold, in plain lists and dicts: no files, no segments, no indexes.

Its rule: all here is said of single records and whole batches, computed by walking over all of them; nothing is asked
of the log under test.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from minikafka.records.batch import Batch
from minikafka.records.control import ControlType, parse_control_type

Headers = tuple[tuple[str, bytes | None], ...]


class Entry(NamedTuple):
    """One record."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Told(NamedTuple):
    """What a batch's header says of it, whatever compaction does to the records."""

    base: int
    last: int
    epoch: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    transactional: bool
    control: bool


def told(batch: Batch) -> Told:
    header = batch.header
    return Told(
        header.base_offset, header.last_offset, header.partition_leader_epoch, header.producer_id,
        header.producer_epoch, header.base_sequence, header.is_transactional, header.is_control,
    )  # fmt: skip


def entries_of(batch: Batch) -> list[Entry]:
    return [Entry(r.offset, r.timestamp_ms, r.key, r.value, tuple(r.headers)) for r in batch.records()]


@dataclass(frozen=True)
class Written:
    """A batch as it was appended."""

    told: Told
    entries: tuple[Entry, ...]

    @property
    def aborts(self) -> bool:
        return self.told.control and parse_control_type(self.entries[0].key) is ControlType.ABORT


@dataclass
class Producer:
    """What the log must know of one."""

    epoch: int = -1
    batches: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(first and last sequence, first and last offset) in this epoch."""
    open_since: int | None = None

    @property
    def last_sequence(self) -> int:
        return self.batches[-1][1] if self.batches else -1


class Transaction(NamedTuple):
    producer_id: int
    first: int
    marker: int
    aborted: bool


class Model:
    def __init__(self) -> None:
        self.start = self.end = self.high_watermark = 0
        self.synced = 0
        """All below it has been promised to be on the disk."""
        self.deleted = 0
        """The furthest that the start ever was; a power cut may bring it back."""
        self.batches: dict[int, Written] = {}
        """By base offset: all that were appended and not truncated, whatever retention and compaction did."""
        self.present: dict[int, Entry] = {}
        """Without those that compaction removed."""
        self.present_batches: set[int] = set()
        self.epochs: list[tuple[int, int]] = []
        self.forgotten: dict[int, int] = {}
        """Producers of whom the log lost what it knew below an offset."""
        self.covered: dict[int, tuple[int, int]] = {}
        """By offset of what waits for a delete horizon: when a pass first saw it, and delete.retention.ms then."""
        self.settled: dict[int, int] = {}
        """By offset of a tombstone: when its horizon, set by a whole pass, is over."""

    def copy(self) -> Model:
        new = Model()
        for name, value in vars(self).items():
            setattr(new, name, value.copy() if isinstance(value, dict | list | set) else value)
        return new

    # -- changes -------------------------------------------------------------------------------------------

    def append(self, batch: Written) -> None:
        told = batch.told
        assert told.base >= self.end
        if not self.epochs or told.epoch > self.epochs[-1][0]:
            # One that begins where this one does had no record.
            self.epochs = [entry for entry in self.epochs if entry[1] < told.base]
            self.epochs.append((told.epoch, told.base))
        self.batches[told.base] = batch
        self.present |= {entry.offset: entry for entry in batch.entries}
        self.present_batches.add(told.base)
        self.end = told.last + 1

    def truncate(self, end: int) -> None:
        """All batches that reach to `end` or beyond are gone, and the log ends there."""
        self.batches = {base: b for base, b in self.batches.items() if b.told.last < end}
        self.present = {o: e for o, e in self.present.items() if o < end and self._has(o)}
        self.present_batches &= set(self.batches)
        self.epochs = [entry for entry in self.epochs if entry[1] < end]
        self.end = end
        self.start, self.high_watermark = min(self.start, end), min(self.high_watermark, end)
        self.synced, self.deleted = min(self.synced, end), min(self.deleted, end)
        self.covered = {o: at for o, at in self.covered.items() if o in self.present}
        self.settled = {o: at for o, at in self.settled.items() if o in self.present}

    def _has(self, offset: int) -> bool:
        return any(b.told.base <= offset <= b.told.last for b in self.batches.values())

    def begin_at(self, start: int) -> None:
        """Records below `start` are no longer served."""
        if start <= self.start:
            return
        self.start, self.deleted = start, max(self.deleted, start)
        self.high_watermark = max(self.high_watermark, start)
        below = [entry for entry in self.epochs if entry[1] <= start]
        if below:
            self.epochs = [(below[-1][0], start), *self.epochs[len(below) :]]

    # -- what follows --------------------------------------------------------------------------------------

    def visible(self) -> dict[int, Entry]:
        return {offset: entry for offset, entry in self.present.items() if offset >= self.start}

    def end_of_the_batch(self, offset: int) -> int:
        """Where a truncation to `offset` ends the log."""
        for base in self.present_batches:
            if base <= offset <= self.batches[base].told.last:
                return base
        return offset

    def end_offset_for(self, epoch: int) -> tuple[int, int]:
        if epoch < 0 or not self.epochs or epoch > self.epochs[-1][0]:
            return -1, -1
        if epoch == self.epochs[-1][0]:
            return epoch, self.end
        older = [known for known, _ in self.epochs if known <= epoch]
        return older[-1] if older else epoch, min(start for known, start in self.epochs if known > epoch)

    def first_as_late_as(self, timestamp_ms: int) -> Entry | None:
        late = [e for e in self.visible().values() if e.timestamp_ms >= timestamp_ms]
        return min(late, default=None, key=lambda entry: entry.offset)

    def producers(self, since: int = -1) -> dict[int, Producer]:
        """Of every producer, from the batches at `since` or later."""
        found: dict[int, Producer] = {}
        for base, batch in sorted(self.batches.items()):
            told = batch.told
            if told.producer_id < 0 or base < max(since, self.forgotten.get(told.producer_id, 0)):
                continue
            producer = found.setdefault(told.producer_id, Producer())
            if told.producer_epoch != producer.epoch:
                producer.epoch, producer.batches = told.producer_epoch, []
            if told.control:
                producer.open_since = None
                continue
            first = told.base_sequence
            producer.batches.append((first, first + told.last - told.base, told.base, told.last))
            if told.transactional and producer.open_since is None:
                producer.open_since = told.base
        return found

    def transactions(self) -> list[Transaction]:
        """The ended ones, by their markers."""
        since: dict[int, int] = {}
        ended = []
        for base, batch in sorted(self.batches.items()):
            told = batch.told
            if told.control:
                first = since.pop(told.producer_id, None)
                if first is not None:
                    ended.append(Transaction(told.producer_id, first, base, batch.aborts))
            elif told.transactional:
                since.setdefault(told.producer_id, base)
        return ended

    def last_stable_offset(self, trusted: int = 0, *, of_what_is_left: bool = False) -> int:
        """Nothing undecided below: no open transaction, and none whose marker is not below the high watermark
        (nor below `trusted`). `of_what_is_left`: an ended one begins with the first batch that compaction kept."""
        unstable = [p.open_since for p in self.producers().values() if p.open_since is not None]
        for t in self.transactions():
            if t.marker >= max(self.high_watermark, trusted):
                unstable.append(self.first_left(t) if of_what_is_left else t.first)
        return min([self.high_watermark, *(max(offset, self.start) for offset in unstable)])

    def first_left(self, transaction: Transaction) -> int:
        left = (
            base
            for base in self.present_batches
            if self.batches[base].told.producer_id == transaction.producer_id
            and transaction.first <= base < transaction.marker
            and self.batches[base].told.last >= self.start
        )
        return min(left, default=self.high_watermark)

    # -- compaction ----------------------------------------------------------------------------------------

    def aborted_offsets(self, end: int) -> set[int]:
        """Of data whose abort marker is below `end`."""
        aborted = [t for t in self.transactions() if t.aborted and t.marker < end]
        return {
            e.offset
            for base, batch in self.batches.items()
            for e in batch.entries
            if batch.told.transactional and not batch.told.control
            for t in aborted
            if t.producer_id == batch.told.producer_id and t.first <= base < t.marker
        }

    def cover(self, end: int, now_ms: int, delete_retention_ms: int) -> None:
        """A pass up to `end` begins."""
        for offset, entry in self.present.items():
            if offset < end and (entry.value is None or self.is_marker(offset)):
                self.covered.setdefault(offset, (now_ms, delete_retention_ms))

    def is_marker(self, offset: int) -> bool:
        batch = self.batches.get(offset)
        return batch is not None and batch.told.control

    def may_go(self, end: int, now_ms: int, decided: int = 0) -> dict[int, str]:
        """Offsets that a pass up to `end` which began at `now_ms` may remove, and why. It has looked for markers up
        to `decided`, beyond its end, and the last segment that it rewrites may go beyond it, too."""
        aborted = self.aborted_offsets(max(end, decided))
        newest: dict[bytes | None, int] = {}
        for offset, entry in sorted(self.present.items()):
            if offset < end and offset not in aborted and not self.is_marker(offset):
                newest[entry.key] = offset
        going = {}
        for offset, entry in self.present.items():
            if offset >= end and offset not in aborted and not self.is_marker(offset):
                continue
            since_ms, retention_ms = self.covered.get(offset, (now_ms, 1 << 62))
            has_expired = since_ms + retention_ms <= now_ms
            if self.is_marker(offset):
                if has_expired and not self._has_data(offset):
                    going[offset] = "its transaction has no data any more"
            elif offset in aborted:
                going[offset] = "aborted"
            elif entry.key is None:
                going[offset] = "no key"
            elif offset < newest[entry.key]:
                going[offset] = "superseded"
            elif entry.value is None and has_expired:
                going[offset] = "its time has come"
        return going

    def _has_data(self, marker: int) -> bool:
        """Has the transaction that this marker ends a record left?"""
        return any(
            entry.offset in self.present
            for t in self.transactions()
            if t.marker == marker and not t.aborted
            for base in self.present_batches
            if t.first <= base < marker and self.batches[base].told.producer_id == t.producer_id
            for entry in self.batches[base].entries
        )

    def must_go(self, end: int, now_ms: int, decided: int) -> set[int]:
        """Offsets that a whole pass, which reached `end`, has no reason to keep."""
        return {
            offset
            for offset, why in self.may_go(end, now_ms, decided).items()
            if (offset < end and why in ("aborted", "no key", "superseded"))
            or self.settled.get(offset, now_ms + 1) <= now_ms
        }

    def settle(self, end: int, now_ms: int, delete_retention_ms: int) -> None:
        """A whole pass has reached `end`: every tombstone below has its horizon."""
        for offset, entry in self.present.items():
            if offset < end and entry.value is None:
                self.settled.setdefault(offset, now_ms + delete_retention_ms)

    def compacted_to(self, batches: Iterable[Batch], entries: dict[int, Entry]) -> None:
        """Of what is served from the start on, this is left."""
        self.present = {o: e for o, e in self.present.items() if o < self.start or o in entries}
        left = {batch.header.base_offset for batch in batches}
        self.present_batches = {
            b for b in self.present_batches if self.batches[b].told.last < self.start or b in left
        }


def rewritten(batch: Written, offset: int, epoch: int, timestamp_ms: int | None = None) -> Written:
    """`batch`, whose offsets count from 0, as a leader puts it into the log."""
    length = batch.told.last - batch.told.base
    return Written(
        batch.told._replace(base=offset, last=offset + length, epoch=epoch),
        tuple(
            e._replace(
                offset=offset + e.offset - batch.told.base,
                timestamp_ms=e.timestamp_ms if timestamp_ms is None else timestamp_ms,
            )
            for e in batch.entries
        ),
    )


__all__ = ["Entry", "Model", "Producer", "Told", "Transaction", "Written", "entries_of", "rewritten", "told"]
