"""Topics that grow, are deleted and made anew, or are not there: what producers and consumers make of it."""

import pytest

from minikafka import Cluster, KafkaException, NewPartitions, TopicPartition
from minikafka.client.values import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    OFFSET_STORED,
    OFFSET_TAIL_BASE,
)

GROUP = {"group.id": "g", "auto.offset.reset": "earliest"}


@pytest.fixture
def cluster():
    with Cluster(brokers=1, world="simulated", seed=1) as one:
        one.create_topic("t")
        yield one


def write(cluster, first, count, topic="t"):
    producer = cluster.producer()
    for number in range(first, first + count):
        producer.produce(topic, b"%d" % number)
    assert producer.flush(60) == 0
    producer.close()


def read(consumer, count):
    found = []
    for _ in range(10 * count):
        message = consumer.poll(1)
        if message is not None and message.error() is None:
            found.append(int(message.value()))
        if len(found) == count:
            break
    return found


def make_anew(cluster):
    cluster.admin().delete_topics(["t"])["t"].result(30)
    cluster.run(2)
    cluster.create_topic("t")


@pytest.mark.parametrize("key", ["topic.metadata.refresh.interval.ms", "metadata.max.age.ms"])
def test_a_running_producer_finds_the_partitions_of_a_topic_that_grows(cluster, key):
    producer = cluster.producer({key: 500})
    producer.produce("t", b"first")
    producer.flush(10)
    cluster.admin().create_partitions([NewPartitions("t", 8)])["t"].result(30)
    cluster.run(2)
    used = set()
    producer.produce("t", b"to the last", partition=7, on_delivery=lambda e, m: used.add((e, m.partition())))
    for number in range(40):
        producer.produce("t", b"v", key=b"%d" % number, on_delivery=lambda e, m: used.add((e, m.partition())))
    assert producer.flush(30) == 0
    assert used == {(None, number) for number in range(8)}


def test_a_topic_that_became_smaller_has_no_more_partitions_than_it_has(cluster):
    cluster.create_topic("u", partitions=3)
    producer = cluster.producer({"topic.metadata.refresh.interval.ms": 500})
    producer.produce("u", b"v", partition=2)
    assert producer.flush(10) == 0
    cluster.admin().delete_topics(["u"])["u"].result(30)
    cluster.run(2)
    cluster.create_topic("u", partitions=1)
    cluster.run(2)
    with pytest.raises(KafkaException):
        producer.produce("u", b"v", partition=2)
    told = []
    for number in range(10):
        producer.produce(
            "u", b"v", key=b"%d" % number, on_delivery=lambda e, m: told.append((e, m.partition()))
        )
    assert producer.flush(30) == 0
    assert told == [(None, 0)] * 10


@pytest.mark.parametrize("seconds", [0, 600], ids=["before it knows", "when it knows"])
def test_nothing_is_committed_for_another_topic_of_the_same_name(cluster, seconds):
    write(cluster, 0, 20)
    consumer = cluster.consumer({**GROUP, "auto.commit.interval.ms": 3_600_000})
    consumer.subscribe(["t"])
    assert read(consumer, 20) == list(range(20))
    make_anew(cluster)
    cluster.run(seconds)
    consumer.close()
    write(cluster, 1000, 50)
    heir = cluster.consumer(GROUP)
    assert heir.committed([TopicPartition("t", 0)], 30)[0].offset == OFFSET_INVALID
    heir.subscribe(["t"])
    assert read(heir, 50) == list(range(1000, 1050))
    heir.close()


def test_what_an_old_message_would_commit_is_refused_for_its_topic(cluster):
    write(cluster, 0, 3)
    consumer = cluster.consumer({**GROUP, "enable.auto.commit": False})
    consumer.assign([TopicPartition("t", 0, 0)])
    message = consumer.poll(10)
    make_anew(cluster)
    with pytest.raises(KafkaException) as caught:
        consumer.commit(message, asynchronous=False)
    assert caught.value.args[0].name() == "UNKNOWN_TOPIC_ID"
    consumer.close()


