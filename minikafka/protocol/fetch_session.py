"""The asking side of a fetch session: after the partitions were named once, only what changed is named (KIP-227).

Rule: `next()` says what to send, `accept()` or `reset()` says how it went; nothing else changes it. It costs what is
named, however many partitions the session has.

Kafka: `org.apache.kafka.clients.FetchSessionHandler`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

INITIAL_EPOCH = 0
FINAL_EPOCH = -1
NO_SESSION = 0

K = TypeVar("K")
P = TypeVar("P")
"""How a partition is named, and what is asked of it: a follower and a consumer have their own."""


class FetchPlan(NamedTuple, Generic[K, P]):
    """One request's session part. `attempt` tells it from those of an earlier session."""

    session_id: int
    session_epoch: int
    partitions: dict[K, P]
    forgotten: list[K]
    attempt: int


class FetchSession(Generic[K, P]):
    """One session with one leader."""

    def __init__(self) -> None:
        self.told: dict[K, P] = {}
        """What the leader knows that we want."""
        self._id = NO_SESSION
        """0 until the leader has given one."""
        self._epoch = INITIAL_EPOCH
        """That of the next request; 0 asks for a new session."""
        self._attempt = 0
        """Grows with each new session: answers to an earlier one are ignored."""

    @property
    def is_established(self) -> bool:
        """Does the leader have it? Then more than one request may be on its way."""
        return self._id != NO_SESSION

    def next(self, positions: Mapping[K, P], unwanted: Iterable[K] = ()) -> FetchPlan[K, P]:
        """What to send when these may have changed, and those are wanted no more."""
        told = self.told
        changed = {key: position for key, position in positions.items() if told.get(key) != position}
        forgotten = [key for key in unwanted if told.pop(key, None) is not None]
        told.update(changed)
        epoch = self._epoch
        if epoch == INITIAL_EPOCH:
            forgotten = []  # the leader knows of none
        else:
            self._epoch = epoch % 0x7FFFFFFF + 1
        return FetchPlan(self._id, epoch, changed, forgotten, self._attempt)

    def is_answered(self, plan: FetchPlan[K, P]) -> bool:
        """Does an answer to it mean anything yet?"""
        return plan.attempt == self._attempt

    def accept(self, session_id: int) -> bool:
        """The leader answered without an error of the session itself. False: it keeps none, so all is to be named."""
        if session_id == NO_SESSION or self._id not in (NO_SESSION, session_id):
            self.reset()
            return False
        if self._id == NO_SESSION:
            self._id, self._epoch = session_id, 1
        return True

    def reset(self) -> None:
        """The session is gone (error, lost connection): begin with a full fetch."""
        self._id = NO_SESSION
        self._epoch = INITIAL_EPOCH
        self._attempt += 1
        self.told = {}
