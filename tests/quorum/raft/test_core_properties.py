"""Many small networks, each with its own bad luck: one leader an epoch, logs that match, nothing committed is ever
lost; and when all is well again, work goes on.
"""

from __future__ import annotations

import pytest

from minikafka import Rules
from minikafka.explore.quorums import APPENDS, VOTES, disaster, disasters

QUICK = range(60)
SLOW = range(60, 1500)


def held(seed: int, *, voters_change: bool = False) -> None:
    outcome = disaster(seed, voters_change=voters_change)
    assert outcome.broken is None, str(outcome)


@pytest.mark.parametrize("seed", QUICK)
def test_what_is_committed_stays(seed: int) -> None:
    held(seed)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_committed_stays_while_voters_come_and_go(seed: int) -> None:
    held(seed, voters_change=True)


@pytest.mark.slow
def test_what_is_committed_stays_in_many_networks_whose_voters_come_and_go() -> None:
    for seed in range(20, 600):
        held(seed, voters_change=True)


@pytest.mark.slow
def test_what_is_committed_stays_in_many_more_networks() -> None:
    for seed in SLOW:
        held(seed)


@pytest.mark.parametrize("scene", dict.fromkeys((*VOTES, *APPENDS)), ids=lambda scene: scene.__name__)
def test_accidents_by_hand_end_well(scene) -> None:
    for seed in range(8):
        outcome = scene(seed, None)
        assert outcome.broken is None, str(outcome)


def votes_for_everybody(*facts: object) -> bool:
    return True


def votes_for_the_new(
    candidate: int, candidate_epoch: int, last: int, end: int, epoch: int, voted, leader, *_
) -> bool:
    """Once an epoch, without a look at the log."""
    return candidate_epoch >= epoch and leader is None and voted in (None, candidate)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(grants_vote=votes_for_everybody),
        Rules(grants_vote=votes_for_the_new),
        Rules(majority=lambda voters: 1),
        Rules(majority=lambda voters: voters // 2),
        Rules(may_append=lambda *ends: True),
        Rules(may_append=lambda last, end, known, known_end: last == known),
        Rules(commit_offset=lambda committed, start, has: has + 1),
    ],
    ids=[
        "two votes an epoch",
        "no look at the log",
        "one is a majority",
        "half is a majority",
        "whatever follows",
        "no look at the end",
        "one too far",
    ],
)
def test_a_wrong_rule_is_found(rules: Rules) -> None:
    found = disasters(range(300), rules)
    assert found is not None
    assert found.story[-1].endswith(found.broken.sentence)


def longest(candidate, candidate_epoch, last, end, epoch, voted, leader, own_last, own_end) -> bool:
    """The longer log, whatever its epochs."""
    return candidate_epoch >= epoch and leader is None and voted in (None, candidate) and end >= own_end


def whoever_leads(candidate, candidate_epoch, last, end, epoch, voted, leader, own_last, own_end) -> bool:
    return candidate_epoch >= epoch and voted in (None, candidate) and (last, end) >= (own_last, own_end)


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        (Rules(majority=lambda voters: voters), "a leader is elected"),
        (Rules(majority=lambda voters: (voters + 1) // 2), "a new controller has all that was committed"),
        (Rules(grants_vote=longest), "a new controller has all that was committed"),
        (Rules(grants_vote=whoever_leads), "a leader that works goes on leading"),
        (
            Rules(commit_offset=lambda committed, start, has: max(committed, has)),
            "a new controller has all that was committed",
        ),
    ],
    ids=["all are a majority", "half of four", "the longer log", "whoever leads", "what another left"],
)
def test_what_chance_seldom_finds_an_accident_by_hand_does(rules: Rules, name: str) -> None:
    outcomes = [scene(seed, rules) for scene in (*VOTES, *APPENDS) for seed in range(5)]
    assert name in [outcome.broken.name for outcome in outcomes if outcome.broken is not None]
