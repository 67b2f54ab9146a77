"""Does a transaction index name the aborted transactions of its segment, and no others?

Rule: the segment's batches tell, from the transactions on that were open where it begins, which the producers'
snapshot of that offset knows. Where there is none, or compaction took batches away, only what the batches deny is a
problem. Kafka: `LogSegment.recover`, `TransactionIndex.sanityCheck`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from minikafka.dump.segment import DumpedBatch
from minikafka.dump.source import RawFile, Source
from minikafka.dump.tables import LARGEST_SNAPSHOT_BYTES, TRANSACTION_INDEX, read_entries
from minikafka.dump.value import BadBytes, Problem, Row
from minikafka.log.producer_snapshots import SNAPSHOT_SUFFIX, CorruptSnapshot, decode_snapshot
from minikafka.log.producers import ProducerStates
from minikafka.log.transaction_index import VERSION, AbortedTransaction, entry_of
from minikafka.records.batch import Batch
from minikafka.records.errors import CorruptRecords


def check_transaction_index(
    source: Source,
    batches: Iterable[DumpedBatch | Problem],
    base_offset: int,
    producers: ProducerStates | None,
) -> Iterator[Problem]:
    """`producers`: what was known of them at the segment's beginning; None when that is lost."""
    due, markers, end, is_whole = _due(batches, base_offset, producers or ProducerStates(""))
    is_known = is_whole and producers is not None
    last = base_offset - 1
    for item in read_entries(source, TRANSACTION_INDEX, base_offset):
        if isinstance(item, Problem):
            yield item
            continue
        if item.kind == "preallocated":
            yield _at(item, "zeros, where an entry of producer 0 can't be")
            continue
        version, *numbers = (int(str(field.value)) for field in item.fields)
        entry = AbortedTransaction(*numbers)
        if version != VERSION:
            yield _at(item, f"has version {version}, not {VERSION}")
        if entry.last_offset <= last:
            yield _at(item, f"is out of order: the last offset {entry.last_offset} after {last}")
        last = max(last, entry.last_offset)
        if end is None or entry.last_offset < end:
            yield from _compare(item, entry, due.pop(entry.last_offset, None), markers, is_known)
    if source.size:
        for missing in due.values():
            yield Problem(
                source.size,
                0,
                f"the transaction of producer {missing.producer_id} that was aborted at {missing.last_offset} "
                "is not in the index",
            )


def _compare(
    row: Row,
    entry: AbortedTransaction,
    due: AbortedTransaction | None,
    markers: dict[int, int],
    is_known: bool,
) -> Iterator[Problem]:
    if markers.get(entry.last_offset) != entry.producer_id:
        yield _at(
            row,
            f"says that producer {entry.producer_id} aborted at offset {entry.last_offset}, where no such marker is",
        )
    elif due is None:
        if is_known:
            yield _at(row, f"names a transaction of producer {entry.producer_id} without a batch")
    elif entry.first_offset != due.first_offset and (is_known or entry.first_offset > due.first_offset):
        yield _at(row, f"begins at offset {entry.first_offset}, in the log at {due.first_offset}")
    elif entry.last_stable_offset != due.last_stable_offset and is_known:
        yield _at(
            row, f"has {entry.last_stable_offset} as last stable offset, the log {due.last_stable_offset}"
        )


def _due(
    batches: Iterable[DumpedBatch | Problem], base_offset: int, producers: ProducerStates
) -> tuple[dict[int, AbortedTransaction], dict[int, int], int | None, bool]:
    """(the entries that should be there by last offset, the producer of each marker, where the readable part ends
    before the end, whether no offset is missing in it)."""
    due: dict[int, AbortedTransaction] = {}
    markers: dict[int, int] = {}
    following, is_whole = base_offset, True
    for batch in batches:
        if isinstance(batch, Problem):
            return due, markers, following, is_whole
        header = batch.header
        is_whole = (
            is_whole
            and header.base_offset == following
            and header.record_count == header.last_offset - following + 1
        )
        try:
            whole = Batch(header, memoryview(batch.data())) if header.is_control else None
            completed = producers.update(header, whole)
        except (BadBytes, CorruptRecords):
            return due, markers, following, is_whole
        if header.is_control:
            markers[header.base_offset] = header.producer_id
        if completed is not None and completed.is_aborted:
            due[completed.last_offset] = entry_of(completed)
        following = header.next_offset
    return due, markers, None, is_whole


def known_producers(segment: Path, base_offset: int) -> ProducerStates | None:
    """What the snapshot beside the segment says; nothing is known at the beginning of all; None when it is lost."""
    producers = ProducerStates("")
    try:
        with RawFile(segment.with_suffix(SNAPSHOT_SUFFIX)) as source:
            data = source.read_at(0, min(source.size, LARGEST_SNAPSHOT_BYTES))
        producers.replace(decode_snapshot(data), base_offset)
    except (OSError, CorruptSnapshot):
        return producers if base_offset == 0 else None
    return producers


def _at(row: Row, sentence: str) -> Problem:
    return Problem(row.position, len(row.data), f"{row.kind} {sentence}")
