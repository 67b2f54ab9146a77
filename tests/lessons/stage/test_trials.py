"""Trials: the same seeds give the same counts, and the theory lies where the counts are."""

from __future__ import annotations

import pytest

from minikafka import Rules
from minikafka_lessons import data, trials
from minikafka_lessons.course import lesson
from minikafka_lessons.stage.trials.drills import theory, theory_of_maintenance


def test_a_factor_bears_one_death_less_than_it_has_replicas():
    counts = trials.deaths(range(6))
    again = trials.deaths(range(6))
    assert counts.shares == again.shares
    assert counts.lost(2, 1) == counts.lost(3, 1) == counts.lost(3, 2) == 0
    assert counts.lost(1, 3) > 0
    assert "RF 2" in counts._repr_html_()


def test_of_what_was_acknowledged_rf_3_loses_nothing_in_maintenance():
    counts = trials.maintenance(range(8))
    assert counts.lost(3) == 0
    assert counts.refused(3) > 0


def test_the_theory():
    assert [round(theory(rf, 2), 3) for rf in (1, 2, 3)] == [0.4, 0.1, 0.0]
    assert [theory_of_maintenance(rf)[0] for rf in (1, 2, 3)] == [0.2, 0.1, 0.0]


def test_a_replica_costs_a_whole_log_and_its_way_over_the_network():
    rows = data.weather(hours=100)
    one, three = trials.cost(rows, 1), trials.cost(rows, 3)
    assert (one.network, three.disk) == (0, 3 * one.disk)
    assert 2 * one.disk <= three.network < 2.2 * one.disk


def test_a_rack_without_power():
    assert not trials.rack_without_power().holds
    apart = Rules(
        place_replicas=lambda brokers, count, factor, start: [[1, 3], [3, 5], [5, 1]] * (count // 3)
    )
    assert trials.rack_without_power(apart).holds


def test_what_was_acknowledged_of_one_replica_goes_with_the_power_unless_it_is_synced():
    kept = trials.power_cuts(Rules(should_flush=lambda unflushed, limit, acks: acks > 0), cuts=6)
    left, again = trials.power_cuts(cuts=6), trials.power_cuts(cuts=6)
    assert repr(left) == repr(again)
    assert left.first is not None
    assert left.syncs == kept.lost == 0
    assert kept.acknowledged == left.acknowledged > left.lost > 0


def test_the_fewest_syncs_are_one_for_each_moment_at_which_somebody_is_told():
    shared = trials.power_cuts(Rules(should_flush=lambda unflushed, limit, acks: acks > 0), cuts=6)
    each = trials.power_cuts(Rules(should_flush=lambda *_: True), cuts=6)
    assert shared.syncs == shared.bursts["together"] + shared.bursts["alone"] < shared.batches
    assert each.syncs == each.batches + each.bursts["unasked"]


@pytest.mark.parametrize("seed", [1, *[pytest.param(n, marks=pytest.mark.slow) for n in range(2, 8)]])
def test_what_crashes_and_power_cuts_take_is_what_lesson_6_asks(seed):
    """Letters as in exercise 6b."""
    where = {"A": (1, "one crash"), "B": (3, "all crash"), "C": (2, "one dark"), "D": (3, "one dark")}
    where |= {"E": (2, "all dark"), "F": (3, "all dark")}
    lost = trials.crashes_and_cuts([seed])
    came = {name: "lost" if lost.lost(*case) else "kept" for name, case in where.items()}
    came["G"] = "lost" if 3 in trials.lost_in("all dark", seed, flush_messages=1) else "kept"
    assert came == lesson(6).module.exercise_6b.TRUTH
