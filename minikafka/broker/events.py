"""What a broker tells the trace of its life.

Rule: each is told once, when it has happens.
"""

from __future__ import annotations

from minikafka.world import Event


class BrokerStarted(Event, frozen=True):
    """The broker is unfenced and answers clients on `port`."""

    broker: int
    port: int


class BrokerStopped(Event, frozen=True):
    """The broker has shut down cleanly."""

    broker: int


class BrokerFailed(Event, frozen=True):
    """The broker can't continue; it is out of service until it starts again."""

    broker: int
    reason: str
