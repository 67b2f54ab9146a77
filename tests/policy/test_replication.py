from hypothesis import given
from hypothesis import strategies as st

from minikafka.policy import (
    acks_satisfied,
    elect_leader,
    fetch_offset,
    follower_high_watermark,
    has_enough_replicas,
    high_watermark,
    is_in_sync,
    place_replicas,
    truncation_offset,
)


def test_the_high_watermark_is_the_slowest_of_the_isr() -> None:
    assert high_watermark(0, 10, [10, 7]) == 7
    assert high_watermark(0, 10, []) == 10


@given(st.integers(0, 99), st.integers(0, 99), st.lists(st.integers(0, 99)))
def test_the_high_watermark_never_goes_back(current: int, leader: int, isr: list[int]) -> None:
    advanced = high_watermark(current, leader, isr)
    assert advanced >= current
    assert advanced == current or advanced <= min([leader, *isr])


def test_acks_all_waits_for_the_high_watermark_to_pass_the_last_record() -> None:
    assert not acks_satisfied(8, 7)
    assert acks_satisfied(8, 8)
    assert has_enough_replicas(2, 2)
    assert not has_enough_replicas(1, 2)


def test_a_follower_falls_out_of_sync_after_the_lag_time() -> None:
    assert is_in_sync(30_000, 0, 30_000)
    assert not is_in_sync(30_001, 0, 30_000)


def test_a_follower_keeps_only_what_both_logs_have() -> None:
    assert truncation_offset(10, 7) == 7
    assert truncation_offset(5, 7) == 5


def test_a_follower_asks_from_its_end_and_knows_of_no_more_than_it_has() -> None:
    assert fetch_offset(2, 5, 9) == 9
    assert follower_high_watermark(9, 5) == 5
    assert follower_high_watermark(4, 7) == 4


def test_the_first_living_in_sync_replica_leads() -> None:
    assert elect_leader([1, 2, 3], [3, 2], {2, 3}, False) == 2
    assert elect_leader([1, 2, 3], [1], {2, 3}, False) is None
    assert elect_leader([1, 2, 3], [1], {2, 3}, True) == 2
    assert elect_leader([1, 2, 3], [3], {2, 3}, True) == 3
    assert elect_leader([1], [1], set(), True) is None


def test_replicas_stand_in_stripes() -> None:
    assert place_replicas([1, 2, 3], 4, 2, 2) == [[3, 1], [1, 2], [2, 3], [3, 1]]


@given(st.integers(1, 8), st.integers(1, 20), st.integers(0, 9), st.data())
def test_placement_is_even_and_without_doubles(
    count: int, partitions: int, start: int, data: st.DataObject
) -> None:
    factor = data.draw(st.integers(1, count))
    placed = place_replicas(list(range(1, count + 1)), partitions, factor, start)
    assert all(len(set(replicas)) == factor for replicas in placed)
    leaders = [replicas[0] for replicas in placed]
    loads = [leaders.count(broker) for broker in range(1, count + 1)]
    assert max(loads) - min(loads) <= 1
