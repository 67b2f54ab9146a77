"""AddRaftVoter, RemoveRaftVoter, UpdateRaftVoter: who votes in the quorum changes while it runs.

Rule: one voter at a time, and the next only when the last change is committed, so that any two majorities, of before
and after, share a voter. Who comes has to have all that is committed, or nothing more might be. Kafka:
`AddVoterHandler`, `RemoveVoterHandler`, `UpdateVoterHandler`; KIP-853.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.add_raft_voter import AddRaftVoterRequest, AddRaftVoterResponse
from minikafka.protocol.messages.remove_raft_voter import RemoveRaftVoterRequest, RemoveRaftVoterResponse
from minikafka.protocol.messages.update_raft_voter import (
    CurrentLeader,
    UpdateRaftVoterRequest,
    UpdateRaftVoterResponse,
)
from minikafka.protocol.schema import ZERO_UUID
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.quorum.control_records import VoterNode
from minikafka.quorum.metadata_fetch import Observer
from minikafka.quorum.quorum import Quorum

COMMIT_S = 30.0
"""So long a change may take that says nothing else."""


async def add_voter(
    quorum: Quorum, observers: Sequence[Observer], request: AddRaftVoterRequest, cluster_id: str
) -> AddRaftVoterResponse:
    """Raises `ApiError`."""
    _check(quorum, request.cluster_id, cluster_id)
    if not request.listeners:
        raise ApiError(ErrorCode.INVALID_REQUEST, "The controller's listeners are missing.")
    place = request.listeners[0]
    new = VoterNode(request.voter_id, request.voter_directory_id, place.host, place.port, place.name)
    if any(voter.id == new.id for voter in quorum.voters):
        raise ApiError(
            ErrorCode.DUPLICATE_VOTER,
            f"The voter id for {_key(new)} is already part of the set of voters {_keys(quorum.voters)}.",
        )
    same = (ZERO_UUID, new.directory_id)
    known = next((one for one in observers if one.id == new.id and one.directory_id in same), None)
    if known is None or known.log_end_offset < quorum.high_watermark:
        raise ApiError(
            ErrorCode.REQUEST_TIMED_OUT,
            f"Aborted add voter operation for because node {_key(new)} is lagging behind: it has fetched up to "
            f"{-1 if known is None else known.log_end_offset} of {quorum.high_watermark}.",
        )
    timeout_s = request.timeout_ms / 1000 if request.ack_when_committed else 0.0
    await quorum.change_voters([*quorum.voters, new], timeout_s)
    return AddRaftVoterResponse()


async def remove_voter(
    quorum: Quorum, request: RemoveRaftVoterRequest, cluster_id: str
) -> RemoveRaftVoterResponse:
    """Raises `ApiError`."""
    _check(quorum, request.cluster_id, cluster_id)
    asked = (request.voter_id, request.voter_directory_id)
    left = [voter for voter in quorum.voters if (voter.id, voter.directory_id) != asked]
    if not left or len(left) == len(quorum.voters):
        raise ApiError(
            ErrorCode.VOTER_NOT_FOUND,
            f"Cannot remove voter ReplicaKey(id={asked[0]}, directoryId={encode_uuid(asked[1])}) from the set of "
            f"voters {_keys(quorum.voters)}",
        )
    await quorum.change_voters(left, COMMIT_S)
    return RemoveRaftVoterResponse()


async def update_voter(
    quorum: Quorum, request: UpdateRaftVoterRequest, cluster_id: str
) -> UpdateRaftVoterResponse:
    """Where a voter can be reached. Raises `ApiError`."""
    _check(quorum, request.cluster_id, cluster_id)
    if 0 <= request.current_leader_epoch < quorum.leader_epoch:
        raise ApiError(ErrorCode.FENCED_LEADER_EPOCH)
    if request.current_leader_epoch > quorum.leader_epoch:
        raise ApiError(ErrorCode.UNKNOWN_LEADER_EPOCH)
    if not request.listeners:
        raise ApiError(ErrorCode.INVALID_REQUEST)
    asked, place = (request.voter_id, request.voter_directory_id), request.listeners[0]
    others = [voter for voter in quorum.voters if (voter.id, voter.directory_id) != asked]
    if len(others) == len(quorum.voters):
        raise ApiError(ErrorCode.VOTER_NOT_FOUND)
    moved = VoterNode(*asked, place.host, place.port, place.name)
    if moved not in quorum.voters:
        await quorum.change_voters([*others, moved], COMMIT_S)
    leader = quorum.leader
    if leader is None:
        return UpdateRaftVoterResponse()
    told = CurrentLeader(
        leader_id=leader.id, leader_epoch=quorum.leader_epoch, host=leader.host, port=leader.port
    )
    return UpdateRaftVoterResponse(current_leader=told)


def _check(quorum: Quorum, asked: str | None, cluster_id: str) -> None:
    if asked is not None and asked != cluster_id:
        raise ApiError(ErrorCode.INCONSISTENT_CLUSTER_ID)
    leader = quorum.leader
    if leader is None or leader.id != quorum.node_id:
        raise ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER)


def _key(voter: VoterNode) -> str:
    return f"ReplicaKey(id={voter.id}, directoryId={encode_uuid(voter.directory_id)})"


def _keys(voters: Sequence[VoterNode]) -> str:
    return f"[{', '.join(map(_key, voters))}]"


__all__ = ["add_voter", "remove_voter", "update_voter"]
