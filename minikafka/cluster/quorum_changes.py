"""A controller that joins a running cluster's quorum, and one that is voted out.

Rule: who joins follows first, and votes only when it has all that is committed; who is voted out follows on. Kafka:
`kafka-metadata-quorum add-controller`, `remove-controller`; KIP-853.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from minikafka.cluster.voters import controller_host
from minikafka.controller.node import ControllerNode
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.add_raft_voter import AddRaftVoterRequest, Listener
from minikafka.protocol.messages.remove_raft_voter import RemoveRaftVoterRequest
from minikafka.quorum.voter_changes import add_voter, remove_voter
from minikafka.world import SimulatedUniverse

if TYPE_CHECKING:
    from minikafka.cluster.nodes import ClusterNodes

TRIES = 100
AGAIN_S = 0.2
NOT_YET = (ErrorCode.REQUEST_TIMED_OUT, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_CONTROLLER)


async def add_controller(nodes: ClusterNodes, host: str = "", *, is_awaited: bool = True) -> str:
    """Its host: the next in number, unless one is named that follows already. Raises ValueError: this cluster can't
    have more, or has none of that name; or `ApiError`: it doesn't come to vote. Unless `is_awaited`, it is only begun.
    """
    if len(nodes.controllers) == 1:
        raise ValueError(
            "A cluster that was made with one controller can't have others: make it with controllers=3."
        )
    if host:
        nodes.voter_of(host)
    is_new, host = not host, host or controller_host(len(nodes.controllers) + 1)
    if is_new:
        nodes.controllers[host] = None

    async def join() -> None:
        if is_new:
            await nodes.start_new_controller(host)
        await _agree(nodes, lambda active: _let_vote(nodes, active, host))

    await _awaited_or_begun(nodes, join(), f"vote for {host}", is_awaited)
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


async def remove_controller(nodes: ClusterNodes, host: str, *, is_awaited: bool = True) -> None:
    """Raises ValueError: there is none of that name; or `ApiError`: the quorum doesn't agree."""
    id = nodes.voter_of(host).id

    async def vote_out(active: ControllerNode) -> None:
        known = next((voter for voter in active.quorum.voters if voter.id == id), None)
        if known is not None:
            request = RemoveRaftVoterRequest(
                cluster_id=nodes.cluster_id, voter_id=id, voter_directory_id=known.directory_id
            )
            await remove_voter(active.quorum, request, nodes.cluster_id)

    await _awaited_or_begun(nodes, _agree(nodes, vote_out), f"vote on {host}", is_awaited)


async def _awaited_or_begun(
    nodes: ClusterNodes, change: Coroutine[Any, Any, None], name: str, is_awaited: bool
) -> None:
    if is_awaited:
        await change
        return
    task = asyncio.get_running_loop().create_task(_tried(change), name=name)
    nodes.begun[task] = None
    task.add_done_callback(nodes.begun.pop)


def _is_suspended(nodes: ClusterNodes, active: ControllerNode) -> bool:
    """Nobody answers there."""
    universe = nodes.universe
    return isinstance(universe, SimulatedUniverse) and universe.loop.is_suspended(active.world.life)


async def _tried(change: Coroutine[Any, Any, None]) -> None:
    """What doesn't come about is no news to whoever didn't wait: the voters say who votes."""
    with suppress(ApiError, ValueError, OSError):
        await change


async def _agree(nodes: ClusterNodes, change: Callable[[ControllerNode], Awaitable[None]]) -> None:
    """With whoever leads by then, and as often as something is in the way that passes."""
    for left in range(TRIES, 0, -1):
        active = nodes.controller
        try:
            if active is None or _is_suspended(nodes, active):
                raise ApiError(ErrorCode.NOT_CONTROLLER, "No controller leads.")
            await change(active)
            return
        except ApiError as refused:
            if refused.code not in NOT_YET or left == 1:
                raise
        await asyncio.sleep(AGAIN_S)


__all__ = ["add_controller", "remove_controller"]
