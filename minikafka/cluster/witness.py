"""A witness of a run: the running checksum of all events of its trace.

Rule: two runs of which the witnesses agree at the nth event had the same n events. Kafka has none.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left

import msgspec

from minikafka.world import Trace, Traced


class Witness:
    """Hears the events of one trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._first = trace.count - len(trace.recent) + 1
        self._encoder = msgspec.msgpack.Encoder()
        self._sums = array("I")  # one for each event, of all up to it
        self._sum = 0
        for traced in trace.recent:
            self.hear(traced)
        trace.subscribe(self.hear)

    def hear(self, traced: Traced) -> None:
        """One event more."""
        try:
            data = self._encoder.encode((traced.at, traced.host, traced.event))
        except UnicodeEncodeError:  # half a surrogate in somebody's name
            data = repr(traced.event).encode()
        self._sum = zlib.crc32(data, self._sum)
        self._sums.append(self._sum)

    @property
    def digest(self) -> int:
        """CRC-32 of all events."""
        return self._sum

    def event(self, number: int) -> Traced | None:
        """The nth, counted from 0, if the trace still has it."""
        found = self._trace.events(self._first + number)
        return found[0] if found and found[0].seq == self._first + number else None

    def differs_at(self, other: Witness) -> int | None:
        """The first event of mine that isn't the other's, counted from 0; None: the other saw all of mine."""
        mine, others = self._sums, other._sums
        both = min(len(mine), len(others))
        if not both or mine[both - 1] == others[both - 1]:
            return None if len(mine) <= len(others) else both
        return bisect_left(range(both), True, key=lambda n: mine[n] != others[n])
