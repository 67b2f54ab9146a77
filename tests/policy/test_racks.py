"""Replicas over racks, and the replica that a consumer reads from."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from minikafka.policy import ReadableReplica, read_replica, spread_over_racks


@given(st.lists(st.integers(1, 4), min_size=2, max_size=4), st.integers(1, 40), st.integers(0, 20), st.data())
def test_every_partition_is_in_as_many_racks_as_it_can_be(
    sizes: list[int], partitions: int, start: int, data: st.DataObject
) -> None:
    racks = [[100 * rack + n for n in range(size)] for rack, size in enumerate(sizes)]
    factor = data.draw(st.integers(1, sum(sizes)))
    placed = spread_over_racks(racks, partitions, factor, start)
    assert len(placed) == partitions
    for brokers in placed:
        assert len(set(brokers)) == len(brokers) == factor
        assert len({broker // 100 for broker in brokers}) == min(factor, len(racks))


def test_leaders_and_replicas_are_spread_evenly_over_racks_of_one_size() -> None:
    placed = spread_over_racks([[1, 4], [2, 5], [3, 6]], 12, 3, 0)
    assert set(Counter(brokers[0] for brokers in placed).values()) == {2}
    assert set(Counter(broker for brokers in placed for broker in brokers).values()) == {6}


LEADER = ReadableReplica(1, "a", 100, 0.0)


def test_a_consumer_is_sent_to_the_replica_in_its_rack_that_has_most() -> None:
    replicas = [LEADER, ReadableReplica(2, "b", 80, 9.0), ReadableReplica(3, "b", 90, 1.0)]
    assert read_replica("b", 1, replicas) == 3
    same = [LEADER, ReadableReplica(2, "b", 90, 9.0), ReadableReplica(3, "b", 90, 1.0)]
    assert read_replica("b", 1, same) == 2


def test_the_leader_is_good_enough_in_its_own_rack_and_where_there_is_nobody_else() -> None:
    replicas = [LEADER, ReadableReplica(2, "a", 100, 9.0), ReadableReplica(3, None, 100, 9.0)]
    assert [read_replica(rack, 1, replicas) for rack in ("a", "c", "")] == [1, 1, 1]
