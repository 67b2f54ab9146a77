"""FindCoordinator (key 10): which broker coordinates a group (key type 0) or a transaction (1)?

- 1+: key types, error messages. 4+: several keys at once (KIP-699). 6+: share groups (2), which we don't have.
- Nobody coordinates transactions yet. The answer must end a client's search at once: COORDINATOR_NOT_AVAILABLE
  makes it ask on and on. 3+: UNSUPPORTED_VERSION. Below, TRANSACTIONAL_ID_AUTHORIZATION_FAILED: librdkafka, which
  speaks no higher version here, gives up for nothing else.
- The first question creates the internal topic; until it is there the answer is COORDINATOR_NOT_AVAILABLE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.coordinator.runtime import partition_of
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

TRANSACTION, SHARE = 1, 2
LAST_VERSION_OF_LIBRDKAFKA = 2
NO_COORDINATOR_EVER = (ErrorCode.UNSUPPORTED_VERSION, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
NO_TRANSACTIONS = "Transactions are not supported by this cluster."
FIRST_BATCHED_VERSION = 4

Found = tuple[ErrorCode, int, str, int]
"""Error, broker id, host, port."""


@handles(ApiKey.FIND_COORDINATOR, versions=(0, 6))
def find_coordinator(
    node: Broker, request: FindCoordinatorRequest, context: RequestContext
) -> FindCoordinatorResponse:
    """The leader of the key's partition of the internal topic."""
    if context.api_version >= FIRST_BATCHED_VERSION:
        found = [(key, _find(node, request.key_type, key, context)) for key in request.coordinator_keys]
        return FindCoordinatorResponse(
            coordinators=[_coordinator(request.key_type, key, answer) for key, answer in found]
        )
    error, broker_id, host, port = _find(node, request.key_type, request.key, context)
    # Kafka's message for "no error" is the word NONE, in these versions only.
    message = "NONE" if error is ErrorCode.NONE else _message(error)
    return FindCoordinatorResponse(
        error_code=error, error_message=message, node_id=broker_id, host=host, port=port
    )


def _coordinator(key_type: int, key: str, found: Found) -> Coordinator:
    error, broker_id, host, port = found
    wordless = error in (ErrorCode.NONE, ErrorCode.COORDINATOR_NOT_AVAILABLE) or key_type == SHARE
    message = "" if wordless else _message(error)
    return Coordinator(
        key=key, node_id=broker_id, host=host, port=port, error_code=error, error_message=message
    )


def _message(error: ErrorCode) -> str:
    return NO_TRANSACTIONS if error in NO_COORDINATOR_EVER else error.message


def _find(node: Broker, key_type: int, key: str, context: RequestContext) -> Found:
    runtime = node.coordinators.of_key_type(key_type)
    if runtime is None and key_type == TRANSACTION:
        is_old = context.api_version <= LAST_VERSION_OF_LIBRDKAFKA
        return NO_COORDINATOR_EVER[is_old], -1, "", -1
    if runtime is None:
        return ErrorCode.INVALID_REQUEST, -1, "", -1
    topic = runtime.tenant.topic
    image = node.image.topic(topic)
    if image is None:
        node.topic_creation.begin([topic])
        return ErrorCode.COORDINATOR_NOT_AVAILABLE, -1, "", -1
    leader = image.partitions[partition_of(key, len(image.partitions))].leader
    endpoint = node.endpoint(leader)
    if endpoint is None:
        return ErrorCode.COORDINATOR_NOT_AVAILABLE, -1, "", -1
    return ErrorCode.NONE, leader, *endpoint
