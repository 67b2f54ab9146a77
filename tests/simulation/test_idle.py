"""A cluster that nobody uses: an hour of virtual time is little work, and nothing piles up."""

import asyncio

import pytest
from simulation.story import story

HOUR_S = 3600


def size(s):
    """What would grow if something were forgotten."""
    loop = s.universe.loop
    return {
        "tasks": len(asyncio.all_tasks(loop)),
        "connections": len(s.universe.fabric.connections),
        "timers": sum(not handle.cancelled() for _, _, handle in loop._timers),
        "fetch sessions": sum(len(broker.fetch_sessions) for broker in s.nodes.brokers.values()),
        "metadata records": s.nodes.controller.snapshot().end_offset,
    }


def idle(s, rounds_a_second):
    s.run(60)
    before, rounds = size(s), s.universe.loop.rounds
    s.run(HOUR_S)
    after = size(s)
    for name, count in before.items():
        assert after[name] <= count + 3, f"{name}: {count} and an hour later {after[name]}"
    assert (s.universe.loop.rounds - rounds) / HOUR_S < rounds_a_second
    for host in s.nodes.brokers:
        assert s.nodes.is_up(host)


def test_an_hour_of_an_idle_cluster_is_little_work():
    """Three heartbeats every two seconds, three fetches of the metadata log every two seconds."""
    with story(1) as s:
        idle(s, rounds_a_second=25)


@pytest.mark.slow
def test_an_hour_of_an_idle_cluster_with_topics_is_little_work():
    """Each follower asks each of its leaders twice a second, for all of its partitions at once."""
    with story(1) as s:
        s.create_topic("orders", partitions=6)
        member = s.member("g", "orders")
        member.poll(3)
        member.close()
        idle(s, rounds_a_second=25 + 12 * 12)
