"""What a producer tells the trace.

Rule: built only when `trace.messages` says that somebody wants messages.
"""

from __future__ import annotations

from minikafka.world import Event

FULL, LINGERED, FLUSHED, RULED, AGAIN = "full", "lingered", "flushed", "ruled", "again"


class BatchSent(Event, frozen=True):
    """A batch leaves the accumulator.

    `why`: it is "full" (or the next record didn't fit), it has "lingered" long enough, somebody "flushed", the rule
    `batch_is_ready` had another reason ("ruled"), or it is sent "again".
    """

    topic: str
    partition: int
    records: int
    size_bytes: int
    waited_ms: float
    why: str
