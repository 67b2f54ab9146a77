"""RemoveRaftVoter (key 81): a controller votes no more (KIP-853). The controller decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import RequestContext, handles
from minikafka.protocol.messages.remove_raft_voter import RemoveRaftVoterRequest, RemoveRaftVoterResponse

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker


@handles(ApiKey.REMOVE_RAFT_VOTER, versions=(0, 0))
async def remove_raft_voter(
    node: Broker, request: RemoveRaftVoterRequest, context: RequestContext
) -> RemoveRaftVoterResponse:
    """The controller's answer."""
    return await node.forward(request, context.api_version, RemoveRaftVoterResponse)
