"""A data directory with message sets v0 and v1 is served, copied by followers, and read by other clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from minikafka import Cluster
from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.policy import Rules
from minikafka.records.batch import Compression, NewRecord, Record, build_batch
from minikafka.records.legacy import message_set
from minikafka.world import LiveUniverse

START_MS = 1_700_000_000_000
OLD_CODECS = (Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4)


def fill(data: Path, host: str) -> list[tuple[int, int, bytes | None, bytes | None]]:
    """Put sets of all formats and codecs into `orders-0` of that host; returns what a client is to read."""
    expected = []
    with LiveUniverse(data) as universe:
        config = LogConfig(segment_bytes=10_000, retention_ms=-1)
        log = Log.open(universe.world(host), "orders-0", "orders", 0, config, Rules())
        offset = 0
        for number in range(60):
            magic, codec = number % 3, OLD_CODECS[number % 4]
            values = [b"%d" % number, None, b"v" * (number * 40)]
            records = [Record(offset + i, START_MS + number, b"k%d" % i, v) for i, v in enumerate(values)]
            offset += 3
            if magic == 2:
                new = [NewRecord(*record[1:]) for record in records]
                log.append_as_follower(
                    build_batch(new, base_offset=offset - 3, compression=codec, leader_epoch=0)
                )
            else:
                log.append_as_follower(message_set(records, magic, compression=codec))
            expected += [(r.offset, r.timestamp_ms if magic else 0, r.key, r.value) for r in records]
        assert len(log.segments) > 2
        log.close()
    return expected


def read_all(servers: str, count: int) -> list[tuple[int, int, bytes | None, bytes | None]]:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "g", "check.crcs": True})
    consumer.assign([TopicPartition("orders", 0, 0)])
    found = []
    try:
        while len(found) < count:
            message = consumer.poll(20)
            assert message is not None, f"nothing after {len(found)} records"
            assert message.error() is None, message.error()
            found.append((message.offset(), message.timestamp()[1], message.key(), message.value()))
    finally:
        consumer.close()
    return found


@pytest.mark.slow
def test_old_message_sets_are_served_by_the_leader_and_by_the_follower_that_copied_them(
    tmp_path: Path,
) -> None:
    with Cluster(brokers=2, data=tmp_path, announce=False) as cluster:
        cluster.create_topic("orders", 1, 2, {"retention.ms": "-1"})
        partition = cluster.snapshot().partition("orders", 0)
        leader = partition.leader
        follower = next(host for host in cluster.hosts if host.startswith("broker") and host != leader)
        cluster.stop_broker(follower)
        cluster.wait_until(lambda snapshot: len(snapshot.partition("orders", 0).isr) == 1, 60)
        cluster.stop_broker(leader)
        expected = fill(tmp_path, leader)
        cluster.restart(leader)
        assert read_all(cluster.bootstrap_servers, len(expected)) == expected
        cluster.restart(follower)
        cluster.wait_until(lambda snapshot: len(snapshot.partition("orders", 0).isr) == 2, 60)
        cluster.stop_broker(leader)
        assert read_all(cluster.bootstrap_servers, len(expected)) == expected
        theirs, ours = (bytes_of(tmp_path / host / "orders-0") for host in (leader, follower))
        assert theirs == ours


def bytes_of(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(directory.glob("*.log")))
