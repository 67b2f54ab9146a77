"""Which files there are below a path, and what each one is by its name.

Rule: the name says the kind, the directory's name says the topic and the partition. Kafka:
`LogFileUtils`, `UnifiedLog.parseTopicPartitionName`, `Snapshots`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from minikafka.log.checkpoints import (
    CLEAN_SHUTDOWN_FILE,
    CLEANER_OFFSETS,
    HIGH_WATERMARKS,
    LEADER_EPOCHS,
    LOG_STARTS,
    RECOVERY_POINTS,
)
from minikafka.log.meta_properties import META_PROPERTIES
from minikafka.log.partition_metadata import PARTITION_METADATA


class Unreadable(OSError):
    """A path that can't be dumped; the message is one sentence."""


class FileKind(StrEnum):
    """What a file holds."""

    LOG = "log"
    METADATA_SNAPSHOT = "metadata snapshot"
    OFFSET_INDEX = "offset index"
    TIME_INDEX = "time index"
    TRANSACTION_INDEX = "transaction index"
    PRODUCER_SNAPSHOT = "producer snapshot"
    LEADER_EPOCHS = "leader epochs"
    OFFSET_CHECKPOINT = "offset checkpoint"
    PARTITION_METADATA = "partition metadata"
    META_PROPERTIES = "meta properties"
    QUORUM_STATE = "quorum state"
    CLEAN_SHUTDOWN = "clean shutdown"
    LOCK = "lock"


_BY_SUFFIX = {
    ".log": FileKind.LOG,
    ".index": FileKind.OFFSET_INDEX,
    ".timeindex": FileKind.TIME_INDEX,
    ".txnindex": FileKind.TRANSACTION_INDEX,
    ".snapshot": FileKind.PRODUCER_SNAPSHOT,
    ".checkpoint": FileKind.METADATA_SNAPSHOT,
}
_BY_NAME = {
    LEADER_EPOCHS: FileKind.LEADER_EPOCHS,
    RECOVERY_POINTS: FileKind.OFFSET_CHECKPOINT,
    HIGH_WATERMARKS: FileKind.OFFSET_CHECKPOINT,
    LOG_STARTS: FileKind.OFFSET_CHECKPOINT,
    CLEANER_OFFSETS: FileKind.OFFSET_CHECKPOINT,
    PARTITION_METADATA: FileKind.PARTITION_METADATA,
    META_PROPERTIES: FileKind.META_PROPERTIES,
    "quorum-state": FileKind.QUORUM_STATE,
    CLEAN_SHUTDOWN_FILE: FileKind.CLEAN_SHUTDOWN,
    ".lock": FileKind.LOCK,
}
_SEGMENT_NAME = re.compile(r"(\d{20})(?:-\d{10})?(\.[a-z]+)(?:\.deleted|\.swap|\.cleaned)?")
_PARTITION_NAME = re.compile(r"(.+?)-(\d+)(?:\.[0-9a-f]{32}-(?:delete|future|stray))?")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a known kind. `topic` is empty and `partition` -1 outside a partition's directory;
    `base_offset` is the number in the file's name, -1 when there is none."""

    path: Path
    kind: FileKind
    topic: str = ""
    partition: int = -1
    base_offset: int = -1


def known(path: Path) -> FoundFile | None:
    """What `path` is by its name; None when no broker has a file of that name."""
    directory = _PARTITION_NAME.fullmatch(path.absolute().parent.name)
    topic, partition = (directory[1], int(directory[2])) if directory else ("", -1)
    if kind := _BY_NAME.get(path.name):
        return FoundFile(path, kind, topic, partition)
    if path.name == "bootstrap.checkpoint":
        return FoundFile(path, FileKind.METADATA_SNAPSHOT, "__cluster_metadata", 0, 0)
    match = _SEGMENT_NAME.fullmatch(path.name)
    if match and (kind := _BY_SUFFIX.get(match[2])):
        return FoundFile(path, kind, topic, partition, int(match[1]))
    return None


def find_files(path: Path) -> Iterator[FoundFile]:
    """The file itself, or all files below a directory that a broker could have written, sorted.

    Raises `Unreadable`.
    """
    if path.is_dir():
        found = False
        for file in _below(path):
            found = True
            yield file
        if not found:
            raise Unreadable(f"{path} has no file of a Kafka data directory in it.")
        return
    if not path.exists():
        raise Unreadable(f"{path} does not exist.")
    if not path.is_file():
        raise Unreadable(f"{path} is not a regular file.")
    file_found = known(path)
    if file_found is None:
        raise Unreadable(f"{path} is not a file of a Kafka data directory, by its name.")
    yield file_found


def _below(directory: Path) -> Iterator[FoundFile]:
    try:
        entries = sorted(directory.iterdir())
    except OSError as problem:
        raise Unreadable(f"{directory} can't be read: {problem.strerror}.") from None
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        elif entry.is_file() and (file := known(entry)):
            yield file
