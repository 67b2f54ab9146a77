"""Who waits, is woken; and when what works in the background dies, everybody who waits is told why."""

import threading

import pytest

from minikafka import Cluster
from minikafka.client import KafkaError, KafkaException, TopicPartition


def broken(*_arguments, **_more):
    raise ZeroDivisionError("an accident")


def failures_of(stage):
    """Takes them, so that the stage does not complain of them."""
    found = list(stage.universe.trace.failures)
    stage.universe.trace.failures.clear()
    return found


def test_a_producer_whose_background_dies_says_so_to_everybody(stage):
    s = stage(t=1)
    producer = s.producer(linger_ms=0)
    told = []
    producer.produce("t", b"v")
    assert producer.flush(10) == 0
    producer._core.sender.pump = broken
    producer.produce("t", b"v", on_delivery=lambda error, _message: told.append(error))
    for call in (lambda: producer.flush(10), lambda: producer.produce("t", b"v"), lambda: producer.poll(1)):
        with pytest.raises(KafkaException, match="ZeroDivisionError") as caught:
            call()
        assert caught.value.args[0].fatal()
    assert [error.code() for error in told] == [KafkaError._FATAL]
    assert len(producer) == 0
    with pytest.raises(KafkaException, match="ZeroDivisionError"):
        producer.close()
    assert failures_of(s)


def test_a_consumer_whose_background_dies_says_so_to_who_polls(stage):
    s = stage(t=1)
    consumer = s.consumer()
    consumer._core.fetcher._fetch = broken
    consumer.assign([TopicPartition("t", 0, 0)])
    for call in (lambda: consumer.poll(5), lambda: consumer.consume(5, 5)):
        with pytest.raises(KafkaException, match="ZeroDivisionError"):
            call()
    consumer.close()
    assert failures_of(s)


def test_a_metadata_refresh_that_dies_fails_who_waits_for_it(stage):
    s = stage(t=1)
    producer = s.producer()
    producer._core.metadata.ask = broken
    told = []
    producer.produce("t", b"v", on_delivery=lambda error, _message: told.append(error))
    with pytest.raises(KafkaException, match="an accident"):
        producer.flush(10)
    assert told[0].fatal()
    with pytest.raises(KafkaException):
        producer.close()
    assert failures_of(s)


def test_one_record_that_cannot_be_written_harms_no_other(stage):
    s = stage(t=1)
    producer = s.producer(linger_ms=5)
    told = []
    core = producer._core
    original, core._append = core._append, broken
    producer.produce("t", b"bad", on_delivery=lambda error, _message: told.append(error and error.name()))
    producer.flush(10)
    core._append = original
    producer.produce("t", b"good", on_delivery=lambda error, _message: told.append(error and error.name()))
    assert producer.flush(10) == 0
    assert told == ["_FAIL", None]


@pytest.fixture(params=["live", "simulated"])
def cluster(request):
    with Cluster(brokers=1, world=request.param, announce=False) as one:
        one.create_topic("t", partitions=2)
        producer = one.producer()
        for number in range(20):
            producer.produce("t", b"%d" % number, partition=number % 2)
        producer.flush()
        producer.close()
        yield one


def beside(*calls):
    """Each in a thread of its own; what they returned, once all have ended."""
    answers = []

    def call(one):
        try:
            answers.append(one())
        except (KafkaException, RuntimeError) as error:
            answers.append(error)

    threads = [threading.Thread(target=call, args=(one,), daemon=True) for one in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return answers


def test_flushes_polls_and_closes_at_once_all_return(cluster):
    producer = cluster.producer({"linger.ms": 50})
    told = []
    for _ in range(20):
        producer.produce("t", b"v", on_delivery=lambda error, _message: told.append(error))
    beside(producer.flush, producer.flush, lambda: producer.poll(1), producer.close, producer.close)
    assert told == [None] * 20


def test_a_poll_without_limit_ends_when_another_thread_closes(cluster):
    consumer = cluster.consumer({"group.id": "g", "auto.offset.reset": "latest"})
    consumer.assign([TopicPartition("t", 0)])
    polled, _ = sorted(beside(lambda: consumer.poll(-1), consumer.close), key=str)
    assert polled is None or "closed" in str(polled)


def test_a_rebalance_callback_may_call_anything(cluster):
    """Also what ends the consumer while something else waits for this very callback."""
    for last in ("close", "unsubscribe", "poll"):
        consumer = cluster.consumer({"group.id": f"g-{last}", "auto.offset.reset": "earliest"})
        seen = []

        def on_assign(one, partitions, seen=seen):
            one.assign([TopicPartition(tp.topic, tp.partition, 5) for tp in partitions])
            seen += [one.committed(partitions, 10)[0].offset, one.get_watermark_offsets(partitions[0], 10)]

        def on_revoke(one, _partitions, last=last):
            getattr(one, last)(*(0,) if last == "poll" else ())

        consumer.subscribe(["t"], on_assign=on_assign, on_revoke=on_revoke)
        while (message := consumer.poll(1)) is None:
            pass
        assert message.offset() == 5
        assert seen == [-1001, (0, 10)]
        consumer.unsubscribe()
        consumer.close()


def test_a_callback_that_closes_the_producer_lets_the_others_be_called(cluster):
    producer = cluster.producer()
    told = []
    for _ in range(3):
        producer.produce(
            "t", b"v", on_delivery=lambda error, _message: told.append((error, producer.close()))
        )
    producer.flush()
    assert told == [(None, True)] * 3


def test_trouble_is_told_to_error_cb_within_a_second(stage):
    s = stage(t=1)
    told = []
    producer = s.producer(error_cb=told.append, bootstrap_servers="nobody:9")
    producer.produce("t", b"v")
    producer.poll(1)
    assert told[0].code() in (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT)
    producer.purge()
    producer.close()
