"""The requests of one connection that were begun and not yet answered, in the order in which they came.

Rule: one at a time, except that a request may begin while others of its kind wait for their answers, where its API
`overlaps`; none begins behind one that failed. Kafka: `SocketServer`, which mutes a channel until it has answered.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from minikafka.protocol.dispatch import RequestContext
from minikafka.protocol.later import Later
from minikafka.protocol.routes import Route
from minikafka.protocol.schema import Buffer, Message


class Begun(NamedTuple):
    """One of them. Without a route it is bytes that are no request."""

    route: Route | None
    request: Message | None
    context: RequestContext | None
    size_bytes: int
    later: Later[Any]


class BegunRequests:
    """Those of one connection; at most `max_count`, and more than one only up to `max_bytes`."""

    __slots__ = ("_bytes", "_max_bytes", "_max_count", "_requests")

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._requests: deque[Begun] = deque()
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._requests)

    def may_begin(self, frame: Buffer) -> bool:
        """May the request in `frame` begin now?"""
        if not self._requests:
            return True
        last = self._requests[-1]
        return (
            last.route is not None
            and last.route.overlaps
            and last.later.error is None
            and int.from_bytes(frame[:2], "big") == last.route.api_key
            and len(self._requests) < self._max_count
            and self._bytes + len(frame) <= self._max_bytes
        )

    def add(self, begun: Begun) -> None:
        self._requests.append(begun)
        self._bytes += begun.size_bytes

    def pop_answered(self) -> Begun | None:
        """The oldest, if its answer is there."""
        if not self._requests or not self._requests[0].later.is_there:
            return None
        begun = self._requests.popleft()
        self._bytes -= begun.size_bytes
        return begun

    def hurry(self) -> None:
        """Another request waits behind these."""
        if self._requests:
            self._requests[0].later.hurry()
