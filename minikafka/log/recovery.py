"""Opening a log: trust what was closed cleanly, check everything else.

The rule: after a clean shutdown the cost doesn't depend on the size of the log; after an unclean one, all
from the recovery point on is read and verified, and the first batch that isn't right ends the log.

Kafka: `LogLoader`, `LogSegment.recover`, `ProducerStateManager.truncateAndReload`.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from minikafka.log.checkpoints import CorruptCheckpoint
from minikafka.log.config import LogConfig
from minikafka.log.epochs import LeaderEpochs
from minikafka.log.index import MAX_RELATIVE_OFFSET, FloorEntry
from minikafka.log.producers import CorruptSnapshot, ProducerStates
from minikafka.log.scan import CorruptLog, scan_batches, scan_headers
from minikafka.log.segment import DELETED_SUFFIX, INDEX_SUFFIX, LOG_SUFFIX, TIME_INDEX_SUFFIX, Segment
from minikafka.log.swaps import complete_swaps
from minikafka.records.batch import Batch
from minikafka.records.errors import CorruptRecords
from minikafka.world import Disk

SNAPSHOT_SUFFIX = ".snapshot"
_LEFTOVERS = (DELETED_SUFFIX, ".cleaned", ".swap", ".tmp")


class Recovered(NamedTuple):
    """What an opening found; `segments_scanned` is 0 when everything was trusted."""

    segments: list[Segment]
    segments_scanned: int
    truncated_bytes: int


def open_segments(
    disk: Disk,
    directory: str,
    config: LogConfig,
    floor_entry: FloorEntry,
    now_ms: int,
    epochs: LeaderEpochs,
    producers: ProducerStates,
    *,
    clean_shutdown: bool,
    recovery_point: int,
    gaps_are_normal: bool,
) -> Recovered:
    """The segments in `directory` (at least one), their ends known; fills `epochs` and `producers`."""
    segments = _find_segments(disk, directory, config, floor_entry, now_ms)
    if not segments:
        first = Segment(disk, directory, 0, config, floor_entry, now_ms)
        first.create()
        segments.append(first)
    try:
        epochs.load()
        epochs_are_known = True
    except CorruptCheckpoint:
        epochs.clear()
        epochs_are_known = False
    start = len(segments)
    if not clean_shutdown:
        start = max(0, sum(segment.base_offset <= recovery_point for segment in segments) - 1)
    else:
        try:
            segments[-1].load_tail()
            if not gaps_are_normal and _ends_too_late(disk, directory, segments[-1]):
                start = len(segments) - 1
        except CorruptLog:
            start = len(segments) - 1
        if start < len(segments):
            segments[-1].next_offset = segments[-1].base_offset  # unknown again
    if not epochs_are_known:
        _rebuild_epochs(segments[:start], epochs)
    scanned, truncated = len(segments) - start, 0
    if scanned:
        load_producers(disk, directory, producers, segments[:start], segments[start].base_offset)
        truncated = _recover(segments, start, epochs, producers, gaps_are_normal)
        _remove_snapshots_after(disk, directory, segments[-1].next_offset)
    else:
        load_producers(disk, directory, producers, segments, segments[-1].next_offset)
    epochs.truncate_from_end(segments[-1].next_offset)
    return Recovered(segments, scanned, truncated)


def _find_segments(
    disk: Disk, directory: str, config: LogConfig, floor_entry: FloorEntry, now_ms: int
) -> list[Segment]:
    complete_swaps(disk, directory)
    names = disk.listdir(directory)
    logs = {name.removesuffix(LOG_SUFFIX) for name in names if _is_file_of_segment(name, LOG_SUFFIX)}
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        is_orphan = dot + suffix in (INDEX_SUFFIX, TIME_INDEX_SUFFIX) and stem not in logs
        if is_orphan or name.endswith(_LEFTOVERS):
            disk.remove(f"{directory}/{name}")
    segments = [Segment(disk, directory, int(stem), config, floor_entry, now_ms) for stem in sorted(logs)]
    for segment, following in itertools.pairwise(segments):
        segment.next_offset = following.base_offset
    return segments


def _is_file_of_segment(name: str, suffix: str) -> bool:
    stem = name.removesuffix(suffix)
    return len(stem) + len(suffix) == len(name) and len(stem) == 20 and stem.isdecimal()


def _recover(
    segments: list[Segment],
    start: int,
    epochs: LeaderEpochs,
    producers: ProducerStates,
    gaps_are_normal: bool,
) -> int:
    """Verify the segments from `start` on; after the first that has to be cut, the later ones go.

    They go, too, when offsets are missing before the next segment, as when a power cut undid the removal
    of a truncated log's last segments: a replica with a hole would never fetch what belongs there. Only
    compaction makes holes.
    """
    for number in range(start, len(segments)):
        is_last = number + 1 == len(segments)
        removed = recover_segment(
            segments[number], epochs, producers, gaps_are_normal=gaps_are_normal or not is_last
        )
        if is_last:
            return removed
        base = segments[number + 1].base_offset
        if removed or (segments[number].next_offset < base and not gaps_are_normal):
            for segment in reversed(segments[number + 1 :]):
                removed += segment.size_bytes
                segment.remove()
            # Else a power cut brings them back behind what is appended from now on.
            segments[number].disk.sync_dir(segments[number].directory)
            del segments[number + 1 :]
            return removed
        segments[number].next_offset = base
    return 0


def recover_segment(
    segment: Segment, epochs: LeaderEpochs, producers: ProducerStates, *, gaps_are_normal: bool = True
) -> int:
    """Scan all of `segment`, make its indexes anew, and cut it at the first batch that isn't right.
    Returns the bytes removed."""
    segment.reset_indexes()
    valid_bytes, next_offset = 0, segment.base_offset
    for position, batch in _batches_in_order(segment, gaps_are_normal):
        header = batch.header
        producers.update(header, batch)
        if header.partition_leader_epoch > epochs.latest:
            epochs.assign(header.partition_leader_epoch, header.base_offset)
        segment.note_batch(position, header)
        valid_bytes, next_offset = position + header.size_bytes, header.next_offset
    removed = segment.size_bytes - valid_bytes
    if removed:
        segment.cut_at(valid_bytes)
    segment.next_offset = next_offset
    segment.seal()
    return removed


def _ends_too_late(disk: Disk, directory: str, active: Segment) -> bool:
    """Does the log end after the snapshot that was written when it was closed?"""
    offsets = snapshot_offsets(disk, directory)
    return bool(offsets) and offsets[-1] < active.next_offset


def _batches_in_order(segment: Segment, gaps_are_normal: bool) -> Iterator[tuple[int, Batch]]:
    """The batches up to the first that isn't right, each given when the one after it has been seen.

    No checksum covers a batch's offset. Where two batches overlap, the earlier is the wrong one if it stands
    behind a gap, as an offset that grew does; and so is the last one behind a gap that nothing explains.
    """
    end_offset = segment.next_offset if segment.next_offset > segment.base_offset else None
    held: tuple[int, Batch] | None = None
    following, is_behind_gap = segment.base_offset, False
    with contextlib.suppress(CorruptRecords):
        for position, batch in scan_batches(segment.file(), 0, segment.size_bytes):
            header = batch.header
            if header.base_offset < following:
                if is_behind_gap:
                    return
                break
            if header.last_offset - segment.base_offset > MAX_RELATIVE_OFFSET:
                break
            if held is not None:
                yield held
            held, is_behind_gap = (position, batch), header.base_offset > following
            following = header.next_offset
    is_too_late = not gaps_are_normal if end_offset is None else following > end_offset
    if held is not None and not (is_behind_gap and is_too_late):
        yield held


def _rebuild_epochs(segments: list[Segment], epochs: LeaderEpochs) -> None:
    """The checkpoint is lost: every batch tells its epoch."""
    for segment in segments:
        for _, header in scan_headers(segment.file(), 0, segment.size_bytes):
            if header.partition_leader_epoch > epochs.latest:
                epochs.assign(header.partition_leader_epoch, header.base_offset)


# -- producer states -------------------------------------------------------------------------------------


def snapshot_path(directory: str, offset: int) -> str:
    """The producer-state snapshot of the log below `offset`."""
    return f"{directory}/{offset:020d}{SNAPSHOT_SUFFIX}"


def snapshot_offsets(disk: Disk, directory: str) -> list[int]:
    """The offsets that there are snapshots for, ascending."""
    names = disk.listdir(directory)
    return [
        int(name.removesuffix(SNAPSHOT_SUFFIX))
        for name in names
        if _is_file_of_segment(name, SNAPSHOT_SUFFIX)
    ]


def _remove_snapshots_after(disk: Disk, directory: str, offset: int) -> None:
    for at in snapshot_offsets(disk, directory):
        if at > offset:
            disk.remove(snapshot_path(directory, at))


def load_producers(
    disk: Disk, directory: str, producers: ProducerStates, segments: list[Segment], end_offset: int
) -> None:
    """The state at `end_offset`: from the newest good snapshot at or below it, and the headers after."""
    _remove_snapshots_after(disk, directory, end_offset)
    producers.clear(segments[0].base_offset if segments else end_offset)
    for at in reversed(snapshot_offsets(disk, directory)):
        path = snapshot_path(directory, at)
        try:
            producers.load_snapshot(disk.read_bytes(path), at)
            break
        except CorruptSnapshot:
            disk.remove(path)
    for segment in segments:
        if segment.next_offset > producers.end_offset:
            _take_in(segment, producers, end_offset)
    producers.end_offset = end_offset


def _take_in(segment: Segment, producers: ProducerStates, end_offset: int) -> None:
    position = segment.position_of(producers.end_offset)
    file = segment.file()
    for at, header in scan_headers(file, position, segment.size_bytes):
        if header.base_offset >= end_offset:
            return
        if header.is_control and header.producer_id >= 0:
            data = memoryview(file.read_at(at, header.size_bytes))
            producers.update(header, Batch(header, data))
        else:
            producers.update(header)


def write_snapshot(
    disk: Disk, directory: str, offset: int, producers: ProducerStates, bases: Sequence[int]
) -> None:
    """Notes the producers as Kafka does, at each roll and at a clean close; keeps the notes at segment beginnings."""
    for at in snapshot_offsets(disk, directory)[:-1]:
        if at not in bases:
            disk.remove(snapshot_path(directory, at))
    disk.write_atomic(snapshot_path(directory, offset), producers.snapshot_bytes(), sync=False)


def remove_snapshots_before(disk: Disk, directory: str, offset: int) -> None:
    """Of segments that are gone."""
    for at in snapshot_offsets(disk, directory):
        if at < offset:
            disk.remove(snapshot_path(directory, at))
