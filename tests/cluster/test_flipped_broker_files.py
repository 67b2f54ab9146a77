"""One bit of one byte of a file that concerns all of a broker is wrong: it serves the right records or doesn't start.

No checksum covers these files (nor in Kafka). A log start that changed hides records or brings deleted ones back, as
Kafka's does; none is ever wrong.
"""

from __future__ import annotations

import pytest

from minikafka import Cluster
from minikafka.client import TopicPartition
from minikafka.log.checkpoints import LOG_STARTS

HOST = "broker-1"
WRITTEN = {(i % 2, i // 2): b"value %d" % i for i in range(20)}
RIGHT = {at: value for at, value in WRITTEN.items() if at[0] or at[1] >= 3}


@pytest.fixture
def cluster():
    with Cluster(
        brokers=1, world="simulated", seed=5, configs={"offsets.topic.num.partitions": "1"}
    ) as cluster:
        cluster.create_topic("orders", partitions=2)
        producer = cluster.producer()
        for number in range(20):
            producer.produce("orders", b"value %d" % number, b"k", partition=number % 2)
            producer.flush(10)
        [deleted] = cluster.admin().delete_records([TopicPartition("orders", 0, 3)]).values()
        deleted.result(10)
        cluster.run(90)  # all is noted
        yield cluster


def disk_of(cluster):
    return cluster._loop.universe.world(HOST).disk


def image(disk) -> dict[str, bytes]:
    names = disk.listdir("")
    found = {}
    for name in names:
        try:
            inside = disk.listdir(name)
        except NotADirectoryError:
            found[name] = disk.read_bytes(name)
        else:
            found |= {f"{name}/{file}": disk.read_bytes(f"{name}/{file}") for file in inside}
    return found


def put_back(disk, files: dict[str, bytes]) -> None:
    for path in image(disk).keys() - files.keys():
        disk.remove(path)
    for path, data in files.items():
        file = disk.open(path, create=True)
        file.truncate(0)
        file.append(data)
        file.close()


def read(cluster) -> dict[tuple[int, int], bytes]:
    consumer = cluster.consumer({"group.id": "reader", "auto.offset.reset": "earliest"})
    try:
        consumer.assign([TopicPartition("orders", 0), TopicPartition("orders", 1)])
        found: dict[tuple[int, int], bytes] = {}
        while messages := consumer.consume(100, 3):
            found |= {(m.partition(), m.offset()): m.value() for m in messages}
        return found
    finally:
        consumer.close()


def why_it_does_not_start(cluster) -> str:
    try:
        cluster.restart(HOST)
    except (OSError, ValueError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("clean", "bit", "every"),
    [
        (True, 1, 5),
        *(pytest.param(clean, bit, 1, marks=pytest.mark.slow) for clean in (True, False) for bit in range(8)),
    ],
)
def test_a_flipped_bit_is_harmless_or_said(cluster, clean, bit, every):
    """A bit of each byte, or of each fifth."""
    if clean:
        cluster.stop_broker(HOST)
    else:
        cluster.kill(HOST)
    files = image(disk_of(cluster))
    common = {path: data for path, data in files.items() if "/" not in path and path != ".lock"}
    assert {"meta.properties", LOG_STARTS, "recovery-point-offset-checkpoint"} <= common.keys()
    assert (".kafka_cleanshutdown" in common) == clean
    refused = 0
    for path, data in common.items():
        for position in range(0, len(data), every):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            put_back(disk_of(cluster), {**files, path: bytes(damaged)})
            where = (path, position)
            if sentence := why_it_does_not_start(cluster):
                assert path == "meta.properties" and len(sentence) > 20, (where, sentence)
                refused += 1
                continue
            found = read(cluster)
            assert found.items() <= WRITTEN.items(), where
            assert found == RIGHT or path == LOG_STARTS, where
            cluster.kill(HOST)
    assert refused
