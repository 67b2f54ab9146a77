"""`quorum-state`: which epoch a node has seen, who leads it and whom the node voted for.

Rule: it is durable before anything is reported or written in its epoch, so no epoch is ever used twice.
Kafka: `FileQuorumStateStore`, `QuorumStateData`; the file is JSON, as Kafka's (data_version 1).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from minikafka.protocol.schema import ZERO_UUID
from minikafka.protocol.uuid_text import decode_uuid, encode_uuid
from minikafka.world import Disk, Event

QUORUM_STATE = "quorum-state"


class BrokenQuorumState(ValueError):
    """The file can't be read."""


@dataclass(frozen=True, slots=True)
class QuorumState:
    """-1 for a leader or vote means none."""

    leader_id: int = -1
    leader_epoch: int = 0
    voted_id: int = -1
    voted_directory_id: UUID = ZERO_UUID


class QuorumStateKept(Event, frozen=True):
    """What a voter must not forget is on its disk: who leads in which epoch, or whom it voted for (-1: nobody)."""

    node_id: int
    epoch: int
    leader: int
    voted_for: int

    @classmethod
    def of(cls, node_id: int, state: QuorumState) -> QuorumStateKept:
        """That node's."""
        return cls(node_id, state.leader_epoch, state.leader_id, state.voted_id)


def read_quorum_state(disk: Disk, directory: str) -> QuorumState:
    """The file in the metadata log's directory; the state before any epoch when there is none.

    Raises `BrokenQuorumState`.
    """
    path = f"{directory}/{QUORUM_STATE}"
    if not disk.exists(path):
        return QuorumState()
    try:
        found = json.loads(disk.read_bytes(path))
        return QuorumState(
            int(found["leaderId"]),
            int(found["leaderEpoch"]),
            int(found["votedId"]),
            decode_uuid(found.get("votedDirectoryId", "A" * 22)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BrokenQuorumState(f"{path} is damaged: it is not the JSON of a quorum state") from None


def write_quorum_state(disk: Disk, directory: str, state: QuorumState) -> None:
    """Replace the file; durable when this returns."""
    content = {
        "leaderId": state.leader_id,
        "leaderEpoch": state.leader_epoch,
        "votedId": state.voted_id,
        "votedDirectoryId": encode_uuid(state.voted_directory_id),
        "data_version": 1,
    }
    disk.write_atomic(f"{directory}/{QUORUM_STATE}", json.dumps(content, separators=(",", ":")).encode())
