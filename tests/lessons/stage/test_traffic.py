"""Loads on a producer in virtual time: what they cost is counted, and the same each time."""

import pytest

from minikafka import Cluster, Rules
from minikafka_lessons import traffic


@pytest.fixture
def cluster():
    with Cluster(brokers=3, world="simulated", seed=3, announce=False) as made:
        made.create_topic("readings", 1)
        yield made


def test_a_load_is_a_list_of_pauses():
    assert traffic.burst(3) == [0, 0, 0]
    assert traffic.steady(3, 2) == [0, 2, 2]
    assert traffic.bursts(2, records=3, pause_ms=30) == [0, 0, 0, 30, 0, 0]


def test_a_trip_costs_the_same_for_one_record_and_for_a_thousand(cluster):
    producer = cluster.producer({"linger.ms": 0})
    one = traffic.send(cluster, producer, "readings", traffic.burst(1))
    many = traffic.send(cluster, producer, "readings", traffic.burst(1000))
    assert (one.requests, many.requests) == (1, 1)
    assert many.slowest_ms < 2 * one.slowest_ms
    alone = cluster.producer({"linger.ms": 0, "batch.num.messages": 1})
    hurried = traffic.send(cluster, alone, "readings", traffic.burst(200))
    assert hurried.requests == hurried.records == 200
    assert hurried.slowest_ms > 20 * many.slowest_ms, "whoever never waits for company waits in the queue"


def test_a_longer_linger_needs_fewer_requests_and_more_time(cluster):
    found = [
        traffic.send(cluster, cluster.producer({"linger.ms": n}), "readings", traffic.steady(80, 2))
        for n in (0, 15, 35)
    ]
    assert [outcome.most_often for outcome in found] == [1, 8, 18]
    assert found[0].requests_a_record == 1 > found[1].requests_a_record > found[2].requests_a_record
    assert found[0].median_ms < found[1].median_ms < found[2].median_ms
    assert found[1].slowest_ms < 15 + 4
    assert repr(found[1]).startswith("records: 80 · requests: 10 (0.125 a record) · latency: ")


def test_what_never_leaves_by_itself_is_said_and_lost_to_nobody():
    rules = Rules(batch_is_ready=lambda size, most, waited, linger: size >= most)
    with Cluster(brokers=1, world="simulated", seed=3, rules=rules, announce=False) as cluster:
        cluster.create_topic("readings", 1)
        producer = cluster.producer({"linger.ms": 5})
        outcome = traffic.send(cluster, producer, "readings", traffic.burst(4), ["x"])
        assert outcome.stuck == 4
        assert "never left by themselves: 4" in repr(outcome)
        assert cluster.snapshot().topic("readings").records == 5, "and the one that went before"
