"""What a cluster's pictures remember of its events."""

from __future__ import annotations

from minikafka.coordinator.events import OffsetsCommitted
from minikafka.world import Event, Traced
from minikafka.xray.story import COMMITS, EVENTS, Story


class Elected(Event, frozen=True):
    number: int


class RecordsAppended(Event, frozen=True):
    """By name one of the events that nobody wants to read."""


def test_a_thousand_commits_do_not_push_out_an_election() -> None:
    story = Story()
    story.hear(Traced(1, 0.0, "controller-1", Elected(1)))
    for seq in range(2, 1_002):
        story.hear(Traced(seq, 0.0, "broker-1", OffsetsCommitted("billing", (("orders", 0, seq, ""),))))
    told = story.told()
    assert told[0].event == Elected(1)
    assert len(told) == 1 + COMMITS
    assert [t.seq for t in told] == sorted(t.seq for t in told)
    assert told[-1].seq == 1_001


def test_messages_and_appends_are_not_told_and_the_rest_has_an_end() -> None:
    elections = [Traced(2 * n, 0.0, "c", Elected(n)) for n in range(EVENTS + 50)]
    appends = [Traced(2 * n + 1, 0.0, "b", RecordsAppended()) for n in range(EVENTS + 50)]
    told = Story([*elections, *appends]).told()
    assert [t.event for t in told] == [Elected(n) for n in range(50, EVENTS + 50)]
