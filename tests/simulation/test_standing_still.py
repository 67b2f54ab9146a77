"""The whole process is away for a while (SIGSTOP, a closed lid, a busy machine), and nobody is blamed for it."""

import pytest
from simulation.story import story

from minikafka.controller.events import BrokerFenced, IsrChanged, LeaderElected


@pytest.mark.parametrize("seconds", [12, 40, 400])
def test_after_a_pause_nobody_is_fenced_and_every_replica_is_still_in_sync(seconds):
    with story(seconds) as s:
        s.create_topic("orders", partitions=6)
        writer = s.writer("orders")
        writer.write(30)
        writer.flush()
        s.run(3)
        seen = []
        s.universe.trace.subscribe(lambda traced: seen.append(traced.event))
        writer.write(10)
        s.universe.loop.stand_still(seconds)
        writer.flush()
        s.run(60)
        assert not [e for e in seen if isinstance(e, BrokerFenced | IsrChanged | LeaderElected)]
        s.until_whole("orders", within=1)
        writer.check(s.read_all("orders"))


def test_a_broker_that_dies_during_a_pause_is_fenced_soon_after_it():
    with story(7) as s:
        s.create_topic("orders", partitions=3)
        s.run(3)
        s.kill("broker-2")
        s.universe.loop.stand_still(40)
        s.until(lambda: s.nodes.controller.image.brokers[2].fenced, within=20, what="fencing")


def generation(s):
    (group,) = s.nodes.brokers["broker-1"].snapshot().groups
    assert group.state == "Stable"
    return group.generation


def test_a_member_of_a_group_keeps_its_partitions_over_a_pause():
    with story(8, brokers=1) as s:
        s.create_topic("orders", partitions=2)
        writer = s.writer("orders")
        writer.write(4)
        writer.flush()
        member = s.member("readers", "orders")
        for _ in range(4):
            s.take(member.poll(20))
        before = generation(s)
        s.universe.loop.stand_still(40)
        s.run(20)
        assert len(member.assignment()) == 2
        assert generation(s) == before
        writer.write(4)
        writer.flush()
        for _ in range(4):
            s.take(member.poll(20))
        member.close()
