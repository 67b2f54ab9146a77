"""FindCoordinator (key 10): which broker coordinates a group (key type 0) or a transaction (1)?

- 1+: key types, error messages. 4+: several keys at once (KIP-699). 6+: share groups (2), which we don't have.
- The first question creates `__consumer_offsets`; until it is there the answer is COORDINATOR_NOT_AVAILABLE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.coordinator.coordinator import partition_of
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.find_coordinator import (
    Coordinator,
    FindCoordinatorRequest,
    FindCoordinatorResponse,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

TOPIC_OF_KEY_TYPE = {0: "__consumer_offsets", 1: "__transaction_state"}
FIRST_BATCHED_VERSION = 4

Found = tuple[ErrorCode, int, str, int]
"""Error, broker id, host, port."""


@handles(ApiKey.FIND_COORDINATOR, versions=(0, 6))
def find_coordinator(
    node: Broker, request: FindCoordinatorRequest, context: RequestContext
) -> FindCoordinatorResponse:
    """The leader of the key's partition of the internal topic."""
    if context.api_version >= FIRST_BATCHED_VERSION:
        found = [(key, _find(node, request.key_type, key)) for key in request.coordinator_keys]
        return FindCoordinatorResponse(coordinators=[_coordinator(key, answer) for key, answer in found])
    error, broker_id, host, port = _find(node, request.key_type, request.key)
    # Kafka's message for "no error" is the word NONE, in these versions only.
    message = "NONE" if error is ErrorCode.NONE else error.message
    return FindCoordinatorResponse(
        error_code=error, error_message=message, node_id=broker_id, host=host, port=port
    )


def _coordinator(key: str, found: Found) -> Coordinator:
    error, broker_id, host, port = found
    message = error.message if error is ErrorCode.INVALID_REQUEST else ""
    return Coordinator(
        key=key, node_id=broker_id, host=host, port=port, error_code=error, error_message=message
    )


def _find(node: Broker, key_type: int, key: str) -> Found:
    topic = TOPIC_OF_KEY_TYPE.get(key_type)
    if topic is None:
        return ErrorCode.INVALID_REQUEST, -1, "", -1
    image = node.image.topic(topic)
    if image is None:
        if key_type == 0:
            node.topic_creation.begin([topic])
        return ErrorCode.COORDINATOR_NOT_AVAILABLE, -1, "", -1
    leader = image.partitions[partition_of(key, len(image.partitions))].leader
    endpoint = node.endpoint(leader)
    if endpoint is None:
        return ErrorCode.COORDINATOR_NOT_AVAILABLE, -1, "", -1
    return ErrorCode.NONE, leader, *endpoint
