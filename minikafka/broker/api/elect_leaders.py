"""ElectLeaders (key 43): passed on to the controller (KIP-183; 1+ unclean elections, KIP-460)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersResponse,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.ELECT_LEADERS, versions=(0, 2))
async def elect_leaders(
    node: Broker, request: ElectLeadersRequest, context: RequestContext
) -> ElectLeadersResponse:
    """The controller's answer."""
    return await node.forward(request, context.api_version, ElectLeadersResponse)
