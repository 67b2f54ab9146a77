"""An alarm counts only time in which its host could have heard of others."""

import pytest

from minikafka.world import SimulatedUniverse


@pytest.fixture
def universe():
    with SimulatedUniverse(1) as universe:
        yield universe


def rung(universe, *, away_s, at_s=5.0, delay_s=10.0, is_cancelled=False):
    """When an alarm that was set at 0 rings, if the process is away from `at_s` on."""
    heard = []

    async def begin():
        world = universe.world("a")
        alarm = world.alarm(delay_s, lambda: heard.append(world.clock.now()))
        if is_cancelled:
            world.call_later(at_s + 1, alarm.cancel)

    began = universe.loop.time()
    universe.run(begin(), host="a")
    universe.run_for(at_s)
    if away_s:
        universe.loop.stand_still(away_s)
    universe.run_for(200)
    return [round(at - began, 3) for at in heard]


def test_on_time_it_rings_like_any_timer(universe):
    assert rung(universe, away_s=0) == [10]
    assert rung(universe, away_s=4) == [10]


def test_what_was_lost_is_given_back_once_and_no_more_than_the_whole_time(universe):
    assert rung(universe, away_s=7) == [14], "2 s late: 2 s more"
    assert rung(universe, away_s=100) == [115], "95 s late: 10 s more"


def test_a_little_late_is_on_time(universe):
    assert rung(universe, away_s=5.1) == [10.1]


def test_a_cancelled_alarm_is_silent_in_its_second_time_too(universe):
    assert rung(universe, away_s=100, is_cancelled=True) == []
