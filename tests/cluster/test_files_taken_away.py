"""Any one file of a broker but a segment is taken away, or all of them: no record is gone after the next start, ever.

Among the partitions: a compacted one, of several segments, one that was compacted before and keeps all now, one of
old formats, a group's offsets.
"""

from __future__ import annotations

from collections import Counter

import pytest
from cluster.test_flipped_broker_files import image, put_back

from minikafka import Cluster
from minikafka.client import TopicPartition
from minikafka.log.checkpoints import LOG_STARTS
from minikafka.records.batch import Record
from minikafka.records.legacy import message_set

HOST = "broker-1"
PADDING = bytes(60_000)
COUNT, A_SEGMENT = 40, 17
TOPICS = ("plain", "compacted", "changed", "old")


def write(cluster) -> None:
    producer = cluster.producer({"linger.ms": 0, "enable.idempotence": False})
    for number in range(COUNT):
        # The last record of a full segment has a key that comes again, so that compaction makes a hole between two.
        key = b"again" if number % A_SEGMENT == A_SEGMENT - 1 else b"key %d" % number
        for topic in ("plain", "compacted", "changed"):
            padding = b"" if topic == "plain" else PADDING
            producer.produce(topic, b"value %d" % number + padding, key)
        assert producer.flush(20) == 0


def read(cluster) -> dict[str, dict[int, bytes]]:
    found: dict[str, dict[int, bytes]] = {}
    for topic in TOPICS:
        consumer = cluster.consumer({"group.id": "other", "auto.offset.reset": "earliest"})
        consumer.assign([TopicPartition(topic, 0)])
        found[topic] = {}
        while messages := consumer.consume(100, 2):
            found[topic] |= {m.offset(): m.value()[:10] for m in messages}
        consumer.close()
    return found


def strays(cluster) -> bytes:
    return b"".join(
        data for path, data in image(cluster._loop.universe.world(HOST).disk).items() if "-stray/" in path
    )


def committed(cluster) -> int:
    consumer = cluster.consumer({"group.id": "group"})
    [position] = consumer.committed([TopicPartition("plain", 0)], timeout=20)
    consumer.close()
    return position.offset


def set_configs(cluster, topic, **configs) -> None:
    from minikafka.client import ConfigEntry, ConfigResource

    entries = [ConfigEntry(name.replace("_", "."), value) for name, value in configs.items()]
    resource = ConfigResource("topic", topic, incremental_configs=entries)
    for future in cluster.admin().incremental_alter_configs([resource]).values():
        future.result(20)


def prepared(clean: bool) -> Cluster:
    cluster = Cluster(
        brokers=1,
        world="simulated",
        seed=5,
        configs={"offsets.topic.num.partitions": "1", "log.cleaner.backoff.ms": "1000"},
        message_events=False,
    )
    segments = {"segment.bytes": str(1 << 20), "retention.ms": "-1", "min.cleanable.dirty.ratio": "0.01"}
    cluster.create_topic("plain", 1, 1, segments)
    for topic in ("compacted", "changed"):
        cluster.create_topic(topic, 1, 1, {**segments, "cleanup.policy": "compact"})
    cluster.create_topic("old", 1, 1, segments)
    write(cluster)
    old = message_set([Record(n, 1_700_000_000_000, b"k", b"old %d" % n) for n in range(6)], magic=1)
    log = cluster._nodes.brokers[HOST].replicas.get("old", 0).log
    cluster._loop.call(lambda: log.append_as_follower(old))
    cluster._loop.call(cluster._nodes.brokers[HOST].replicas.get("old", 0).advance_high_watermark)
    cluster.run(40)  # the cleaner
    assert any(t.event.kind == "LogCleaned" for t in cluster.events())
    set_configs(cluster, "changed", cleanup_policy="delete")
    consumer = cluster.consumer({"group.id": "group"})
    consumer.commit(offsets=[TopicPartition("plain", 0, 7)], asynchronous=False)
    consumer.close()
    cluster.run(10)
    (cluster.stop_broker if clean else cluster.kill)(HOST)
    return cluster


@pytest.mark.parametrize("clean", [pytest.param(True, marks=pytest.mark.slow), False])
def test_no_record_is_gone(clean: bool) -> None:
    cluster = prepared(clean)
    try:
        disk = cluster._loop.universe.world(HOST).disk
        files = image(disk)
        cluster.restart(HOST)
        right = read(cluster)
        assert (len(right["plain"]), len(right["changed"]), len(right["old"])) == (COUNT, COUNT - 1, 6)
        assert committed(cluster) == 7
        cluster.kill(HOST)
        outcomes: Counter[str] = Counter()
        others = [path for path in files if path != ".lock" and not path.endswith(".log")]
        for gone in [*((path,) for path in others), tuple(p for p in others if "/" not in p), tuple(others)]:
            left = {path: data for path, data in files.items() if path not in gone}
            put_back(cluster._loop.universe.world(HOST).disk, left)
            cluster.restart(HOST)
            found = read(cluster)
            for topic in TOPICS:
                missing = right[topic].items() - found[topic].items()
                # Without any note a hole of compaction looks like one that a power cut left.
                assert not missing or (len(gone) > 1 and topic == "changed"), (gone, topic)
                kept = strays(cluster)
                assert all(value in kept for _, value in missing), (gone, topic)
                outcomes["kept aside"] += bool(missing)
            assert committed(cluster) == 7, gone
            outcomes["as it was"] += found == right
            assert found == right or len(gone) > 1 or LOG_STARTS in gone, gone
            cluster.kill(HOST)
        assert outcomes["as it was"] > 20 and outcomes["kept aside"] <= 2
    finally:
        cluster._abandon()
