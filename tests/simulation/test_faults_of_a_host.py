"""A host that is stopped for a while, a clock that is wrong, a disk that is full or slow, a cut in one direction."""

import pytest
from simulation.story import story

from minikafka.commands import (
    Cut,
    FillDisk,
    NotUnderstood,
    RepairDisk,
    SetClock,
    SlowDisk,
    Suspend,
    Wake,
    parse,
)


def fenced(s):
    return sorted(id for id, broker in s.nodes.controller.image.brokers.items() if broker.fenced)


def test_a_suspended_broker_does_nothing_and_is_fenced_and_then_comes_back():
    with story(1) as s:
        s.create_topic("orders", replication_factor=3)
        s.cluster.do(Suspend("broker-2", 20))
        s.cluster.run(15)
        assert fenced(s) == [2]
        s.cluster.run(15)
        assert fenced(s) == []
        assert len(s.registration("orders").isr) == 3


def test_it_sleeps_until_somebody_wakes_it():
    with story(1) as s:
        s.cluster.do(Suspend("broker-1"))
        s.cluster.run(100)
        assert fenced(s) == [1]
        s.cluster.do(Wake("broker-1"))
        s.cluster.run(5)
        assert fenced(s) == []


def test_a_suspended_broker_can_be_killed_and_starts_again_and_stops_cleanly():
    with story(1) as s:
        s.create_topic("orders", replication_factor=3)
        s.cluster.do(Suspend("broker-2"))
        s.cluster.run(1)
        s.kill("broker-2")
        with pytest.raises(ValueError, match="broker-2 is down"):
            s.cluster.do(Wake("broker-2"))
        s.restart("broker-2")
        s.cluster.do(Suspend("broker-3"))
        s.restart("broker-3")
        s.cluster.do(Suspend("broker-3"))
        s.cluster.run(10)
        s.cluster.do(Wake("broker-3"))
        s.cluster.run(5)
        assert len(s.registration("orders").isr) == 3


def test_a_wrong_clock_is_seen_in_timestamps_and_nowhere_else():
    with story(1) as s:
        s.cluster.do(SetClock("broker-1", 3600))
        s.cluster.run(30)
        ahead, right = (s.universe.world(host).clock.time_ms() for host in ("broker-1", "broker-2"))
        assert ahead - right == 3_600_000
        assert fenced(s) == []
        s.kill("broker-1")
        s.restart("broker-1")
        assert (
            s.universe.world("broker-1").clock.time_ms() - s.universe.world("broker-2").clock.time_ms()
            == 3_600_000
        )


def test_a_cut_in_one_direction_lets_the_answers_of_the_other_through():
    with story(1) as s:
        s.create_topic("orders", replication_factor=3)
        s.cluster.do(Cut(("controller-1",), ("broker-1",), one_way=True))
        s.cluster.run(15)
        link = s.universe.fabric.link
        assert link("controller-1", "broker-1").blocked
        assert not link("broker-1", "controller-1").blocked
        s.heal()
        s.cluster.run(10)
        assert len(s.registration("orders").isr) == 3


def test_a_full_disk_ends_the_broker_until_there_is_room_again():
    with story(1) as s:
        s.create_topic("orders", replication_factor=3)
        writer = s.writer("orders")
        s.cluster.do(FillDisk("broker-2"))
        writer.write(5)
        s.cluster.run(15)
        assert len(s.registration("orders").isr) == 2
        s.cluster.do(RepairDisk("broker-2"))
        s.restart("broker-2")
        s.cluster.run(10)
        assert len(s.registration("orders").isr) == 3
        writer.flush(60)
        assert len(writer.acked) == 5


def test_a_slow_disk_holds_up_its_whole_host():
    with story(1) as s:
        s.cluster.do(SlowDisk("broker-1", 2.0))
        world = s.universe.world("broker-1")
        world.disk.write_atomic("some-file", b"x")
        assert s.universe.loop.is_suspended(world.life)
        s.cluster.run(10)
        assert not s.universe.loop.is_suspended(world.life)


def test_faults_are_typed():
    assert parse("cut broker-1 > broker-2") == Cut(("broker-1",), ("broker-2",), one_way=True)
    assert parse("cut broker-1 | broker-2") == Cut(("broker-1",), ("broker-2",))
    assert parse("suspend broker-2 20") == Suspend("broker-2", 20.0)
    with pytest.raises(NotUnderstood):
        parse("suspend broker-2 -3")
