"""One voter of a Raft quorum, without any I/O: a message or the time in, what is to be done out.

Rule: each step returns one `Ready`, and whoever runs the core does what it says in the order of the steps. The core
itself never looks back: it is ahead of the disk, and counts its own log only as far as it was said to be durable
(`persisted`). Here is who it is when, and elections; what a leader and a follower do is in `leading.py` and
`following.py`. Kafka: `KafkaRaftClient`, `QuorumState`; KIP-595, KIP-996.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from uuid import UUID

from minikafka.policy import Rules
from minikafka.protocol.errors import ErrorCode
from minikafka.quorum.raft.election import Ballot
from minikafka.quorum.raft.following import Following, Opens
from minikafka.quorum.raft.leading import Leading
from minikafka.quorum.raft.log_shape import LogShape
from minikafka.quorum.raft.messages import (
    NOBODY,
    Answer,
    BeginEpoch,
    EndEpoch,
    Fetch,
    FetchAnswer,
    FetchSnapshot,
    Heard,
    RaftMessage,
    SnapshotAnswer,
    Vote,
    VoteAnswer,
    is_strangers,
    refusal,
)
from minikafka.quorum.raft.ready import Leadership, Outbox, Ready
from minikafka.quorum.raft.roles import NEXT, Role, Why
from minikafka.quorum.raft.timing import Timing
from minikafka.quorum.raft.voter import Voter
from minikafka.quorum.raft.voter_sets import VoterSets
from minikafka.quorum.state import QuorumState

_LOOKS_FOR_ONE = (Role.UNATTACHED, Role.PROSPECTIVE, Role.CANDIDATE)


class NotLeading(Exception):
    """Only a leader appends."""


class RaftCore:
    """`directory_id`: its own. `voters`: as the log has them by now. `committed`: all below is known to be. `opens`:
    who votes by a snapshot. One that doesn't vote, or not under this directory, follows whoever leads. `now_ms` only
    ever rises."""

    def __init__(
        self,
        id: int,
        directory_id: UUID,
        voters: VoterSets,
        state: QuorumState,
        log: LogShape,
        rules: Rules,
        random: Random,
        *,
        committed: int = 0,
        timing: Timing = Timing(),
        opens: Opens = lambda id, data: {},
    ) -> None:
        self.id = id
        self.role = Role.UNATTACHED
        self._out = Outbox(state)
        self._voter = Voter(
            *(id, directory_id, voters, log, log.end_offset, committed, self._out, rules, timing)
        )
        self._random = random
        self._opens = opens
        self._state = state
        self._now_ms = 0
        self._deadline_ms = 0
        """When the present role has lasted too long; a leader and a follower have their own."""
        self._leading: Leading | None = None
        self._following: Following | None = None
        self._ballot: Ballot | None = None
        """Of one that stands."""

    @property
    def log(self) -> LogShape:
        return self._voter.log

    @property
    def voters(self) -> tuple[int, ...]:
        """All who vote by now."""
        return self._voter.voters.ids

    @property
    def directories(self) -> Mapping[int, UUID]:
        """Theirs."""
        return self._voter.voters.directories

    def directories_at(self, end_offset: int) -> Mapping[int, UUID]:
        """By all that is said before there."""
        return self._voter.voters.at(end_offset)

    @property
    def votes(self) -> bool:
        """Does this one?"""
        return self._voter.votes

    @property
    def committed(self) -> int:
        """All below is known to be."""
        return self._voter.committed

    @property
    def epoch(self) -> int:
        return self._state.leader_epoch

    @property
    def leader(self) -> int:
        """-1: none is known. One that resigned is none."""
        return NOBODY if self.role is Role.RESIGNED else self._state.leader_id

    @property
    def next_tick_ms(self) -> int:
        """When `tick` has something to do."""
        acting = self._leading or self._following
        return self._deadline_ms if acting is None else acting.next_tick_ms

    # -- what comes in ---------------------------------------------------------------------------------------

    def start(self, now_ms: int) -> Ready:
        """Take part. A single voter leads at once."""
        self._now_ms = now_ms
        if self._state.leader_id == self.id:
            self._state = replace(self._state, leader_id=NOBODY)
        if self._state.leader_id != NOBODY:
            self._follow()
        else:
            self._deadline_ms = now_ms + (self._lot() if self.votes else 0)
        if self.voters == (self.id,) and self.votes:
            self._go(Why.NOBODY_LEADS)
        return self._ready()

    def step(self, message: RaftMessage, now_ms: int) -> Ready:
        """Take a message in; the answer, if it needs one, is in the `Ready`. What strangers say changes nothing."""
        self._now_ms = now_ms
        if not isinstance(message, Fetch) and not is_strangers(message, self._voter.voters.known):
            self._learn(message)
        answer: Answer | None = None
        match message:
            case Vote():
                answer = self._vote(message)
            case BeginEpoch() | EndEpoch():
                answer = self._hear(message)
            case Fetch():
                answer = self._fetched(message)
            case VoteAnswer():
                self._count(message)
            case FetchAnswer() if self._following is not None:
                self._following.take(message, now_ms)
            case SnapshotAnswer() if self._following is not None:
                self._following.take_piece(message, now_ms)
            case _:
                pass
        return self._ready(answer)

    def tick(self, now_ms: int) -> Ready:
        """Time has passed."""
        self._now_ms = now_ms
        match self.role:
            case Role.LEADER:
                assert self._leading is not None
                if not self._leading.looks_around(now_ms):
                    self._go(Why.RESIGNS)
            case Role.FOLLOWER:
                assert self._following is not None
                if now_ms >= self._following.deadline_ms and not self.votes:
                    self._look_for_leader()
                elif now_ms >= self._following.deadline_ms:
                    self._go(Why.NOBODY_LEADS)
                elif now_ms >= self._following.fetch_at_ms:
                    self._following.fetch(now_ms)
            case _ if now_ms < self._deadline_ms:
                pass
            case _ if not self.votes:
                self._look_for_leader()
            case Role.UNATTACHED:
                self._go(Why.NOBODY_LEADS)
            case Role.PROSPECTIVE:
                self._go(Why.WOULD_NOT_BE_ELECTED)
            case Role.CANDIDATE:
                self._go(Why.NOT_ELECTED)
            case Role.RESIGNED:
                self._enter_epoch(self.epoch + 1)
        return self._ready()

    def propose(self, count: int, content: object, now_ms: int) -> Ready:
        """Append as the leader. Raises `NotLeading`."""
        self._now_ms = now_ms
        if self._leading is None:
            raise NotLeading
        self._leading.append(count, content)
        return self._ready()

    def change_voters(self, directories: Mapping[int, UUID], now_ms: int) -> Ready:
        """These vote from now on. Raises `NotLeading`, or `Unsettled`: not before all that was said is committed."""
        self._now_ms = now_ms
        if self._leading is None:
            raise NotLeading
        self._leading.change_voters(directories, now_ms)
        return self._ready()

    def persisted(self, end_offset: int, last_epoch: int, now_ms: int) -> Ready:
        """The log up to there is durable; its last record is of that epoch."""
        self._now_ms = now_ms
        if end_offset <= self.log.end_offset and self.log.epoch_at(end_offset - 1) == last_epoch:
            self._voter.persisted = max(self._voter.persisted, end_offset)
        if self._leading is not None:
            self._leading.persisted(now_ms)
            self._leave_if_voted_out()
        elif self._following is not None and self._following.waits_for_disk:
            self._following.fetch(now_ms)
        return self._ready()

    def resign(self, now_ms: int) -> Ready:
        """Lead no more, and tell who should next."""
        self._now_ms = now_ms
        if self.role is Role.LEADER:
            self._go(Why.RESIGNS)
        return self._ready()

    # -- roles -----------------------------------------------------------------------------------------------

    def _go(self, why: Why) -> None:
        """By the table, and what comes with it."""
        leading, self._leading, self._following = self._leading, None, None
        self.role = NEXT[self.role][why]
        self._deadline_ms = self._now_ms + self._lot()
        match self.role:
            case Role.PROSPECTIVE:
                self._stand(pre_vote=True)
            case Role.CANDIDATE:
                self._state = QuorumState(NOBODY, self.epoch + 1, self.id, self._voter.directory_id)
                self._stand(pre_vote=False)
            case Role.LEADER:
                self._lead()
            case Role.UNATTACHED if self._state.leader_id != NOBODY:
                self._follow()  # nobody wants another one
            case Role.RESIGNED:
                assert leading is not None
                leading.say_goodbye()

    def _learn(self, message: RaftMessage) -> None:
        """A newer epoch, or who leads this one."""
        leader = NOBODY if isinstance(message, Vote | Fetch | FetchSnapshot) else message.leader
        if message.epoch > self.epoch:
            self._enter_epoch(message.epoch)
        is_news = message.epoch == self.epoch and self._state.leader_id == NOBODY
        if is_news and leader in self._voter.voters.known and leader != self.id:
            self._state = replace(self._state, leader_id=leader)
            self._follow()

    def _enter_epoch(self, epoch: int) -> None:
        waits_already = self.role in _LOOKS_FOR_ONE
        self.role = NEXT[self.role][Why.NEWER_EPOCH]
        self._acts_no_more()
        self._state = QuorumState(NOBODY, epoch)
        if not waits_already:
            self._deadline_ms = self._now_ms + (self._lot() if self.votes else 0)

    def _acts_no_more(self) -> None:
        self._leading = self._following = self._ballot = None

    def _follow(self) -> None:
        self.role = Role.FOLLOWER if self.role is Role.FOLLOWER else NEXT[self.role][Why.LEADER_KNOWN]
        self._acts_no_more()
        self._following = Following(self._voter, self._state.leader_id, self.epoch, self._opens, self._now_ms)

    def _leave_if_voted_out(self) -> None:
        if self._leading is not None and self._leading.is_voted_out:
            self._go(Why.RESIGNS)

    def _look_for_leader(self) -> None:
        """Without a vote: any voter may know who leads; a fetch is how one asks."""
        self._following = None
        if self.role is not Role.UNATTACHED:
            self.role = NEXT[self.role][Why.LOST_FROM_VIEW]
        self._state = replace(self._state, leader_id=NOBODY)
        self._deadline_ms = self._now_ms + self._voter.timing.request_ms
        if self._voter.others:
            ask = Fetch(self.epoch, self.id, self.log.end_offset, self.log.last_epoch)
            self._out.send([self._random.choice(self._voter.others)], ask)

    def _lot(self) -> int:
        """Never the same as the others'."""
        return self._voter.timing.election_ms + self._random.randrange(max(1, self._voter.timing.election_ms))

    # -- elections -------------------------------------------------------------------------------------------

    def _stand(self, *, pre_vote: bool) -> None:
        self._ballot = Ballot(self.voters, self.id, self._voter.rules.majority)
        ask = Vote(self.epoch, self.id, self.log.last_epoch, self.log.end_offset, pre_vote)
        self._out.send(self._voter.others, ask)
        self._decide_election()

    def _vote(self, asked: Vote) -> VoteAnswer:
        is_granted = False
        if asked.epoch == self.epoch and asked.candidate in self._voter.voters.known:
            is_granted = self._grants(asked)
        if is_granted and not asked.pre_vote and self._state.voted_id != asked.candidate:
            directory_id = self._voter.voters.known[asked.candidate]
            self._state = replace(self._state, voted_id=asked.candidate, voted_directory_id=directory_id)
            self._deadline_ms = self._now_ms + self._lot()
        error = ErrorCode.NONE
        if asked.candidate not in self._voter.voters.known:
            error = ErrorCode.INCONSISTENT_VOTER_SET
        elif asked.epoch < self.epoch:
            error = ErrorCode.FENCED_LEADER_EPOCH
        return VoteAnswer(self.epoch, self.leader, self.id, is_granted, asked.pre_vote, error)

    def _grants(self, asked: Vote) -> bool:
        """A vote that may come to be is promised by who hears of no leader, whomever it has voted for (KIP-996)."""
        voted = None if self._state.voted_id == NOBODY else self._state.voted_id
        leader = None if self._state.leader_id == NOBODY else self._state.leader_id
        if asked.pre_vote:
            voted = None
            hears_it = self._following is not None and self._following.hears_it
            if self.role is not Role.LEADER and not hears_it:
                leader = None
        return self._voter.rules.grants_vote(
            asked.candidate,
            asked.epoch,
            asked.last_epoch,
            asked.end_offset,
            self.epoch,
            voted,
            leader,
            self.log.last_epoch,
            self.log.end_offset,
        )

    def _count(self, said: VoteAnswer) -> None:
        is_asked = self.role is (Role.PROSPECTIVE if said.pre_vote else Role.CANDIDATE)
        if is_asked and self._ballot is not None and said.epoch == self.epoch:
            self._ballot.count(said.voter, said.granted)
            self._decide_election()

    def _decide_election(self) -> None:
        assert self._ballot is not None
        stands = self.role is Role.CANDIDATE
        if self._ballot.is_won:
            self._go(Why.ELECTED if stands else Why.WOULD_BE_ELECTED)
        elif self._ballot.is_lost and not stands:
            self._go(Why.WOULD_NOT_BE_ELECTED)
        elif self._ballot.is_lost:
            self._deadline_ms = self._now_ms + self._random.randrange(
                max(1, self._voter.timing.backoff_max_ms)
            )

    def _lead(self) -> None:
        assert self._ballot is not None
        granting, self._ballot = self._ballot.granting, None
        self._state = replace(self._state, leader_id=self.id)
        self._leading = Leading(self._voter, self.epoch, granting, self._now_ms)

    # -- what others say of leading --------------------------------------------------------------------------

    def _fetched(self, asked: Fetch) -> FetchAnswer:
        error, diverging = refusal(asked, self.epoch, leads=self._leading is not None), None
        if self._leading is not None and not error:
            diverging = self._leading.fetched(asked, self._now_ms)
            self._leave_if_voted_out()
        return FetchAnswer(
            self.epoch, self.leader, asked.offset, asked.last_epoch, self.committed, error, diverging
        )

    def _hear(self, said: BeginEpoch | EndEpoch) -> Heard:
        if said.leader not in self._voter.voters.known:
            return Heard(self.epoch, self.leader, self.id, ErrorCode.INCONSISTENT_VOTER_SET)
        if said.epoch < self.epoch:
            return Heard(self.epoch, self.leader, self.id, ErrorCode.FENCED_LEADER_EPOCH)
        following = self._following
        if isinstance(said, EndEpoch) and following is not None and said.leader == self.leader:
            following.said_goodbye = True
            at = said.successors.index(self.id) if self.id in said.successors else len(said.successors)
            if at == 0:
                self._go(Why.NOBODY_LEADS)
            else:
                pause_ms = self._voter.timing.backoff_max_ms * at // max(1, len(said.successors))
                following.deadline_ms = min(following.deadline_ms, self._now_ms + pause_ms)
        return Heard(self.epoch, self.leader, self.id)

    def _ready(self, answer: Answer | None = None) -> Ready:
        leadership = Leadership(self.leader, self.epoch)
        may_tell = self._leading is None or self._leading.has_begun
        return self._out.take(self.committed, self._state, leadership if may_tell else None, answer)
