"""AlterConfigs (key 33): all configurations of a resource are replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.broker.altered_configs import answers
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.alter_configs import (
    AlterConfigsRequest,
    AlterConfigsResourceResponse,
    AlterConfigsResponse,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.ALTER_CONFIGS, versions=(0, 2))
async def alter_configs(
    node: Broker, request: AlterConfigsRequest, context: RequestContext
) -> AlterConfigsResponse:
    return AlterConfigsResponse(
        responses=await answers(
            node, request, context.api_version, AlterConfigsResponse, AlterConfigsResourceResponse
        )
    )
