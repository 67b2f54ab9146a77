"""What the wire tells the trace.

Rule: built only when `trace.messages` says that somebody wants them.
"""

from __future__ import annotations

from minikafka.world.trace import Event


class RequestSent(Event, frozen=True):
    """A client's end has written a request."""

    to_host: str
    to_port: int
    api: str
    version: int
    correlation_id: int
    size_bytes: int


class RequestReceived(Event, frozen=True):
    """A server begins with a request."""

    from_host: str
    client_id: str
    api: str
    version: int
    correlation_id: int
    size_bytes: int


class ResponseSent(Event, frozen=True):
    """A server has written the answer."""

    to_host: str
    api: str
    version: int
    correlation_id: int
    size_bytes: int


class ResponseReceived(Event, frozen=True):
    """A client's end has read the answer."""

    from_host: str
    from_port: int
    api: str
    version: int
    correlation_id: int
    size_bytes: int


class BadRequestClosed(Event, frozen=True):
    """A server closes a connection because of what came over it."""

    from_host: str
    reason: str
