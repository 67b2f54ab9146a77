"""Lesson 8's accidents: what nine settings lose, and a table of shares that the theory foretells."""

import pytest

from minikafka_lessons import accidents
from minikafka_lessons.course import lesson
from minikafka_lessons.stage.accidents import EVERY, NINE, Setting, accident, outcome, theory


@pytest.mark.parametrize("name", list(NINE))
def test_the_nine_accidents_come_out_as_the_exercise_judges(name):
    truth = lesson(8).module.exercise_8b.TRUTH
    assert {outcome(*NINE[name], seed=seed) for seed in (1, 8)} == {truth[name]}


def test_the_same_seed_is_the_same_accident():
    assert accident(3, 1) == accident(3, 1)


def test_acks_all_with_two_in_sync_loses_nothing():
    for seed in range(8):
        for setting, told in accident(seed, "all", [Setting(3, "all", 2), Setting(2, "all", 2)]).items():
            assert told.missing == 0, (seed, setting)


def test_one_copy_is_always_lost():
    (told,) = accident(1, "all", [Setting(1, "all", 1)]).values()
    assert told.outcome == "lost"
    assert {theory(one) for one in EVERY if one.replication_factor == 1} == {1.0}


def test_the_table_has_a_cell_for_every_setting():
    picture = accidents.table(accidents.shares([1], EVERY))
    assert "RF 3, acks=all" in picture._repr_html_()


@pytest.mark.slow
@pytest.mark.timeout(1200)  # some 40 seconds of a processor for each
@pytest.mark.parametrize("acks", accidents.ACKS)
def test_two_hundred_accidents_of_every_setting_agree_with_the_theory(acks):
    """A share is at most 0.1 from its theory, and is it exactly where that says never or always."""
    counted = accidents.shares(range(200), [setting for setting in EVERY if setting.acks == acks])
    assert len(counted) == 9
    assert all(share.share == share.theory for share in counted.values() if share.theory in (0.0, 1.0))
    assert all(abs((share.share or 0) - (share.theory or 0)) < 0.1 for share in counted.values())
