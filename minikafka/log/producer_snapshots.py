"""The `.snapshot` files: what is known of producers at the beginning of each segment, and at a clean end.

Rule: a snapshot only spares the walk from the log's beginning to its offset, and one that its checksum doesn't
confirm is removed. Which transactions were open at a segment's beginning is known for as long as the segment is there.

Kafka's entries have a producer's last batch only. Were that all, a producer with several batches on their way could
write one twice: a retry of an earlier batch would be refused as out of order, and come again with another number. So
the earlier ones follow behind the entries, where Kafka reads no further.

Kafka: `ProducerStateManager` (`takeSnapshot`, `loadFromSnapshot`, `removeStraySnapshots`), `ProducerSnapshot.json`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from minikafka.log.producers import BatchMetadata, CompletedTransaction, ProducerState, ProducerStates
from minikafka.log.scan import scan_headers
from minikafka.log.segment import Segment
from minikafka.log.segment_names import (
    is_file_of_segment,
    segment_path,
)
from minikafka.records.batch import Batch
from minikafka.records.checksum import crc32c
from minikafka.world import Disk

SNAPSHOT_SUFFIX = ".snapshot"
_VERSION = 1
_HEAD = struct.Struct(">hI")
_COUNT = struct.Struct(">i")
_ENTRY = struct.Struct(">qhiqiqiq")
_EARLIER = struct.Struct(">qiiqqq")
_INT32_MAX = 0x7FFFFFFF
_INT64_MAX = 0x7FFFFFFFFFFFFFFF
HEADERS_A_TURN = 512


class CorruptSnapshot(ValueError):
    """A `.snapshot` file that can't be believed; the log is scanned instead."""


