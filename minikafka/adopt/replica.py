"""One partition's folder in the source: its segments, where it ends, how complete it is.

Rule: the batches themselves tell; checkpoints beside them may be missing or old. Kafka: `LogLoader`, and for which
of several replicas is the most complete one, `LeaderEpochFileCache` (KIP-101): the newest leader epoch counts before
length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from minikafka.adopt.source import Key, SourceDirectory, read_file
from minikafka.dump.source import RawFile
from minikafka.log.checkpoints import HIGH_WATERMARKS, LOG_STARTS
from minikafka.log.partition_metadata import PARTITION_METADATA
from minikafka.log.scan import CorruptLog, LargePieces, scan_headers
from minikafka.protocol.uuid_text import decode_uuid
from minikafka.records.batch import batch_of

_OF_A_SEGMENT = re.compile(r"(\d{20})\.(log|index|timeindex|txnindex|snapshot)(?:\.(swap|cleaned|deleted))?")
LOOK_BYTES = 1 << 20
_BESIDE = (PARTITION_METADATA, "leader-epoch-checkpoint")


class Rank(NamedTuple):
    """How complete a replica is: the larger the better."""

    leader_epoch: int
    end_offset: int
    high_watermark: int
    negative_start: int
    size_bytes: int
    """Of the same leader epoch and length: compaction has taken less of it."""


class Walked(NamedTuple):
    """What a replica's batches say."""

    records: int
    last_epoch: int
    largest_producer_id: int
    has_gaps: bool
    damage: str
    """The first thing that is wrong, if any."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A folder. `files` are those to copy; `others` are none of a log's."""

    source: SourceDirectory
    key: Key
    path: Path
    files: tuple[str, ...]
    others: tuple[str, ...]
    rank: Rank

    @property
    def name(self) -> str:
        return f"{self.key[0]}-{self.key[1]}"

    @property
    def size_bytes(self) -> int:
        return sum((self.path / name).stat().st_size for name in self.files)

    @property
    def logs(self) -> tuple[str, ...]:
        """The segments, first to last."""
        return tuple(name for name in self.files if name.endswith(".log"))

    @property
    def topic_id(self) -> UUID | None:
        """What `partition.metadata` says; None before Kafka 2.8, or where it can't be read."""
        text = read_file(self.path / PARTITION_METADATA).decode("utf-8", "replace")
        words = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        try:
            return decode_uuid(words["topic_id"])
        except (KeyError, ValueError):
            return None

    def walk(self) -> Walked:
        """Go through all batches, checksums verified. Raises OSError."""
        records, last_epoch, largest, has_gaps, damage = 0, -1, -1, False, ""
        following = -1
        for name in self.logs:
            with RawFile(self.path / name) as file:
                pieces = LargePieces(file, file.size)
                try:
                    for at, header in scan_headers(pieces, 0, file.size):
                        if not batch_of(header, pieces.view(at, header.size_bytes)).crc_is_valid():
                            where = f"at byte {at}, offset {header.base_offset}"
                            damage = damage or f"{name} has a wrong checksum {where}"
                        records += max(0, header.record_count)
                        last_epoch = max(last_epoch, header.partition_leader_epoch)
                        largest = max(largest, header.producer_id)
                        has_gaps |= -1 < following != header.base_offset
                        has_gaps |= header.record_count != header.last_offset_delta + 1
                        following = header.next_offset
                except CorruptLog as problem:
                    if any(file.read_at(problem.position, LOOK_BYTES)):  # else preallocated
                        damage = damage or f"{name} {problem}"
        return Walked(records, last_epoch, largest, has_gaps, damage)


def read_replica(source: SourceDirectory, key: Key) -> Replica:
    """Look at a folder: names, and the last segment's headers. Raises OSError."""
    path = source.partitions[key]
    files, others = [], []
    for name in sorted(child.name for child in path.iterdir()):
        match = _OF_A_SEGMENT.fullmatch(name)
        if (match and match[3] != "deleted") or name in _BESIDE:
            files.append(name)
        elif not match:
            others.append(name)
    logs = [name for name in files if name.endswith(".log")]
    if logs:  # those of the active segment are made again, and may be large and empty
        active = logs[-1].removesuffix(".log")
        files = [name for name in files if name not in (f"{active}.index", f"{active}.timeindex")]
    start = source.noted(LOG_STARTS, key) or (int(logs[0][:20]) if logs else 0)
    epoch, end = -1, start
    for name in reversed(logs):
        epoch, end = _end_of(path / name)
        if epoch >= 0 or end > int(name[:20]):
            break
    size = sum((path / name).stat().st_size for name in logs)
    rank = Rank(epoch, max(end, start), source.noted(HIGH_WATERMARKS, key) or 0, -start, size)
    return Replica(source, key, path, tuple(files), tuple(others), rank)


def _end_of(path: Path) -> tuple[int, int]:
    """(epoch of the last batch, offset after it) of a segment."""
    epoch, end = -1, int(path.name[:20])
    try:
        with RawFile(path) as file:
            for _, header in scan_headers(file, 0, file.size):
                epoch, end = max(epoch, header.partition_leader_epoch), header.next_offset
    except CorruptLog:
        pass
    return epoch, end
