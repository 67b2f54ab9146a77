"""Where controllers are, as one of them knows it from the log, from snapshots and from who started it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from minikafka.quorum import VoterNode
from minikafka.quorum.voter_book import VoterBook

OWN, OTHER = (VoterNode(n, UUID(int=n), f"controller-{n}", 9093) for n in (1, 2))


def test_what_an_earlier_leader_said_of_a_place_may_be_over_of_a_directory_it_counts() -> None:
    book = VoterBook(OWN, [OWN, OTHER])
    book.learn([replace(OTHER, port=1, directory_id=UUID(int=9))], is_latest=False)
    assert book[2] == replace(OTHER, directory_id=UUID(int=9))
    book.learn([replace(OTHER, port=2)], is_latest=True)
    assert book[2] == replace(OTHER, port=2)


def test_nobody_tells_a_voter_where_itself_is_and_who_is_unknown_is_learned() -> None:
    book = VoterBook(OWN, [])
    book.learn([replace(OWN, port=1, directory_id=UUID(int=9)), OTHER], is_latest=False)
    assert book == {1: OWN, 2: OTHER}
