"""ElectLeaders (key 43): passed on to the controller (KIP-183; 1+ unclean elections, KIP-460)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersResponse,
    PartitionResult,
    ReplicaElectionResult,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


def _nobody_elected(
    request: ElectLeadersRequest, context: RequestContext, error: ApiError
) -> ElectLeadersResponse:
    results = [
        ReplicaElectionResult(
            topic=topic.topic,
            partition_result=[
                PartitionResult(partition_id=p, error_code=error.code, error_message=error.message)
                for p in topic.partitions
            ],
        )
        for topic in request.topic_partitions or []
    ]
    # Version 0 has no word for the whole.
    code = error.code if context.api_version >= 1 else ErrorCode.NONE
    return ElectLeadersResponse(error_code=code, replica_election_results=results)


@handles(ApiKey.ELECT_LEADERS, versions=(0, 2), on_error=_nobody_elected)
async def elect_leaders(
    node: Broker, request: ElectLeadersRequest, context: RequestContext
) -> ElectLeadersResponse:
    """The controller's answer."""
    return await node.forward(request, context.api_version, ElectLeadersResponse)
