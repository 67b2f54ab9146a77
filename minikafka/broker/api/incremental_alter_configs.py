"""IncrementalAlterConfigs (key 44, KIP-339): configurations are set, deleted, appended to or subtracted from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.broker.altered_configs import answers
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.incremental_alter_configs import (
    AlterConfigsResourceResponse,
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.INCREMENTAL_ALTER_CONFIGS, versions=(0, 1))
async def incremental_alter_configs(
    node: Broker, request: IncrementalAlterConfigsRequest, context: RequestContext
) -> IncrementalAlterConfigsResponse:
    return IncrementalAlterConfigsResponse(
        responses=await answers(
            node, request, context.api_version, IncrementalAlterConfigsResponse, AlterConfigsResourceResponse
        )
    )
