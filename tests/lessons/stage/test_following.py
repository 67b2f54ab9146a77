"""What a follower asks for, and what it takes for committed, are rules: the cluster lives or dies by them."""

from __future__ import annotations

import pytest

from minikafka import Rules
from minikafka_lessons.stage.trials.following import told


@pytest.mark.parametrize("story", ["copy", "away", "death"])
def test_by_kafkas_rules_all_holds(story):
    assert told(story, Rules(), seed=1).holds


def test_followers_that_ask_from_the_high_watermark_stop_it():
    assert told("copy", Rules(fetch_offset=lambda start, known, end: known), 1).kind == "unanswered"


def test_a_follower_that_asks_for_one_beyond_is_believed_to_have_it():
    outcome = told("copy", Rules(fetch_offset=lambda start, known, end: end + 1), 1)
    assert outcome.name == "the high watermark waits for the whole ISR"


def test_a_follower_that_is_behind_and_believes_its_leader_knows_of_more_than_it_has():
    outcome = told("away", Rules(follower_high_watermark=lambda end, leader: leader), 1)
    assert outcome.name == "start ≤ high watermark ≤ end"


def test_a_new_leader_that_takes_all_it_has_for_committed_forgets_the_other_replica():
    outcome = told("death", Rules(follower_high_watermark=lambda end, leader: end), 1)
    assert outcome.name == "the high watermark waits for the whole ISR"
