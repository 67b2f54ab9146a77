"""DescribeCluster (key 60): the brokers, the controller, the cluster's id (KIP-700; 1+ endpoint type, KIP-919)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.broker.api.metadata import CLUSTER_OPERATIONS, NO_OPERATIONS
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_cluster import (
    DescribeClusterBroker,
    DescribeClusterRequest,
    DescribeClusterResponse,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

BROKERS, CONTROLLERS = 1, 2


@handles(ApiKey.DESCRIBE_CLUSTER, versions=(0, 2))
def describe_cluster(
    node: Broker, request: DescribeClusterRequest, context: RequestContext
) -> DescribeClusterResponse:
    """Brokers answer for brokers only; a question for controllers goes to a controller."""
    if request.endpoint_type != BROKERS:
        known = request.endpoint_type == CONTROLLERS
        return DescribeClusterResponse(
            throttle_time_ms=0,
            error_code=ErrorCode.MISMATCHED_ENDPOINT_TYPE if known else ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
            error_message=(
                "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"
                if known
                else f"Unsupported endpoint type {request.endpoint_type}"
            ),
            endpoint_type=BROKERS,
            cluster_id="",
            controller_id=-1,
            brokers=[],
            cluster_authorized_operations=NO_OPERATIONS,
        )
    found = []
    for broker in (node.image.brokers[i] for i in sorted(node.image.brokers)):
        endpoint = broker.listener()
        if endpoint is None or (
            broker.fenced and not (context.api_version >= 2 and request.include_fenced_brokers)
        ):
            continue
        found.append(
            DescribeClusterBroker(
                broker_id=broker.id,
                host=endpoint.host,
                port=endpoint.port,
                rack=broker.rack,
                is_fenced=broker.fenced,
            )
        )
    return DescribeClusterResponse(
        throttle_time_ms=0,
        error_code=ErrorCode.NONE,
        error_message=None,
        endpoint_type=BROKERS,
        cluster_id=node.cluster_id,
        controller_id=node.known_controller(),
        brokers=found,
        cluster_authorized_operations=(
            CLUSTER_OPERATIONS if request.include_cluster_authorized_operations else NO_OPERATIONS
        ),
    )
