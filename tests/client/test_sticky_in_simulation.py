"""A member of the eager `sticky` strategy tells what it was assigned last: it has given it up when it joins again."""

import struct

import pytest
from simulation.story import story

from minikafka.client.consumer import assignors
from minikafka.policy import Rules
from minikafka.protocol.messages.consumer_protocol import (
    StickyAssignorUserData,
    decode_sticky,
    decode_subscription,
)


def read_by(s, group):
    found = next(g for g in s.cluster.snapshot().groups if g.id == group)
    return {m.client_id: sorted(one.partition for one in m.assignment) for m in found.members}


@pytest.mark.parametrize("strategy", ["sticky", "cooperative-sticky"])
def test_a_third_member_takes_no_more_than_its_share(strategy):
    with story(3) as s:
        s.cluster.create_topic("orders", 6)
        held = []
        for name in ("a", "b", "c"):
            if held:
                s.cluster.run(20)
                before = read_by(s, "readers")
            config = {"group.id": "readers", "client.id": name, "partition.assignment.strategy": strategy}
            held.append(s.cluster.consumer(config))
            held[-1].subscribe(["orders"])
        s.cluster.run(20)
        after = read_by(s, "readers")
        assert [len(after[name]) for name in "abc"] == [2, 2, 2]
        assert all(dict.fromkeys(after[name]).keys() <= dict.fromkeys(before[name]).keys() for name in "ab")


def test_what_it_says_is_javas_user_data():
    """`STICKY_ASSIGNOR_USER_DATA_V1`: an array of (topic, array of partitions), then the generation."""
    data = assignors.subscription_bytes(["orders"], [], 4, "", ([("orders", 2), ("orders", 0)], 4))
    said = decode_subscription(data).user_data
    topic = struct.pack(">ih6si2i", 1, 6, b"orders", 2, 0, 2)
    assert said == topic + struct.pack(">i", 4)
    told = decode_sticky(said)
    assert (told.previous_assignment[0].partitions, told.generation) == ([0, 2], 4)
    assert decode_sticky(told.encode(0)) == StickyAssignorUserData(
        previous_assignment=told.previous_assignment
    )


def test_before_its_first_assignment_it_says_nothing_and_what_nobody_can_read_counts_as_nothing():
    new = assignors.subscription_bytes(["orders"], [], -1, "")
    assert decode_subscription(new).user_data is None
    idle = assignors.subscription_bytes(["orders"], [], 3, "", ([], 3))
    assert decode_sticky(decode_subscription(idle).user_data).generation == 3
    nothing = StickyAssignorUserData(previous_assignment=[])
    assert decode_sticky(b"") == decode_sticky(b"\x00\x00\x00\x07mine") == nothing


def test_what_is_remembered_from_an_older_generation_counts_no_more():
    def member(pairs, generation):
        return assignors.subscription_bytes(["orders"], [], -1, "", (pairs, generation))

    members = {"a": member([("orders", 0), ("orders", 1)], 2), "b": member([("orders", 0), ("orders", 1)], 3)}
    plan = assignors.assign(Rules(), "sticky", members, {"orders": 3})
    assert plan["b"] == [("orders", 0), ("orders", 1)]
    assert plan["a"] == [("orders", 2)]
