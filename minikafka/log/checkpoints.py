"""The small text files in which a broker notes offsets and epochs.

Rule: a version line, a count line, one entry per line, replaced as a whole; a reader that finds anything
else says so in one sentence and trusts nothing of it.

Kafka: `CheckpointFile`, `OffsetCheckpointFile` (`recovery-point-offset-checkpoint`,
`replication-offset-checkpoint`, `log-start-offset-checkpoint`, `cleaner-offset-checkpoint`),
`LeaderEpochCheckpointFile` (`leader-epoch-checkpoint`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minikafka.world import Disk

VERSION = 0

RECOVERY_POINTS = "recovery-point-offset-checkpoint"
HIGH_WATERMARKS = "replication-offset-checkpoint"
LOG_STARTS = "log-start-offset-checkpoint"
CLEANER_OFFSETS = "cleaner-offset-checkpoint"
LEADER_EPOCHS = "leader-epoch-checkpoint"
CLEAN_SHUTDOWN_FILE = ".kafka_cleanshutdown"


class CorruptCheckpoint(ValueError):
    """A checkpoint file that can't be read; the message names the file and what is wrong."""


def format_checkpoint(lines: Sequence[str]) -> bytes:
    """The whole file with these entries."""
    return "\n".join((str(VERSION), str(len(lines)), *lines, "")).encode()


def parse_checkpoint(path: str, data: bytes) -> list[list[str]]:
    """Each entry's words; `CorruptCheckpoint` unless the file is whole. An empty file has none: Kafka leaves such."""
    if not data:
        return []
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        raise CorruptCheckpoint(f"checkpoint file {path} is not text") from None
    if len(lines) < 2 or not lines[0].isdecimal() or not lines[1].isdecimal():
        raise CorruptCheckpoint(f"checkpoint file {path} has no version and count")
    if int(lines[0]) != VERSION:
        raise CorruptCheckpoint(f"checkpoint file {path} has version {lines[0]}, not {VERSION}")
    if not data.endswith(b"\n") or len(lines) - 2 != int(lines[1]):
        raise CorruptCheckpoint(
            f"checkpoint file {path} has {len(lines) - 2} entries where {lines[1]} are due"
        )
    return [line.split(" ") for line in lines[2:]]


class OffsetCheckpoint:
    """One offset for each partition of a log directory: lines of `topic partition offset`."""

    def __init__(self, disk: Disk, path: str) -> None:
        self.disk = disk
        self.path = path

    def read(self) -> dict[tuple[str, int], int]:
        """Offsets by (topic, partition); empty when there is no file. `CorruptCheckpoint` when broken."""
        if not self.disk.exists(self.path):
            return {}
        offsets = {}
        for words in parse_checkpoint(self.path, self.disk.read_bytes(self.path)):
            try:
                topic, partition, offset = words
                offsets[topic, int(partition)] = int(offset)
            except ValueError:
                raise CorruptCheckpoint(
                    f"checkpoint file {self.path} has a malformed line: {' '.join(words)}"
                ) from None
        return offsets

    def write(self, offsets: Mapping[tuple[str, int], int], *, sync: bool = True) -> None:
        """Replace the file; durable when this returns, unless `sync` is left to the caller."""
        lines = [f"{topic} {partition} {offset}" for (topic, partition), offset in sorted(offsets.items())]
        self.disk.write_atomic(self.path, format_checkpoint(lines), sync=sync)
