"""Another coordinator than groups' fits the shell: own topic, own records, requests to other brokers; in a cluster."""

from __future__ import annotations

import pytest
from promises import MARKS, PROMISES

from minikafka import Cluster
from minikafka.coordinator import tenants
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.find_coordinator import FindCoordinatorRequest

KEY = "tea at five"


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setattr(tenants, "TENANTS", (*tenants.TENANTS, PROMISES))
    configs = {"offsets.topic.num.partitions": 2, "replica.lag.time.max.ms": 2_000}
    with Cluster(brokers=3, world="simulated", seed=5, configs=configs, message_events=False) as cluster:
        cluster.create_topic(MARKS, 3, 1)
        yield cluster


def ask_for_coordinator(cluster, broker="broker-1"):
    async def ask():
        channel = await Channel.connect(
            cluster._nodes.universe.world("asker"), *cluster._nodes.address_of(broker), "asker"
        )
        request = FindCoordinatorRequest(key_type=PROMISES.key_type, coordinator_keys=[KEY])
        answer = (await channel.request(request, 6)).coordinators[0]
        channel.close()
        return ErrorCode(answer.error_code), answer.node_id

    return cluster._loop.run(cluster._nodes.on("asker", ask()), 10)


def coordinator_of(cluster, broker="broker-1"):
    """Its host, as FindCoordinator tells it."""
    ask_for_coordinator(cluster, broker)
    cluster.run(2)
    error, node_id = ask_for_coordinator(cluster, broker)
    assert error is ErrorCode.NONE
    return f"broker-{node_id}"


def runtime_on(cluster, host):
    return cluster._nodes.brokers[host].coordinators.of(PROMISES)


def promise(cluster, host, partition):
    runtime = runtime_on(cluster, host)
    asking = runtime.ask(KEY, lambda core, token: core.promise(KEY, partition))
    return cluster._loop.run(cluster._nodes.on(host, asking), 60)


def core_on(cluster, host):
    return runtime_on(cluster, host).shard_of(KEY).core


def marks_led_elsewhere(cluster, host):
    """A partition of `marks`, and the broker that leads it."""
    image = cluster._nodes.brokers[host].image
    partitions = image.topics[MARKS].partitions
    return next(
        (i, f"broker-{p.leader}") for i, p in sorted(partitions.items()) if f"broker-{p.leader}" != host
    )


def marks(cluster):
    consumer = cluster.consumer({"group.id": "reader", "auto.offset.reset": "earliest"})
    consumer.subscribe([MARKS])
    found = [message.value().decode() for message in consumer.consume(10, 8)]
    consumer.close()
    return found


def test_the_first_question_creates_the_topic_as_the_table_says(cluster):
    assert ask_for_coordinator(cluster) == (ErrorCode.COORDINATOR_NOT_AVAILABLE, -1)
    cluster.run(2)
    topic = cluster.snapshot().topic(PROMISES.topic)
    assert [len(p.replicas) for p in topic.partitions] == [3, 3]
    host = coordinator_of(cluster)
    assert host == coordinator_of(cluster, "broker-2"), "all say the same"


def test_a_decision_asks_another_broker_once_it_is_committed(cluster):
    host = coordinator_of(cluster)
    partition, _ = marks_led_elsewhere(cluster, host)
    assert promise(cluster, host, partition).error_code == ErrorCode.NONE
    cluster.run(2)
    assert core_on(cluster, host).kept == [KEY]
    assert marks(cluster) == [KEY]


def test_what_an_earlier_coordinator_could_not_do_is_done_by_the_next_and_only_once(cluster):
    first = coordinator_of(cluster)
    partition, leader = marks_led_elsewhere(cluster, first)
    cluster.partition([first], [leader])
    assert promise(cluster, first, partition).error_code == ErrorCode.NONE
    cluster.run(3)
    assert core_on(cluster, first).open == {KEY: partition}, "it asks again and again, and nobody hears it"
    cluster.kill(first)
    cluster.heal()
    cluster.run(15)
    second = coordinator_of(cluster, leader)
    assert second != first
    assert core_on(cluster, second).kept == [KEY]
    cluster.restart(first)
    cluster.run(5)
    cluster.kill(second)
    cluster.run(15)
    cluster.restart(second)
    third = coordinator_of(cluster, second)
    assert core_on(cluster, third).open == {}
    assert marks(cluster) == [KEY], "the third one read that it is kept"


def test_what_changes_in_the_cluster_reaches_each_core(cluster):
    host = coordinator_of(cluster)
    cluster.create_topic("short-lived", 1)
    cluster.run(1)
    cluster.admin().delete_topics(["short-lived"])["short-lived"].result()
    cluster.run(2)
    assert core_on(cluster, host).topics_seen_deleted == ["short-lived"]


def test_a_key_is_refused_where_its_partition_is_not_led(cluster):
    host = coordinator_of(cluster)
    other = next(name for name in ("broker-1", "broker-2", "broker-3") if name != host)
    with pytest.raises(Exception, match="Another broker is the coordinator"):
        promise(cluster, other, 0)
