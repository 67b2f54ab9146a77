"""An interrupt while a simulation is driven ends the call, and nobody in the simulation."""

import signal

import pytest

from minikafka import Cluster
from minikafka.policy import Rules
from minikafka.world import interrupt
from minikafka.world.interrupt import Interrupts, a_round_runs
from minikafka.world.sim_loop import SimLoop


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


def test_it_waits_until_nobody_has_a_reason_left():
    """A lesson's reason, around a simulation's."""
    interrupts, noted, busy = Interrupts(), [], [True]

    def while_busy(frame, times):
        return 60.0 if busy else 0.0

    def simulate():
        with interrupts.held(a_round_runs, lambda: noted.append("too late")):
            signal.raise_signal(signal.SIGINT)
            interrupts.at_rest(lambda: noted.append("too early"))
            noted.append("goes on")
            busy.clear()
            interrupts.at_rest(lambda: noted.append("at rest"))

    interrupts.hold(while_busy)
    try:
        with pytest.raises(KeyboardInterrupt):
            simulate()
        assert noted == ["goes on", "at rest"]
        assert signal.getsignal(signal.SIGINT) == interrupts._hear
    finally:
        interrupts.let_go(while_busy)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_no_round_is_run_no_handler_is_set(monkeypatch):
    def set_handler(*_):
        raise AssertionError("nothing was to be set")

    loop = SimLoop()
    monkeypatch.setattr(signal, "signal", set_handler)
    assert loop.drive(lambda: True)
    assert not loop.drive(lambda: False)
    assert not loop.step()
    loop.call_later(5, print)
    assert not loop.drive(lambda: False, until=1)
