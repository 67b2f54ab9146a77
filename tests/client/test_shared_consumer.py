"""One consumer, and several calls of it at once: what a call took and could not hand out is read again, by somebody.

A callback that polls plays the other thread: it reads on while the call that it interrupts still holds its records.
"""

import pytest

from minikafka import TopicPartition

GROUP = {"group.id": "g", "auto.offset.reset": "earliest"}


class Careless:
    """A stats_cb that, once, reads what is there, does something else, and raises."""

    def __init__(self, then=lambda consumer: None, error=ValueError("of the application")):
        self.consumer = None
        self.read = []
        self.then, self.error = then, error

    def __call__(self, _statistics):
        if self.read:
            return
        while (message := self.consumer.poll(0)) is not None:
            self.read.append(int(message.value()))
        self.then(self.consumer)
        if self.error is not None:
            raise self.error


def interrupted(cluster, careless, **conf):
    """A consumer whose consume(5) is interrupted by the callback when it has five records."""
    settings = {"auto.commit.interval.ms": 3_600_000, "statistics.interval.ms": 1000, "stats_cb": careless}
    consumer = careless.consumer = cluster.consumer({**GROUP, **settings, **conf})
    consumer.subscribe(["t"])
    cluster.run(5)  # it has joined and fetched, and there are statistics to be told
    with pytest.raises(ValueError, match="of the application"):
        consumer.consume(5, 10)
    assert careless.read == [5, 6, 7, 8, 9]
    return consumer


def values(consumer, count=10):
    return [int(message.value()) for message in consumer.consume(count, 20)]


def test_the_partition_is_revoked_meanwhile(cluster):
    interrupted(cluster, Careless(then=lambda consumer: consumer.unsubscribe()))
    heir = cluster.consumer(GROUP)
    heir.subscribe(["t"])
    assert values(heir) == list(range(10))


def test_the_consumer_is_closed_afterwards(cluster):
    consumer = interrupted(cluster, Careless())
    consumer.close()
    heir = cluster.consumer(GROUP)
    heir.subscribe(["t"])
    assert values(heir) == list(range(10))


def test_the_next_call_gets_them(cluster):
    consumer = interrupted(cluster, Careless())
    assert values(consumer, 5) == [0, 1, 2, 3, 4]


def test_a_commit_by_time_meanwhile(cluster):
    """auto.commit.interval.ms is over while the call still holds its records."""
    wait = Careless(then=lambda _consumer: cluster.run(10))
    consumer = interrupted(cluster, wait, **{"auto.commit.interval.ms": 2000})
    [committed] = cluster.consumer(GROUP).committed(consumer.assignment(), 10)
    assert committed.offset <= 0


def test_what_is_handed_out_late_takes_nothing_back(cluster):
    """The call that held the first five ends well: all ten are read, and committed as read."""
    careless = Careless(error=None)
    settings = {"statistics.interval.ms": 1000, "stats_cb": careless}
    consumer = careless.consumer = cluster.consumer({**GROUP, **settings})
    consumer.subscribe(["t"])
    cluster.run(5)
    assert values(consumer, 5) == [0, 1, 2, 3, 4]
    assert careless.read == [5, 6, 7, 8, 9]
    [committed] = consumer.commit(asynchronous=False)
    assert committed.offset == 10


@pytest.mark.parametrize("size", [1, 3, 4, 10, 100])
def test_what_consume_gave_is_committed_to_the_last_record(cluster, size):
    """Also where a call takes the last record of what was fetched."""
    consumer = cluster.consumer({**GROUP, "enable.auto.commit": False})
    consumer.subscribe(["t"])
    read = 0
    while read < 10:
        if messages := consumer.consume(size, 1):
            read += len(messages)
            assert [tp.offset for tp in consumer.commit(asynchronous=False)] == [read]
    consumer.close()


def test_what_consume_gave_is_committed_at_the_end(cluster):
    consumer = cluster.consumer(GROUP)
    consumer.subscribe(["t"])
    while not consumer.consume(100, 1):
        pass
    consumer.close()
    assert cluster.consumer(GROUP).committed([TopicPartition("t", 0)], 10)[0].offset == 10
