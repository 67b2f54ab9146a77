"""LeaveGroup (key 13): members leave, or an admin removes them.

- 0–2: one member, one error. 3+: several, static ones by instance id alone (KIP-345). 5+: a reason (KIP-800).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.leave_group import LeaveGroupRequest, LeaveGroupResponse, MemberIdentity

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.LEAVE_GROUP, versions=(0, 5))
async def leave_group(
    node: Broker, request: LeaveGroupRequest, context: RequestContext
) -> LeaveGroupResponse:
    """Before v3 the only member's error is the whole answer."""
    if context.api_version >= 3:
        return await node.group_coordinator.leave_group(request, context)
    leaving = [MemberIdentity(member_id=request.member_id)]
    alone = LeaveGroupRequest(group_id=request.group_id, members=leaving)
    response = await node.group_coordinator.leave_group(alone, context)
    code = response.error_code or next((member.error_code for member in response.members), 0)
    return LeaveGroupResponse(error_code=code)
