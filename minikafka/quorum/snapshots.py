"""The metadata snapshots beside a metadata log: which there are, and which one the log continues.

Rule: the newest whole snapshot counts, and the log has to reach back to it; what is damaged is set aside under
another name, never removed. Kafka: `KafkaRaftLog` (`recoverSnapshots`), `Snapshots`, `FileRawSnapshotReader`; KIP-630.
"""

from __future__ import annotations

from typing import NamedTuple

from minikafka.quorum.snapshot_file import (
    SNAPSHOT_SUFFIX,
    DamagedSnapshot,
    MetadataSnapshot,
    SnapshotName,
    decode_snapshot,
    parse_snapshot_name,
)
from minikafka.quorum.snapshot_writer import PART_SUFFIX
from minikafka.world import Disk, Event, Trace

SET_ASIDE_SUFFIX = ".damaged"


class MetadataLost(ValueError):
    """The files of the metadata log don't hold all that was committed; the message says what is missing."""


class SnapshotSetAside(Event, frozen=True):
    """A snapshot is damaged; the file is kept under `kept_as`."""

    snapshot: str
    kept_as: str
    reason: str


class FoundSnapshots(NamedTuple):
    """`newest`: the newest whole one; `damaged`: those newer than it, each with what is wrong; `older`: in order."""

    newest: MetadataSnapshot | None
    damaged: tuple[tuple[SnapshotName, str], ...]
    older: tuple[SnapshotName, ...] = ()


def find_snapshots(disk: Disk, directory: str) -> FoundSnapshots:
    """What is there, newest first, down to the first whole one. Nothing is changed."""
    if not disk.exists(directory):
        return FoundSnapshots(None, ())
    names = [parse_snapshot_name(file) for file in disk.listdir(directory)]
    damaged: list[tuple[SnapshotName, str]] = []
    known = sorted(name for name in names if name is not None)
    for name in reversed(known):
        try:
            newest = decode_snapshot(name, disk.read_bytes(f"{directory}/{name}"))
            return FoundSnapshots(newest, tuple(damaged), tuple(known[: known.index(name)]))
        except DamagedSnapshot as problem:
            damaged.append((name, str(problem)))
    return FoundSnapshots(None, tuple(damaged))


def check_reach(found: FoundSnapshots, where: str, start_offset: int, end_offset: int) -> None:
    """Raises `MetadataLost` unless snapshot and log (from `start_offset` to `end_offset`) join without a hole."""
    newest = found.newest
    if newest is None and start_offset > 0:
        missing = "no whole snapshot (OFFSET-EPOCH.checkpoint) holds what is before"
    elif newest is not None and newest.name.end_offset < start_offset:
        missing = f"the newest whole snapshot {newest.name} ends at {newest.name.end_offset}"
    elif newest is not None and newest.name.end_offset > end_offset:
        missing = f"the snapshot {newest.name} ends at {newest.name.end_offset}, so that segments are missing"
    else:
        return
    damaged = "".join(f"; {name} is damaged: {problem}" for name, problem in found.damaged)
    raise MetadataLost(
        f"The metadata log in {where} goes from offset {start_offset} to {end_offset}, and {missing}{damaged}. "
        "No record was removed; put the missing file back."
    )


def remove_parts(disk: Disk, directory: str) -> None:
    """What a life that was cut short left of a snapshot that it wrote: nobody knows of it."""
    for file in disk.listdir(directory):
        if file.endswith(f"{SNAPSHOT_SUFFIX}{PART_SUFFIX}"):
            disk.remove(f"{directory}/{file}")


def set_aside(disk: Disk, directory: str, found: FoundSnapshots, trace: Trace) -> None:
    """Rename the damaged ones, so that nobody takes them for whole, and say so."""
    for name, reason in found.damaged:
        kept_as = f"{name}{SET_ASIDE_SUFFIX}"
        disk.rename(f"{directory}/{name}", f"{directory}/{kept_as}")
        trace.emit(SnapshotSetAside(str(name), kept_as, reason))
    if found.damaged:
        disk.sync_dir(directory)
