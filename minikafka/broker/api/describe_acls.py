"""DescribeAcls (key 29): who may do what. Without an authorizer, as here, that is Kafka's refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.describe_acls import DescribeAclsRequest, DescribeAclsResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.DESCRIBE_ACLS, versions=(1, 3))
def describe_acls(
    node: Broker, request: DescribeAclsRequest, context: RequestContext
) -> DescribeAclsResponse:
    """SECURITY_DISABLED."""
    return DescribeAclsResponse(
        error_code=ErrorCode.SECURITY_DISABLED,
        error_message="No Authorizer is configured on the broker",
        resources=[],
    )
