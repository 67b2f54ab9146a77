"""What the coordinator tells the trace.

Rule: an event is emitted when the thing is true, not when asked.
"""

from __future__ import annotations

from minikafka.world import Event


class GroupStateChanged(Event, frozen=True):
    """A group moved along its state table."""

    group: str
    old: str
    new: str
    generation: int
    reason: str


class MemberJoined(Event, frozen=True):
    """A member was added to a group (it may still await the rebalance)."""

    group: str
    member: str
    client_id: str
    client_host: str
    instance: str


class MemberLeft(Event, frozen=True):
    """A member is no longer in its group."""

    group: str
    member: str
    generation: int
    reason: str


class OffsetsCommitted(Event, frozen=True):
    """A group's positions are in the log, on all in-sync replicas: one event for one commit.

    `offsets`: (topic, partition, offset, metadata) for each partition of the commit.
    """

    group: str
    offsets: tuple[tuple[str, int, int, str], ...]


class CoordinatorLoaded(Event, frozen=True):
    """A partition of an internal topic was replayed: this broker coordinates whose partition it is."""

    topic: str
    partition: int
    epoch: int
    records: int


class CoordinatorRecordSkipped(Event, frozen=True):
    """A record of an internal topic can't be read: the coordinator continues without what it says."""

    topic: str
    partition: int
    offset: int
    reason: str


class CoordinatorResigned(Event, frozen=True):
    """This broker no longer coordinates those whose partition this is."""

    topic: str
    partition: int


class CoordinatorFailed(Event, frozen=True):
    """A partition of an internal topic can't be read: nobody coordinates those whose partition it is, until another
    broker leads it."""

    topic: str
    partition: int
    reason: str
