"""`__consumer_offsets` is compacted like any other topic, and a group's positions outlive that."""

from __future__ import annotations

from minikafka import Cluster, TopicPartition

SEGMENT_BYTES = 1_048_576
NOTE = "n" * 4_000  # so that a few hundred commits fill a segment
COMMITS = 600


def test_committed_offsets_survive_the_compaction_of_their_topic() -> None:
    configs = {"offsets.topic.segment.bytes": SEGMENT_BYTES, "offsets.topic.num.partitions": 1}
    with Cluster(brokers=3, world="simulated", seed=4, configs=configs, message_events=False) as cluster:
        cluster.create_topic("orders", 1, 3)
        producer = cluster.producer()
        for number in range(5):
            producer.produce("orders", b"%d" % number)
        producer.flush()
        settings = {"group.id": "g", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
        consumer = cluster.consumer(settings)
        consumer.subscribe(["orders"])
        messages = consumer.consume(5, 10)
        for number in range(COMMITS):
            position = TopicPartition("orders", 0, number % 3, metadata=NOTE)
            consumer.commit(offsets=[position], asynchronous=False)
        before = cluster.snapshot().partition("__consumer_offsets", 0).size_bytes
        cluster.run(120)
        cleaned = {traced.event.kind for traced in cluster.events()}
        assert "LogCleaned" in cleaned
        after = cluster.snapshot().partition("__consumer_offsets", 0).size_bytes
        assert before is not None
        assert after is not None
        assert after < before / 2
        consumer.commit(message=messages[3], asynchronous=False)
        consumer.close()
        for host in cluster.hosts[1:]:
            cluster.kill(host)
        for host in cluster.hosts[1:]:
            cluster.restart(host)
        again = cluster.consumer(settings)
        again.subscribe(["orders"])
        (message,) = again.consume(1, 60)
        assert message.offset() == 4
        again.close()
