"""A damaged partition of `__consumer_offsets`: its groups hear that nobody coordinates them; all others go on."""

from __future__ import annotations

import pytest

from minikafka import Cluster, KafkaException, TopicPartition
from minikafka.coordinator.runtime import partition_of

PARTITIONS = 4
CONFIGS = {"offsets.topic.num.partitions": PARTITIONS, "offsets.topic.replication.factor": 1}


def group_in(partition):
    return next(f"g{n}" for n in range(100) if partition_of(f"g{n}", PARTITIONS) == partition)


def commit(cluster, group, offset, timeout_s=10):
    consumer = cluster.consumer({"group.id": group, "session.timeout.ms": 6_000})
    try:
        consumer.commit(offsets=[TopicPartition("t", 0, offset)], asynchronous=False)
    finally:
        consumer.close()


def committed(cluster, group):
    consumer = cluster.consumer({"group.id": group})
    try:
        return consumer.committed([TopicPartition("t", 0)], timeout=10)[0].offset
    finally:
        consumer.close()


def test_it_is_said_and_the_others_have_their_coordinator(monkeypatch):
    with Cluster(brokers=1, world="simulated", seed=1, configs=CONFIGS, message_events=False) as cluster:
        cluster.create_topic("t", 1)
        damaged, whole = group_in(1), group_in(2)
        for group in (damaged, whole):
            commit(cluster, group, 7)
        broker = cluster._nodes.brokers["broker-1"]
        log = broker.replicas.get("__consumer_offsets", 1).log
        read, broken = type(log).read, log

        def refuses(self, *args, **how):
            if self is broken:
                raise OSError(5, "Input/output error", "00000000000000000000.log")
            return read(self, *args, **how)

        monkeypatch.setattr(type(log), "read", refuses)
        runtime = broker.group_coordinator.runtime
        shard = runtime.shards[1]
        cluster._loop.call(lambda: runtime.resign(1))
        cluster._loop.call(lambda: runtime.become_leader(1, 9, shard._journal))
        cluster.run(1)
        assert runtime.partitions[1] == "failed"
        [failed] = [t.event for t in cluster.events() if t.event.kind == "CoordinatorFailed"]
        assert (failed.topic, failed.partition) == ("__consumer_offsets", 1)
        assert "Input/output error" in failed.reason
        assert committed(cluster, whole) == 7
        with pytest.raises(KafkaException) as told:
            commit(cluster, damaged, 8)
        assert told.value.args[0].name() in ("COORDINATOR_NOT_AVAILABLE", "_TIMED_OUT", "_WAIT_COORD")
        commit(cluster, whole, 9)
        assert committed(cluster, whole) == 9
