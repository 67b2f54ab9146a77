"""Who leads the controllers over time, made from the trace."""

import pytest
from seeing import forms, inside

from minikafka import Cluster
from minikafka.quorum.state import QuorumStateKept
from minikafka.world import Traced
from minikafka.world.events import HostCrashed
from minikafka_lessons.show import frame
from minikafka_lessons.show.reigns import DOWN, FOLLOWS, LEADS, VOTED, history, reigns, reigns_svg


@pytest.fixture(scope="module")
def cluster():
    """The leader dies, and comes back."""
    with Cluster(brokers=1, controllers=3, world="simulated", seed=12) as made:
        made.run(1)
        made.first = made.snapshot().controller
        made.kill(made.first)
        made.run(8)
        made.restart(made.first)
        made.run(4)
        yield made


def test_the_strips_say_who_led(cluster):
    made = history(cluster.events(), cluster.now)
    now = cluster.snapshot()
    assert [host for _, _, host in made.leaders()] == [cluster.first, now.controller]
    assert {host: turns[-1].stands for host, turns in made.strips.items()} == {
        one.name: LEADS if one.is_leader else FOLLOWS for one in now.controllers
    }
    assert DOWN in [turn.stands for turn in made.strips[cluster.first]]
    assert 1 < made.without() < 7


def test_they_are_drawn_on_one_scale_of_time(cluster):
    for seen in forms(reigns(cluster).html):
        assert {"controller-1", "controller-2", "controller-3", "★"} <= set(seen.words)
        assert f"{cluster.first} leads" in seen.describes
        assert inside(seen) == ""


def test_an_epoch_without_a_leader_is_there_and_pale():
    events = [
        Traced(1, 1.0, "controller-1", QuorumStateKept(1, 1, -1, 1)),
        Traced(2, 1.0, "controller-2", QuorumStateKept(2, 1, -1, 2)),
        Traced(3, 5.0, "controller-1", QuorumStateKept(1, 2, -1, 1)),
        Traced(4, 5.1, "controller-1", QuorumStateKept(1, 2, 1, 1)),
        Traced(5, 8.0, "controller-1", HostCrashed()),
    ]
    made = history(events, 10.0)
    assert [turn.stands for turn in made.strips["controller-1"]] == [VOTED, VOTED, LEADS, DOWN]
    for seen in forms(frame.both(lambda width: reigns_svg(made, width))):
        assert [word for word in seen.words if word in ("1", "2")] == ["1", "2"]
    assert made.without() == pytest.approx(2.0)


def test_a_single_controller_has_no_reigns():
    assert "one controller" in reigns_svg(history([], 3.0))
