"""What the clients of a run tried, were told and read: the only evidence when it is judged.

Rule: it holds what a client could know, and nothing of the cluster's insides; a value is written once in a run,
so that a read tells by its value which write it is of. Jepsen's histories are the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

Outcome = Literal["acknowledged", "refused", "unknown"]
"""`refused`: for sure not written. `unknown`: no answer, or one that leaves it open (a timeout)."""


class Write(msgspec.Struct, frozen=True):
    """One record that a producer was given, and what became of it."""

    client: str
    topic: str
    value: bytes
    number: int
    """The client's how manyeth."""
    began_s: float
    ended_s: float = -1.0
    outcome: Outcome = "unknown"
    partition: int = -1
    offset: int = -1
    """Where it was said to be; -1: that wasn't said."""
    error: str = ""
    acks_all: bool = True
    idempotent: bool = True


class Read(msgspec.Struct, frozen=True):
    """One record that a consumer was shown."""

    client: str
    topic: str
    partition: int
    offset: int
    value: bytes | None
    at_s: float
    group: str = ""
    turn: int = 0
    """Grows when the client is given the partition again: what it read before has nothing to do with this."""


class Commit(msgspec.Struct, frozen=True):
    """A group's member was told that its offset is committed."""

    client: str
    group: str
    topic: str
    partition: int
    offset: int
    at_s: float


class WholeReading(msgspec.Struct, frozen=True):
    """A client of its own read all from `start` to the high watermark `end` of that moment."""

    client: str
    topic: str
    partition: int
    start: int
    end: int
    began_s: float
    at_s: float


class Change(msgspec.Struct, frozen=True):
    """`value` was to be added to a list in a topic's settings."""

    client: str
    topic: str
    value: int
    began_s: float
    ended_s: float = -1.0
    outcome: str = "unknown"
    """`acknowledged`, `refused` (it was never made), or nobody knows."""


class History(msgspec.Struct, frozen=True):
    """Each in the order in which it came to pass; of writes, in which they began."""

    writes: tuple[Write, ...] = ()
    reads: tuple[Read, ...] = ()
    commits: tuple[Commit, ...] = ()
    readings: tuple[WholeReading, ...] = ()
    changes: tuple[Change, ...] = ()
    settled: tuple[tuple[str, tuple[int, ...], float], ...] = ()
    """Topic, what its list had in the end, and when that was asked."""

    def of_writer(self, client: str) -> tuple[Write, ...]:
        """What it wrote."""
        return tuple(write for write in self.writes if write.client == client)


class Notebook:
    """A history that is still being written."""

    def __init__(self) -> None:
        self._writes: dict[tuple[str, int], Write] = {}
        self.reads: list[Read] = []
        self.commits: list[Commit] = []
        self.readings: list[WholeReading] = []
        self.changes: list[Change] = []
        self.settled: list[tuple[str, tuple[int, ...], float]] = []

    def write(self, write: Write) -> None:
        """It begins, or it has ended."""
        self._writes[(write.client, write.number)] = write

    def writes_of(self, client: str) -> Iterator[Write]:
        """Those of one client."""
        return (write for (owner, _), write in self._writes.items() if owner == client)

    @property
    def history(self) -> History:
        """Up to now."""
        return History(
            tuple(self._writes.values()),
            tuple(self.reads),
            tuple(self.commits),
            tuple(self.readings),
            tuple(self.changes),
            tuple(self.settled),
        )
