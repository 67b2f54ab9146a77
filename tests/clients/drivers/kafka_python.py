"""kafka-python (pure Python, threads)."""

import time
from collections.abc import Callable, Sequence

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition

NAME = "kafka-python"
TIMEOUT_S = 240


def write(bootstrap: str, topic: str, records: Sequence[tuple[bytes, bytes]], codec: str) -> None:
    producer = KafkaProducer(
        bootstrap_servers=bootstrap.split(","),
        acks="all",
        compression_type=None if codec == "none" else codec,
        linger_ms=5,
        batch_size=65536,
    )
    try:
        sent = [producer.send(topic, value, key) for key, value in records]
        producer.flush(TIMEOUT_S)
        for future in sent:
            future.get(TIMEOUT_S)
    finally:
        producer.close(10)


def read(bootstrap: str, topic: str, count: int) -> list[tuple[int, int, bytes, bytes]]:
    """(partition, offset, key, value) of `count` records, as they came."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap.split(","), enable_auto_commit=False)
    try:
        partitions = sorted(consumer.partitions_for_topic(topic) or ())
        consumer.assign([TopicPartition(topic, index) for index in partitions])
        consumer.seek_to_beginning()
        found: list[tuple[int, int, bytes, bytes]] = []
        end = time.monotonic() + TIMEOUT_S
        while len(found) < count and time.monotonic() < end:
            for records in consumer.poll(500, max_records=10_000).values():
                found += [(record.partition, record.offset, record.key, record.value) for record in records]
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

    class Listener(ConsumerRebalanceListener):
        def on_partitions_assigned(self, _: object) -> None:
            assigned(sorted(one.partition for one in consumer.assignment()))

        def on_partitions_revoked(self, _: object) -> None:
            assigned([])

    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        group_id=group,
        auto_offset_reset="earliest",
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
        auto_commit_interval_ms=200,
    )
    consumer.subscribe([topic], listener=Listener())
    while True:
        # A poll that ends between a JoinGroup and its SyncGroup's answer strands kafka-python 3.0.12: it takes itself
        # for a member, sends no heartbeats, and never joins again. So the polls are long.
        for records in consumer.poll(5000).values():
            for record in records:
                got(record.partition, record.offset, record.value)
