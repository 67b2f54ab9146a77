"""Where a broker is in its life.

Rule: one set of words for the broker, for its membership and for whoever looks at either. Kafka: `BrokerState`.
"""

from __future__ import annotations

from enum import StrEnum


class BrokerState(StrEnum):
    """To its membership a broker is STARTING until it is first in service, to itself until it has caught up."""

    NOT_RUNNING = "not running"
    STARTING = "starting"
    RUNNING = "running"
    PENDING_CONTROLLED_SHUTDOWN = "stopping"
    SHUTTING_DOWN = "shutting down"
