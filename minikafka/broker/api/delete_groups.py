"""DeleteGroups (key 42): remove groups that have no members, with their committed offsets.

- Errors by group: NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.delete_groups import DeleteGroupsRequest, DeleteGroupsResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.DELETE_GROUPS, versions=(0, 2))
async def delete_groups(
    node: Broker, request: DeleteGroupsRequest, context: RequestContext
) -> DeleteGroupsResponse:
    """Answered when the tombstones are committed."""
    results = await node.group_coordinator.delete_groups(request.groups_names, context)
    return DeleteGroupsResponse(results=results)
