"""The control record with which a leader begins its reign in the metadata log.

One rule: nothing of an earlier epoch is committed before a record of the new epoch is. Kafka:
`LeaderChangeMessage`, `ControlRecordUtils`; KIP-595.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka.protocol.schema import INT16, INT32, Message, Struct, array, field, message, struct
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.control import ControlType, control_key


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


def leader_change_batch(leader_id: int, voters: Sequence[int], epoch: int, time_ms: int) -> bytes:
    """The batch; its offset is set when it is appended."""
    everybody = [Voter(voter_id=voter) for voter in voters]
    content = LeaderChangeMessage(leader_id=leader_id, voters=everybody, granting_voters=everybody)
    record = NewRecord(time_ms, control_key(ControlType.LEADER_CHANGE), content.encode(0))
    return build_batch([record], leader_epoch=epoch, control=True)
