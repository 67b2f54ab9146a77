"""A live cluster whose brokers have two log directories: files where they belong, one directory taken away."""

from pathlib import Path

import pytest

from minikafka import Cluster

CONFIGS = {"log.dirs": "d1,d2", "replica.high.watermark.checkpoint.interval.ms": 50}


def write(cluster, count):
    # An answer may be lost with its broker: what is sent again then must not lie there twice.
    producer = cluster.producer({"acks": "all", "linger.ms": 0, "enable.idempotence": True})
    errors = []
    for number in range(count):
        for partition in range(4):
            producer.produce(
                "orders", b"%d" % number, partition=partition, on_delivery=lambda e, _: errors.append(e)
            )
        producer.poll(0)
    producer.flush(30)
    producer.close()
    assert errors == [None] * (4 * count)


def log_dirs(snapshot, broker):
    return {Path(d.path).name: d for d in snapshot.broker(broker).log_dirs}


def folders(data, host, directory):
    return sorted(path.name for path in (data / host / directory).glob("orders-*"))


def test_a_directory_is_taken_away_and_comes_back(tmp_path):
    with Cluster(brokers=3, data=tmp_path, configs=CONFIGS) as cluster:
        cluster.create_topic("orders", partitions=4, replication_factor=3)
        write(cluster, 20)
        for host in ("broker-1", "broker-2", "broker-3"):
            assert sorted(path.name for path in (tmp_path / host).iterdir()) == ["d1", "d2"]
            assert len(folders(tmp_path, host, "d1")) == len(folders(tmp_path, host, "d2")) == 2
        before = folders(tmp_path, "broker-2", "d1")
        cluster.fail_disk("broker-2", "d1")
        write(cluster, 20)
        lost = [int(name.rpartition("-")[2]) for name in before]

        def has_moved(snapshot):
            return all(
                "broker-2" not in snapshot.partition("orders", i).isr
                and snapshot.partition("orders", i).leader
                for i in lost
            )

        snapshot = cluster.wait_until(has_moved)
        assert log_dirs(snapshot, "broker-2")["d1"].error
        assert snapshot.broker("broker-2").state == "running"
        for index in set(range(4)) - set(lost):
            assert len(snapshot.partition("orders", index).isr) == 3
        cluster.restart("broker-2")  # still broken
        write(cluster, 5)
        cluster.repair_disk("broker-2")
        cluster.restart("broker-2")
        snapshot = cluster.wait_until(
            lambda s: all(len(s.partition("orders", index).isr) == 3 for index in range(4))
        )
        assert folders(tmp_path, "broker-2", "d1") == before
        shown = log_dirs(snapshot, "broker-2")
        assert not shown["d1"].error and shown["d1"].partitions >= 2 and shown["d1"].size_bytes > 0
        assert shown["d1"].usable_bytes <= shown["d1"].total_bytes


@pytest.mark.parametrize("text", ["d1,d1", "../elsewhere", "d1,,d2"])
def test_a_wrong_log_dirs_is_refused_before_anything_starts(text):
    with pytest.raises(ValueError, match=r"log\.dirs"):
        Cluster(brokers=1, world="simulated", configs={"log.dirs": text})


def test_one_directory_lies_on_disk_as_it_always_did(tmp_path):
    with Cluster(brokers=1, data=tmp_path) as cluster:
        cluster.create_topic("orders", partitions=1)
    names = sorted(path.name for path in (tmp_path / "broker-1").iterdir())
    assert "orders-0" in names and "meta.properties" in names and ".kafka_cleanshutdown" in names


def test_the_only_directory_is_taken_away_and_comes_back():
    with Cluster(brokers=3, configs=CONFIGS | {"log.dirs": "."}) as cluster:
        cluster.create_topic("orders", partitions=4, replication_factor=3)
        write(cluster, 5)
        cluster.fail_disk("broker-2")
        write(cluster, 5)
        snapshot = cluster.wait_until(
            lambda s: (
                s.broker("broker-2").state == "down"
                and all(p.leader not in (None, "broker-2") for p in s.topic("orders").partitions)
            )
        )
        assert "broker-2, failed: " in snapshot.broker("broker-2").error
        with pytest.raises(OSError, match="broker-2 can't be used"):
            cluster.restart("broker-2")
        cluster.repair_disk("broker-2")
        cluster.restart("broker-2")
        snapshot = cluster.wait_until(lambda s: all(len(p.isr) == 3 for p in s.topic("orders").partitions))
        assert [p.end for p in snapshot.topic("orders").partitions] == [10] * 4
