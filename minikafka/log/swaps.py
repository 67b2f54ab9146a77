"""Completing what a compaction had begun to swap in when the process ended.

Rule: a `.log.swap` file is whole and fsynced, so it takes the place of the segments whose offsets it covers, even
if some of them are gone already. A `.cleaned` file is nothing yet. Run again after a crash, this does the same.
A swap file that isn't whole (damaged since) takes nobody's place as long as the segment that it was made of is there.

Of its indexes only the transaction index is kept, as the log's file alone doesn't tell it: it has the same suffix, or
its final name already, when there is none with the suffix (`Segments.swap` makes one wherever one was before).

Kafka: `LogLoader.load`, `removeTempFilesAndCollectSwapFiles`.
"""

from __future__ import annotations

from minikafka.log.aside import Aside
from minikafka.log.scan import CorruptLog, scan_batches, scan_headers
from minikafka.log.segment_names import (
    CLEANED_SUFFIX,
    INDEX_SUFFIX,
    LOG_SUFFIX,
    SWAP_SUFFIX,
    TIME_INDEX_SUFFIX,
    TRANSACTION_INDEX_SUFFIX,
    is_file_of_segment,
    segment_path,
)
from minikafka.world import Disk


def complete_swaps(disk: Disk, directory: str, names: list[str], aside: Aside) -> list[str]:
    """Put every swap file of `directory`, where the files `names` are, in its place; the indexes are made again at
    their first use. Returns the files that are there then."""
    suffix = LOG_SUFFIX + SWAP_SUFFIX
    swaps = [int(name.removesuffix(suffix)) for name in names if is_file_of_segment(name, suffix)]
    if not swaps:
        return names
    for base in swaps:
        path = segment_path(directory, base, LOG_SUFFIX)
        if disk.exists(path) and disk.size(path) and not _is_whole(disk, path + SWAP_SUFFIX):
            aside.keep_file(path + SWAP_SUFFIX)
        else:
            _complete(disk, directory, base)
    disk.sync_dir(directory)
    return disk.listfiles(directory)


def _complete(disk: Disk, directory: str, base: int) -> None:
    swap = segment_path(directory, base, LOG_SUFFIX) + SWAP_SUFFIX
    end = max(_next_offset(disk, swap), base + 1)
    for name in disk.listfiles(directory):
        stem, dot, kind = name.partition(".")
        if not is_file_of_segment(name, dot + kind) or not base <= int(stem) < end:
            continue
        is_index = dot + kind in (INDEX_SUFFIX, TIME_INDEX_SUFFIX)
        goes = is_index or (dot + kind in (LOG_SUFFIX, TRANSACTION_INDEX_SUFFIX) and int(stem) != base)
        if goes:
            disk.remove(f"{directory}/{name}")  # `listfiles` is sorted: the oldest first
    aborted = segment_path(directory, base, TRANSACTION_INDEX_SUFFIX)
    for suffix in (CLEANED_SUFFIX, SWAP_SUFFIX):  # Kafka gives the log's file its name first
        if disk.exists(aborted + suffix):
            disk.rename(aborted + suffix, aborted)
    disk.rename(swap, segment_path(directory, base, LOG_SUFFIX))


def _is_whole(disk: Disk, path: str) -> bool:
    """Has it batches, all of them right?"""
    file = disk.open(path)
    try:
        return sum(1 for _ in scan_batches(file, 0, file.size)) > 0
    except CorruptLog:
        return False
    finally:
        file.close()


def _next_offset(disk: Disk, path: str) -> int:
    """The offset after the last batch of a segment's file; -1 when there is none."""
    file, following = disk.open(path), -1
    try:
        for _, header in scan_headers(file, 0, file.size):
            following = header.next_offset
    except CorruptLog:
        pass  # not ours, or damaged since: opening the segment tells
    finally:
        file.close()
    return following
