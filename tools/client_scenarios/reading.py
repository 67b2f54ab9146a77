"""Writing, reading and waiting, for scenarios on a cluster."""

from __future__ import annotations

import time
from typing import Any

from client_cases.kit import Kit, record


def seeded(kit: Kit, topic: str, *values: bytes, partition: int = 0) -> None:
    """Writes these values."""
    producer = kit.producer()
    for value in values:
        producer.produce(topic, value, partition=partition)
    producer.flush(10)


def read(consumer: Any, count: int, limit_s: float = 15.0) -> list[Any]:
    """So many records or events, as far as they come in time."""
    found: list[Any] = []
    until = time.monotonic() + limit_s
    while len(found) < count and time.monotonic() < until:
        message = consumer.poll(0.2)
        if message is not None:
            found.append(record(message))
    return found


def wait_for(condition: Any, *consumers: Any, limit_s: float = 20.0) -> bool:
    """Polls these consumers until `condition()`; what they read is thrown away."""
    until = time.monotonic() + limit_s
    while not condition() and time.monotonic() < until:
        for consumer in consumers:
            consumer.poll(0.1)
    return bool(condition())


class Told:
    """What a consumer's rebalance callbacks were told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []

    def on(self, kind: str, then: Any = None) -> Any:
        """A callback that remembers, and then does something."""

        def callback(consumer: Any, found: Any) -> None:
            self.events.append((kind, len(found)))
            if then is not None:
                then(consumer, found)

        return callback

    def callbacks(self, **then: Any) -> dict[str, Any]:
        """All three."""
        return {f"on_{kind}": self.on(kind, then.get(kind)) for kind in ("assign", "revoke", "lost")}
