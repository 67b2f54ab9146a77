"""Where each controller is that a voter knows of, and which directory it had when it was last spoken of.

Rule: who votes under which directory, the log says; where one listens, whoever leads now says. What an earlier leader
said of that may be over, so it counts only where nothing else is known. Kafka: `VoterSet`, `Endpoints`; KIP-853.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from minikafka.quorum.control_records import VoterNode


class VoterBook(dict[int, VoterNode]):
    """`own`: the voter's itself, of which others can't tell it anything. `told`: where they are, as far as known."""

    def __init__(self, own: VoterNode, told: Iterable[VoterNode]) -> None:
        super().__init__((voter.id, voter) for voter in told)
        self[own.id] = own
        self._own = own.id

    def learn(self, voters: Iterable[VoterNode], *, is_latest: bool) -> None:
        """`is_latest`: whoever leads now says so."""
        for voter in voters:
            known = self.get(voter.id)
            if voter.id == self._own:
                continue
            self[voter.id] = voter
            if known is not None and not is_latest:
                self[voter.id] = replace(known, directory_id=voter.directory_id)


__all__ = ["VoterBook"]
