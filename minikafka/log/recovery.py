"""Opening a log: trust what was closed cleanly, check everything else.

Rule: after a clean shutdown the cost doesn't depend on the size of the log; after an unclean one, all
from the recovery point on is read and verified, and the first batch that isn't right ends the log.

Kafka: `LogLoader`, `LogSegment.recover`, `ProducerStateManager.truncateAndReload`.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from minikafka.log.aside import Aside
from minikafka.log.checkpoints import CorruptCheckpoint
from minikafka.log.config import LogConfig
from minikafka.log.epochs import LeaderEpochs
from minikafka.log.index import MAX_RELATIVE_OFFSET, FloorEntry
from minikafka.log.partition_metadata import PARTITION_METADATA
from minikafka.log.producer_snapshots import (
    keep_snapshots,
    load_producers,
    offsets_of,
)
from minikafka.log.producers import ProducerStates
from minikafka.log.scan import CorruptLog, scan_batches, scan_headers
from minikafka.log.segment import Segment
from minikafka.log.segment_names import (
    DELETED_SUFFIX,
    INDEX_SUFFIXES,
    LOG_SUFFIX,
    is_file_of_segment,
)
from minikafka.log.swaps import complete_swaps
from minikafka.log.transaction_index import entry_of
from minikafka.records.batch import Batch
from minikafka.records.errors import CorruptRecords
from minikafka.world import Disk

_LEFTOVERS = (DELETED_SUFFIX, ".cleaned", ".swap", ".tmp")


class Recovered(NamedTuple):
    """What an opening found; `segments_scanned` is 0 when everything was trusted."""

    segments: list[Segment]
    segments_scanned: int
    truncated_bytes: int
    aside: Aside


def open_segments(
    disk: Disk,
    directory: str,
    files: list[str],
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
    """The segments in `directory`, where `files` are (at least one, their ends known); fills `epochs`, `producers`."""
    is_new = all(name == PARTITION_METADATA for name in files)
    aside = Aside(disk, directory)
    files = complete_swaps(disk, directory, files, aside)
    segments = _find_segments(disk, directory, files, config, floor_entry, now_ms)
    if not segments:
        # Indexes that were left without a log are removed by now.
        first = Segment(disk, directory, 0, config, floor_entry, now_ms, files=frozenset())
        first.create()
        segments.append(first)
    if is_new:
        return Recovered(segments, 0, 0, aside)
    snapshots = offsets_of(files)
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
            if not gaps_are_normal and snapshots and snapshots[-1] < segments[-1].next_offset:
                # The log ends after the snapshot that was written when it was closed.
                start = len(segments) - 1
        except CorruptLog:
            start = len(segments) - 1
        if start < len(segments):
            segments[-1].next_offset = segments[-1].base_offset  # unknown again
    if not epochs_are_known:
        _rebuild_epochs(segments[:start], epochs)
        if start == len(segments) and epochs.entries:
            epochs.sync(always=True)  # so that the next start need not look
    scanned, truncated = len(segments) - start, 0
    snapshots = keep_snapshots(disk, directory, snapshots, from_offset=segments[0].base_offset)
    if scanned:
        # The file may be older than the log, or of records that a power cut took: from here on batches tell.
        epochs.truncate_from_end(segments[start].base_offset)
        snapshots = keep_snapshots(disk, directory, snapshots, to_offset=segments[start].base_offset)
        _load_producers(disk, directory, producers, segments[:start], segments[start].base_offset, snapshots)
        truncated = _recover(segments, start, epochs, producers, gaps_are_normal, aside)
    else:
        snapshots = keep_snapshots(disk, directory, snapshots, to_offset=segments[-1].next_offset)
        _load_producers(disk, directory, producers, segments, segments[-1].next_offset, snapshots)
    epochs.truncate_from_end(segments[-1].next_offset)
    return Recovered(segments, scanned, truncated, aside)


def _find_segments(
    disk: Disk,
    directory: str,
    names: Sequence[str],
    config: LogConfig,
    floor_entry: FloorEntry,
    now_ms: int,
) -> list[Segment]:
    logs = {name.removesuffix(LOG_SUFFIX) for name in names if is_file_of_segment(name, LOG_SUFFIX)}
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        kind = dot + suffix
        is_orphan = kind in INDEX_SUFFIXES and is_file_of_segment(name, kind) and stem not in logs
        if is_orphan or name.endswith(_LEFTOVERS):
            disk.remove(f"{directory}/{name}")
    there = frozenset(names)
    segments = [
        Segment(disk, directory, int(stem), config, floor_entry, now_ms, files=there) for stem in sorted(logs)
    ]
    for segment, following in itertools.pairwise(segments):
        segment.next_offset = following.base_offset
    return segments


def _recover(
    segments: list[Segment],
    start: int,
    epochs: LeaderEpochs,
    producers: ProducerStates,
    gaps_are_normal: bool,
    aside: Aside,
) -> int:
    """Verify the segments from `start` on; after the first that has to be cut, the later ones go.

    They go, too, when offsets are missing before the next segment, as when a power cut undid the removal
    of a truncated log's last segments: a replica with a hole would never fetch what belongs there. Only
    compaction makes holes. What goes is kept beside the log.
    """
    for number in range(start, len(segments)):
        is_last = number + 1 == len(segments)
        removed = recover_segment(
            segments[number], epochs, producers, aside, gaps_are_normal=gaps_are_normal or not is_last
        )
        if is_last:
            return removed
        base = segments[number + 1].base_offset
        if removed or (segments[number].next_offset < base and not gaps_are_normal):
            removed += sum(segment.size_bytes for segment in segments[number + 1 :])
            aside.keep_segments(segments[number + 1 :])
            # Else a power cut brings them back behind what is appended from now on.
            segments[number].disk.sync_dir(segments[number].directory)
            del segments[number + 1 :]
            return removed
        segments[number].next_offset = base
    return 0


def recover_segment(
    segment: Segment,
    epochs: LeaderEpochs,
    producers: ProducerStates,
    aside: Aside,
    *,
    gaps_are_normal: bool = True,
) -> int:
    """Scan all of `segment`, make its indexes again, and cut it at the first batch that isn't right.
    Returns the bytes removed."""
    segment.reset_indexes()
    aborted = []
    valid_bytes, next_offset = 0, segment.base_offset
    for position, batch in _batches_in_order(segment, gaps_are_normal):
        header = batch.header
        try:
            completed = producers.update(header, batch)
        except CorruptRecords:
            break  # what is no marker, though a control batch, under a right checksum
        if completed is not None and completed.is_aborted:
            aborted.append(entry_of(completed))
        if header.partition_leader_epoch > epochs.latest:
            epochs.assign(header.partition_leader_epoch, header.base_offset)
        segment.note_batch(position, header)
        valid_bytes, next_offset = position + header.size_bytes, header.next_offset
    removed = segment.size_bytes - valid_bytes
    if removed:
        aside.keep_tail(segment, valid_bytes, next_offset)
        segment.cut_at(valid_bytes)
    segment.next_offset = next_offset
    segment.seal()
    segment.aborted.replace(aborted)
    return removed


def _batches_in_order(segment: Segment, gaps_are_normal: bool) -> Iterator[tuple[int, Batch]]:
    """The batches up to the first that isn't right, each given when the one after it has been seen.

    No checksum covers a batch's offset. Where two batches overlap, the earlier is the wrong one if it stands
    behind a gap, as an offset that grew does; and so is the last one behind a gap that nothing explains.
    """
    end_offset = segment.next_offset if segment.next_offset > segment.base_offset else None
    held: tuple[int, Batch] | None = None
    following, is_behind_gap = segment.base_offset, False
    with contextlib.suppress(CorruptRecords):
        for position, batch in (
            scan_batches(segment.file(), 0, segment.size_bytes) if segment.size_bytes else ()
        ):
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


def _load_producers(
    disk: Disk,
    directory: str,
    producers: ProducerStates,
    segments: list[Segment],
    end_offset: int,
    snapshots: Sequence[int],
) -> None:
    """Where no snapshot tells and the log is damaged on the way, nothing is known: a log that doesn't open, or a
    transaction that never ends, is worse."""
    try:
        load_producers(disk, directory, producers, segments, end_offset, snapshots)
    except CorruptRecords:
        producers.clear(end_offset)


def _rebuild_epochs(segments: list[Segment], epochs: LeaderEpochs) -> None:
    """The checkpoint is lost: batches tell their epochs. Those only grow, so between two segments that begin with the
    same one nothing is looked at; a power cut may lose a checkpoint, and a start is not to read the whole log. What is
    damaged tells nothing."""
    filled = [segment for segment in segments if segment.size_bytes]
    firsts = [_first_epoch(segment) for segment in filled]
    for number, (segment, first) in enumerate(zip(filled, firsts, strict=True)):
        following = firsts[number + 1] if number + 1 < len(firsts) else None
        if following == first == epochs.latest:
            continue
        with contextlib.suppress(CorruptLog):
            for _, header in scan_headers(segment.file(), 0, segment.size_bytes):
                if header.partition_leader_epoch > epochs.latest:
                    epochs.assign(header.partition_leader_epoch, header.base_offset)
                if following == epochs.latest:
                    break


def _first_epoch(segment: Segment) -> int | None:
    try:
        return segment.header_at(0).partition_leader_epoch
    except CorruptLog:
        return None
