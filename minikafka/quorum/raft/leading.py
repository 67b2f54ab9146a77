"""A leader in its epoch: what it appends, how far the others are, and what is committed by that.

Rule: it commits only what a majority has, and nothing of earlier epochs before an entry of its own; its own log counts
as far as it is durable. Kafka: `LeaderState`, `KafkaRaftClient` (`handleFetchRequest`, `maybeSendBeginQuorumEpoch…`);
KIP-595, KIP-853.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from minikafka.quorum.raft.election import Followers
from minikafka.quorum.raft.messages import BeginEpoch, EndEpoch, EpochEnd, Fetch
from minikafka.quorum.raft.ready import Entry, LeaderChange, VotersChange
from minikafka.quorum.raft.voter import Voter

LEADER_CHANGE_RECORDS = 3
"""Who leads, which version of the protocol runs, and who votes."""
NEVER_MS = 1 << 60


class Unsettled(Exception):
    """The last change of who votes, or this leader's first record, isn't committed yet."""


class Leading:
    """`granting`: by whose votes. The first entry says that it leads."""

    def __init__(self, voter: Voter, epoch: int, granting: tuple[int, ...], now_ms: int) -> None:
        self.epoch = epoch
        self.epoch_start = voter.log.end_offset
        """Where its own entries begin."""
        self._voter = voter
        self._followers = Followers(voter.voters.ids, voter.id, voter.rules.majority, now_ms)
        self._tell_at_ms = now_ms + voter.timing.begin_ms if voter.others else NEVER_MS
        """When to tell again that it leads."""
        self._count_itself(now_ms)
        self.append(LEADER_CHANGE_RECORDS, LeaderChange(voter.id, voter.voters.ids, granting))
        voter.out.send(voter.others, BeginEpoch(epoch, voter.id))

    @property
    def next_tick_ms(self) -> int:
        """When it has to look around."""
        heard_ms = self._followers.majority_heard_ms()
        if heard_ms is None:
            return self._tell_at_ms
        return min(self._tell_at_ms, heard_ms + self._voter.timing.check_quorum_ms)

    @property
    def has_begun(self) -> bool:
        """Is its first entry committed?"""
        return self._voter.committed > self.epoch_start

    @property
    def is_voted_out(self) -> bool:
        """And a majority of the others knows."""
        voter = self._voter
        return voter.id not in voter.voters.directories and voter.committed > voter.voters.offset

    def append(self, count: int, content: object, voters: Mapping[int, UUID] | None = None) -> None:
        """At the end of the log."""
        log = self._voter.log
        self._voter.out.entries.append(Entry(log.end_offset, self.epoch, count, content, voters))
        log.append(self.epoch, count)

    def change_voters(self, directories: Mapping[int, UUID], now_ms: int) -> None:
        """These vote from now on. Raises `Unsettled`: not before all that was said is committed."""
        voter, said = self._voter, self._voter.voters
        if voter.committed <= max(said.offset, self.epoch_start):
            raise Unsettled
        said.say(voter.log.end_offset, directories)
        self.append(1, VotersChange(dict(directories)), directories)
        self._followers.vote_from_now_on(said.ids, voter.rules.majority, now_ms)
        self._commit()

    def persisted(self, now_ms: int) -> None:
        """More of its own log is durable."""
        self._count_itself(now_ms)
        self._commit()

    def fetched(self, asked: Fetch, now_ms: int) -> EpochEnd | None:
        """How far that one is; the answer: where its log parts from this one."""
        voter, followers = self._voter, self._followers
        diverging = voter.log.diverging(asked.offset, asked.last_epoch, voter.rules.may_append)
        if asked.replica in followers.progress and asked.replica != voter.id:
            known = followers.progress[asked.replica].end_offset
            followers.fetched(asked.replica, asked.offset if diverging is None else known, now_ms)
            self._commit()
        return diverging

    def _count_itself(self, now_ms: int) -> None:
        if self._voter.id in self._followers.progress:
            self._followers.fetched(self._voter.id, self._voter.persisted, now_ms)

    def _commit(self) -> None:
        """What the rule says of what a majority has."""
        voter = self._voter
        has = min(self._followers.majority_has(), voter.log.end_offset)
        voter.committed = voter.rules.commit_offset(voter.committed, self.epoch_start, has)

    def looks_around(self, now_ms: int) -> bool:
        """Does a majority still fetch? And those who don't may not know who leads."""
        heard_ms, timing = self._followers.majority_heard_ms(), self._voter.timing
        if heard_ms is not None and now_ms >= heard_ms + timing.check_quorum_ms:
            return False
        if now_ms >= self._tell_at_ms:
            self._tell_at_ms = now_ms + timing.begin_ms
            silent = self._followers.silent(now_ms - timing.begin_ms)
            self._voter.out.send(silent, BeginEpoch(self.epoch, self._voter.id))
        return True

    def say_goodbye(self) -> None:
        """Whoever has most should stand first."""
        voter = self._voter
        voter.out.send(voter.others, EndEpoch(self.epoch, voter.id, self._followers.successors()))


__all__ = ["LEADER_CHANGE_RECORDS", "NEVER_MS", "Leading", "Unsettled"]
