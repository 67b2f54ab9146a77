"""ListGroups (key 16): the groups this broker coordinates.

- 4+: filter by state (KIP-518). 5+: filter by type (KIP-848).
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.list_groups import ListGroupsRequest, ListGroupsResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.LIST_GROUPS, versions=(0, 5))
def list_groups(
    node: Broker, request: ListGroupsRequest, context: RequestContext
) -> Awaitable[ListGroupsResponse]:
    """A client asks every broker and joins the answers."""
    return node.group_coordinator.list_groups(request.states_filter, request.types_filter)
