from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikafka.policy import (
    assign_cooperative_sticky,
    assign_range,
    assign_round_robin,
    assign_sticky,
)


def pairs(text: str) -> list[tuple[str, int]]:
    """ "t0p1 t1p0" as [("t0", 1), ("t1", 0)]."""
    return [(word[:2], int(word[3:])) for word in text.split()]


def test_range_gives_the_first_members_the_odd_partition_of_each_topic() -> None:
    given_out = assign_range({"C0": ["t0", "t1"], "C1": ["t0", "t1"]}, {"t0": 3, "t1": 3})
    assert given_out == {"C0": pairs("t0p0 t0p1 t1p0 t1p1"), "C1": pairs("t0p2 t1p2")}


def test_round_robin_deals_over_topics() -> None:
    given_out = assign_round_robin({"C0": ["t0", "t1"], "C1": ["t0", "t1"]}, {"t0": 3, "t1": 3})
    assert given_out == {"C0": pairs("t0p0 t0p2 t1p1"), "C1": pairs("t0p1 t1p0 t1p2")}


def test_round_robin_skips_members_without_the_topic() -> None:
    subscriptions = {"C0": ["t0"], "C1": ["t0", "t1"], "C2": ["t0", "t1", "t2"]}
    given_out = assign_round_robin(subscriptions, {"t0": 1, "t1": 2, "t2": 3})
    assert given_out == {"C0": pairs("t0p0"), "C1": pairs("t1p0"), "C2": pairs("t1p1 t2p0 t2p1 t2p2")}


def test_sticky_keeps_what_the_survivors_had() -> None:
    topics = ["t0", "t1", "t2", "t3"]
    counts = dict.fromkeys(topics, 2)
    first = assign_sticky({"C0": topics, "C1": topics, "C2": topics}, counts)
    assert first == {"C0": pairs("t0p0 t1p1 t3p0"), "C1": pairs("t0p1 t2p0 t3p1"), "C2": pairs("t1p0 t2p1")}
    second = assign_sticky({"C0": topics, "C2": topics}, counts, first)
    assert second == {"C0": pairs("t0p0 t1p1 t3p0 t2p0"), "C2": pairs("t1p0 t2p1 t0p1 t3p1")}


def test_sticky_with_unequal_subscriptions() -> None:
    subscriptions = {"C0": ["t0"], "C1": ["t0", "t1"], "C2": ["t0", "t1", "t2"]}
    counts = {"t0": 1, "t1": 2, "t2": 3}
    first = assign_sticky(subscriptions, counts)
    assert first == {"C0": pairs("t0p0"), "C1": pairs("t1p0 t1p1"), "C2": pairs("t2p0 t2p1 t2p2")}
    del subscriptions["C0"]
    second = assign_sticky(subscriptions, counts, first)
    assert second == {"C1": pairs("t1p0 t1p1 t0p0"), "C2": pairs("t2p0 t2p1 t2p2")}


def test_cooperative_waits_until_the_owner_gives_a_partition_up() -> None:
    before = {"A": pairs("t0p0 t0p1"), "B": pairs("t0p2 t0p3"), "C": []}
    everyone = {member: ["t0"] for member in before}
    first = assign_cooperative_sticky(
        everyone, {"t0": 6}, {"A": pairs("t0p0 t0p1 t0p4"), "B": pairs("t0p2 t0p3 t0p5")}
    )
    assert first["C"] == []
    assert {member: len(has) for member, has in first.items()} == {"A": 2, "B": 2, "C": 0}
    second = assign_cooperative_sticky(everyone, {"t0": 6}, first)
    assert {member: len(has) for member, has in second.items()} == {"A": 2, "B": 2, "C": 2}
    assert second["A"] == first["A"]


def test_a_partition_that_two_members_claim_goes_to_one() -> None:
    given_out = assign_sticky({"A": ["t0"], "B": ["t0"]}, {"t0": 2}, {"A": pairs("t0p0"), "B": pairs("t0p0")})
    assert sorted(given_out["A"] + given_out["B"]) == pairs("t0p0 t0p1")
    assert len(given_out["A"]) == 1


TOPICS = ["t0", "t1", "t2", "t9"]
Assign = Callable[..., dict[str, list[tuple[str, int]]]]


@pytest.mark.parametrize("assign", [assign_range, assign_round_robin, assign_sticky])
@given(
    subscriptions=st.dictionaries(
        st.sampled_from("ABCDE"), st.lists(st.sampled_from(TOPICS), unique=True), min_size=1
    ),
    counts=st.fixed_dictionaries({topic: st.integers(0, 6) for topic in TOPICS[:3]}),
    owners=st.dictionaries(
        st.sampled_from("ABCDEF"),
        st.lists(st.tuples(st.sampled_from(TOPICS), st.integers(0, 7)), unique=True, max_size=8),
    ),
)
def test_every_wanted_partition_has_exactly_one_reader(
    assign: Assign,
    subscriptions: dict[str, list[str]],
    counts: dict[str, int],
    owners: dict[str, list[tuple[str, int]]],
) -> None:
    given_out = assign(subscriptions, counts, owners)
    assert sorted(given_out) == sorted(subscriptions)
    wanted = {topic for topics in subscriptions.values() for topic in topics if topic in counts}
    everything = sorted((topic, partition) for topic in wanted for partition in range(counts[topic]))
    assert sorted(pair for has in given_out.values() for pair in has) == everything
    assert all(topic in subscriptions[member] for member, has in given_out.items() for topic, _ in has)
    if assign is assign_sticky:
        for giver, has in given_out.items():
            for topic, _ in has:
                readers = [member for member in subscriptions if topic in subscriptions[member]]
                assert len(has) - min(len(given_out[member]) for member in readers) <= 1, giver
        assert assign(subscriptions, counts, given_out) == given_out
