"""Which function answers which request: `@handles` is the only registration there is.

Rule: a handler says on itself what it answers; `routes.Dispatch` finds it there. Kafka: `KafkaApis.handle`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from minikafka.protocol.api import ApiKey
from minikafka.protocol.later import Later
from minikafka.protocol.schema import Message

Deferred = Callable[[], Message]
"""Makes the answer at the moment when it is sent, and may raise what a handler may."""
Outcome = Message | Deferred | None
Answer = Outcome | Later[Any] | Awaitable[Outcome]
Handler = Callable[[Any, Any, "RequestContext"], Answer]
H = TypeVar("H", bound=Callable[..., Any])


class CloseConnection(Exception):
    """Raised by a handler that wants the connection closed: the only answer Kafka has for some mistakes."""


class RequestContext(NamedTuple):
    """Where a request comes from. `client_host` is the client's address."""

    api_key: ApiKey
    api_version: int
    correlation_id: int
    client_id: str | None
    client_host: str
    connection_id: int


@dataclass(frozen=True, slots=True)
class Registration:
    """What `@handles` was told."""

    api_key: ApiKey
    versions: tuple[int, int]
    overlaps: bool


def handles(api_key: ApiKey, versions: tuple[int, int], *, overlaps: bool = False) -> Callable[[H], H]:
    """Register `handler(node, request, context)`, which returns a response, a function that makes it, a `Later`,
    something to await, or None.

    None is no answer at all (Produce with acks=0). Of an `ApiError` that the handler raises, the API's refusal is
    made; any other exception is answered as UNKNOWN_SERVER_ERROR.
    `overlaps`: what the handler has to do is done when it returns, and only the answer may be to come; so the next
    request of its kind on the same connection may begin before that.
    """

    def register(handler: H) -> H:
        handler.__route__ = Registration(api_key, versions, overlaps)  # type: ignore[attr-defined]
        return handler

    return register
