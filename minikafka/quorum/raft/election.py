"""The votes of one election, and how far a leader's followers have come: counting, nothing else.

Rule: what a majority is, only the rule says. Kafka: `EpochElection`, `LeaderState`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Majority = Callable[[int], int]


class Ballot:
    """Who was asked, and what they said; a candidate has its own vote."""

    def __init__(self, voters: Sequence[int], candidate: int, majority: Majority) -> None:
        self._voters = tuple(voters)
        self._needed = majority(len(self._voters))
        self._said = {candidate: True} if candidate in self._voters else {}

    def count(self, voter: int, granted: bool) -> None:
        """What a voter said first counts."""
        if voter in self._voters:
            self._said.setdefault(voter, granted)

    @property
    def granting(self) -> tuple[int, ...]:
        return tuple(voter for voter in self._voters if self._said.get(voter))

    @property
    def is_won(self) -> bool:
        return len(self.granting) >= self._needed

    @property
    def is_lost(self) -> bool:
        """Would all who haven't said anything not suffice?"""
        refused = sum(not granted for granted in self._said.values())
        return len(self._voters) - refused < self._needed


@dataclass(slots=True)
class Progress:
    """Of one voter, to its leader: what it said it has (-1: nothing yet), and when."""

    end_offset: int = -1
    heard_ms: int = 0
    has_fetched: bool = False


class Followers:
    """All voters, the leader among them, in its epoch."""

    def __init__(self, voters: Sequence[int], leader: int, majority: Majority, now_ms: int) -> None:
        self._needed = majority(len(voters))
        self.leader = leader
        self.progress = {voter: Progress(heard_ms=now_ms) for voter in voters}

    def vote_from_now_on(self, voters: Sequence[int], majority: Majority, now_ms: int) -> None:
        """Others vote; of who did already, it is known how far they are."""
        self._needed = majority(len(voters))
        self.progress = {voter: self.progress.get(voter, Progress(heard_ms=now_ms)) for voter in voters}

    def fetched(self, voter: int, end_offset: int, now_ms: int) -> None:
        self.progress[voter] = Progress(end_offset, now_ms, has_fetched=True)

    def majority_has(self) -> int:
        """The highest offset that a majority has everything below of."""
        ends = sorted((progress.end_offset for progress in self.progress.values()), reverse=True)
        return ends[self._nth(self._needed)]

    def majority_heard_ms(self) -> int | None:
        """Since when a majority, the leader in it if it votes, has been heard of without a break; None: it needs
        nobody."""
        others = sorted((p.heard_ms for v, p in self.progress.items() if v != self.leader), reverse=True)
        needed = self._needed - (self.leader in self.progress)
        if needed < 1 or not others:
            return None
        return others[min(needed, len(others)) - 1]

    def silent(self, since_ms: int) -> list[int]:
        """Those that have not fetched since then."""
        return [
            voter
            for voter, progress in self.progress.items()
            if voter != self.leader and not (progress.has_fetched and progress.heard_ms > since_ms)
        ]

    def successors(self) -> tuple[int, ...]:
        """The others, whoever has most first."""
        others = [voter for voter in self.progress if voter != self.leader]
        return tuple(sorted(others, key=lambda voter: (-self.progress[voter].end_offset, voter)))

    def _nth(self, count: int) -> int:
        return min(max(count, 1), len(self.progress)) - 1
