"""JoinGroup (key 11): a consumer asks to be in the group's next generation, and waits for it.

- 0: one timeout for session and rebalance. 4+: a newcomer is first given an id (KIP-394).
- 5+: static members (KIP-345). 7+: the protocol type is told, no protocol is null. 8+: a reason (KIP-800).
- 9+: a static leader that comes back need not assign (KIP-814).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.join_group import JoinGroupRequest, JoinGroupResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.JOIN_GROUP, versions=(0, 9))
async def join_group(node: Broker, request: JoinGroupRequest, context: RequestContext) -> JoinGroupResponse:
    """Parked by the coordinator until the generation is complete."""
    response = await node.group_coordinator.join_group(request, context)
    # "No protocol" is null since v7 and was empty before.
    response.protocol_name = response.protocol_name or (None if context.api_version >= 7 else "")
    return response
