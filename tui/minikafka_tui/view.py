"""What a pane draws from: the snapshot, what is remembered, and what is selected.

Rule: read only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from minikafka.xray.snapshot import Broker, Group, GroupOffset, Partition, Snapshot, Topic
from minikafka_tui.history import History


@dataclass
class Selection:
    """What the user looks at; it outlives the snapshots."""

    broker: str | None = None
    topic: str | None = None
    partition: int = 0
    group: str | None = None

    def take(self, table: str, row: Any) -> bool:
        """Remember what the cursor is on; True when the open pane shows more of it."""
        if table == "brokers-table" and isinstance(row, Broker):
            self.broker = row.name
        elif table == "topics-table" and isinstance(row, Topic):
            if self.topic != row.name:
                self.topic, self.partition = row.name, 0
        elif table == "partitions-table" and isinstance(row, Partition):
            changed = self.partition != row.index
            self.partition = row.index
            return changed
        elif table == "groups-table" and isinstance(row, Group):
            changed = self.group != row.id
            self.group = row.id
            return changed
        return False


@dataclass(frozen=True)
class OffsetRow:
    """A partition of a group, with its owner's name."""

    offset: GroupOffset
    client: str | None


@dataclass
class View:
    """One moment of the inspector."""

    snapshot: Snapshot
    history: History
    selection: Selection = field(default_factory=Selection)

    @property
    def topic(self) -> Topic | None:
        """The selected topic, or the first that is not Kafka's own."""
        for topic in self.snapshot.topics:
            if topic.name == self.selection.topic:
                return topic
        ordered = sorted(self.snapshot.topics, key=lambda t: (t.internal, t.name))
        return ordered[0] if ordered else None

    @property
    def partition(self) -> Partition | None:
        """The selected partition of the selected topic, or its first."""
        topic = self.topic
        if topic is None or not topic.partitions:
            return None
        for partition in topic.partitions:
            if partition.index == self.selection.partition:
                return partition
        return topic.partitions[0]

    @property
    def group(self) -> Group | None:
        """The selected group, or the first."""
        groups = self.snapshot.groups or ()
        for group in groups:
            if group.id == self.selection.group:
                return group
        return groups[0] if groups else None
