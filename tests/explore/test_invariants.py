"""A cluster under watch: the call that breaks an invariant says which, when, and by which event."""

import pytest

from minikafka import Cluster, Rules
from minikafka.commands import Suspend
from minikafka.explore import InvariantBroken
from minikafka.replication.partition import HighWatermarkAdvanced


def test_a_high_watermark_one_too_far_is_told_by_name():
    def eager(current, leader_end_offset, isr_end_offsets):
        return max(current, leader_end_offset)

    with pytest.raises(InvariantBroken, match="the high watermark waits for the whole ISR") as broken:  # noqa: PT012
        cluster = Cluster(world="simulated", seed=1, rules=Rules(high_watermark=eager), watch_invariants=True)
        cluster.create_topic("orders")
        with cluster.producer() as producer:
            for _ in range(20):
                producer.produce("orders", b"x")
                producer.flush(5)
    assert broken.value.name == "the high watermark waits for the whole ISR"
    assert 0 < broken.value.at_s < 30
    assert broken.value.event.host == "broker-1"
    assert broken.value.event.event == HighWatermarkAdvanced("orders", 0, 1, 1)
    assert "first bad event: broker-1 HighWatermarkAdvanced topic=orders" in str(broken.value)


def test_a_sound_cluster_is_watched_in_silence_and_its_events_are_read_page_by_page():
    with Cluster(world="simulated", seed=1, watch_invariants=True) as cluster:
        cluster.create_topic("orders")
        first = cluster.events()
        cluster.run(1)
        more = cluster.events(first[-1].seq + 1)
        assert [traced.seq for traced in more] == list(range(first[-1].seq + 1, more[-1].seq + 1))
        assert cluster.events(more[-1].seq + 1) == ()


def test_a_live_cluster_can_t_be_watched():
    with pytest.raises(ValueError, match="simulated"):
        Cluster(watch_invariants=True)


def test_a_controller_that_slept_through_an_election_decides_nothing_though_only_it_thinks_it_leads():
    with Cluster(controllers=3, world="simulated", seed=2, watch_invariants=True) as cluster:
        cluster.create_topic("orders")
        stale = cluster.snapshot().controller
        cluster.do(Suspend(stale, 60))
        cluster.run_until(lambda s: s.controller not in (None, stale))
        leader = next(b.name for b in cluster.snapshot().brokers if b.leaders)
        cluster.kill(leader)
        cluster.run_until(lambda s: s.partition("orders", 0).leader not in (None, leader))
        cluster.kill(cluster.snapshot().controller)
        cluster.run(1)
