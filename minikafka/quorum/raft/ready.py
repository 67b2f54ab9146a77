"""What a core wants done.

Rule: in this order: keep `state`, `install` a snapshot, cut the log back, append `entries`, make all of it durable,
say so (`RaftCore.persisted`); then send, then tell of what is committed, then of the leader. Kafka does each within
`KafkaRaftClient.poll`; the shape is that of etcd's raft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from minikafka.quorum.state import QuorumState

if TYPE_CHECKING:
    from minikafka.quorum.raft.messages import Answer, Question, SnapshotId


@dataclass(frozen=True, slots=True)
class LeaderChange:
    """What a leader's first entry says."""

    leader: int
    voters: tuple[int, ...]
    granting: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VotersChange:
    """These vote from here on."""

    voters: Mapping[int, UUID]


@dataclass(frozen=True, slots=True)
class Entry:
    """A batch of the log: `size` records of one epoch. Of its `content` the core makes `LeaderChange`s and
    `VotersChange`s only. `voters`: who votes from here on, where it says so."""

    offset: int
    epoch: int
    size: int
    content: object
    voters: Mapping[int, UUID] | None = None

    @property
    def next_offset(self) -> int:
        return self.offset + self.size


class Install(NamedTuple):
    """In the place of the whole log: a snapshot."""

    id: SnapshotId
    data: bytes


class Leadership(NamedTuple):
    """Who leads (-1: nobody) in which epoch."""

    leader: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Ready:
    """`committed`: the high watermark by now. `leadership`: only when it has changed, and of itself a leader is told
    when its own first entry is committed. `answer`: to the message that was the step."""

    committed: int
    state: QuorumState | None = None
    truncate_to: int | None = None
    entries: tuple[Entry, ...] = ()
    messages: tuple[tuple[int, Question], ...] = ()
    answer: Answer | None = None
    leadership: Leadership | None = None
    install: Install | None = None

    def is_nothing_above(self, committed: int) -> bool:
        """Is there nothing to be done, where that is known to be committed already?"""
        changes = (self.state, self.truncate_to, self.leadership, self.install)
        is_silent = changes == (None, None, None, None) and not self.entries and not self.messages
        return is_silent and self.committed <= committed


class Outbox:
    """What the steps so far want done, until a `Ready` takes it."""

    def __init__(self, state: QuorumState) -> None:
        self.truncate_to: int | None = None
        self.entries: list[Entry] = []
        self.messages: list[tuple[int, Question]] = []
        self.install: Install | None = None
        self._kept = state
        self._told = Leadership(-1, -1)

    def send(self, voters: Sequence[int], message: Question) -> None:
        self.messages += [(voter, message) for voter in voters]

    def take(
        self, committed: int, state: QuorumState, leadership: Leadership | None, answer: Answer | None
    ) -> Ready:
        """All of it. `leadership`: as may be told by now (None: not yet)."""
        is_new = leadership is not None and leadership != self._told
        ready = Ready(
            committed,
            state if state != self._kept else None,
            self.truncate_to,
            tuple(self.entries),
            tuple(self.messages),
            answer,
            leadership if is_new else None,
            self.install,
        )
        if leadership is not None:
            self._told = leadership
        self._kept, self.truncate_to, self.entries, self.messages = state, None, [], []
        self.install = None
        return ready
