"""DescribeCluster, asked of a controller: which controllers there are, and who leads.

Rule: those that have registered, as all nodes know them; brokers are described by brokers. Kafka:
`ControllerApis.handleDescribeCluster`, `ControllerRegistrationsPublisher`; KIP-919.
"""

from __future__ import annotations

from collections.abc import Mapping

from minikafka.metadata.image import ControllerRegistration
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_cluster import (
    DescribeClusterBroker,
    DescribeClusterRequest,
    DescribeClusterResponse,
)

BROKERS, CONTROLLERS = 1, 2
OPERATIONS, NOT_ASKED = 8096, -(1 << 31)
"""All that may be done with a cluster, a bit for each."""


def describe_cluster(
    cluster_id: str,
    leader_id: int,
    controllers: Mapping[int, ControllerRegistration],
    request: DescribeClusterRequest,
    listener: str,
    version: int,
) -> DescribeClusterResponse:
    """`listener`: the name of the one that was asked. `version`: the request's; 0 knows only of brokers."""
    if request.endpoint_type != CONTROLLERS:
        known = request.endpoint_type == BROKERS
        return DescribeClusterResponse(
            error_code=ErrorCode.MISMATCHED_ENDPOINT_TYPE if known else ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
            error_message=(
                "The request was sent to an endpoint of type CONTROLLER, but we wanted an endpoint of type BROKER"
                if known
                else f"Unsupported endpoint type {request.endpoint_type}"
            ),
            endpoint_type=CONTROLLERS if version >= 1 else BROKERS,
            cluster_id="",
            brokers=[],
        )
    found = [
        DescribeClusterBroker(broker_id=id, host=place.host, port=place.port)
        for id in sorted(controllers)
        for place in controllers[id].listeners
        if place.name == listener
    ]
    allowed = OPERATIONS if request.include_cluster_authorized_operations else NOT_ASKED
    return DescribeClusterResponse(
        endpoint_type=CONTROLLERS,
        cluster_id=cluster_id,
        controller_id=leader_id,
        brokers=found,
        cluster_authorized_operations=allowed,
    )


__all__ = ["describe_cluster"]
