"""A metadata snapshot: all that the cluster knew of itself at one offset, as records.

Rule: a snapshot counts only when it is whole, from the header to the footer; half of one would be another cluster.
Kafka: `RecordsSnapshotReader`, `Snapshots`, `OffsetAndEpoch`; KIP-630.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from minikafka.metadata.batches import MetadataRecordSkipped, decode_batch
from minikafka.protocol.schema import MalformedMessage, Message
from minikafka.records.batch import Batch, read_batches
from minikafka.records.control import ControlType, parse_control_type
from minikafka.records.errors import CorruptRecords

SNAPSHOT_SUFFIX = ".checkpoint"
_NAME = re.compile(r"(\d{20})-(\d{10})\.checkpoint")


class DamagedSnapshot(ValueError):
    """It isn't whole; the message says what is wrong and at which byte."""


class SnapshotName(NamedTuple):
    """What a snapshot replaces: all records below `end_offset`, the last of which is of `epoch`."""

    end_offset: int
    epoch: int

    def __str__(self) -> str:
        return f"{self.end_offset:020}-{self.epoch:010}{SNAPSHOT_SUFFIX}"


def parse_snapshot_name(file_name: str) -> SnapshotName | None:
    """What a file of that name replaces; None when it is no snapshot."""
    match = _NAME.fullmatch(file_name)
    return None if match is None else SnapshotName(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class MetadataSnapshot:
    """A whole snapshot; `records` without those of the quorum itself. `skipped`: what of it nobody here can read."""

    name: SnapshotName
    records: tuple[Message, ...]
    skipped: tuple[MetadataRecordSkipped, ...] = ()


def decode_snapshot(name: SnapshotName, data: bytes) -> MetadataSnapshot:
    """The snapshot in `data`. Raises `DamagedSnapshot`."""
    records: list[Message] = []
    skipped: list[MetadataRecordSkipped] = []
    kinds: list[ControlType | None] = []
    position = 0
    try:
        for batch in read_batches(data):
            if kinds[-1:] == [ControlType.SNAPSHOT_FOOTER]:
                raise DamagedSnapshot(f"at byte {position} there is something behind its footer")
            if not batch.crc_is_valid():
                raise DamagedSnapshot(f"at byte {position} a batch has a wrong checksum")
            if batch.header.is_control:
                kinds += _kinds(batch)
            decoded = decode_batch(batch)
            records += decoded.records
            skipped += decoded.skipped
            position += batch.header.size_bytes
            if kinds[:1] != [ControlType.SNAPSHOT_HEADER]:
                raise DamagedSnapshot("it doesn't begin with a header")
    except (CorruptRecords, MalformedMessage) as error:
        raise DamagedSnapshot(f"at byte {position}: {error}") from error
    if position != len(data):
        raise DamagedSnapshot(f"it is torn at byte {position} of {len(data)}")
    if kinds[-1:] != [ControlType.SNAPSHOT_FOOTER]:
        raise DamagedSnapshot(f"it has no footer: it ends at byte {position}")
    return MetadataSnapshot(name, tuple(records), tuple(skipped))


def _kinds(batch: Batch) -> list[ControlType | None]:
    return [parse_control_type(record.key) for record in batch.records()]
