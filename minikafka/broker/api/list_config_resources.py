"""ListConfigResources (key 74): the resources that have a configuration (KIP-714; 1+ of any kind, KIP-1142)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.metadata.image import (
    BROKER_RESOURCE,
    CLIENT_METRICS_RESOURCE,
    GROUP_RESOURCE,
    TOPIC_RESOURCE,
)
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.list_config_resources import (
    ConfigResource,
    ListConfigResourcesRequest,
    ListConfigResourcesResponse,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

BROKER_LOGGER_RESOURCE = 8
ALL = (TOPIC_RESOURCE, BROKER_RESOURCE, BROKER_LOGGER_RESOURCE, CLIENT_METRICS_RESOURCE, GROUP_RESOURCE)


@handles(ApiKey.LIST_CONFIG_RESOURCES, versions=(0, 1))
def list_config_resources(
    node: Broker, request: ListConfigResourcesRequest, context: RequestContext
) -> ListConfigResourcesResponse:
    """Topics and brokers are always there; groups and client metrics only with a configuration of their own."""
    wanted = [CLIENT_METRICS_RESOURCE] if context.api_version == 0 else request.resource_types or list(ALL)
    if any(kind not in ALL for kind in wanted):
        raise ApiError(ErrorCode.UNSUPPORTED_VERSION)
    return ListConfigResourcesResponse(
        config_resources=[
            ConfigResource(resource_name=name, resource_type=kind)
            for kind in dict.fromkeys(wanted)
            for name in _names(node, kind)
        ]
    )


def _names(node: Broker, kind: int) -> list[str]:
    if kind == TOPIC_RESOURCE:
        return sorted(node.image.topics)
    if kind in (BROKER_RESOURCE, BROKER_LOGGER_RESOURCE):
        return [str(broker.id) for broker in node.image.alive_brokers()]
    return sorted(name for other, name in node.image.configs if other == kind)
