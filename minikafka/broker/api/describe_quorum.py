"""DescribeQuorum (key 55): who holds the metadata log, and how far (KIP-595). The controller knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.describe_quorum import DescribeQuorumRequest, DescribeQuorumResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.DESCRIBE_QUORUM, versions=(0, 2))
async def describe_quorum(
    node: Broker, request: DescribeQuorumRequest, context: RequestContext
) -> DescribeQuorumResponse:
    """The controller's answer."""
    return await node.forward(request, context.api_version, DescribeQuorumResponse)
