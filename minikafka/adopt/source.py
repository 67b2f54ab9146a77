"""The directories of a real Kafka: which they are, what each says of itself, which partitions lie in it.

Rule: files are opened for reading only, and nothing is believed that can't be read. Kafka: `LogManager.loadLogs`,
`MetaProperties` (version 0 is that of brokers on ZooKeeper).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from minikafka.dump.source import RawFile
from minikafka.log.checkpoints import (
    CLEANER_OFFSETS,
    HIGH_WATERMARKS,
    LOG_STARTS,
    RECOVERY_POINTS,
    CorruptCheckpoint,
    parse_checkpoint,
)
from minikafka.log.meta_properties import META_PROPERTIES
from minikafka.metadata.ids import METADATA_TOPIC
from minikafka.world import is_locked

MOST_BYTES_OF_A_FILE = 2 << 30
"""Of one that is read as a whole: no segment is larger."""
DEEPEST = 3
"""How far below a given path directories are looked for: DIR, DIR/broker-1, DIR/broker-1/d1."""
_PARTITION = re.compile(r"(.+)-(\d+)")
_NO_PARTITION = re.compile(r".+-\d+\.[0-9a-f]{32}-(delete|future|stray)")
_CHECKPOINTS = (RECOVERY_POINTS, HIGH_WATERMARKS, LOG_STARTS, CLEANER_OFFSETS)
_MEANING = {
    "delete": "Kafka was deleting it",
    "future": "an unfinished copy of a partition on its way to another log directory",
    "stray": "Kafka had set it aside as a stray",
}

Key = tuple[str, int]


class NoKafkaDirectory(ValueError):
    """A path that can't be adopted; one sentence."""


@dataclass(slots=True)
class SourceDirectory:
    """A log directory of a broker (or the metadata directory of a controller)."""

    path: Path
    properties: dict[str, str] = field(default_factory=dict)
    partitions: dict[Key, Path] = field(default_factory=dict)
    metadata_log: Path | None = None
    left: list[tuple[str, str]] = field(default_factory=list)
    """Folders and notes that are of no use: name and reason."""
    notes: dict[str, dict[Key, int]] = field(default_factory=dict)
    """Offsets by the checkpoint's name."""

    @property
    def cluster_id(self) -> str:
        """Empty before Kafka 0.10.1, or where the file is missing."""
        return self.properties.get("cluster.id", "")

    def noted(self, checkpoint: str, key: Key) -> int | None:
        return self.notes.get(checkpoint, {}).get(key)


def read_file(path: Path, most_bytes: int = MOST_BYTES_OF_A_FILE) -> bytes:
    """A file's bytes, none where there is no file. Raises OSError."""
    try:
        with RawFile(path) as source:
            return source.read_at(0, min(source.size, most_bytes))
    except FileNotFoundError:
        return b""


def find_sources(given: Path) -> list[SourceDirectory]:
    """The directories at and below `given`, sorted. Raises `NoKafkaDirectory`."""
    if not given.is_dir():
        what = "is not a directory" if given.exists() else "does not exist"
        raise NoKafkaDirectory(f"{given} {what}.")
    try:
        found = [_read(path) for path in _kafka_directories(given, DEEPEST)]
    except OSError as problem:
        raise NoKafkaDirectory(f"{problem.filename} can't be read: {problem.strerror}.") from None
    if not found:
        raise NoKafkaDirectory(
            f"{given} is not a Kafka data directory: neither meta.properties nor a TOPIC-PARTITION folder is in it."
        )
    for source in found:
        if is_locked(source.path / ".lock"):
            raise NoKafkaDirectory(f"{source.path} is in use: stop the Kafka that holds its .lock first.")
    return found


def _kafka_directories(path: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(path.iterdir())
    except PermissionError:
        if depth == DEEPEST:
            raise
        return  # lost+found, say
    if any(_is_sign(entry) for entry in entries):
        yield path
    if depth:
        for entry in entries:
            if entry.is_dir() and not entry.is_symlink() and not _is_partition(entry):
                yield from _kafka_directories(entry, depth - 1)


def _is_sign(entry: Path) -> bool:
    if entry.name == META_PROPERTIES or entry.name in _CHECKPOINTS:
        return True
    return _is_partition(entry) and any(entry.iterdir())


def _is_partition(entry: Path) -> bool:
    """By its name and by what is in it: others have folders named `broker-1`, too."""
    if not (_PARTITION.fullmatch(entry.name) or _NO_PARTITION.fullmatch(entry.name)) or not entry.is_dir():
        return False
    files = [child.name for child in entry.iterdir()]
    return not files or any(
        re.match(r"\d{20}[.-]", name) or name in ("partition.metadata", "leader-epoch-checkpoint")
        for name in files
    )


def _read(path: Path) -> SourceDirectory:
    source = SourceDirectory(path)
    source.properties = properties_of(read_file(path / META_PROPERTIES))
    for name in _CHECKPOINTS:
        try:
            source.notes[name] = _offsets(name, read_file(path / name))
        except CorruptCheckpoint as problem:
            source.left.append((f"{path / name}", f"{problem}"))
    for entry in sorted(path.iterdir()):
        if not _is_partition(entry):
            continue
        if given_up := _NO_PARTITION.fullmatch(entry.name):
            source.left.append((f"{entry}", _MEANING[given_up[1]]))
            continue
        match = _PARTITION.fullmatch(entry.name)
        assert match is not None
        if match[1] == METADATA_TOPIC:
            source.metadata_log = entry
        else:
            source.partitions[match[1], int(match[2])] = entry
    return source


def properties_of(data: bytes) -> dict[str, str]:
    """`name=value` lines of a Java properties file."""
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _offsets(name: str, data: bytes) -> dict[Key, int]:
    offsets = {}
    for words in parse_checkpoint(name, data):
        try:
            topic, partition, offset = words
            offsets[topic, int(partition)] = int(offset)
        except ValueError:
            raise CorruptCheckpoint(
                f"checkpoint file {name} has a malformed line: {' '.join(words)}"
            ) from None
    return offsets
