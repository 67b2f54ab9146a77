"""An interrupt while a simulation is driven ends the call, and nobody in the simulation."""

import signal

import pytest

from minikafka import Cluster
from minikafka.policy import Rules
from minikafka.world import interrupt


def batch_is_ready_but(first):
    """A rule that does something else once, in the middle of a simulated client's work."""
    todo = [first]

    def batch_is_ready(size_bytes, full_bytes, waited_ms, linger_ms):
        if todo:
            todo.pop()()
        return True

    return Rules(batch_is_ready=batch_is_ready)


def test_it_comes_between_two_rounds_and_everything_continues():
    rules = batch_is_ready_but(lambda: signal.raise_signal(signal.SIGINT))
    with Cluster(brokers=1, world="simulated", seed=1, rules=rules) as cluster:
        cluster.create_topic("t")
        producer = cluster.producer()
        producer.produce("t", b"v")
        with pytest.raises(KeyboardInterrupt):
            cluster.run(1)
        assert producer.flush(10) == 0
        assert cluster.snapshot().partition("t", 0).end == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def cut_short(rules):
    """The rule's caller ends with it, so the cluster is only dropped."""
    cluster = Cluster(brokers=1, world="simulated", seed=1, rules=rules)
    cluster.create_topic("t")
    producer = cluster.producer()
    producer.produce("t", b"v")
    with pytest.raises(KeyboardInterrupt):
        cluster.run(1)
    cluster.drop()


def test_what_never_ends_is_interrupted_where_it_is(monkeypatch):
    monkeypatch.setattr(interrupt, "PATIENCE_S", 0.05)

    def loop_for_ever():
        signal.raise_signal(signal.SIGINT)
        while True:
            pass

    cut_short(batch_is_ready_but(loop_for_ever))


def test_a_second_one_does_not_wait():
    def twice():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("it was to end here")

    cut_short(batch_is_ready_but(twice))
