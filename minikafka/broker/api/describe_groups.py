"""DescribeGroups (key 15): state, members and assignments of groups.

- 3+: authorized operations. 4+: static members. 6+: an unknown group is GROUP_ID_NOT_FOUND (KIP-1043),
  before that it is Dead and no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.describe_groups import DescribeGroupsRequest, DescribeGroupsResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

# READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS: without an authorizer everyone may do everything.
GROUP_OPERATIONS = sum(1 << operation for operation in (3, 6, 8, 10, 11))


@handles(ApiKey.DESCRIBE_GROUPS, versions=(0, 6))
async def describe_groups(
    node: Broker, request: DescribeGroupsRequest, context: RequestContext
) -> DescribeGroupsResponse:
    """Each group has its own error."""
    groups = await node.group_coordinator.describe_groups(request.groups, context)
    if request.include_authorized_operations and context.api_version >= 3:
        for group in groups:
            if not group.error_code:
                group.authorized_operations = GROUP_OPERATIONS
    return DescribeGroupsResponse(groups=groups)
