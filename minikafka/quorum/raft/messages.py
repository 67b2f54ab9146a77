"""What the voters say to each other.

Rule: every message has its sender's epoch, so whoever lags behind learns it from the first one. Kafka:
`VoteRequest`, `BeginQuorumEpochRequest`, `EndQuorumEpochRequest`, `FetchRequest`, `FetchSnapshotRequest` and their
answers; KIP-595, KIP-630.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from minikafka.protocol.errors import ErrorCode
from minikafka.quorum.raft.ready import Entry

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Vote:
    """ "Will you vote for me?" `pre_vote`: "Would you?", which binds nobody (KIP-996)."""

    epoch: int
    candidate: int
    last_epoch: int
    end_offset: int
    pre_vote: bool = False


@dataclass(frozen=True, slots=True)
class VoteAnswer:
    epoch: int
    leader: int
    voter: int
    granted: bool
    pre_vote: bool = False
    error: ErrorCode = ErrorCode.NONE


@dataclass(frozen=True, slots=True)
class BeginEpoch:
    """ "I lead": to voters that don't fetch, as they can't know."""

    epoch: int
    leader: int


@dataclass(frozen=True, slots=True)
class EndEpoch:
    """ "I lead no more." `successors`: who should begin an election, the best first."""

    epoch: int
    leader: int
    successors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to the two above."""

    epoch: int
    leader: int
    voter: int
    error: ErrorCode = ErrorCode.NONE


@dataclass(frozen=True, slots=True)
class Fetch:
    """ "I have everything up to `offset`, the last of it of `last_epoch`": a follower's word, and its question.

    An observer may know neither epoch (-1): it isn't checked then.
    """

    epoch: int
    replica: int
    offset: int
    last_epoch: int


class EpochEnd(NamedTuple):
    """Where an epoch ends in the leader's log."""

    epoch: int
    end_offset: int


class SnapshotId(NamedTuple):
    """A snapshot has all below `end_offset`, the last of it of `epoch`."""

    end_offset: int
    epoch: int


@dataclass(frozen=True, slots=True)
class FetchAnswer:
    """`offset`, `last_epoch`: the question's; to a log that isn't so any more the answer says nothing. `diverging`: the
    follower's log isn't the leader's; cut back to there.
    """

    epoch: int
    leader: int
    offset: int
    last_epoch: int
    high_watermark: int
    error: ErrorCode = ErrorCode.NONE
    diverging: EpochEnd | None = None
    entries: tuple[Entry, ...] = ()
    snapshot: SnapshotId | None = None
    """What is asked for lies before the leader's log: this has it."""


@dataclass(frozen=True, slots=True)
class FetchSnapshot:
    """For the bytes of a snapshot, from `position` on."""

    epoch: int
    replica: int
    id: SnapshotId
    position: int


@dataclass(frozen=True, slots=True)
class SnapshotAnswer:
    """Of `size` bytes, those from `position` on."""

    epoch: int
    leader: int
    id: SnapshotId
    position: int
    size: int = 0
    data: bytes = b""
    error: ErrorCode = ErrorCode.NONE


Question = Vote | BeginEpoch | EndEpoch | Fetch | FetchSnapshot
Answer = VoteAnswer | Heard | FetchAnswer | SnapshotAnswer
RaftMessage = Question | Answer


def is_strangers(message: RaftMessage, voters: Collection[int]) -> bool:
    """Is its sender none of these? Answers to a fetch come from whoever was asked, unless they didn't come at all;
    fetches from observers too."""
    match message:
        case Vote():
            return message.candidate not in voters
        case VoteAnswer() | Heard():
            return message.voter not in voters
        case BeginEpoch() | EndEpoch():
            return message.leader not in voters
        case FetchAnswer() | SnapshotAnswer():
            return message.error is ErrorCode.NETWORK_EXCEPTION
        case _:
            return False


def refusal(asked: Fetch, epoch: int, *, leads: bool) -> ErrorCode:
    """Why a node of that epoch doesn't serve this fetch; NONE: it does. Kafka: `validateLeaderOnlyRequest`."""
    if not leads:
        return ErrorCode.NOT_LEADER_OR_FOLLOWER
    if 0 <= asked.epoch < epoch:
        return ErrorCode.FENCED_LEADER_EPOCH
    return ErrorCode.UNKNOWN_LEADER_EPOCH if asked.epoch > epoch else ErrorCode.NONE
