"""What a cluster's pictures remember of its events."""

from __future__ import annotations

from minikafka.controller.events import IsrChanged, LeaderElected, TopicCreated
from minikafka.coordinator.events import MemberJoined, OffsetsCommitted
from minikafka.replication.partition import BecameLeader
from minikafka.world import Event, Traced
from minikafka.xray.story import COMMITS, EVENTS, LONGEST_S, TOGETHER_S, Story


class Elected(Event, frozen=True):
    number: int


class RecordsAppended(Event, frozen=True):
    """By name one of the events that nobody wants to read."""


def test_a_thousand_commits_do_not_push_out_an_election() -> None:
    story = Story()
    story.hear(Traced(1, 0.0, "controller-1", Elected(1)))
    for seq in range(2, 1_002):
        story.hear(Traced(seq, 0.0, "broker-1", OffsetsCommitted(f"group-{seq}", (("orders", 0, seq, ""),))))
    told = story.told()
    assert (told[0].kind, told[0].text) == ("Elected", "elected number=1")
    assert len(told) == 1 + COMMITS
    assert [t.seq for t in told] == sorted(t.seq for t in told)
    assert told[-1].seq == 1_001


def test_messages_and_appends_are_not_told_and_the_rest_has_an_end() -> None:
    elections = [Traced(2 * n, 0.0, "c", Elected(n)) for n in range(EVENTS + 50)]
    appends = [Traced(2 * n + 1, 0.0, "b", RecordsAppended()) for n in range(EVENTS + 50)]
    told = Story([*elections, *appends]).told()
    assert [t.text for t in told] == [f"elected number={n}" for n in range(50, EVENTS + 50)]


def lines(*events: tuple[float, Event]) -> list[str]:
    """What is told of these, each with its moment."""
    story = Story(Traced(seq, at, "controller-1", event) for seq, (at, event) in enumerate(events, 1))
    return [line.text for line in story.told()]


def elected(index: int, leader: int = 2) -> LeaderElected:
    return LeaderElected("orders", index, leader, 7, (2, 3) if index % 2 else (3, 2))


def test_a_hundred_partitions_with_a_new_leader_are_one_line_and_what_is_another_thing_is_not() -> None:
    assert lines(
        *((1.0, elected(n)) for n in range(96)),
        (1.0, elected(96, leader=3)),
        *((1.0, elected(n)) for n in range(97, 101)),
    ) == [
        "100 partitions: broker-2 leads (orders-0, orders-1, orders-2, …)",
        "orders-96: broker-3 leads, epoch 7",
    ]
    assert lines((1.0, elected(0)), (1.0, elected(1, leader=-1)), (1.0, elected(2, leader=-1))) == [
        "orders-0: broker-2 leads, epoch 7",
        "2 partitions: offline, nobody may lead (orders-1, orders-2)",
    ]


def test_like_events_of_many_kinds_are_counted_by_what_they_are_about() -> None:
    assert lines(*((1.0, IsrChanged("orders", n, (1, 3), n)) for n in range(2))) == [
        "2 partitions: ISR is 1,3 (orders-0, orders-1)"
    ]
    assert lines(*((1.0, BecameLeader("orders", n, 1, 4, 10 * n)) for n in range(5))) == [
        "5 partitions: leads (orders-0, orders-1, orders-2, …)"
    ]
    assert lines(*((1.0, TopicCreated(f"t{n}", 3, 3)) for n in range(1000))) == [
        "1,000 topics created: 3 partitions × 3 (t0, t1, t2, …)"
    ]
    assert lines(*((1.0, MemberJoined("billing", f"m{n}", f"reader-{n}", "/h", "")) for n in range(3))) == [
        "group billing: 3 members joined (reader-0, reader-1, reader-2)"
    ]


def test_the_same_thing_again_and_again_is_counted_too() -> None:
    commits = [(n / 2, OffsetsCommitted("billing", (("orders", 0, n, ""),))) for n in range(1, 11)]
    assert lines(*commits) == ["group billing: committed orders-0 at 10 (×10)"]


def test_what_comes_later_is_a_line_of_its_own() -> None:
    assert len(lines((0.0, elected(0)), (TOGETHER_S + 0.1, elected(1)))) == 2
    steady = [(n * TOGETHER_S / 2, elected(n)) for n in range(int(2 * LONGEST_S))]
    assert len(lines(*steady)) == 2, "a line that never ended would say nothing of when"


def test_a_storm_does_not_push_out_what_was_before_it() -> None:
    story = Story()
    story.hear(Traced(1, 0.0, "controller-1", Elected(1)))
    for seq in range(2, 3_002):
        story.hear(Traced(seq, 0.5, "controller-1", elected(seq)))
    first, storm = story.told()
    assert first.text == "elected number=1"
    assert (storm.seq, storm.count, storm.at, storm.until) == (2, 3_000, 0.5, 0.5)
