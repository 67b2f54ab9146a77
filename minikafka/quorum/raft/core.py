"""One voter of a Raft quorum, without any I/O: a message or the time in, what is to be done out.

Rule: each step returns one `Ready`, and whoever runs the core does what it says in the order of the steps. The core
itself never looks back: it is ahead of the disk, and counts its own log only as far as it was said to be durable
(`persisted`). It commits only what a majority has, and nothing of earlier epochs before an entry of its own.
Kafka: `KafkaRaftClient`, `LeaderState`, `FollowerState`; KIP-595, KIP-996.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from uuid import UUID

from minikafka.policy import Rules
from minikafka.protocol.errors import ErrorCode
from minikafka.quorum.raft.election import Ballot, Followers
from minikafka.quorum.raft.following import Following, Known, Opens
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
from minikafka.quorum.raft.ready import Entry, LeaderChange, Leadership, Outbox, Ready, VotersChange
from minikafka.quorum.raft.roles import NEXT, Role, Why
from minikafka.quorum.raft.timing import Timing
from minikafka.quorum.raft.voter_sets import VoterSets
from minikafka.quorum.state import QuorumState

LEADER_CHANGE_RECORDS = 3
"""Who leads, which version of the protocol runs, and who votes."""
NEVER_MS = 1 << 60
_LOOKS_FOR_ONE = (Role.UNATTACHED, Role.PROSPECTIVE, Role.CANDIDATE)


class NotLeading(Exception):
    """Only a leader appends."""


class Unsettled(Exception):
    """The last change of who votes, or this leader's first record, isn't committed yet."""


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
        self._directory_id = directory_id
        self._voters = voters
        self.role = Role.UNATTACHED
        self.log = log
        self.followers: Followers | None = None
        """A leader's."""
        self.epoch_start = -1
        """Where a leader's own entries begin."""
        self._rules = rules
        self._random = random
        self._timing = timing
        self._state = state
        self._known = Known(log.end_offset, committed)
        self._now_ms = 0
        self._deadline_ms = 0
        """When the present role has lasted too long; a leader's: when to tell again that it leads."""
        self._following: Following | None = None
        """A follower's."""
        self._opens = opens
        self._ballot: Ballot | None = None
        self._out = Outbox(state)

    @property
    def voters(self) -> tuple[int, ...]:
        """All who vote by now."""
        return self._voters.ids

    @property
    def directories(self) -> Mapping[int, UUID]:
        """Theirs."""
        return self._voters.directories

    def directories_at(self, end_offset: int) -> Mapping[int, UUID]:
        """By all that is said before there."""
        return self._voters.at(end_offset)

    @property
    def votes(self) -> bool:
        """Does this one?"""
        return self._voters.has_a_say(self.id, self._directory_id, self.committed)

    @property
    def _others(self) -> tuple[int, ...]:
        return tuple(voter for voter in self.voters if voter != self.id)

    @property
    def committed(self) -> int:
        """All below is known to be."""
        return self._known.committed

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
        if self._following is not None:
            return self._following.next_tick_ms
        if self.role is Role.LEADER and self.followers is not None:
            heard_ms = self.followers.majority_heard_ms()
            if heard_ms is not None:
                return min(self._deadline_ms, heard_ms + self._timing.check_quorum_ms)
        return self._deadline_ms

    # -- what comes in ---------------------------------------------------------------------------------------

    def start(self, now_ms: int) -> Ready:
        """Take part. A single voter leads at once."""
        self._now_ms = now_ms
        if self._state.leader_id == self.id:
            self._state = replace(self._state, leader_id=NOBODY)
            self._is_voted_out()
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
        if not isinstance(message, Fetch) and not is_strangers(message, self._voters.known):
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
                self._look_around()
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
        if self.role is not Role.LEADER:
            raise NotLeading
        self._append(count, content)
        return self._ready()

    def change_voters(self, directories: Mapping[int, UUID], now_ms: int) -> Ready:
        """These vote from now on. Raises `NotLeading`, or `Unsettled`: not before all that was said is committed."""
        self._now_ms = now_ms
        if self.role is not Role.LEADER or self.followers is None:
            raise NotLeading
        if self.committed <= max(self._voters.offset, self.epoch_start):
            raise Unsettled
        self._voters.say(self.log.end_offset, directories)
        self._append(1, VotersChange(dict(directories)), directories)
        self.followers.vote_from_now_on(self.voters, self._rules.majority, now_ms)
        self._commit()
        return self._ready()

    def persisted(self, end_offset: int, last_epoch: int, now_ms: int) -> Ready:
        """The log up to there is durable; its last record is of that epoch."""
        self._now_ms = now_ms
        if end_offset <= self.log.end_offset and self.log.epoch_at(end_offset - 1) == last_epoch:
            self._known.persisted = max(self._known.persisted, end_offset)
        if self.followers is not None and self.id in self.followers.progress:
            self.followers.fetched(self.id, self._known.persisted, now_ms)
            self._commit()
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
        self._following = None
        self.role = NEXT[self.role][why]
        self._deadline_ms = self._now_ms + self._lot()
        match self.role:
            case Role.PROSPECTIVE:
                self._stand(pre_vote=True)
            case Role.CANDIDATE:
                self._state = QuorumState(NOBODY, self.epoch + 1, self.id, self._directory_id)
                self._stand(pre_vote=False)
            case Role.LEADER:
                self._lead()
            case Role.UNATTACHED if self._state.leader_id != NOBODY:
                self._follow()  # nobody wants another one
            case Role.RESIGNED:
                self._say_goodbye()

    def _learn(self, message: RaftMessage) -> None:
        """A newer epoch, or who leads this one."""
        leader = NOBODY if isinstance(message, Vote | Fetch | FetchSnapshot) else message.leader
        if message.epoch > self.epoch:
            self._enter_epoch(message.epoch)
        is_news = message.epoch == self.epoch and self._state.leader_id == NOBODY
        if is_news and leader in self._voters.known and leader != self.id:
            self._state = replace(self._state, leader_id=leader)
            self._follow()

    def _enter_epoch(self, epoch: int) -> None:
        waits_already = self.role in _LOOKS_FOR_ONE
        self.role, self._following = NEXT[self.role][Why.NEWER_EPOCH], None
        self._state = QuorumState(NOBODY, epoch)
        self._is_voted_out()
        if not waits_already:
            self._deadline_ms = self._now_ms + (self._lot() if self.votes else 0)

    def _is_voted_out(self) -> None:
        self.followers = self._ballot = None
        self.epoch_start = -1

    def _follow(self) -> None:
        self.role = Role.FOLLOWER if self.role is Role.FOLLOWER else NEXT[self.role][Why.LEADER_KNOWN]
        self._is_voted_out()
        self._following = Following(
            *(self.id, self._state.leader_id, self.epoch, self.log, self._out, self._known, self._voters),
            *(self._rules, self._timing, self._opens, self._now_ms),
        )

    def _look_for_leader(self) -> None:
        """Without a vote: any voter may know who leads; a fetch is how one asks."""
        self._following = None
        if self.role is not Role.UNATTACHED:
            self.role = NEXT[self.role][Why.LOST_FROM_VIEW]
        self._state = replace(self._state, leader_id=NOBODY)
        self._deadline_ms = self._now_ms + self._timing.request_ms
        if self._others:
            ask = Fetch(self.epoch, self.id, self.log.end_offset, self.log.last_epoch)
            self._out.send([self._random.choice(self._others)], ask)

    def _lot(self) -> int:
        """Never the same as the others'."""
        return self._timing.election_ms + self._random.randrange(max(1, self._timing.election_ms))

    # -- elections -------------------------------------------------------------------------------------------

    def _stand(self, *, pre_vote: bool) -> None:
        self._ballot = Ballot(self.voters, self.id, self._rules.majority)
        ask = Vote(self.epoch, self.id, self.log.last_epoch, self.log.end_offset, pre_vote)
        self._out.send(self._others, ask)
        self._decide_election()

    def _vote(self, asked: Vote) -> VoteAnswer:
        is_granted = False
        if asked.epoch == self.epoch and asked.candidate in self._voters.known:
            is_granted = self._grants(asked)
        if is_granted and not asked.pre_vote and self._state.voted_id != asked.candidate:
            directory_id = self._voters.known[asked.candidate]
            self._state = replace(self._state, voted_id=asked.candidate, voted_directory_id=directory_id)
            self._deadline_ms = self._now_ms + self._lot()
        error = ErrorCode.NONE
        if asked.candidate not in self._voters.known:
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
        return self._rules.grants_vote(
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
            self._deadline_ms = self._now_ms + self._random.randrange(max(1, self._timing.backoff_max_ms))

    # -- the leader ------------------------------------------------------------------------------------------

    def _lead(self) -> None:
        assert self._ballot is not None
        granting, self._ballot = self._ballot.granting, None
        self._state = replace(self._state, leader_id=self.id)
        self.followers = Followers(self.voters, self.id, self._rules.majority, self._now_ms)
        if self.id in self.followers.progress:
            self.followers.fetched(self.id, self._known.persisted, self._now_ms)
        self.epoch_start = self.log.end_offset
        self._append(LEADER_CHANGE_RECORDS, LeaderChange(self.id, self.voters, granting))
        self._out.send(self._others, BeginEpoch(self.epoch, self.id))
        self._deadline_ms = self._now_ms + self._timing.begin_ms if self._others else NEVER_MS

    def _append(self, count: int, content: object, voters: Mapping[int, UUID] | None = None) -> None:
        self._out.entries.append(Entry(self.log.end_offset, self.epoch, count, content, voters))
        self.log.append(self.epoch, count)

    def _fetched(self, asked: Fetch) -> FetchAnswer:
        leads = self.role is Role.LEADER and self.followers is not None
        error, diverging = refusal(asked, self.epoch, leads=leads), None
        if self.followers is not None and not error:
            diverging = self.log.diverging(asked.offset, asked.last_epoch)
            if asked.replica in self.followers.progress and asked.replica != self.id:
                known = self.followers.progress[asked.replica].end_offset
                end_offset = asked.offset if diverging is None else known
                self.followers.fetched(asked.replica, end_offset, self._now_ms)
                self._commit()
        return FetchAnswer(
            self.epoch, self.leader, asked.offset, asked.last_epoch, self.committed, error, diverging
        )

    def _commit(self) -> None:
        """What a majority has, once that includes something of this epoch."""
        assert self.followers is not None
        offset = min(self.followers.majority_has(), self.log.end_offset)
        if self.role is Role.LEADER and offset > max(self.epoch_start, self.committed):
            self._known.committed = offset
            if self.id not in self.directories and offset > self._voters.offset:
                self._go(Why.RESIGNS)  # it was voted out, and all know

    def _look_around(self) -> None:
        """Does a majority still fetch? And does anybody not know who leads?"""
        assert self.followers is not None
        heard_ms = self.followers.majority_heard_ms()
        if heard_ms is not None and self._now_ms >= heard_ms + self._timing.check_quorum_ms:
            self._go(Why.RESIGNS)
        elif self._now_ms >= self._deadline_ms:
            self._deadline_ms = self._now_ms + self._timing.begin_ms
            silent = self.followers.silent(self._now_ms - self._timing.begin_ms)
            self._out.send(silent, BeginEpoch(self.epoch, self.id))

    def _say_goodbye(self) -> None:
        assert self.followers is not None
        self._out.send(self._others, EndEpoch(self.epoch, self.id, self.followers.successors()))
        self._is_voted_out()

    # -- the follower ----------------------------------------------------------------------------------------

    def _hear(self, said: BeginEpoch | EndEpoch) -> Heard:
        if said.leader not in self._voters.known:
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
                pause_ms = self._timing.backoff_max_ms * at // max(1, len(said.successors))
                following.deadline_ms = min(following.deadline_ms, self._now_ms + pause_ms)
        return Heard(self.epoch, self.leader, self.id)

    def _ready(self, answer: Answer | None = None) -> Ready:
        leadership = Leadership(self.leader, self.epoch)
        may_tell = leadership.leader != self.id or self.committed > self.epoch_start
        return self._out.take(self.committed, self._state, leadership if may_tell else None, answer)
