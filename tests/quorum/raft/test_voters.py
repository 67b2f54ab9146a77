"""Who votes, and who only thought so."""

from __future__ import annotations

from random import Random
from uuid import UUID

from minikafka.policy import Rules
from minikafka.protocol.errors import ErrorCode
from minikafka.quorum.raft import LogShape, RaftCore, Role, VoterSets
from minikafka.quorum.raft.messages import Fetch, FetchAnswer, Vote
from minikafka.quorum.state import QuorumState

THREE = {id: UUID(int=id) for id in (1, 2, 3)}


def core(id: int, directory_id: UUID, epoch: int = 4) -> RaftCore:
    made = RaftCore(
        *(id, directory_id, VoterSets(THREE), QuorumState(leader_epoch=epoch), LogShape(), Rules(), Random(1))
    )
    made.start(0)
    return made


def test_a_voter_that_lost_its_directory_asks_who_leads_and_for_no_votes() -> None:
    """It has forgotten whom it voted for, and what it said it had."""
    one = core(2, UUID(int=77))
    asked = [message for ms in range(0, 60_000, 500) for _, message in one.tick(ms).messages]
    assert asked
    assert {type(message) for message in asked} == {Fetch}
    assert any(
        isinstance(m, Vote) for ms in range(0, 60_000, 500) for _, m in core(2, THREE[2]).tick(ms).messages
    )


def test_an_answer_that_did_not_come_says_nothing_of_who_leads() -> None:
    one = core(9, UUID(int=9))
    (to, asked), *_ = one.tick(1).messages
    assert isinstance(asked, Fetch)
    one.step(FetchAnswer(4, to, 0, 0, 0, ErrorCode.NETWORK_EXCEPTION), 2)
    assert (one.role, one.leader) == (Role.UNATTACHED, -1)
    one.step(FetchAnswer(4, to, 0, 0, 0), 2)
    assert (one.role, one.leader) == (Role.FOLLOWER, to)


def test_a_snapshot_names_who_voted_when_it_ends() -> None:
    """Who comes or goes later may come to nothing."""
    sets = VoterSets(THREE, [(10, {1: THREE[1], 2: THREE[2]}), (20, {1: THREE[1]})])
    assert [sorted(sets.at(end)) for end in (5, 10, 11, 20, 21)] == [
        [1, 2, 3],
        [1, 2, 3],
        [1, 2],
        [1, 2],
        [1],
    ]
