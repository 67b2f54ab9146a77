"""`wait_until` in both worlds: it sees what comes true, says when it does not, and hides nothing of the predicate."""

import pytest

from minikafka import Cluster


@pytest.fixture(params=["live", "simulated"])
def cluster(request):
    with Cluster(brokers=1, world=request.param, announce=False) as cluster:
        cluster.create_topic("orders")
        yield cluster


def test_what_a_predicate_raises_reaches_the_caller(cluster):
    class Mine(Exception):
        pass

    def predicate(snapshot):
        raise Mine("my mistake")

    with pytest.raises(Mine, match="my mistake"):
        cluster.wait_until(predicate, timeout_s=5)
    with pytest.raises(KeyError):
        cluster.wait_until(lambda s: s.topic("nowhere"), timeout_s=5)
    with pytest.raises(SystemExit):  # no Exception, and yet it ends only the wait
        cluster.wait_until(lambda s: exit(), timeout_s=5)
    assert cluster.wait_until(lambda s: True).topic("orders").partitions


def test_offsets_that_move_are_seen(cluster):
    producer = cluster.producer()
    producer.produce("orders", b"one")
    assert producer.flush(10) == 0
    seen = cluster.wait_until(lambda s: s.partition("orders", 0).high_watermark == 1)
    assert seen.partition("orders", 0).end == 1


def test_what_never_comes_true_ends_in_a_timeout(cluster):
    with pytest.raises(TimeoutError, match="did not become true"):
        cluster.wait_until(lambda s: False, timeout_s=0.2)


def test_a_predicate_may_ask_the_cluster_itself(cluster):
    assert cluster.wait_until(lambda s: cluster.snapshot().topic("orders") is not None)
