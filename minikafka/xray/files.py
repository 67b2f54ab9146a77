"""Questions about a replica's files, and how a node's disk answers them.

Rule: a name is looked up in the directory's own list before anything is opened, and no answer holds
more than `MOST_BYTES`, so a look leads nowhere else and never keeps a node busy. Kafka has no such request.
"""

from __future__ import annotations

import msgspec

from minikafka.world import Disk
from minikafka.xray.events import EventPage, EventsFrom

MOST_BYTES = 1024 * 1024
"""In one answer; who wants more asks again."""


class Unseen(LookupError):
    """It can't be shown; the text is one sentence."""


class ReplicaPlace(msgspec.Struct, frozen=True):
    """One broker's replica of a partition."""

    broker: str
    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition} on {self.broker}"


class FilesOf(msgspec.Struct, frozen=True, tag="files-of"):
    """Which files are there?"""

    place: ReplicaPlace


class BytesOf(msgspec.Struct, frozen=True, tag="bytes-of"):
    """At most `limit` bytes of a file from `position` on; `MOST_BYTES` at most."""

    place: ReplicaPlace
    file: str
    position: int = 0
    limit: int = MOST_BYTES


class FileEntry(msgspec.Struct, frozen=True):
    """A file of a partition's directory."""

    name: str
    size_bytes: int


class FileList(msgspec.Struct, frozen=True, tag="files"):
    """What is in a partition's directory, by name."""

    files: tuple[FileEntry, ...]


class FileBytes(msgspec.Struct, frozen=True, tag="bytes"):
    """A piece of a file, and how long the whole file is."""

    position: int
    file_bytes: int
    data: bytes


FileQuestion = FilesOf | BytesOf
Question = FilesOf | BytesOf | EventsFrom
"""What one may ask a cluster."""
Found = FileList | FileBytes | EventPage


def answer(disk: Disk, directory: str, question: FileQuestion) -> Found:
    """What the partition's `directory` on `disk` says. Raises Unseen, also for a disk that fails."""
    try:
        if isinstance(question, FilesOf):
            names = disk.listdir(directory)
            return FileList(tuple(FileEntry(name, disk.size(f"{directory}/{name}")) for name in names))
        return _read(disk, directory, question)
    except OSError as problem:
        raise Unseen(f"The disk of {question.place.broker} fails: {problem.strerror or problem}.") from None


def _read(disk: Disk, directory: str, question: BytesOf) -> FileBytes:
    name, position = question.file, question.position
    if name not in disk.listdir(directory):
        gone = "it was never there, or retention, compaction or truncation removed it"
        raise Unseen(f"{question.place} has no file {name[:100]!r}: {gone}.")
    file = disk.open(f"{directory}/{name}")
    try:
        size = file.size
        if not 0 <= position <= size:
            raise Unseen(f"{name} has {size} bytes; there is no byte {position}.")
        if question.limit < 1:
            raise Unseen(f"A piece of {question.limit} bytes holds nothing.")
        limit = min(question.limit, MOST_BYTES, size - position)
        return FileBytes(position, size, file.read_at(position, limit) if limit else b"")
    finally:
        file.close()
