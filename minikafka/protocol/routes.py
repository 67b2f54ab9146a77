"""The table of what a node answers, made of the handlers that it finds in their modules.

Rule: ApiVersions, the docs and the server all read this one table. Kafka: `ApiVersionManager`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from minikafka.protocol import handshake
from minikafka.protocol.api import REQUESTS, RESPONSES, ApiKey
from minikafka.protocol.dispatch import Handler, Registration
from minikafka.protocol.framing import RequestHeader, skip_header_tags
from minikafka.protocol.refusals import REFUSALS, Refusal
from minikafka.protocol.schema import Buffer, Message


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

    def read(self, frame: Buffer, header: RequestHeader) -> Message:
        """The request behind that header. Raises `MalformedMessage`.

        As Kafka does, ignore what follows the body: librdkafka's Metadata for all topics has stray bytes there.
        """
        body = header.body
        if self.request.SCHEMA.is_flexible(header.api_version):
            body = skip_header_tags(frame, body)
        return self.request.decode_prefix(frame, header.api_version, body)[0]


class Dispatch:
    """The table of one kind of node, from the package, or the modules, that hold its handlers."""

    def __init__(self, *homes: ModuleType) -> None:
        self.routes: dict[int, Route] = {}
        for module in (handshake, *(module for home in homes for module in _modules(home))):
            for handler in vars(module).values():
                registration = getattr(handler, "__route__", None)
                if registration is not None and handler.__module__ == module.__name__:
                    self._add(registration, handler)

    def _add(self, registration: Registration, handler: Handler) -> None:
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
