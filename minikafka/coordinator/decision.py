"""What a core hands to its shell: a value, no I/O.

Rule: a core says what to write, whom to answer and which timers to set; only the shell does it. An answer
that must wait is given to a *token*, the number the shell gave to the request when it asked.
Kafka: CoordinatorResult, and the timers of CoordinatorRuntime.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from minikafka.coordinator.records import CoordinatorRecord
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.schema import Struct
from minikafka.world import Event

TimerKey = tuple[str, ...]


class Caller(NamedTuple):
    """Who asks: the parts of a request's header a group needs, and the token of its answer."""

    token: int
    api_version: int
    client_id: str
    client_host: str


class Answer(NamedTuple):
    """A response for a request that was left waiting."""

    token: int
    response: Struct


class Timer(NamedTuple):
    """Wake the core with `key` after `delay_s` seconds; a second timer of a key replaces the first; None cancels.
    `alone`: not before all earlier writes are replayed."""

    key: TimerKey
    delay_s: float | None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class AssignmentLost:
    """The leader's assignment could not be written: the generation must be tried again."""

    group_id: str
    generation: int


@dataclass(frozen=True, slots=True)
class ReplacementLost:
    """A static member's new id could not be written: its old id is valid again."""

    group_id: str
    member_id: str
    old_member_id: str


@dataclass(frozen=True, slots=True)
class DeletionLost:
    """Tombstones could not be written: the groups live on."""

    group_ids: tuple[str, ...]


OnFailure = AssignmentLost | ReplacementLost | DeletionLost


@dataclass(frozen=True, slots=True)
class Decision:
    """What a core decided. `response` is for whoever asked (None: the answer comes later, by token) and may be
    given only when `records` are committed; `on_failure` goes back to the core when they can't be."""

    records: tuple[CoordinatorRecord, ...] = ()
    response: Struct | None = None
    answers: tuple[Answer, ...] = ()
    timers: tuple[Timer, ...] = ()
    events: tuple[Event, ...] = ()
    on_failure: OnFailure | None = None


@dataclass(slots=True)
class Effects:
    """A decision in the making: the rules of a group add to it, and read the time of the step from it."""

    now_ms: int = 0
    records: list[CoordinatorRecord] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    on_failure: OnFailure | None = None

    def answer(self, token: int, response: Struct) -> None:
        self.answers.append(Answer(token, response))

    def start_timer(self, key: TimerKey, delay_ms: int, *, alone: bool = False) -> None:
        self.timers.append(Timer(key, max(0, delay_ms) / 1000, alone))

    def cancel_timer(self, key: TimerKey) -> None:
        self.timers.append(Timer(key, None))

    def decision(self, response: Struct | None = None) -> Decision:
        """All that was gathered, leaving nothing behind."""
        decided = Decision(
            tuple(self.records),
            response,
            tuple(self.answers),
            tuple(self.timers),
            tuple(self.events),
            self.on_failure,
        )
        self.records.clear()
        self.answers.clear()
        self.timers.clear()
        self.events.clear()
        self.on_failure = None
        return decided


def coordinator_error(code: ErrorCode) -> ErrorCode:
    """The error a client of a coordinator sees when a write to the internal topic failed with `code`.

    Kafka: CoordinatorOperationExceptionHelper. A client reacts to these by looking for the coordinator again.
    """
    return _AS_COORDINATOR.get(code, code)


_AS_COORDINATOR = {
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.REQUEST_TIMED_OUT: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_LEADER_OR_FOLLOWER: ErrorCode.NOT_COORDINATOR,
    ErrorCode.FENCED_LEADER_EPOCH: ErrorCode.NOT_COORDINATOR,
    ErrorCode.KAFKA_STORAGE_ERROR: ErrorCode.NOT_COORDINATOR,
    ErrorCode.MESSAGE_TOO_LARGE: ErrorCode.UNKNOWN_SERVER_ERROR,
    ErrorCode.RECORD_LIST_TOO_LARGE: ErrorCode.UNKNOWN_SERVER_ERROR,
    ErrorCode.INVALID_FETCH_SIZE: ErrorCode.UNKNOWN_SERVER_ERROR,
}
