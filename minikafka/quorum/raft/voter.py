"""A voter, whatever its role: its log, how much of that is safe, who votes, and what it wants done.

Rule: no decision is taken here; leading and following change it, and whoever plays the roles keeps it.
Kafka: `QuorumState`, `KafkaRaftClient`.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from minikafka.policy import Rules
from minikafka.quorum.raft.log_shape import LogShape
from minikafka.quorum.raft.ready import Outbox
from minikafka.quorum.raft.timing import Timing
from minikafka.quorum.raft.voter_sets import VoterSets


@dataclass(slots=True)
class Voter:
    """All below `persisted` is durable, all below `committed` is known to be committed."""

    id: int
    directory_id: UUID
    voters: VoterSets
    log: LogShape
    persisted: int
    committed: int
    out: Outbox
    rules: Rules
    timing: Timing

    @property
    def others(self) -> tuple[int, ...]:
        """All who vote but this one."""
        return tuple(voter for voter in self.voters.ids if voter != self.id)

    @property
    def votes(self) -> bool:
        """Does this one?"""
        return self.voters.has_a_say(self.id, self.directory_id, self.committed)

    def commit(self, offset: int) -> None:
        """What is known to be committed, stays."""
        self.committed = max(self.committed, offset)
