"""Racks: replicas are spread over them, and consumers read in their own (KIP-392)."""

import pytest

from minikafka import OFFSET_BEGINNING, Cluster, TopicPartition

SELECTOR = "org.apache.kafka.common.replica.RackAwareReplicaSelector"


@pytest.fixture
def cluster():
    made = Cluster(
        brokers=4,
        racks=("a", "b"),
        world="simulated",
        seed=4,
        configs={"replica.selector.class": SELECTOR},
        watch_invariants=True,
    )
    yield made
    made.drop()


def write(cluster, *values):
    with cluster.producer() as producer:
        for value in values:
            producer.produce("orders", value=value)
        producer.flush()


def reader_in(cluster, rack):
    reader = cluster.consumer({"group.id": "g", "client.rack": rack, "auto.offset.reset": "earliest"})
    reader.assign([TopicPartition("orders", 0, OFFSET_BEGINNING)])
    return reader


def read(reader, count):
    found = []
    while len(found) < count:
        message = reader.poll(5.0)
        assert message is not None and message.error() is None
        found.append(message.value())
    return found


def racks_of(cluster, replicas):
    racks = {broker.name: broker.rack for broker in cluster.snapshot().brokers}
    return [racks[replica.broker] for replica in replicas]


def test_each_partition_is_in_every_rack(cluster):
    cluster.create_topic("orders", partitions=8, replication_factor=2)
    partitions = cluster.snapshot().topic("orders").partitions
    assert all(sorted(racks_of(cluster, p.replicas)) == ["a", "b"] for p in partitions)
    held = [replica.broker for p in partitions for replica in p.replicas]
    assert {held.count(broker) for broker in held} == {4}
    led = [p.leader for p in partitions]
    assert {led.count(broker) for broker in led} == {2}


def near_and_far(cluster):
    """The leader, the follower, and the follower's rack."""
    cluster.create_topic("orders", replication_factor=2)
    partition = cluster.snapshot().partition("orders", 0)
    (follower,) = [r.broker for r in partition.replicas if r.broker != partition.leader]
    return partition.leader, follower, cluster.snapshot().broker(follower).rack


def fetches(cluster, reader):
    """Which brokers a consumer has asked for records, how often."""
    (host,) = [name for name, client in cluster.clients.items() if client is reader]
    counts = {}
    for traced in cluster.events():
        event = traced.event
        if event.kind == "RequestReceived" and event.api == "FETCH" and event.from_host == host:
            counts[traced.host] = counts.get(traced.host, 0) + 1
    return counts


def test_a_consumer_reads_in_its_own_rack_and_hears_of_new_records_as_soon(cluster):
    leader, follower, rack = near_and_far(cluster)
    write(cluster, b"1", b"2")
    reader = reader_in(cluster, rack)
    assert read(reader, 2) == [b"1", b"2"]
    before = fetches(cluster, reader)
    write(cluster, b"3")
    started = cluster.snapshot().at
    assert read(reader, 1) == [b"3"]
    assert cluster.snapshot().at - started < 0.1, "the follower hears of the high watermark at once"
    after = fetches(cluster, reader)
    assert after[follower] > before[follower]
    assert after[leader] == before[leader] == 1, "it was sent on"


@pytest.mark.slow
def test_a_consumer_elsewhere_reads_from_the_leader(cluster):
    leader, _, _ = near_and_far(cluster)
    write(cluster, b"1")
    for rack in (cluster.snapshot().broker(leader).rack, "c", ""):
        reader = reader_in(cluster, rack)
        assert read(reader, 1) == [b"1"]
        assert set(fetches(cluster, reader)) == {leader}


@pytest.mark.slow
def test_when_the_near_replica_dies_the_leader_is_asked_again(cluster):
    leader, follower, rack = near_and_far(cluster)
    write(cluster, b"1")
    reader = reader_in(cluster, rack)
    assert read(reader, 1) == [b"1"]
    cluster.kill(follower)
    cluster.run(12)
    write(cluster, b"2")
    assert read(reader, 1) == [b"2"]
    assert fetches(cluster, reader)[leader] > 1
    cluster.restart(follower)


@pytest.mark.slow
def test_a_replica_that_is_behind_sends_nobody_past_its_end(cluster):
    """Out of sync it isn't recommended; who still reads from it goes back to the leader."""
    leader, follower, rack = near_and_far(cluster)
    write(cluster, b"1")
    reader = reader_in(cluster, rack)
    assert read(reader, 1) == [b"1"]
    cluster.partition([follower], [leader])
    cluster.run(40)
    write(cluster, b"2")
    cluster.heal()
    assert read(reader, 1) == [b"2"]
