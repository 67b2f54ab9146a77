"""A leader dies under a real idempotent producer: what was acknowledged is read exactly once, in order."""

import time
from collections import defaultdict

import pytest
from clients.drivers import confluent
from confluent_kafka import Producer

RECORDS = 50_000
KILL_AFTER = 10_000
PARTITIONS = 3
DEADLINE_S = 180


@pytest.mark.timeout(400)
@pytest.mark.slow
def test_every_acknowledged_record_is_read_exactly_once(cluster):
    topic = "orders"
    confluent.create_topic(cluster.bootstrap_servers, topic, PARTITIONS)
    acknowledged = {}
    refused = []

    def on_delivery(error, message):
        if error is None:
            acknowledged[message.value()] = (message.partition(), message.offset())
        else:
            refused.append(error)

    producer = Producer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "enable.idempotence": True,
            "linger.ms": 5,
            "batch.num.messages": 200,
            "queue.buffering.max.messages": 5_000,  # so that records are still under way when the leader dies
        }
    )
    killed = None
    for number in range(RECORDS):
        value = b"record %06d" % number
        while True:
            try:
                producer.produce(topic, value, partition=number % PARTITIONS, on_delivery=on_delivery)
                break
            except BufferError:
                producer.poll(0.05)
        producer.poll(0)
        if killed is None and len(acknowledged) >= KILL_AFTER:
            killed = confluent.leader(cluster.bootstrap_servers, topic)
            cluster.kill(f"broker-{killed}")
    end = time.monotonic() + DEADLINE_S
    while producer.flush(1) and time.monotonic() < end:
        pass
    assert killed is not None
    assert not refused, f"{len(refused)} records were refused, first: {refused[0]}"
    assert len(acknowledged) == RECORDS

    found = confluent.read(cluster.bootstrap_servers, topic, RECORDS)
    assert len(found) == RECORDS
    assert {value: (partition, offset) for partition, offset, _, value in found} == acknowledged
    partitions = defaultdict(list)
    for partition, _, _, value in found:
        partitions[partition].append(value)
    assert all(values == sorted(values) for values in partitions.values())
    assert confluent.leader(cluster.bootstrap_servers, topic) not in (killed, -1)
