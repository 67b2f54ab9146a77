"""A load for any Kafka, and all that a client can read of it afterwards: records, offsets, groups, settings, ids."""

from __future__ import annotations

import random
import time
from typing import Any

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource, NewTopic

TOPICS: dict[str, tuple[int, dict[str, str]]] = {
    "plain": (3, {}),
    "gzip.topic": (
        2,
        {"compression.type": "gzip", "retention.ms": "3600000", "retention.bytes": "100000000"},
    ),
    "zstd_topic": (
        1,
        {"compression.type": "zstd", "segment.bytes": "1048576", "max.message.bytes": "2000000"},
    ),
    "compacted-1": (
        2,
        {"cleanup.policy": "compact", "segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.01"},
    ),
    "transactional": (2, {"min.insync.replicas": "1"}),
    "lz4.append": (1, {"message.timestamp.type": "LogAppendTime"}),
    "empty": (2, {}),
    "days-old": (1, {"retention.ms": "604800000"}),
}
PATIENCE_S = 180


def put_under_load(where: str, *, replicas: int = 1, records: int = 1000, passing_topics: int = 4) -> None:
    """Every codec, compaction, transactions that end either way, groups that commit, topics that come and go."""
    admin, chance = AdminClient({"bootstrap.servers": where}), random.Random(1)
    _create(admin, {name: NewTopic(name, n, replicas, config=c) for name, (n, c) in TOPICS.items()})
    for number in range(passing_topics):
        name = f"passing-{number}"
        _create(admin, {name: NewTopic(name, 1, replicas)})
        if number % 2:
            admin.delete_topics([name])[name].result(PATIENCE_S)
    for topic, codec in (
        ("plain", "snappy"),
        ("gzip.topic", "gzip"),
        ("zstd_topic", "zstd"),
        ("lz4.append", "lz4"),
    ):
        _produce(where, topic, records, chance, codec)
    _produce(where, "compacted-1", 5 * records, chance, keys=100)
    _produce(where, "days-old", 200, chance, timestamp=int((time.time() - 3 * 86400) * 1000))
    _transactions(where)
    for group, topics in (("one", ["plain"]), ("two", ["plain", "gzip.topic"]), ("three", ["transactional"])):
        _consume(where, group, topics, records // 4)


def _create(admin: AdminClient, topics: dict[str, NewTopic]) -> None:
    for created in admin.create_topics(list(topics.values())).values():
        created.result(PATIENCE_S)


def _produce(
    where: str,
    topic: str,
    count: int,
    chance: random.Random,
    codec: str = "none",
    keys: int = 0,
    timestamp: int = 0,
) -> None:
    producer = Producer({"bootstrap.servers": where, "compression.type": codec, "linger.ms": 5})
    for number in range(count):
        producer.produce(
            topic,
            b"%s %d " % (topic.encode(), number) * chance.randint(1, 8),
            b"key-%d" % (number % keys) if keys else None,
            headers=[("number", b"%d" % number)] if number % 3 == 0 else None,
            timestamp=timestamp,
        )
        if number % 1000 == 999:
            producer.flush(PATIENCE_S)
    assert producer.flush(PATIENCE_S) == 0


def _transactions(where: str) -> None:
    for number in range(2):
        producer = Producer({"bootstrap.servers": where, "transactional.id": f"id-{number}"})
        producer.init_transactions(PATIENCE_S)
        for turn in range(4):
            producer.begin_transaction()
            for index in range(20):
                producer.produce("transactional", b"%d %d %d" % (number, turn, index))
            if turn % 2:
                producer.commit_transaction(PATIENCE_S)
            else:
                producer.flush(PATIENCE_S)
                producer.abort_transaction(PATIENCE_S)


def _consume(where: str, group: str, topics: list[str], count: int) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": where,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    consumer.subscribe(topics)
    try:
        assert consumer.consume(min(count, 60), timeout=PATIENCE_S)
        consumer.commit(asynchronous=False)
        for number, partition in enumerate(consumer.position(consumer.assignment())):
            if partition.offset < 0:  # nothing of it was read yet
                place = TopicPartition(
                    partition.topic, partition.partition, number, metadata=f"note {number}"
                )
                consumer.commit(offsets=[place], asynchronous=False)
    finally:
        consumer.close()


def all_that_is_seen(where: str) -> dict[str, Any]:
    """Records of every partition under both isolation levels; committed offsets; settings; ids. Own topics only."""
    admin = AdminClient({"bootstrap.servers": where})
    topics = {
        name: sorted(topic.partitions)
        for name, topic in sorted(admin.list_topics(timeout=PATIENCE_S).topics.items())
        if not name.startswith("__")
    }
    seen: dict[str, Any] = {"records": {}, "settings": {}, "groups": {}, "ids": {}}
    for isolation in ("read_uncommitted", "read_committed"):
        partitions = [TopicPartition(name, index) for name, indexes in topics.items() for index in indexes]
        seen["records"][isolation] = records_of(where, partitions, isolation)
    for name in topics:
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        found = admin.describe_configs([resource])[resource].result(PATIENCE_S)
        own = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
        seen["settings"][name] = {key: entry.value for key, entry in found.items() if entry.source == own}
        described = admin.describe_topics(TopicCollection([name]))[name].result(PATIENCE_S)
        seen["ids"][name] = str(described.topic_id)
    for group in ("one", "two", "three"):
        asked = ConsumerGroupTopicPartitions(group)
        offsets = admin.list_consumer_group_offsets([asked])[group].result(PATIENCE_S).topic_partitions
        seen["groups"][group] = sorted(
            (p.topic, p.partition, p.offset, p.metadata, p.leader_epoch) for p in offsets
        )
    return seen


def records_of(
    where: str, partitions: list[TopicPartition], isolation: str
) -> dict[tuple[str, int], tuple[int, int, list[tuple[Any, ...]]]]:
    """(first offset, end offset, records) of each partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": where,
            "group.id": "reader",
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "check.crcs": True,
        }
    )
    try:
        marks = {(p.topic, p.partition): _watermarks(consumer, p) for p in partitions}
        found: dict[tuple[str, int], list[tuple[Any, ...]]] = {key: [] for key in marks}
        reading = {key for key, (low, high) in marks.items() if high > low}
        consumer.assign([TopicPartition(*key, marks[key][0]) for key in sorted(reading)])
        while reading:
            message = consumer.poll(PATIENCE_S)
            assert message is not None, f"no end of {reading}"
            key = (message.topic(), message.partition())
            if message.error():
                assert message.error().name() == "_PARTITION_EOF", message.error()
                reading.discard(key)
                continue
            headers = tuple(message.headers() or ())
            found[key].append(
                (message.offset(), message.timestamp(), message.key(), message.value(), headers)
            )
        return {key: (*marks[key], found[key]) for key in marks}
    finally:
        consumer.close()


def _watermarks(consumer: Consumer, partition: TopicPartition) -> tuple[int, int]:
    """A broker that has just come up may not lead yet."""
    for _ in range(PATIENCE_S):
        try:
            return consumer.get_watermark_offsets(partition, timeout=10)
        except KafkaException as problem:
            last = problem
            time.sleep(0.5)
    raise last
