"""What is known of a cluster's topics: from its metadata log and snapshots, from its ZooKeeper, or from nothing.

Rule: what can't be read or makes no sense is reported and passed over; then folders that the metadata doesn't know
count as topics, which otherwise are strays. Kafka: `MetadataLoader`; before KRaft `KafkaZkClient`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from minikafka.adopt.source import read_file
from minikafka.metadata.image import BROKER_RESOURCE, TOPIC_RESOURCE, MetadataImage
from minikafka.metadata.records import (
    AbortTransactionRecord,
    AccessControlEntryRecord,
    BeginTransactionRecord,
    ClientQuotaRecord,
    DelegationTokenRecord,
    EndTransactionRecord,
    UserScramCredentialRecord,
    decode_record,
)
from minikafka.metadata.replay import ImageDraft
from minikafka.protocol.schema import MalformedMessage, Message
from minikafka.quorum.snapshot_file import DamagedSnapshot, SnapshotName, decode_snapshot, parse_snapshot_name
from minikafka.records.batch import read_batches
from minikafka.records.errors import CorruptRecords


@dataclass(frozen=True, slots=True)
class KnownTopic:
    """`leader_epochs` by partition, one for each."""

    id: UUID | None
    leader_epochs: Mapping[int, int]
    configs: Mapping[str, str]


@dataclass(slots=True)
class Known:
    """`is_complete`: a topic that isn't in `topics` was deleted. `notes` are sentences about what couldn't be read."""

    topics: dict[str, KnownTopic] = field(default_factory=dict)
    is_complete: bool = False
    cluster_id: str = ""
    next_producer_id: int = 0
    notes: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    end_offset: int = 0


def read_metadata_log(folder: Path) -> Known:
    """A KRaft metadata directory. Raises OSError."""
    known, reading = Known(), _Reading()
    files = sorted(path.name for path in folder.iterdir())
    known.is_complete = _take_snapshot(folder, files, reading, known)
    snapshot_end = reading.position
    logs = [name for name in files if len(name) == 24 and name.endswith(".log")]
    for name in logs:
        base = int(name[:20])
        if base > reading.position:
            known.is_complete = False
            known.notes.append(f"{folder} has a hole: offsets {reading.position} to {base - 1} are missing")
            reading.position = base
        if problem := _take_segment(folder / name, reading):
            known.is_complete = False
            known.notes.append(problem)
            break
    if missing := _missing(files, logs, reading.log_end, snapshot_end):
        known.is_complete = False
        known.notes.append(f"{folder} {missing}: what is known of topics may be old")
    if reading.refused:
        known.is_complete = False
        known.notes.append(f"{folder}: {reading.refused} records make no sense; the first: {reading.why}")
    _conclude(reading.image(), known)
    for kind, count in reading.unheeded.items():
        known.left.append((f"{kind} ({count} records)", "our cluster has no such thing"))
    known.end_offset = reading.position
    return known


def _missing(files: list[str], logs: list[str], log_end: int, snapshot_end: int) -> str:
    """What shows that there was more of the log, behind the snapshot, than there is."""
    if not logs:
        return "has no log"
    if log_end < snapshot_end:
        return f"has a snapshot of offset {snapshot_end}, but its log ends at {log_end}"
    bases = {name[:20] for name in logs}
    for name in files:
        if not name[:20].isdecimal() or int(name[:20]) < snapshot_end:
            continue
        if name.endswith(".index") and name[:20] not in bases:
            return f"has {name} without its .log"
        if name.endswith(".snapshot") and int(name[:20]) > log_end:
            return f"has {name}, but its log ends at {log_end}"
    return ""


def _conclude(image: MetadataImage, known: Known) -> None:
    for name, topic in image.topics.items():
        epochs = {index: partition.leader_epoch for index, partition in topic.partitions.items()}
        known.topics[name] = KnownTopic(topic.id, epochs, image.topic_configs(name))
    known.next_producer_id = image.next_producer_id
    for (kind, name), values in image.configs.items():
        if kind != TOPIC_RESOURCE:
            whose = (
                f"broker {name or '(all)'}" if kind == BROKER_RESOURCE else f"resource {name} of type {kind}"
            )
            known.left.append(
                (
                    f"settings of {whose}: {', '.join(sorted(values))}",
                    "our brokers have settings of their own",
                )
            )


_UNHEEDED: dict[type[Message], str] = {
    ClientQuotaRecord: "quotas",
    AccessControlEntryRecord: "access control entries (ACLs)",
    UserScramCredentialRecord: "SCRAM passwords",
    DelegationTokenRecord: "delegation tokens",
}


class _Reading:
    """A metadata image in the making, which no record ends."""

    def __init__(self) -> None:
        self.position = 0
        self.log_end = 0
        self.refused = 0
        self.why = ""
        self.unheeded: dict[str, int] = {}
        """How many records there were about what our cluster has not, by kind."""
        self._draft = ImageDraft(MetadataImage())
        self._transaction: list[Message] | None = None

    def take(self, value: bytes, offset: int) -> None:
        try:
            record = decode_record(value)
        except MalformedMessage as problem:
            self._refuse(offset, problem)
            return
        if isinstance(record, BeginTransactionRecord):
            self._transaction = []
        elif isinstance(record, AbortTransactionRecord):
            self._transaction = None
        elif isinstance(record, EndTransactionRecord):
            waiting, self._transaction = self._transaction or [], None
            for one in waiting:
                self.replay(one, offset)
        elif self._transaction is not None:
            self._transaction.append(record)
        else:
            self.replay(record, offset)

    def replay(self, record: Message, offset: int) -> None:
        if type(record) in _UNHEEDED:
            kind = _UNHEEDED[type(record)]
            self.unheeded[kind] = self.unheeded.get(kind, 0) + 1
        try:
            self._draft.replay(record)
        except ValueError as problem:
            self._refuse(offset, problem)

    def _refuse(self, offset: int, problem: Exception) -> None:
        self.refused += 1
        self.why = self.why or f"offset {offset}, {problem}"

    def image(self) -> MetadataImage:
        return self._draft.finish(self.position - 1)[0]


def _take_snapshot(folder: Path, files: list[str], reading: _Reading, known: Known) -> bool:
    """Begin with the newest whole snapshot, if there is one. False when a damaged one was passed over."""
    is_whole = True
    names: list[SnapshotName] = [name for name in map(parse_snapshot_name, files) if name is not None]
    for name in sorted(names, reverse=True):
        try:
            snapshot = decode_snapshot(name, read_file(folder / f"{name}"))
        except DamagedSnapshot as problem:
            known.notes.append(f"{folder / str(name)} is damaged and was passed over: {problem}")
            is_whole = False
            continue
        for record in snapshot.records:
            reading.replay(record, name.end_offset)
        reading.position = name.end_offset
        break
    return is_whole


def _take_segment(path: Path, reading: _Reading) -> str:
    """Replay what lies at and after the reading's position; the problem that ended it, if any."""
    data = read_file(path)
    place = 0
    try:
        for batch in read_batches(data):
            if not batch.crc_is_valid():
                return f"{path} is damaged at byte {place}: what is known of topics ends there"
            header = batch.header
            if header.base_offset >= reading.position:
                for record in [] if header.is_control else batch.records():
                    reading.take(record.value or b"", record.offset)
                reading.position = header.next_offset
            reading.log_end = max(reading.log_end, header.next_offset)
            place += header.size_bytes
    except CorruptRecords as problem:
        return f"{path} is damaged at byte {place} ({problem}): what is known of topics ends there"
    rest = data[place:]
    if rest and any(rest):
        return f"{path} is torn at byte {place}: what is known of topics ends there"
    return ""


def newest(found: Iterator[Known]) -> Known | None:
    """Of several controllers' copies the one that knows most."""
    return max(found, key=lambda known: (known.is_complete, known.end_offset), default=None)
