"""The asking side of a fetch session names only what changed."""

from __future__ import annotations

from minikafka.protocol.fetch_session import FetchSession
from minikafka.replication.fetch_position import FetchPosition

A = (1, 0)
B = (1, 1)


def position(offset: int) -> FetchPosition:
    return FetchPosition(
        fetch_offset=offset, log_start_offset=0, max_bytes=1024, leader_epoch=0, last_fetched_epoch=-1
    )


def test_the_first_fetch_is_full_and_the_next_names_only_changes() -> None:
    session = FetchSession()
    first = session.next({A: position(0), B: position(0)})
    assert (first.session_id, first.session_epoch, set(first.partitions)) == (0, 0, {A, B})
    assert session.accept(77)
    second = session.next({A: position(5), B: position(0)})
    assert (second.session_id, second.session_epoch) == (77, 1)
    assert second.partitions == {A: position(5)}
    assert session.accept(77)
    third = session.next({})
    assert (third.session_epoch, third.partitions, third.forgotten) == (2, {}, [])


def test_a_partition_no_longer_wanted_is_forgotten_once() -> None:
    session = FetchSession()
    session.next({A: position(0), B: position(0)})
    session.accept(77)
    assert session.next({}, [B]).forgotten == [B]
    session.accept(77)
    assert session.next({}, [B]).forgotten == []
    assert session.told == {A: position(0)}


def test_a_second_request_may_be_on_its_way_in_an_established_session() -> None:
    session = FetchSession()
    session.next({A: position(0)})
    assert not session.is_established
    session.accept(77)
    assert session.is_established
    assert [session.next({}).session_epoch, session.next({B: position(0)}).session_epoch] == [1, 2]
    assert session.accept(77)
    assert session.accept(77)
    assert session.next({}).session_epoch == 3


def test_a_lost_session_begins_anew_and_late_answers_mean_nothing() -> None:
    session = FetchSession()
    session.next({A: position(0)})
    session.accept(77)
    late = session.next({A: position(1)})
    assert session.is_answered(late)
    session.reset()
    assert not session.is_answered(late)
    again = session.next({A: position(1)})
    assert (again.session_id, again.session_epoch, again.partitions) == (0, 0, {A: position(1)})
    assert session.is_answered(again)


def test_a_leader_without_room_for_sessions_gets_full_fetches() -> None:
    session = FetchSession()
    session.next({A: position(0)})
    assert not session.accept(0)
    again = session.next({A: position(0)})
    assert (again.session_epoch, again.partitions) == (0, {A: position(0)})


def test_a_leader_that_changes_the_session_by_itself_is_told_everything_again() -> None:
    session = FetchSession()
    session.next({A: position(0)})
    session.accept(77)
    session.next({})
    assert not session.accept(78)
    assert session.next({A: position(0)}).session_epoch == 0


def test_the_epoch_wraps_to_one() -> None:
    session = FetchSession()
    session.next({A: position(0)})
    session.accept(77)
    session._epoch = 0x7FFFFFFF
    assert session.next({}).session_epoch == 0x7FFFFFFF
    assert session.next({}).session_epoch == 1
