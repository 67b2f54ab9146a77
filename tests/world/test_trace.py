"""The trace: stamped, bounded, readable."""

import pytest

from minikafka.world import Event, SimulatedUniverse


class SegmentRolled(Event, frozen=True):
    topic: str
    base_offset: int
    replicas: tuple[int, ...] = ()


def test_events_are_numbered_and_stamped_across_hosts():
    with SimulatedUniverse(1) as universe:
        one, two = universe.world("broker-1"), universe.world("broker-2")
        one.trace.emit(SegmentRolled("orders", 5, (1, 2)))
        universe.run_for(1.5)
        two.trace.emit(SegmentRolled("my topic", 6))
        assert [(t.seq, t.at, t.host) for t in one.trace.recent] == [
            (1, 0.0, "broker-1"),
            (2, 1.5, "broker-2"),
        ]
        assert [str(traced) for traced in one.trace.recent] == [
            "    0.000000 broker-1       SegmentRolled topic=orders base_offset=5 replicas=[1,2]",
            "    1.500000 broker-2       SegmentRolled topic='my topic' base_offset=6 replicas=[]",
        ]


def test_recent_events_are_bounded():
    with SimulatedUniverse(1, recent=10) as universe:
        for offset in range(25):
            universe.trace.emit(SegmentRolled("t", offset))
        assert [traced.seq for traced in universe.trace.recent] == list(range(16, 26))


def test_subscribers_come_and_go_and_cannot_hurt_the_emitter():
    with SimulatedUniverse(1) as universe:
        seen = []
        stop = universe.world("a").trace.subscribe(seen.append)
        stop_broken = universe.trace.subscribe(lambda traced: 1 // 0)
        universe.world("b").trace.emit(SegmentRolled("t", 1))
        stop()
        stop_broken()
        stop()
        universe.world("b").trace.emit(SegmentRolled("t", 2))
        assert [traced.event for traced in seen] == [SegmentRolled("t", 1)]
        assert [type(error) for error in universe.trace.failures] == [ZeroDivisionError]


def test_whether_messages_are_wanted_is_known_to_all_hosts():
    with SimulatedUniverse(1) as universe:
        world = universe.world("a")
        assert not world.trace.messages
        universe.trace.messages = True
        assert world.trace.messages


def test_an_event_may_not_hide_what_every_event_has():
    with pytest.raises(TypeError, match="field named text"):

        class Broken(Event, frozen=True):
            text: str
