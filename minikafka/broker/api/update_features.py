"""UpdateFeatures (key 57): run the cluster at other levels (KIP-584, KIP-778). The controller decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.update_features import UpdateFeaturesRequest, UpdateFeaturesResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.UPDATE_FEATURES, versions=(0, 2))
async def update_features(
    node: Broker, request: UpdateFeaturesRequest, context: RequestContext
) -> UpdateFeaturesResponse:
    """The controller's answer."""
    return await node.forward(request, context.api_version, UpdateFeaturesResponse)
