"""What the cursor means: which broker `K` and `R` act on, in each tab.

Rule: one, and why, or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikafka.xray.files import ReplicaPlace
from minikafka.xray.snapshot import Broker, EventLine, Group, Partition, Snapshot
from minikafka_tui.view import OffsetRow

NOTHING = "There is nothing to {verb} under the cursor: go to a broker, a partition, a group or an event of a broker."


@dataclass(frozen=True)
class Meant:
    """A broker, and why it is this one ("it leads orders-3")."""

    broker: str
    because: str = ""


def meant_by(snapshot: Snapshot, row: Any, topic: str | None, verb: str) -> Meant | None:
    """The broker that is meant by the row under the cursor; `topic` is that whose partitions are shown."""
    meant = _meant(snapshot, row, topic or "", verb)
    if meant is None or all(broker.name != meant.broker for broker in snapshot.brokers):
        return None
    return meant


def _meant(snapshot: Snapshot, row: Any, topic: str, verb: str) -> Meant | None:
    match row:
        case Broker():
            return Meant(row.name)
        case Partition():
            return _of_partition(f"{topic}-{row.index}", row, verb)
        case ReplicaPlace():
            return Meant(row.broker, f"It holds the replica that you look at, {row.topic}-{row.partition}.")
        case Group() if row.coordinator is not None:
            return Meant(row.coordinator, f"It coordinates the group {row.id}.")
        case OffsetRow():
            try:
                partition = snapshot.partition(row.offset.topic, row.offset.partition)
            except KeyError:
                return None
            return _of_partition(f"{row.offset.topic}-{row.offset.partition}", partition, verb)
        case EventLine():
            return Meant(row.host, "It is where this event happened.")
    return None


def _of_partition(name: str, partition: Partition, verb: str) -> Meant | None:
    """To restart one, whoever is away; else the leader."""
    if verb == "restart" and partition.gone:
        gone = partition.leader if partition.leader in partition.gone else partition.gone[0]
        assert gone is not None
        return Meant(gone, f"It has a replica of {name} and is down.")
    return Meant(partition.leader, f"It leads {name}.") if partition.leader is not None else None
