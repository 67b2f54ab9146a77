"""Heartbeat (key 12): a member is alive, and learns whether a rebalance has begun.

- 3+: static members.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.heartbeat import HeartbeatRequest, HeartbeatResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.HEARTBEAT, versions=(0, 4))
def heartbeat(
    node: Broker, request: HeartbeatRequest, context: RequestContext
) -> Awaitable[HeartbeatResponse]:
    """The coordinator answers at once."""
    return node.group_coordinator.heartbeat(request, context)
