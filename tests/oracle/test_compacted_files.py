"""Compacted partitions and committed offsets on both sides: what one cleaner left, the other's broker takes over.

Kafka: `FileRecords`, `LogCleaner`, `LogLoader`, `GroupCoordinator`, `DumpLogSegments` of 4.3.1, reached by the script
`tools/real_kafka.py`.
"""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import time
from pathlib import Path

import pytest
from oracle.real import LOG_FILES, real_broker, real_kafka, served_by, topic, topic_id_of
from oracle.told import CODECS, client_view, told_file
from oracle.written import COMPACTED, START_MS, folder, log_files, write_compacted

from minikafka import Cluster
from minikafka.log.log import Log
from minikafka.log.partition_metadata import PARTITION_METADATA
from minikafka.policy import Rules
from minikafka.records.batch import NewRecord, build_batch, read_batches

pytestmark = [pytest.mark.java, pytest.mark.slow, pytest.mark.usefixtures("kafka")]
GROUPS = 12


@pytest.mark.parametrize("seed", [1, 2])
def test_kafkas_classes_read_what_our_cleaner_left(world, seed):
    write_compacted(world, seed)
    theirs = [json.loads(line) for line in real_kafka("java", LOG_FILES, "read", folder(world)).splitlines()]
    assert theirs == [line for path in log_files(world) for line in told_file(path.name, path.read_bytes())]


# -- its broker over ours ------------------------------------------------------------------------------------


def commit_offsets(where: str, groups: int, seed: int) -> dict[str, dict[int, int]]:
    """Groups of one member each commit several times; what each has committed in the end."""
    from confluent_kafka import Consumer, TopicPartition

    chance, committed = random.Random(seed), {}
    for number in range(groups):
        group = f"group-{number}"
        consumer = Consumer({"bootstrap.servers": where, "group.id": group, "enable.auto.commit": False})
        try:
            for _ in range(4):
                offset = chance.randrange(300)
                consumer.commit(offsets=[TopicPartition("orders", 0, offset)], asynchronous=False)
                committed[group] = {0: offset}
        finally:
            consumer.close()
    return committed


def described(where: str) -> dict[str, dict[int, int]]:
    """Committed offsets as Kafka's tool tells them."""
    out = real_kafka(
        "tool", "kafka-consumer-groups", "--bootstrap-server", where, "--describe", "--all-groups", "--offsets",
        may_say=r"|Consumer group '.*' has no active members\.",
    )  # fmt: skip
    found: dict[str, dict[int, int]] = {}
    for line in out.splitlines():
        words = line.split()
        if len(words) > 3 and words[0].startswith("group-"):
            found.setdefault(words[0], {})[int(words[2])] = int(words[3])
    return found


def put_in(source: Path, target: Path) -> None:
    """The files of a partition in place of another's; the topic's id stays."""
    identity = (target / PARTITION_METADATA).read_bytes()
    shutil.rmtree(target)
    shutil.copytree(source, target)
    (target / PARTITION_METADATA).write_bytes(identity)


def settings(**changes: str) -> dict[str, str]:
    return {"offsets.topic.num.partitions": "5", "group.initial.rebalance.delay.ms": "0", **changes}


def test_a_real_broker_takes_over_our_compacted_partition_and_committed_offsets(tmp_path, world):
    data, ours = tmp_path / "real", tmp_path / "cluster"
    with Cluster(brokers=1, data=ours, configs=settings(), announce=False) as cluster:
        topic(cluster.bootstrap_servers)
        committed = commit_offsets(cluster.bootstrap_servers, GROUPS, 1)
    with real_broker(data) as where:
        topic(where, **{"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.99"})
        commit_offsets(where, 1, 2)  # makes the internal topic
    theirs = data / "broker-1"
    log = write_compacted(world, 5, topic_id=topic_id_of(theirs / "orders-0"))
    log = Log.open(world, "orders-0", "orders", 0, COMPACTED, Rules(), clean_shutdown=True)
    expected, end = client_view(log), log.log_end_offset
    log.close()
    put_in(folder(world), theirs / "orders-0")
    torn = build_batch([NewRecord(START_MS, b"k", b"torn")], base_offset=end, leader_epoch=99)[:-7]
    with max((theirs / "orders-0").glob("*.log")).open("ab") as file:
        file.write(torn)
    for number in range(5):
        put_in(ours / "broker-1" / f"__consumer_offsets-{number}", theirs / f"__consumer_offsets-{number}")
    for note in theirs.glob("*-checkpoint"):
        note.unlink()
    (theirs / ".kafka_cleanshutdown").unlink()
    with real_broker(data) as where:
        assert served_by(where, end) == expected
        assert described(where) == committed


# -- ours over its -------------------------------------------------------------------------------------------


def test_we_take_over_what_its_cleaner_left_and_its_committed_offsets(tmp_path, world):
    from confluent_kafka import Producer

    data, ours = tmp_path / "real", tmp_path / "cluster"
    theirs, total = data / "broker-1", 0
    with real_broker(data, "log.cleaner.backoff.ms=200", "log.retention.check.interval.ms=1000") as where:
        topic(
            where, **{"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "400"}
        )
        for codec in (*CODECS, *CODECS):
            producer = Producer({"bootstrap.servers": where, "compression.type": codec, "linger.ms": 20})
            for number in range(60):
                value = None if number % 7 == 3 else b"%s %d " % (codec.encode(), number) * 9
                producer.produce("orders", value, b"key-%d" % (number % 25), headers={"codec": codec})
            assert producer.flush(30) == 0
            total += 60
            time.sleep(0.5)  # the next batch finds that the segment's time is over
        deadline = time.monotonic() + 60
        while count_in(theirs / "orders-0") > total / 3:
            assert time.monotonic() < deadline, "its cleaner did nothing"
            time.sleep(0.3)
        committed = commit_offsets(where, GROUPS, 3)
        served = served_by(where, total)
    assert len(served) < total / 2

    for clean_shutdown in (True, False):
        shutil.rmtree(folder(world), ignore_errors=True)
        shutil.copytree(theirs / "orders-0", folder(world))
        log = Log.open(
            world,
            "orders-0",
            "orders",
            0,
            COMPACTED,
            Rules(),
            clean_shutdown=clean_shutdown,
            was_compacted=True,
        )
        assert client_view(log) == served
        assert log.log_end_offset == total
        log.abandon()

    with Cluster(brokers=1, data=ours, configs=settings(), announce=False) as cluster:
        topic(cluster.bootstrap_servers, **{"cleanup.policy": "compact"})
        commit_offsets(cluster.bootstrap_servers, 1, 4)
        cluster.stop_broker("broker-1")
        for source in [*sorted(theirs.glob("__consumer_offsets-*")), theirs / "orders-0"]:
            put_in(source, ours / "broker-1" / source.name)
        for note in (ours / "broker-1").glob("*-checkpoint"):
            with contextlib.suppress(FileNotFoundError):
                note.unlink()
        cluster.restart("broker-1")
        assert served_by(cluster.bootstrap_servers, total) == served
        assert described(cluster.bootstrap_servers) == committed


def count_in(directory: Path) -> int:
    """Records in the log files, as far as they can be read while somebody swaps them."""
    count = 0
    with contextlib.suppress(FileNotFoundError):
        for path in directory.glob("*.log"):
            count += sum(batch.header.record_count for batch in read_batches(path.read_bytes()))
    return count
