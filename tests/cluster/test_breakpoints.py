"""Steps and breakpoints of a simulated cluster."""

import pytest

from minikafka import Cluster

from .test_tape import played


@pytest.fixture
def cluster():
    with Cluster(brokers=3, world="simulated", seed=5) as cluster:
        cluster.create_topic("orders")
        yield cluster


def test_it_stops_where_a_condition_begins_to_hold_and_says_which(cluster):
    leader = cluster.snapshot().partition("orders", 0).leader
    other = cluster.break_when(lambda s: s.partition("orders", 0).leader != leader, "another leader")
    kind = cluster.break_when("BrokerFenced")
    assert cluster.run(1) is None
    cluster.kill(leader)
    stopped = cluster.run(60)
    assert stopped.breakpoints == (other, kind)
    assert cluster.now == stopped.at_s < 60
    assert repr(stopped) == (
        f"<stopped at {cluster.now:.6f} s by breakpoint 1: 'another leader' and breakpoint 2: 'BrokerFenced'>"
    )
    end_s = cluster.now + 5
    assert cluster.run(5) is None, "it holds already"
    assert cluster.now == end_s
    assert (other.hits, kind.hits) == (1, 1)
    other.remove()
    kind.remove()
    other.remove()
    cluster.restart(leader)
    assert cluster.run(5) is None
    played(cluster)


def test_what_a_condition_raises_is_raised(cluster):
    cluster.break_when(lambda s: s.partition("nowhere", 0))
    with pytest.raises(KeyError):
        cluster.run(1)


def test_a_step_tells_what_happened(cluster):
    happened = cluster.step()
    assert happened
    assert happened.at_s == cluster.now
    assert repr(happened).startswith(f"<{cluster.now:.6f} s: ")
    told = [cluster.step() for _ in range(20)]
    assert any(one.events for one in told)


def test_a_step_by_messages_ends_when_one_is_delivered(cluster):
    seen = []
    for _ in range(5):
        happened = cluster.step("message")
        assert happened.message is not None
        assert cluster.now == pytest.approx(happened.events[-1].at, abs=1e-6)
        assert happened.events[-1].at in (happened.message.received_s, happened.message.answer_received_s)
        seen.append(cluster.now)
    assert seen == sorted(seen)
    with pytest.raises(ValueError, match="there is no 'leap'"):
        cluster.step("leap")
    played(cluster)


def test_breakpoints_stay_when_the_cluster_goes_back(cluster):
    leader = cluster.snapshot().partition("orders", 0).leader
    cluster.break_when("BrokerFenced")
    cluster.mark("before")
    cluster.kill(leader)
    first = cluster.run(60)
    cluster.rewind(to="before")
    cluster.kill(leader)
    assert cluster.run(60) == first
