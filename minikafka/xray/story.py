"""A cluster's story: of all that its trace says, the events that people want to look back at.

Rule: what happens all the time never pushes out what happens rarely. Messages and appends are left out;
commits, two a second for each consumer, have a short memory of their own; like events that come together (a
thousand partitions with a new leader) are one line with a count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable

from minikafka.world import Traced
from minikafka.xray.snapshot import EventLine
from minikafka.xray.wording import about, in_words, in_words_of_many, likeness

EVENTS = 200
COMMITS = 40
COMMIT = "OffsetsCommitted"
TOGETHER_S, LONGEST_S = 2.0, 10.0
"""Like events are one line when each comes so soon after the last, and the line isn't longer than this."""
UNTOLD = frozenset(
    (
        "RequestSent",
        "RequestReceived",
        "ResponseSent",
        "ResponseReceived",
        "HighWatermarkAdvanced",
        "RecordsAppended",
        "BatchSent",
    )
)


class Run:
    """Like events, one line."""

    __slots__ = ("_line", "count", "first", "last", "things")

    def __init__(self, first: Traced) -> None:
        self.first = self.last = first
        self.count = 0
        self.things: dict[str, None] = {}
        """What they are about, each once."""
        self._line: EventLine | None = None

    def takes(self, traced: Traced) -> bool:
        """Does it come soon enough?"""
        return traced.at - self.last.at <= TOGETHER_S and traced.at - self.first.at <= LONGEST_S

    def add(self, traced: Traced) -> None:
        self.last = traced
        self.count += 1
        self.things[about(traced.event)] = None
        self._line = None

    @property
    def line(self) -> EventLine:
        """The same object until something is added."""
        if self._line is None:
            first, event, host = self.first, self.last.event, self.last.host
            if self.count == 1:
                text = in_words(event, host)
            else:
                text = in_words_of_many(event, host, list(self.things), self.count)
            until = self.last.at if self.count > 1 else None
            self._line = EventLine(first.seq, first.at, host, event.kind, text, self.count, until)
        return self._line


class Story:
    """Subscribe `hear` to a trace."""

    def __init__(self, events: Iterable[Traced] = ()) -> None:
        self._events: deque[Run] = deque(maxlen=EVENTS)
        self._commits: deque[Run] = deque(maxlen=COMMITS)
        self._open: dict[Hashable, Run] = {}
        """By what makes them alike, the lines that may still grow."""
        for traced in events:
            self.hear(traced)

    def hear(self, traced: Traced) -> None:
        """Remember it, if it is worth it."""
        kind = traced.event.kind
        if kind in UNTOLD:
            return
        key = likeness(traced.event, traced.host)
        run = self._open.get(key)
        if run is None or not run.takes(traced):
            run = Run(traced)
            (self._commits if kind == COMMIT else self._events).append(run)
            self._open.pop(key, None)
            self._open[key] = run
            if len(self._open) > EVENTS + COMMITS:  # what is forgotten doesn't grow
                del self._open[next(iter(self._open))]
        run.add(traced)

    def told(self) -> tuple[EventLine, ...]:
        """All that is remembered, in order."""
        runs = sorted([*self._events, *self._commits], key=lambda run: run.first.seq)
        return tuple(run.line for run in runs)
