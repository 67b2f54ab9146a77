"""The metadata log, record by record, from a controller's own file.

Rule: nothing is made up: the types and fields are those of `kafka-dump-log --cluster-metadata-decoder`; a line of the
table leaves out what seldom matters, a record's `data` has it all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from minikafka.dump import DumpedBatch, RawBytes, decode, meaning_of
from minikafka.world.visible import cut, visible
from minikafka.xray import reading
from minikafka.xray.files import ReplicaPlace
from minikafka_lessons.cells import Stumble
from minikafka_lessons.language import say
from minikafka_lessons.stage import partition_files

TOPIC = "__cluster_metadata"
WIDE = 110
"""Cells of a line."""
SHOWN = {
    "LEADER_CHANGE": ("leaderId", "grantingVoters"),
    "KRAFT_VOTERS": ("voters",),
    "CONFIG_RECORD": ("name", "value"),
    "REGISTER_BROKER_RECORD": ("brokerId", "brokerEpoch", "fenced", "rack"),
    "REGISTER_CONTROLLER_RECORD": ("controllerId",),
    "PARTITION_RECORD": ("partitionId", "leader", "isr", "replicas"),
    "PARTITION_CHANGE_RECORD": ("partitionId", "leader", "isr"),
}
"""Of records with many fields, those in a line. Of the others, all."""
HIDDEN = ("version", "topicId", "directories", "eligibleLeaderReplicas", "lastKnownElr")


@dataclass(frozen=True)
class MetadataRecord:
    """One of them. `data`: its fields, with Kafka's names."""

    offset: int
    epoch: int
    type: str
    data: dict[str, Any]

    def __str__(self) -> str:
        names = SHOWN.get(self.type) or tuple(name for name in self.data if name not in HIDDEN)
        fields = [f"{name}={_plain(self.data[name])}" for name in names if self.data.get(name) is not None]
        return cut(
            f"{self.offset:6}  {self.epoch:5}  {self.type:35} {visible(' '.join(fields))}".rstrip(), WIDE
        )


class Records(Sequence[MetadataRecord]):
    """Some of them, in the order of their offsets; printed, a table."""

    def __init__(self, every: Sequence[MetadataRecord]) -> None:
        self._every = tuple(every)

    def __getitem__(self, at: Any) -> Any:
        found = self._every[at]
        return Records(found) if isinstance(at, slice) else found

    def __len__(self) -> int:
        return len(self._every)

    def __iter__(self) -> Iterator[MetadataRecord]:
        return iter(self._every)

    def __repr__(self) -> str:
        head = f"{say('offset'):>6}  {say('epoch'):>5}  {say('record')}"
        return "\n".join((head, *map(str, self._every)))

    @property
    def end(self) -> int:
        """The offset after the last one."""
        return self._every[-1].offset + 1 if self._every else 0


def records(cluster: Any, controller: str | None = None, since: int = 0) -> Records:
    """Of that controller's log (the active one's, unless said), from that offset on. Raises Stumble."""
    host = controller or cluster.snapshot().controller
    if host is None:
        raise Stumble(say("No controller is active: name one, such as records(cluster, 'controller-1')."))
    found: list[MetadataRecord] = []
    for name in sorted(partition_files.files(cluster, TOPIC, 0, host)):
        kind = reading.kind_of(ReplicaPlace("", TOPIC, 0), name) if name.endswith(".log") else None
        if kind is None:
            continue
        data = partition_files.read_file(cluster, TOPIC, name, 0, host)
        for item in decode(RawBytes(data), kind, meaning_of):
            if isinstance(item, DumpedBatch):
                found += _of(item)
    return Records([record for record in found if record.offset >= since])


def _of(batch: DumpedBatch) -> Iterator[MetadataRecord]:
    epoch = batch.header.partition_leader_epoch
    for record in batch.records():
        if record.decoded is None:
            continue
        told = record.decoded.value
        if not isinstance(told, dict):
            continue
        type = str(told.get("type", record.decoded.kind))
        yield MetadataRecord(record.offset, epoch, type, dict(told.get("data", told)))


def _plain(value: Any) -> str:
    """Lists of voters are their ids."""
    if isinstance(value, list):
        return "[" + ",".join(_plain(one) for one in value) + "]"
    if isinstance(value, dict):
        return _plain(value.get("voterId", value))
    return str(value)
