"""Callbacks and counters: each record is told once, whoever polls and whatever a callback does."""

import threading

import pytest

from minikafka import Cluster
from minikafka.client import KafkaError
from minikafka.client.producer.batches import Outgoing
from minikafka.client.producer.deliveries import Deliveries, Report


def deliveries_of(*callbacks, count_max=100):
    """As many records as callbacks, accepted and reported."""
    deliveries = Deliveries(count_max, 1 << 20)
    records = [Outgoing("t", 0, None, b"v", (), 0, callback, 0.0, 1) for callback in callbacks]
    deliveries.room -= len(records)
    deliveries.room_bytes -= len(records)
    deliveries.reports.append(Report(records, "t", 0, None, 10, -1, 0.0))
    return deliveries


def told_in(told):
    return lambda _error, message: told.append(message.offset())


def raising_in(told):
    def callback(_error, message):
        told.append(message.offset())
        raise ValueError(f"at {message.offset()}")

    return callback


def test_each_call_raises_what_one_callback_raised_and_the_others_follow():
    told = []
    deliveries = deliveries_of(told_in(told), raising_in(told), told_in(told), raising_in(told))
    for expected in (11, 13):
        with pytest.raises(ValueError, match=f"at {expected}"):
            deliveries.serve()
    assert deliveries.serve() == 0
    assert told == [10, 11, 12, 13]
    assert (deliveries.count, deliveries.size_bytes) == (0, 0)


def test_a_flush_calls_them_all_and_raises_the_first():
    told = []
    deliveries = deliveries_of(*[raising_in(told)] * 3)
    with pytest.raises(ValueError, match="at 10"):
        deliveries.serve(all_=True)
    assert told == [10, 11, 12]
    assert deliveries.count == 0


def test_an_interrupt_does_not_wait_for_the_other_callbacks():
    told = []

    def interrupted(_error, message):
        told.append(message.offset())
        raise KeyboardInterrupt

    deliveries = deliveries_of(interrupted, told_in(told))
    with pytest.raises(KeyboardInterrupt):
        deliveries.serve(all_=True)
    assert told == [10]
    assert deliveries.serve() == 1
    assert told == [10, 11]


def test_a_callback_that_polls_takes_nobodys_place():
    told = []
    deliveries = deliveries_of(lambda _e, m: told.append((m.offset(), deliveries.serve())), told_in(told))
    assert deliveries.serve() + len(told) == 4
    assert sorted(entry if isinstance(entry, int) else entry[0] for entry in told) == [10, 11]
    assert deliveries.count == 0


def test_with_little_room_a_callback_makes_room_for_the_next():
    rooms = []
    deliveries = deliveries_of(*[lambda _e, _m: rooms.append(deliveries.room)] * 3, count_max=3)
    deliveries.serve()
    assert rooms == [0, 1, 2]


def test_records_without_callbacks_are_counted_like_others():
    told = []
    deliveries = deliveries_of(None, told_in(told), None, None)
    assert deliveries.serve() == 4
    assert (told, deliveries.count) == ([11], 0)


def test_many_threads_that_produce_and_poll_end_at_zero(stage):
    s = stage(t=3)
    producer = s.producer(linger_ms=0, queue_buffering_max_messages=50)
    told, lock, full = [0], threading.Lock(), threading.Event()

    def callback(error, _message):
        assert error is None
        with lock:
            told[0] += 1

    def produce():
        for _ in range(200):
            while True:
                try:
                    producer.produce("t", b"v", on_delivery=callback)
                    break
                except BufferError:
                    full.set()
                    producer.poll(0.01)

    threads = [threading.Thread(target=produce) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert producer.flush(30) == 0
    assert told == [800]
    assert (len(producer), producer._waiting_bytes) == (0, 0)
    assert full.is_set()


def test_a_callback_that_flushes_or_produces_neither_hangs_nor_loses(stage):
    s = stage(t=1)
    producer = s.producer(linger_ms=5)
    told = []

    def again(error, message):
        told.append((error, message.value()))
        if message.value() == b"first":
            producer.produce("t", b"second", on_delivery=again)
            producer.flush(30)

    producer.produce("t", b"first", on_delivery=again)
    producer.produce("t", b"beside", on_delivery=again)
    assert producer.flush(30) == 0
    assert sorted(told, key=lambda entry: entry[1]) == [
        (None, b"beside"),
        (None, b"first"),
        (None, b"second"),
    ]


def test_closing_in_time_or_not_tells_every_record(stage):
    s = stage(t=1)
    producer = s.producer()
    told = []
    producer.produce("t", b"v", on_delivery=lambda error, _message: told.append(error))
    assert producer.close() is True
    assert told == [None]
    late = s.producer()
    late.produce("nowhere", b"v", on_delivery=lambda error, _message: told.append(error))
    assert late.close(0) is False
    assert told[1] in (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT)
    assert len(late) == 0


def test_records_that_consume_had_taken_come_after_the_callback_that_raised():
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        cluster.create_topic("t")
        producer = cluster.producer()
        for number in range(10):
            producer.produce("t", b"%d" % number)
        producer.flush()

        def on_commit(_error, _partitions):
            raise ValueError("a fault of the application")

        conf = {"auto.offset.reset": "earliest", "enable.auto.commit": False, "on_commit": on_commit}
        consumer = cluster.consumer({"group.id": "g", **conf})
        consumer.subscribe(["t"])
        seen = consumer.consume(4, 10)
        consumer.commit(seen[-1])
        with pytest.raises(ValueError, match="application"):
            consumer.consume(20, 5)
        seen += consumer.consume(20, 5)
        assert [int(message.value()) for message in seen] == list(range(10))
        consumer.close()


def test_a_rebalance_callback_that_raises_at_the_end_does_not_stop_the_leaving():
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        cluster.create_topic("t")

        def on_revoke(_consumer, _partitions):
            raise ValueError("a fault of the application")

        consumer = cluster.consumer({"group.id": "g"})
        consumer.subscribe(["t"], on_revoke=on_revoke)
        while not consumer.assignment():
            consumer.poll(1)
        with pytest.raises(ValueError, match="application"):
            consumer.close()
        groups = cluster.admin().describe_consumer_groups(["g"])["g"].result(10)
        assert groups.members == []
