"""AddRaftVoter (key 80): one more controller votes (KIP-853). The controller decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.add_raft_voter import AddRaftVoterRequest, AddRaftVoterResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.ADD_RAFT_VOTER, versions=(0, 1))
async def add_raft_voter(
    node: Broker, request: AddRaftVoterRequest, context: RequestContext
) -> AddRaftVoterResponse:
    """The controller's answer."""
    return await node.forward(request, context.api_version, AddRaftVoterResponse)
