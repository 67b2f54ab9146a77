"""A cluster's story: of all that its trace says, the events that people want to look back at.

Its one rule: what happens all the time never pushes out what happens rarely. Messages and appends are left out;
commits, two a second for each consumer, have a short memory of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from minikafka.world import Traced

EVENTS = 200
COMMITS = 40
COMMIT = "OffsetsCommitted"
UNTOLD = frozenset(
    (
        "RequestSent",
        "RequestReceived",
        "ResponseSent",
        "ResponseReceived",
        "HighWatermarkAdvanced",
        "RecordsAppended",
    )
)


class Story:
    """Subscribe `hear` to a trace."""

    def __init__(self, events: Iterable[Traced] = ()) -> None:
        self._events: deque[Traced] = deque(maxlen=EVENTS)
        self._commits: deque[Traced] = deque(maxlen=COMMITS)
        for traced in events:
            self.hear(traced)

    def hear(self, traced: Traced) -> None:
        """Remember it, if it is worth it."""
        kind = traced.event.kind
        if kind == COMMIT:
            self._commits.append(traced)
        elif kind not in UNTOLD:
            self._events.append(traced)

    def told(self) -> list[Traced]:
        """All that is remembered, in order."""
        return sorted([*self._events, *self._commits], key=lambda traced: traced.seq)
