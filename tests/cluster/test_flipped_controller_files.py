"""One bit of one file of the controller is wrong: it serves all records, or doesn't start and says why.

The metadata log itself, of which every bit is refused, has a test of its own (`quorum/test_committed.py`).
"""

from __future__ import annotations

from collections import Counter

import pytest
from cluster.test_flipped_broker_files import image, put_back

from minikafka import Cluster
from minikafka.client import TopicPartition
from minikafka.quorum import METADATA_DIRECTORY

CONTROLLER, BROKER = "controller-1", "broker-1"
WRITTEN = [b"value %d" % number for number in range(20)]


def read(cluster) -> list[bytes]:
    consumer = cluster.consumer({"group.id": "reader", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition("orders", 0)])
    values: list[bytes] = []
    while len(values) < len(WRITTEN) and (messages := consumer.consume(100, 3)):
        values += [message.value() for message in messages]
    consumer.close()
    return values


@pytest.fixture
def cluster():
    with Cluster(brokers=1, world="simulated", seed=5, message_events=False) as cluster:
        cluster.create_topic("orders")
        producer = cluster.producer()
        for value in WRITTEN:
            producer.produce("orders", value)
        assert producer.flush(10) == 0
        cluster.run(8)
        yield cluster


def disks(cluster):
    return [cluster._loop.universe.world(host).disk for host in (CONTROLLER, BROKER)]


def end(cluster, clean):
    for host in (BROKER, CONTROLLER):
        if cluster._nodes.is_up(host):
            if not clean:
                cluster.kill(host)
            elif host == BROKER:
                cluster.stop_broker(host)
            else:
                cluster._loop.run(cluster._nodes.stop_controller(host), 10)
                cluster._loop.universe.crash(host)


def outcome(cluster) -> str:
    """What a start comes to; empty when all is served."""
    try:
        cluster.restart(CONTROLLER)
        cluster.restart(BROKER)
    except (OSError, ValueError) as refused:
        return str(refused)
    cluster.run(3)
    assert read(cluster) == WRITTEN
    return ""


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize(
    ("every", "number"), [(97, 0), *(pytest.param(16, n, marks=pytest.mark.slow) for n in range(16))]
)
def test_a_flipped_bit_is_harmless_or_said(cluster, clean, every, number):
    """Of every so many bits the one with this number; the slow ones together look at all."""
    end(cluster, clean)
    before = [image(disk) for disk in disks(cluster)]
    outcomes: Counter[tuple[str, bool]] = Counter()
    turn = 0
    for path, data in before[0].items():
        if path == ".lock" or path.endswith((".log", "index")):
            continue
        for bit in range(8 * len(data)):
            turn += 1
            if turn % every != number:
                continue
            damaged = bytearray(data)
            damaged[bit // 8] ^= 1 << bit % 8
            put_back(disks(cluster)[0], {**before[0], path: bytes(damaged)})
            put_back(disks(cluster)[1], before[1])
            said = outcome(cluster)
            outcomes[path.rpartition("/")[2], not said] += 1
            assert not said or len(said) > 30, (path, bit)
            if said:
                kept = image(disks(cluster)[1])
                assert all(kept[name] == data for name, data in before[1].items() if name.endswith(".log"))
            end(cluster, False)
    assert any(served for _, served in outcomes)


FILES = ["meta.properties", "recovery-point-offset-checkpoint"]
OF_THE_LOG = [
    "quorum-state",
    "partition.metadata",
    "leader-epoch-checkpoint",
    f"{0:020}.index",
    f"{0:020}.timeindex",
]


@pytest.mark.parametrize("clean", [True, False])
def test_a_file_that_was_taken_away_loses_nothing(cluster, clean):
    end(cluster, clean)
    before = [image(disk) for disk in disks(cluster)]
    served = []
    for path in (*FILES, *(f"{METADATA_DIRECTORY}/{name}" for name in (*OF_THE_LOG, f"{0:020}.log"))):
        assert path in before[0], path
        put_back(disks(cluster)[0], {name: data for name, data in before[0].items() if name != path})
        put_back(disks(cluster)[1], before[1])
        said = outcome(cluster)
        served.append(not said)
        end(cluster, False)
        if said:
            assert path.endswith(".log") and "committed" in said
    assert served == [True] * 7 + [False]