def encode_snapshot(producers: ProducerStates) -> bytes:
    """All that is kept of the producers, as Kafka writes it; then the batches before the last of each."""
    entries = [_COUNT.pack(len(producers))]
    earlier = []
    for state in producers:
        last = state.batches[-1] if state.batches else None
        earlier += [_EARLIER.pack(state.producer_id, *batch) for batch in list(state.batches)[:-1]]
        entries.append(
            _ENTRY.pack(
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
    if earlier:
        entries += [_COUNT.pack(len(earlier)), *earlier]
    body = b"".join(entries)
    return _HEAD.pack(_VERSION, crc32c(body)) + body


def decode_snapshot(data: bytes) -> list[ProducerState]:
    """The producers in a snapshot's bytes; `CorruptSnapshot` when they can't be right."""
    head = _HEAD.size
    if len(data) < head + _COUNT.size:
        raise CorruptSnapshot("Snapshot failed schema validation: it is too short")
    version, checksum = _HEAD.unpack_from(data)
    if version != _VERSION:
        raise CorruptSnapshot(f"Snapshot contained an unknown file version {version}")
    if crc32c(data[head:]) != checksum:
        raise CorruptSnapshot("Snapshot is corrupt (CRC is no longer valid)")
    count = _COUNT.unpack_from(data, head)[0]
    start = head + _COUNT.size
    end = start + count * _ENTRY.size
    if count < 0 or len(data) < end:
        raise CorruptSnapshot("Snapshot failed schema validation: its size is not that of its entries")
    earlier = _earlier_batches(data[end:])
    states = []
    for entry in _ENTRY.iter_unpack(data[start:end]):
        producer_id, epoch, sequence, offset, delta, timestamp_ms, coordinator_epoch, first = entry
        state = ProducerState(producer_id, epoch, coordinator_epoch, timestamp_ms)
        state.transaction_first_offset = None if first < 0 else first
        state.batches.extend(earlier.get(producer_id, ()))
        if offset >= 0:
            first_sequence = -1 if sequence < 0 else (sequence - delta) & _INT32_MAX
            state.batches.append(
                BatchMetadata(first_sequence, sequence, offset - delta, offset, timestamp_ms)
            )
        states.append(state)
    return states


def _earlier_batches(data: bytes) -> dict[int, list[BatchMetadata]]:
    """By producer; Kafka's own snapshots have none. `CorruptSnapshot`."""
    found: dict[int, list[BatchMetadata]] = {}
    if not data:
        return found
    if len(data) < _COUNT.size or len(data) != _COUNT.size + _COUNT.unpack_from(data)[0] * _EARLIER.size:
        raise CorruptSnapshot("Snapshot failed schema validation: its size is not that of its entries")
    for producer_id, *batch in _EARLIER.iter_unpack(data[_COUNT.size :]):
        found.setdefault(producer_id, []).append(BatchMetadata(*batch))
    return found


# -- the files of a log ----------------------------------------------------------------------------------


def snapshot_path(directory: str, offset: int) -> str:
    """The snapshot of the log below `offset`."""
    return segment_path(directory, offset, SNAPSHOT_SUFFIX)


def snapshot_offsets(disk: Disk, directory: str) -> list[int]:
    """The offsets that there are snapshots for, ascending."""
    return offsets_of(disk.listfiles(directory))


def offsets_of(names: Sequence[str]) -> list[int]:
    """Of the snapshots among these sorted names of files."""
    return [
        int(name.removesuffix(SNAPSHOT_SUFFIX)) for name in names if is_file_of_segment(name, SNAPSHOT_SUFFIX)
    ]


def write_snapshot(
    disk: Disk, directory: str, offset: int, producers: ProducerStates, bases: Sequence[int]
) -> None:
    """Notes the producers as Kafka does, at each roll and at a clean close; keeps the notes at segment beginnings."""
    if offset == producers.noted_at or (offset == bases[0] and not len(producers)):
        return  # there is nothing new to tell
    for at in snapshot_offsets(disk, directory)[:-1]:
        if at not in bases:
            disk.remove(snapshot_path(directory, at))
    disk.write_atomic(snapshot_path(directory, offset), encode_snapshot(producers), sync=False)
    producers.noted_at = offset


def remove_snapshots_before(disk: Disk, directory: str, offset: int) -> None:
    """Of segments that are gone."""
    keep_snapshots(disk, directory, snapshot_offsets(disk, directory), from_offset=offset)


def remove_snapshots_after(disk: Disk, directory: str, offset: int) -> None:
    """Remove the snapshots that were taken after `offset`."""
    keep_snapshots(disk, directory, snapshot_offsets(disk, directory), to_offset=offset)


def keep_snapshots(
    disk: Disk, directory: str, offsets: Sequence[int], *, from_offset: int = 0, to_offset: int = _INT64_MAX
) -> list[int]:
    """Of those at `offsets`, which are all, remove the ones outside; returns the others."""
    for at in offsets:
        if not from_offset <= at <= to_offset:
            disk.remove(snapshot_path(directory, at))
    return [at for at in offsets if from_offset <= at <= to_offset]


# -- the state at an offset --------------------------------------------------------------------------------


def load_producers(
    disk: Disk,
    directory: str,
    producers: ProducerStates,
    segments: Sequence[Segment],
    end_offset: int,
    snapshots: Sequence[int] | None = None,
) -> None:
    """The state at `end_offset`, where `segments` end: from the newest good snapshot at or below it, and the headers
    after. `snapshots`: the offsets of those that are there; None: look."""
    for _ in loading_producers(disk, directory, producers, segments, end_offset, snapshots):
        pass


def loading_producers(
    disk: Disk,
    directory: str,
    producers: ProducerStates,
    segments: Sequence[Segment],
    end_offset: int,
    snapshots: Sequence[int] | None = None,
) -> Iterator[None]:
    """`load_producers` in turns: yields now and then, so that others can run; they must leave the segments as they
    are."""
    producers.clear(segments[0].base_offset if segments else end_offset)
    if snapshots is None:
        snapshots = snapshot_offsets(disk, directory)
    for at in reversed([at for at in snapshots if at <= end_offset]):
        path = snapshot_path(directory, at)
        try:
            producers.replace(decode_snapshot(disk.read_bytes(path)), at)
            producers.noted_at = at
            break
        except CorruptSnapshot:
            disk.remove(path)
    for segment in segments:
        if segment.next_offset > producers.end_offset:
            for completed in take_in(segment, producers, end_offset):
                if completed is None:
                    yield
            yield
    producers.end_offset = end_offset


def take_in(
    segment: Segment, producers: ProducerStates, end_offset: int
) -> Iterator[CompletedTransaction | None]:
    """Brings `producers` up to the end of `segment`, at most to `end_offset`; the transactions that end on the way,
    and now and then None, so that others can run. `CorruptLog` when the batches can't be right; no checksum is looked
    at.
    """
    position = segment.position_of(producers.end_offset)
    file = segment.file()
    for count, (at, header) in enumerate(scan_headers(file, position, segment.size_bytes), 1):
        if header.base_offset >= end_offset:
            return
        batch = None
        if header.is_control and header.producer_id >= 0:
            batch = Batch(header, memoryview(file.read_at(at, header.size_bytes)))
        completed = producers.update(header, batch)
        if completed is not None:
            yield completed
        if count % HEADERS_A_TURN == 0:
            yield None
