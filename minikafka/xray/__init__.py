"""The x-ray: the state of a cluster as one immutable picture, and the socket that carries it to viewers.

Rule: viewers (TUI, widgets, graders) draw from a `Snapshot` and nothing else.
"""

from minikafka.xray.snapshot import (
    Broker,
    Controller,
    EventLine,
    Group,
    GroupOffset,
    Host,
    Member,
    Partition,
    Replica,
    Segment,
    Snapshot,
    Topic,
    TopicPartition,
)

__all__ = [
    "Broker",
    "Controller",
    "EventLine",
    "Group",
    "GroupOffset",
    "Host",
    "Member",
    "Partition",
    "Replica",
    "Segment",
    "Snapshot",
    "Topic",
    "TopicPartition",
]
