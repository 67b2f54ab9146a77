"""DescribeClientQuotas (key 48): the quotas that match a filter (KIP-546). There are none here.

A filter that makes no sense is refused all the same. Kafka: `ClientQuotasImage.describe`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.describe_client_quotas import (
    ComponentData,
    DescribeClientQuotasRequest,
    DescribeClientQuotasResponse,
)

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

ENTITY_TYPES = ("ip", "user", "client-id")
EXACT, DEFAULT, ANY_NAME = 0, 1, 2
MATCH_NAMES = {EXACT: "MATCH_TYPE_EXACT", DEFAULT: "MATCH_TYPE_DEFAULT", ANY_NAME: "MATCH_TYPE_SPECIFIED"}


@handles(ApiKey.DESCRIBE_CLIENT_QUOTAS, versions=(0, 1))
def describe_client_quotas(
    node: Broker, request: DescribeClientQuotasRequest, context: RequestContext
) -> DescribeClientQuotasResponse:
    """No entries."""
    seen: list[str] = []
    for component in request.components:
        _check(component, seen)
        seen.append(component.entity_type)
    if "ip" in seen and len(seen) > 1:
        raise ApiError(
            ErrorCode.INVALID_REQUEST,
            "Invalid entity filter component combination. IP filter component should not be used with user or "
            "clientId filter component.",
        )
    return DescribeClientQuotasResponse(entries=[])


def _check(component: ComponentData, seen: list[str]) -> None:
    kind, match = component.entity_type, component.match
    if kind == "":
        raise ApiError(ErrorCode.INVALID_REQUEST, "Invalid empty entity type.")
    if kind in seen:
        raise ApiError(
            ErrorCode.INVALID_REQUEST, f"Entity type {kind} cannot appear more than once in the filter."
        )
    if kind not in ENTITY_TYPES:
        raise ApiError(ErrorCode.UNSUPPORTED_VERSION, f"Unsupported entity type {kind}")
    name = MATCH_NAMES.get(component.match_type)
    if name is None:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"Unknown match type {component.match_type}")
    if component.match_type == EXACT and match is None:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"Request specified {name}, but set match string to null.")
    if component.match_type != EXACT and match is not None:
        raise ApiError(
            ErrorCode.INVALID_REQUEST, f"Request specified {name}, but also specified a match string."
        )
