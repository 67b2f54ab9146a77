"""confluent-kafka (librdkafka in Python)."""

import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

NAME = "confluent-kafka"
TIMEOUT_S = 240


def create_topic(
    bootstrap: str, topic: str, partitions: int, replication: int = 3, configs: dict[str, str] | None = None
) -> None:
    """Returns when the topic was made."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    brokers = len(admin.list_topics(timeout=30).brokers)
    wanted = NewTopic(topic, partitions, min(replication, brokers), config=configs or {})
    for done in admin.create_topics([wanted]).values():
        done.result(30)


def leader(bootstrap: str, topic: str, partition: int = 0) -> int:
    """The id of the broker that leads."""
    metadata = AdminClient({"bootstrap.servers": bootstrap}).list_topics(topic, timeout=30)
    return metadata.topics[topic].partitions[partition].leader


def write(bootstrap: str, topic: str, records: Sequence[tuple[bytes, bytes]], codec: str) -> None:
    refused: list[KafkaError] = []
    acknowledged = 0

    def on_delivery(error: KafkaError | None, _: object) -> None:
        nonlocal acknowledged
        acknowledged += error is None
        if error is not None:
            refused.append(error)

    settings = {"bootstrap.servers": bootstrap, "compression.type": codec, "acks": "all", "linger.ms": 5}
    producer = Producer(settings)
    for key, value in records:
        while True:
            try:
                producer.produce(topic, value, key, on_delivery=on_delivery)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(TIMEOUT_S) == 0
    assert not refused, refused[0]
    assert acknowledged == len(records)


def read(bootstrap: str, topic: str, count: int) -> list[tuple[int, int, bytes, bytes]]:
    """(partition, offset, key, value) of `count` records, as they came."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False})
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, index, 0) for index in sorted(partitions)])
        found: list[tuple[int, int, bytes, bytes]] = []
        end = time.monotonic() + TIMEOUT_S
        while len(found) < count and time.monotonic() < end:
            for message in consumer.consume(5000, 0.5):
                if message.error():
                    raise KafkaException(message.error())
                found.append((message.partition(), message.offset(), message.key(), message.value()))
        return found
    finally:
        consumer.close()


def read_to_end(bootstrap: str, topic: str) -> list[tuple[int, int, bytes, bytes]]:
    """(partition, offset, key, value) of all records that are there now, as they came."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False})
    try:
        places = [
            TopicPartition(topic, p, 0)
            for p in consumer.list_topics(topic, timeout=30).topics[topic].partitions
        ]
        ends = {place.partition: consumer.get_watermark_offsets(place, timeout=60)[1] for place in places}
        consumer.assign(places)
        found: list[tuple[int, int, bytes, bytes]] = []
        at = dict.fromkeys(ends, 0)
        end = time.monotonic() + TIMEOUT_S
        while any(at[partition] < ends[partition] for partition in ends) and time.monotonic() < end:
            for message in consumer.consume(5000, 0.5):
                if message.error():
                    raise KafkaException(message.error())
                found.append((message.partition(), message.offset(), message.key(), message.value()))
                at[message.partition()] = message.offset() + 1
        return found
    finally:
        consumer.close()


def follow(
    bootstrap: str,
    group: str,
    topic: str,
    assigned: Callable[[list[int]], None],
    got: Callable[[int, int, bytes], None],
) -> None:
    """Be a member of a group for ever: tell which partitions it has, and each record that it gets."""
    settings = {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 500,
        "auto.commit.interval.ms": 200,
    }
    consumer = Consumer(settings)

    def on_assign(_: Consumer, partitions: list[TopicPartition]) -> None:
        assigned(sorted(one.partition for one in partitions))

    def on_revoke(_: Consumer, __: list[TopicPartition]) -> None:
        assigned([])

    consumer.subscribe([topic], on_assign=on_assign, on_revoke=on_revoke, on_lost=on_revoke)
    while True:
        for message in consumer.consume(500, 0.2):
            if not message.error():
                got(message.partition(), message.offset(), message.value())
