"""UnregisterBroker (key 64): forget a broker for good (KIP-631). The controller decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest, UnregisterBrokerResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.UNREGISTER_BROKER, versions=(0, 0))
async def unregister_broker(
    node: Broker, request: UnregisterBrokerRequest, context: RequestContext
) -> UnregisterBrokerResponse:
    """The controller's answer."""
    return await node.forward(request, context.api_version, UnregisterBrokerResponse)
