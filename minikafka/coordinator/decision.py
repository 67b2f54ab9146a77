"""What a core hands to its shell: a value, no I/O.

Rule: a core says what to write, whom to answer, whom to ask and which timers to set; only the shell does it. An answer
that must wait is given to a *token*, the number the shell gave to the request when it asked.
Kafka: CoordinatorResult, and the timers of CoordinatorRuntime.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.schema import Message, Struct
from minikafka.world import Event

TimerKey = tuple[str, ...]


class Caller(NamedTuple):
    """Whoever asks: the parts of a request's header a group needs, and the token of its answer."""

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


class BrokerRequest(NamedTuple):
    """Ask another broker, and hand its answer to the core. `key` is the core's own, to know what was asked for."""

    key: tuple[str, ...]
    broker_id: int
    request: Message
    timeout_s: float = 30.0


class BrokerAnswer(NamedTuple):
    """What came of a request: the response, or None and what went wrong. To ask again is for the core to decide."""

    asked: BrokerRequest
    response: Message | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a core decided.

    `records` are of the core's own types; `response` is for whoever asked (None: the answer comes later, by token).
    The response is given, and the `requests` are sent, only when the records are committed; `on_failure` goes back to
    the core when they can't be."""

    records: tuple[Any, ...] = ()
    response: Struct | None = None
    answers: tuple[Answer, ...] = ()
    timers: tuple[Timer, ...] = ()
    events: tuple[Event, ...] = ()
    on_failure: object | None = None
    requests: tuple[BrokerRequest, ...] = ()


@dataclass(slots=True)
class Effects:
    """A decision in the making: the rules of a core add to it, and read the time of the step from it."""

    now_ms: int = 0
    records: list[Any] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    on_failure: object | None = None
    requests: list[BrokerRequest] = field(default_factory=list)

    def ask_broker(self, request: BrokerRequest) -> None:
        self.requests.append(request)

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
            tuple(self.requests),
        )
        self.records.clear()
        self.answers.clear()
        self.timers.clear()
        self.events.clear()
        self.requests.clear()
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
