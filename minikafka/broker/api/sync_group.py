"""SyncGroup (key 14): the leader hands in the assignment, every member fetches its part.

- 3+: static members. 5+: protocol type and name must be given and fit the group's (KIP-559).
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.sync_group import SyncGroupRequest, SyncGroupResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.SYNC_GROUP, versions=(0, 5))
def sync_group(
    node: Broker, request: SyncGroupRequest, context: RequestContext
) -> Awaitable[SyncGroupResponse]:
    """Parked by the coordinator until the assignment is committed."""
    return node.group_coordinator.sync_group(request, context)
