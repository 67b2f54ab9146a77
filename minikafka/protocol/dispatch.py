"""Which function answers which request: `@handles` is the only registration there is.

Rule: ApiVersions, the docs and the server all read the one table. Kafka: `KafkaApis.handle` and
`ApiVersionManager`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from minikafka.protocol.api import REQUESTS, RESPONSES, ApiKey
from minikafka.protocol.later import Later
from minikafka.protocol.refusals import REFUSALS, Refusal
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
class Route:
    """One API as a server speaks it."""

    api_key: ApiKey
    versions: tuple[int, int]
    handler: Handler
    refusal: Refusal
    request: type[Message]
    response: type[Message]
    overlaps: bool = False


@dataclass(frozen=True, slots=True)
class _Registration:
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
        handler.__route__ = _Registration(api_key, versions, overlaps)  # type: ignore[attr-defined]
        return handler

    return register


class Dispatch:
    """The table of one kind of node, from the package, or the modules, that hold its handlers."""

    def __init__(self, *homes: ModuleType) -> None:
        from minikafka.protocol import handshake

        self.routes: dict[int, Route] = {}
        for module in (handshake, *(module for home in homes for module in _modules(home))):
            for handler in vars(module).values():
                registration = getattr(handler, "__route__", None)
                if registration is not None and handler.__module__ == module.__name__:
                    self._add(registration, handler)

    def _add(self, registration: _Registration, handler: Handler) -> None:
        key = registration.api_key
        if key in self.routes:
            raise ValueError(f"two handlers for {key.name}")
        request, response = REQUESTS[key], RESPONSES[key]
        low, high = registration.versions
        known_low, known_high = request.SCHEMA.versions
        if not known_low <= low <= high <= known_high:
            raise ValueError(f"{key.name}: versions {low}–{high} are not within {known_low}–{known_high}")
        self.routes[key] = Route(
            key, (low, high), handler, REFUSALS[key], request, response, registration.overlaps
        )

    def advertised(self) -> list[tuple[ApiKey, int, int]]:
        """What ApiVersions tells: (key, lowest, highest version), by key.

        Produce is told from version 0, though lower ones than a route has are refused: librdkafka does not
        compress otherwise (KAFKA-18659, and Kafka does the same).
        """
        return [
            (route.api_key, 0 if route.api_key == ApiKey.PRODUCE else route.versions[0], route.versions[1])
            for _, route in sorted(self.routes.items())
        ]


def _modules(home: ModuleType) -> list[ModuleType]:
    """Those of a package, by name; a module alone is its own home."""
    if not hasattr(home, "__path__"):
        return [home]
    return [import_module(f"{home.__name__}.{found.name}") for found in iter_modules(home.__path__)]
