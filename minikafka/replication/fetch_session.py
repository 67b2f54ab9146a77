"""The asking side of a fetch session: after one full fetch, only what changed is named (KIP-227).

Rule: `next()` says what to send, `accept()` or `reset()` says how it went; nothing else changes it.

Kafka: `org.apache.kafka.clients.FetchSessionHandler`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

INITIAL_EPOCH = 0
FINAL_EPOCH = -1
NO_SESSION = 0

Key = tuple[uuid.UUID, int]


@dataclass(frozen=True, slots=True)
class FetchPosition:
    """What is asked of one partition. Offsets in records, sizes in bytes; -1 = unknown."""

    fetch_offset: int
    log_start_offset: int
    max_bytes: int
    leader_epoch: int
    last_fetched_epoch: int


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """One request's session part."""

    session_id: int
    session_epoch: int
    partitions: dict[Key, FetchPosition]
    forgotten: tuple[Key, ...]


class FetchSession:
    """One session with one leader."""

    def __init__(self) -> None:
        self._id = NO_SESSION
        self._epoch = INITIAL_EPOCH
        self._sent: dict[Key, FetchPosition] = {}
        self._planned: dict[Key, FetchPosition] = {}

    def next(self, wanted: dict[Key, FetchPosition]) -> FetchPlan:
        """What to send so that the leader knows `wanted`."""
        self._planned = wanted
        if self._epoch == INITIAL_EPOCH:
            return FetchPlan(self._id, INITIAL_EPOCH, dict(wanted), ())
        changed = {key: position for key, position in wanted.items() if self._sent.get(key) != position}
        forgotten = tuple(key for key in self._sent if key not in wanted)
        return FetchPlan(self._id, self._epoch, changed, forgotten)

    def accept(self, session_id: int) -> None:
        """The leader answered without an error of the session itself."""
        if session_id == NO_SESSION:
            self.reset()
            return
        self._epoch = (
            1 if session_id != self._id or self._epoch == INITIAL_EPOCH else self._epoch % 0x7FFFFFFF + 1
        )
        self._id = session_id
        self._sent = self._planned

    def reset(self) -> None:
        """The session is gone (error, lost connection): begin with a full fetch."""
        self._id = NO_SESSION
        self._epoch = INITIAL_EPOCH
        self._sent = {}
