"""The ISR over time, made from the trace."""

import pytest
from hostile_names import NAMES, unsafe
from seeing import Seen, forms, inside

from minikafka import Cluster
from minikafka.controller.events import IsrChanged, LeaderElected
from minikafka.world import Traced
from minikafka.world.events import HostCrashed
from minikafka.xray import look
from minikafka_lessons.show.isr_strip import isr_history, isr_html, isr_strip, isr_svg


@pytest.fixture(scope="module")
def cluster():
    """A follower is cut off until it leaves the ISR, and comes back; then the leader dies."""
    with Cluster(brokers=3, world="simulated", seed=7, configs={"replica.lag.time.max.ms": 3000}) as made:
        made.create_topic("orders", replication_factor=3, configs={"min.insync.replicas": 2})
        producer = made.producer({"acks": 1})
        partition = made.snapshot().partition("orders", 0)
        made.follower = next(r.broker for r in partition.replicas if not r.is_leader)
        made.leader = partition.leader
        made.partition([made.follower])
        producer.produce("orders", b"x", partition=0)
        made.run(8)
        made.heal()
        made.run(8)
        made.kill(made.leader)
        made.run(14)
        yield made


def test_the_strips_say_what_happened(cluster):
    history = isr_history(cluster.events(), "orders", 0, cluster.now, min_isr=2)
    assert [word for _, word in history.strips[cluster.follower]][:3] == [
        look.IN_SYNC,
        look.OUT_OF_SYNC,
        look.IN_SYNC,
    ]
    assert [word for _, word in history.strips[cluster.leader]] == [look.LEADER, look.DOWN]
    assert [size for _, size in history.sizes] == [3, 2, 3, 2]
    (crash,) = [e.at for e in cluster.events() if e.event.kind == "HostCrashed"]
    assert history.strips[cluster.leader][-1][0] == crash


def test_they_are_drawn_on_one_scale_of_time(cluster):
    for seen in forms(isr_strip(cluster, "orders").html):
        assert "★" in seen.words
        assert "✗" in seen.words
        assert f"{cluster.leader}: " in seen.describes
        assert "down" in seen.describes
        assert inside(seen) == ""
        assert [w for w in seen.words if w in "23"] == ["3", "2", "3", "2"]


def test_too_few_in_sync_is_said():
    events = [
        Traced(1, 0.0, "controller-1", LeaderElected("t", 0, 1, 0, (1, 2))),
        Traced(2, 4.0, "controller-1", IsrChanged("t", 0, (1,), 1)),
    ]
    seen = Seen(isr_svg(isr_history(events, "t", 0, 9.0, min_isr=2)))
    assert "1 < min.insync 2" in seen.words
    assert "acks=all is refused" in seen.describes


def test_nothing_known_and_very_much():
    assert "tells nothing of the ISR of t-0" in isr_html(isr_history([], "t", 0, 3.0))
    events = [Traced(0, 0.0, "controller-1", LeaderElected("t", 0, 1, 0, (1, 2, 3)))]
    events += [
        Traced(i, i / 10, "controller-1", IsrChanged("t", 0, (1, 2, 3)[: 2 + i % 2], i))
        for i in range(1, 2000)
    ]
    html = isr_html(isr_history(events, "t", 0, 300.0))
    assert len(html) < 500_000
    Seen(isr_svg(isr_history([*events[:1], Traced(2, 0.0, "broker-1", HostCrashed())], "t", 0, 0.0)))


def test_hostile_names():
    for name in NAMES:
        events = [Traced(1, 0.0, "controller-1", LeaderElected(name, 0, 1, 0, (1, 2)))]
        for seen in forms(isr_html(isr_history(events, name, 0, 1.0))):
            assert not unsafe(seen.text), name
            assert inside(seen) == "", name
