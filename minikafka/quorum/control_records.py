"""The control records of the metadata log and its snapshots: who leads, who votes, where a snapshot begins and ends.

Rule: nothing of an earlier epoch is committed before a record of the new epoch is; so a leader begins
with its leader change. Kafka: `LeaderChangeMessage`, `KRaftVersionRecord`, `VotersRecord`,
`SnapshotHeaderRecord`,
`ControlRecordUtils`; KIP-595, KIP-630, KIP-853 (voters in the log).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID as Uuid

from minikafka.metadata.features import QUORUM_LEVEL
from minikafka.protocol.schema import (
    INT16,
    INT32,
    INT64,
    STRING,
    UINT16,
    UUID,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)
from minikafka.records.batch import Batch, NewRecord, build_batch
from minikafka.records.control import ControlType, control_key, parse_control_type

KRAFT_VERSION = QUORUM_LEVEL
"""Voters are in the log (KIP-853), so brokers need only one address to find them all."""


@struct
class Voter(Struct):
    """One voter."""

    voter_id: int = field(INT32, about="The voter's node id.")


@message(api_key=-1, kind="data", versions=(0, 0), flexible=0)
class LeaderChangeMessage(Message):
    """Who leads from here on, and by whose votes."""

    version: int = field(INT16, default=0, about="The version of this message.")
    leader_id: int = field(INT32, about="The leader.")
    voters: list[Voter] = field(array(Voter), about="All voters.")
    granting_voters: list[Voter] = field(array(Voter), about="Those who voted for the leader.")


@message(api_key=-1, kind="data", versions=(0, 0), flexible=0)
class KRaftVersionRecord(Message):
    """Which version of the quorum's own protocol runs."""

    version: int = field(INT16, default=0, about="The version of this message.")
    k_raft_version: int = field(INT16, about="0 has fixed voters, 1 has them in the log.")


@struct
class VoterEndpoint(Struct):
    """Where a voter listens."""

    name: str = field(STRING, about="The listener's name.")
    host: str = field(STRING, about="The host.")
    port: int = field(UINT16, about="The port.")


@struct
class KRaftVersionFeature(Struct):
    """The versions that a voter could run."""

    min_supported_version: int = field(INT16, about="The lowest.")
    max_supported_version: int = field(INT16, about="The highest.")


@struct
class VoterState(Struct):
    """One voter in full."""

    voter_id: int = field(INT32, about="The voter's node id.")
    voter_directory_id: Uuid = field(UUID, about="The id of its data directory.")
    endpoints: list[VoterEndpoint] = field(array(VoterEndpoint), about="Where it listens.")
    k_raft_version_feature: KRaftVersionFeature = field(KRaftVersionFeature, about="What it could run.")


@message(api_key=-1, kind="data", versions=(0, 0), flexible=0)
class VotersRecord(Message):
    """Everybody who votes from here on."""

    version: int = field(INT16, default=0, about="The version of this message.")
    voters: list[VoterState] = field(array(VoterState), about="All voters.")


@message(api_key=-1, kind="data", versions=(0, 0), flexible=0)
class SnapshotHeaderRecord(Message):
    """The first record of a metadata snapshot."""

    version: int = field(INT16, default=0, about="The version of this message.")
    last_contained_log_timestamp: int = field(INT64, about="When its last record was written, in ms.")


@message(api_key=-1, kind="data", versions=(0, 0), flexible=0)
class SnapshotFooterRecord(Message):
    """The last record of a metadata snapshot: it is whole."""

    version: int = field(INT16, default=0, about="The version of this message.")


@dataclass(frozen=True, slots=True)
class VoterNode:
    """A voter, its data directory, and where it listens."""

    id: int
    directory_id: Uuid
    host: str
    port: int
    listener: str = "CONTROLLER"


def directories_of(voters: Iterable[VoterNode]) -> dict[int, Uuid]:
    """By id."""
    return {voter.id: voter.directory_id for voter in voters}


def leader_change_batch(
    leader: VoterNode, voters: Sequence[VoterNode], granting: Sequence[int], epoch: int, time_ms: int
) -> bytes:
    """The batch with which a leader epoch begins; its offset is set when it is appended.

    It names the voters again, since their addresses may have changed.
    """
    everybody = [Voter(voter_id=voter.id) for voter in voters]
    change = LeaderChangeMessage(
        leader_id=leader.id, voters=everybody, granting_voters=[Voter(voter_id=id) for id in granting]
    )
    records = [
        _record(ControlType.LEADER_CHANGE, change, time_ms),
        *_quorum_records(voters, time_ms),
    ]
    return build_batch(records, leader_epoch=epoch, control=True)


def voters_batch(voters: Sequence[VoterNode], epoch: int, time_ms: int) -> bytes:
    """These vote from here on."""
    return build_batch(_quorum_records(voters, time_ms)[1:], leader_epoch=epoch, control=True)


def voters_of(batch: Batch) -> tuple[VoterNode, ...] | None:
    """Who votes by that batch; None: it doesn't say."""
    if not batch.header.is_control:
        return None
    for record in batch.records():
        if parse_control_type(record.key) is ControlType.KRAFT_VOTERS:
            told = VotersRecord.decode(record.value or b"", 0)
            return tuple(
                VoterNode(state.voter_id, state.voter_directory_id, place.host, place.port, place.name)
                for state in told.voters
                for place in state.endpoints[:1]
            )
    return None


def snapshot_header_batch(
    voters: Sequence[VoterNode], last_contained_ms: int, epoch: int
) -> tuple[bytes, int]:
    """The batch with which a snapshot begins, and how many records it has."""
    header = SnapshotHeaderRecord(last_contained_log_timestamp=last_contained_ms)
    records = [
        _record(ControlType.SNAPSHOT_HEADER, header, last_contained_ms),
        *_quorum_records(voters, last_contained_ms),
    ]
    return build_batch(records, leader_epoch=epoch, control=True), len(records)


def snapshot_footer_batch(offset: int, epoch: int, time_ms: int) -> bytes:
    """The batch with which a snapshot ends."""
    record = _record(ControlType.SNAPSHOT_FOOTER, SnapshotFooterRecord(), time_ms)
    return build_batch([record], base_offset=offset, leader_epoch=epoch, control=True)


def _quorum_records(voters: Sequence[VoterNode], time_ms: int) -> list[NewRecord]:
    """Which version of the protocol runs, and who votes."""
    states = [
        VoterState(
            voter_id=voter.id,
            voter_directory_id=voter.directory_id,
            endpoints=[VoterEndpoint(name=voter.listener, host=voter.host, port=voter.port)],
            k_raft_version_feature=KRaftVersionFeature(
                min_supported_version=0, max_supported_version=KRAFT_VERSION
            ),
        )
        for voter in voters
    ]
    return [
        _record(ControlType.KRAFT_VERSION, KRaftVersionRecord(k_raft_version=KRAFT_VERSION), time_ms),
        _record(ControlType.KRAFT_VOTERS, VotersRecord(voters=states), time_ms),
    ]


def _record(kind: ControlType, content: Message, time_ms: int) -> NewRecord:
    return NewRecord(time_ms, control_key(kind), content.encode(0))
