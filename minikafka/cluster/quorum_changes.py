"""A controller that joins a running cluster's quorum, and one that is voted out.

Rule: who joins follows first, and votes only when it has all that is committed; who is voted out follows on. Kafka:
`kafka-metadata-quorum add-controller`, `remove-controller`; KIP-853.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from minikafka.cluster.voters import controller_host
from minikafka.controller.node import ControllerNode
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.add_raft_voter import AddRaftVoterRequest, Listener
from minikafka.protocol.messages.remove_raft_voter import RemoveRaftVoterRequest
from minikafka.quorum.voter_changes import add_voter, remove_voter

if TYPE_CHECKING:
    from minikafka.cluster.nodes import ClusterNodes

TRIES = 100
AGAIN_S = 0.2
NOT_YET = (ErrorCode.REQUEST_TIMED_OUT, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_CONTROLLER)


async def add_controller(nodes: ClusterNodes) -> str:
    """Its host. Raises ValueError: this cluster can't have more; or `ApiError`: it doesn't come to vote."""
    if len(nodes.controllers) == 1:
        raise ValueError(
            "A cluster that was made with one controller can't have others: make it with controllers=3."
        )
    host = controller_host(len(nodes.controllers) + 1)
    await nodes.start_new_controller(host)
    await _agree(nodes, lambda active: _let_vote(nodes, active, host))
    return host


async def _let_vote(nodes: ClusterNodes, active: ControllerNode, host: str) -> None:
    new = nodes.running_controller(host).voter
    if any(voter.id == new.id for voter in active.quorum.voters):
        return
    request = AddRaftVoterRequest(
        cluster_id=nodes.cluster_id,
        timeout_ms=30_000,
        voter_id=new.id,
        voter_directory_id=new.directory_id,
        listeners=[Listener(name=new.listener, host=new.host, port=new.port)],
    )
    await add_voter(active.quorum, active.fetches.observers, request, nodes.cluster_id)


async def remove_controller(nodes: ClusterNodes, host: str) -> None:
    """Raises ValueError: there is none of that name; or `ApiError`: the quorum doesn't agree."""
    known = nodes.voter_of(host)

    async def vote_out(active: ControllerNode) -> None:
        if any(voter.id == known.id for voter in active.quorum.voters):
            request = RemoveRaftVoterRequest(
                cluster_id=nodes.cluster_id, voter_id=known.id, voter_directory_id=known.directory_id
            )
            await remove_voter(active.quorum, request, nodes.cluster_id)

    await _agree(nodes, vote_out)


async def _agree(nodes: ClusterNodes, change: Callable[[ControllerNode], Awaitable[None]]) -> None:
    """With whoever leads by then, and as often as something is in the way that passes."""
    for left in range(TRIES, 0, -1):
        active = nodes.controller
        try:
            if active is None:
                raise ApiError(ErrorCode.NOT_CONTROLLER, "No controller leads.")
            await change(active)
            return
        except ApiError as refused:
            if refused.code not in NOT_YET or left == 1:
                raise
        await asyncio.sleep(AGAIN_S)


__all__ = ["add_controller", "remove_controller"]
