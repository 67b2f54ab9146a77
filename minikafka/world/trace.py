"""The trace: one stream of typed events of all hosts of a universe.

Rule: an event is a frozen value made by the layer that knows what happened; the trace only stamps it with
who, when and a running number, keeps the latest ones and hands it to subscribers. Emitting never raises.
Kafka has no such stream; its nearest kin are its request and state-change logs.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from minikafka.world.visible import visible

RECENT_EVENTS = 10_000


class Event(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="event"):
    """What happened, as plain str, int, float, bytes and tuple fields. Each layer subclasses it beside the
    emitter.
    """

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__()
        taken = sorted({"kind", "text"} & set(inspect.get_annotations(cls)))
        if taken:
            raise TypeError(
                f"{cls.__name__} can't have a field named {taken[0]}: every event has that name already"
            )

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self).__name__

    def text(self) -> str:
        """The fields as `name=value`, in their order of declaration."""
        return " ".join(f"{name}={_shown(getattr(self, name))}" for name in self.__struct_fields__)


def _shown(value: object) -> str:
    if isinstance(value, str):
        shown = visible(value)
        return shown if shown and " " not in shown else f"'{shown}'"
    if isinstance(value, tuple):
        return "[" + ",".join(_shown(item) for item in value) + "]"
    if isinstance(value, bytes) and len(value) > 32:
        return f"{value[:32]!r}…({len(value)} bytes)"
    return str(value)


class Traced(msgspec.Struct, frozen=True, gc=False):
    """An event as the trace keeps it: `at` is seconds since the universe began, rounded to microseconds."""

    seq: int
    at: float
    host: str
    event: Event
    content: Mapping[str, Any] | None = None
    """Of a message's event: what it says, as plain values; no line of a timeline shows it."""

    def __str__(self) -> str:
        return f"{self.at:12.6f} {self.host:<14} {self.event.kind} {self.event.text()}".rstrip()


class TaskFailed(Event, frozen=True):
    """A task, a callback or a subscriber raised; the exception itself is in `trace.failures`."""

    where: str
    error: str


class RequestFailed(TaskFailed, frozen=True):
    """A request could not be handled or answered for a fault of ours: its client was told so. Said once a fault."""


class TraceStream:
    """What all the hosts' traces share."""

    __slots__ = ("failures", "faults", "messages", "now", "recent", "seq", "subscribers")

    def __init__(
        self, now: Callable[[], float], *, messages: bool = False, recent: int = RECENT_EVENTS
    ) -> None:
        self.now = now
        self.messages = messages
        self.recent: deque[Traced] = deque(maxlen=recent)
        self.failures: list[BaseException] = []
        self.faults: dict[tuple[str, str, str], BaseException] = {}
        self.subscribers: tuple[Callable[[Traced], None], ...] = ()
        self.seq = 0


class Trace:
    """One host's handle on the stream that all hosts of a universe share."""

    __slots__ = ("_stream", "host")

    def __init__(self, stream: TraceStream, host: str) -> None:
        self._stream = stream
        self.host = host

    @property
    def recent(self) -> deque[Traced]:
        """The latest events of all hosts, oldest first."""
        return self._stream.recent

    @property
    def count(self) -> int:
        """How many events there have been."""
        return self._stream.seq

    def events(self, from_sequence: int = 0, limit: int | None = None) -> tuple[Traced, ...]:
        """The remembered events whose number is `from_sequence` or more, oldest first; at most `limit`."""
        recent = self._stream.recent
        fresh = min(len(recent), max(0, self._stream.seq + 1 - from_sequence))
        start = len(recent) - fresh
        return tuple(itertools.islice(recent, start, None if limit is None else start + limit))

    @property
    def failures(self) -> list[BaseException]:
        """Every exception that nobody else was there to catch, oldest first."""
        return self._stream.failures

    @property
    def faults(self) -> list[BaseException]:
        """The first exception of each kind that a request met and whose client was told, oldest first."""
        return list(self._stream.faults.values())

    @property
    def messages(self) -> bool:
        """Whether message-level events are wanted; the wire layer asks before it builds one."""
        return self._stream.messages

    @messages.setter
    def messages(self, wanted: bool) -> None:
        self._stream.messages = wanted

    def emit(self, event: Event, content: Mapping[str, Any] | None = None) -> None:
        """Stamp the event with number, time and this host, keep it, and hand it to all subscribers."""
        stream = self._stream
        stream.seq = seq = stream.seq + 1
        traced = Traced(seq, round(stream.now(), 6), self.host, event, content)
        stream.recent.append(traced)
        for subscriber in stream.subscribers:
            try:
                subscriber(traced)
            except Exception as error:  # the emitter must not suffer from who listens
                stream.failures.append(error)

    def subscribe(self, callback: Callable[[Traced], None]) -> Callable[[], None]:
        """Call `callback` with each event of any host from now on; returns the function that ends it.

        What the callback raises is put into `failures`.
        """
        stream = self._stream
        entry = functools.partial(callback)  # one identity a subscription
        stream.subscribers = (*stream.subscribers, entry)

        def unsubscribe() -> None:
            stream.subscribers = tuple(one for one in stream.subscribers if one is not entry)

        return unsubscribe

    def fail(self, where: str, error: BaseException) -> None:
        """Record an exception that nobody else will see, and emit `TaskFailed`."""
        stream = self._stream
        error.add_note(f"in {where} of {self.host or 'no host'} at {stream.now():.6f} s")
        stream.failures.append(error)
        self.emit(TaskFailed(where, f"{type(error).__name__}: {error}"))

    def fault(self, where: str, error: BaseException) -> None:
        """Record an exception whose request was answered all the same. The same one again is not said again."""
        stream = self._stream
        kind = (where, type(error).__name__, _raised_at(error))
        if kind in stream.faults:
            return
        error.add_note(f"in {where} of {self.host or 'no host'} at {stream.now():.6f} s")
        stream.faults[kind] = error
        self.emit(RequestFailed(where, f"{type(error).__name__}: {error}"))

    def on(self, host: str) -> Trace:
        """The same stream, as `host` sees it."""
        return Trace(self._stream, host)


def _raised_at(error: BaseException) -> str:
    """The line that raised it, in a file: code that was made at run time differs with each version of a message."""
    where, frame = "", error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if not name.startswith("<"):
            where = f"{name}:{frame.tb_lineno}"
        frame = frame.tb_next
    return where
