"""Who votes, as the log says it: the newest set in it counts, whether it is committed or not.

Rule: where the log is cut back, what was said before counts again; the next change waits until this one is committed.
Kafka: `VoterSetHistory`, `PartitionListener`; KIP-853.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

Directories = Mapping[int, UUID]
"""Of each voter."""


class VoterSets:
    """`first`: those from the start. `said`: later ones, each with the offset at which it is said, in order."""

    def __init__(self, first: Directories, said: Iterable[tuple[int, Directories]] = ()) -> None:
        self._said: list[tuple[int, Directories]] = [(-1, dict(first)), *said]
        self.known: dict[int, UUID] = {}
        """All who ever voted, with their directories: whoever is behind may hear of a leader whose time as a voter it
        doesn't know of yet, or knows to be over."""
        for _, directories in self._said:
            self.known.update(directories)
        self.ids: tuple[int, ...] = ()
        """Who votes, in order."""
        self._count()

    @property
    def directories(self) -> Directories:
        return self._said[-1][1]

    def _count(self) -> None:
        self.ids = tuple(sorted(self.directories))

    @property
    def offset(self) -> int:
        """Where the newest is said; -1: nowhere."""
        return self._said[-1][0]

    def has_a_say(self, id: int, directory_id: UUID, committed: int) -> bool:
        """Does that one vote, or did it before a change that may still come to nothing? Who is removed by it may be the
        only one who can lead until that is committed. One that has lost its directory has forgotten what it promised.
        """
        before = self._said[-2][1] if self.offset >= committed and len(self._said) > 1 else {}
        return directory_id in (self.directories.get(id), before.get(id))

    def at(self, end_offset: int) -> Directories:
        """By all that is said before there."""
        return next((said for at, said in reversed(self._said) if at < end_offset), self._said[0][1])

    def say(self, offset: int, directories: Directories) -> None:
        self.known.update(directories)
        self._said.append((offset, dict(directories)))
        self._count()

    def truncate(self, end_offset: int) -> None:
        """The log ends there."""
        while len(self._said) > 1 and self._said[-1][0] >= end_offset:
            self._said.pop()
        self._count()

    def start_anew(self, directories: Directories) -> None:
        """A snapshot says so; or nothing (none): who voted still does."""
        self.known.update(directories)
        self._said = [(-1, dict(directories or self.directories))]
        self._count()
