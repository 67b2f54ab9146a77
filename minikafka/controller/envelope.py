"""What a broker passes on for its clients: a whole request within a request, answered by a whole answer.

Rule: what is inside is answered as if it had come by itself; the envelope's own error speaks of what can't be read,
isn't passed on, or must go to another controller. Kafka: `ControllerApis.handleEnvelopeRequest`,
`EnvelopeUtils`; KIP-590.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable
from typing import TYPE_CHECKING, NamedTuple

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.framing import read_request_header, response_body
from minikafka.protocol.messages.envelope import EnvelopeRequest, EnvelopeResponse
from minikafka.protocol.routes import Route
from minikafka.protocol.schema import MalformedMessage, Message

if TYPE_CHECKING:
    from minikafka.controller.node import ControllerNode

PASSED_ON = frozenset(
    {
        ApiKey.CREATE_TOPICS,
        ApiKey.DELETE_TOPICS,
        ApiKey.CREATE_PARTITIONS,
        ApiKey.ALTER_CONFIGS,
        ApiKey.INCREMENTAL_ALTER_CONFIGS,
        ApiKey.ELECT_LEADERS,
        ApiKey.ALTER_PARTITION_REASSIGNMENTS,
        ApiKey.LIST_PARTITION_REASSIGNMENTS,
        ApiKey.DESCRIBE_QUORUM,
        ApiKey.UNREGISTER_BROKER,
        ApiKey.UPDATE_FEATURES,
        ApiKey.ADD_RAFT_VOTER,
        ApiKey.REMOVE_RAFT_VOTER,
    }
)
"""Of what a controller answers, all that a client may ask of a broker. Kafka: `ApiKeys.forwardable`."""


class _Inside(NamedTuple):
    route: Route
    request: Message
    context: RequestContext


@handles(ApiKey.ENVELOPE, versions=(0, 0))
async def envelope(
    node: ControllerNode, request: EnvelopeRequest, context: RequestContext
) -> EnvelopeResponse:
    route, inner, inner_context = _opened(node.dispatch.routes, request, context)
    try:
        answer = route.handler(node, inner, inner_context)
        response = await answer if isinstance(answer, Awaitable) else answer
    except ApiError as error:
        if error.code is ErrorCode.NOT_CONTROLLER:
            raise  # the broker looks for the controller, its client needn't
        response = route.refusal(inner, inner_context.api_version, error)
    assert isinstance(response, Message), "a controller answers each request with a message"
    data = response_body(response, inner_context.api_version, inner_context.correlation_id)
    return EnvelopeResponse(response_data=data)


def _opened(routes: dict[int, Route], request: EnvelopeRequest, context: RequestContext) -> _Inside:
    """Raises `ApiError`: INVALID_REQUEST, UNSUPPORTED_VERSION."""
    try:
        header = read_request_header(request.request_data)
        host = str(ipaddress.ip_address(bytes(request.client_host_address)))
        route = routes.get(header.api_key)
        if route is None or route.api_key not in PASSED_ON:
            raise ApiError(ErrorCode.INVALID_REQUEST)
        if not route.versions[0] <= header.api_version <= route.versions[1]:
            raise ApiError(ErrorCode.UNSUPPORTED_VERSION)
        inner = route.read(request.request_data, header)
    except (MalformedMessage, ValueError):
        raise ApiError(ErrorCode.INVALID_REQUEST) from None
    return _Inside(
        route,
        inner,
        RequestContext(
            route.api_key,
            header.api_version,
            header.correlation_id,
            header.client_id,
            host,
            context.connection_id,
        ),
    )
