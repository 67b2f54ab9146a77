"""Ctrl-C between any two lines of a client: what was counted is there, what was locked is let go, and it goes on."""

import pytest

from minikafka import Cluster


@pytest.fixture
def cluster():
    with Cluster(brokers=1, world="simulated", seed=1) as made:
        made.create_topic("t")
        yield made


def interrupted(call, *args, **more):
    with pytest.raises(KeyboardInterrupt):
        call(*args, **more)


def end_of(cluster):
    return cluster.snapshot().partition("t", 0).end


@pytest.mark.parametrize("is_locked", [True, False], ids=["the lock is ours", "the lock is not ours yet"])
def test_an_interrupt_while_a_record_takes_the_lock(cluster, is_locked):
    producer = cluster.producer()
    real = producer._lock

    def lock():
        if is_locked:
            real()
        raise KeyboardInterrupt

    producer._lock = lock
    interrupted(producer.produce, "t", b"lost")
    producer._lock = real
    producer.produce("t", b"v")
    assert producer.flush(30) == 0
    assert end_of(cluster) == 1
    producer.close()


def test_an_interrupt_before_the_record_is_announced(cluster):
    producer = cluster.producer()
    real = producer._attachment.post

    def post(*_):
        raise KeyboardInterrupt

    producer._attachment.post = post
    interrupted(producer.produce, "t", b"v")
    producer._attachment.post = real
    producer.produce("t", b"w")
    assert producer.flush(30) == 0
    assert end_of(cluster) == 2, "what was counted before the interrupt is sent, too"
    producer.close()


def test_an_interrupt_while_a_client_begins_leaves_nothing_of_it(cluster):
    consumers = [cluster.consumer({"group.id": "g"})]
    kind = type(consumers[0])
    real, made = kind._begin, []

    def begin(self):
        real(self)
        made.append(self)
        raise KeyboardInterrupt

    kind._begin = begin
    try:
        interrupted(cluster.consumer, {"group.id": "g"})
    finally:
        kind._begin = real
    cluster.run(1)
    assert made[0]._core.news.closed
    consumers[0].close()


def test_an_interrupt_while_a_close_begins(cluster):
    consumer = cluster.consumer({"group.id": "g"})
    consumer._closing.acquire()  # it was taken, and then came the interrupt
    consumer.close()
    with pytest.raises(RuntimeError, match="closed"):
        consumer.poll(0)