def test_a_reader_goes_on_at_the_beginning_of_the_topic_that_took_the_name(cluster):
    """Even when that one is longer already than the reader's old position."""
    write(cluster, 0, 5)
    consumer = cluster.consumer({**GROUP, "topic.metadata.refresh.interval.ms": 1000})
    consumer.subscribe(["t"])
    assert read(consumer, 5) == list(range(5))
    make_anew(cluster)
    write(cluster, 1000, 50)
    assert read(consumer, 50) == list(range(1000, 1050))
    consumer.close()


@pytest.mark.parametrize(
    ("offset", "first"),
    [
        (OFFSET_TAIL_BASE - 3, 7),
        (OFFSET_TAIL_BASE - 1, 9),
        (OFFSET_TAIL_BASE - 100, 2),
        (OFFSET_BEGINNING, 2),
        (OFFSET_STORED, 2),
        (OFFSET_INVALID, 2),
        (5, 5),
        (OFFSET_END, None),
        (OFFSET_TAIL_BASE, None),
    ],
)
def test_a_number_that_stands_for_an_offset(cluster, offset, first):
    write(cluster, 0, 10)
    cluster.admin().delete_records([TopicPartition("t", 0, 2)])[TopicPartition("t", 0)].result(10)
    consumer = cluster.consumer({**GROUP, "enable.auto.commit": False})
    consumer.assign([TopicPartition("t", 0, offset)])
    message = consumer.poll(5)
    assert (message and message.offset()) == first
    consumer.close()


@pytest.mark.parametrize("offset", [-3, -999, -1002, -1999])
def test_a_number_that_stands_for_nothing_is_refused(cluster, offset):
    consumer = cluster.consumer(GROUP)
    wrong = TopicPartition("t", 0, offset)
    for call in (lambda: consumer.assign([wrong]), lambda: consumer.incremental_assign([wrong])):
        with pytest.raises(KafkaException):
            call()
    consumer.assign([TopicPartition("t", 0)])
    with pytest.raises(KafkaException):
        consumer.seek(wrong)
    with pytest.raises(KafkaException):
        consumer.seek(TopicPartition("t", 0, OFFSET_STORED))
    consumer.close()


@pytest.mark.parametrize("key", ["message.timeout.ms", "delivery.timeout.ms"])
def test_a_delivery_timeout_of_zero_is_none(cluster, key):
    told = []
    producer = cluster.producer({key: 0})
    producer.produce("t", b"v", on_delivery=lambda error, _message: told.append(error))
    assert producer.flush(30) == 0
    assert told == [None]


def test_what_is_written_to_a_deleted_topic_is_given_up_and_told_at_once():
    with Cluster(
        brokers=1, world="simulated", seed=1, configs={"auto.create.topics.enable": False}
    ) as cluster:
        cluster.create_topic("t")
        told, heard = [], []
        producer = cluster.producer({"error_cb": heard.append})
        producer.produce("t", b"v")
        producer.flush(10)
        cluster.admin().delete_topics(["t"])["t"].result(30)
        began = cluster.now
        producer.produce("t", b"v", on_delivery=lambda error, _message: told.append(error.name()))
        while not heard:
            producer.poll(0.1)
        assert cluster.now - began < 1
        assert producer.flush(60) == 0
        assert told == ["UNKNOWN_TOPIC_OR_PART"]
        assert 29 < cluster.now - began < 35


def test_a_partition_that_is_assigned_before_it_is_there_is_read_when_it_comes(cluster):
    consumer = cluster.consumer({**GROUP, "enable.auto.commit": False})
    consumer.assign([TopicPartition("t", 1)])
    assert consumer.poll(3) is None
    cluster.admin().create_partitions([NewPartitions("t", 2)])["t"].result(30)
    producer = cluster.producer()
    producer.produce("t", b"new", partition=1)
    assert producer.flush(30) == 0
    assert consumer.poll(10).value() == b"new"
    consumer.close()


def test_an_unknown_topic_is_told_within_a_second(cluster):
    consumer = cluster.consumer(GROUP)
    consumer.subscribe(["nowhere"])
    message = consumer.poll(1)
    assert message.error().name() == "UNKNOWN_TOPIC_OR_PART"
    consumer.close()
