"""Runs of a simulated cluster that are played in CPython and in a browser's Python, to be compared byte for byte."""

from __future__ import annotations

from minikafka import Cluster


def a_leader_dies(cluster: Cluster) -> None:
    """A hundred records, a group, a leader that is killed and comes back."""
    cluster.create_topic("orders", 3, 3)
    producer = cluster.producer()
    for number in range(100):
        producer.produce("orders", key=b"%d" % (number % 7), value=b"%d" % number)
    assert producer.flush(30) == 0
    consumer = cluster.consumer({"group.id": "billing", "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])
    assert len([message for _ in range(200) if (message := consumer.poll(0.5)) is not None]) == 100
    leader = cluster.snapshot().partition("orders", 0).leader
    assert leader is not None
    cluster.kill(leader)
    cluster.run(seconds=15)
    cluster.restart(leader)
    cluster.run(seconds=5)
    consumer.close()


def nothing_holds(cluster: Cluster) -> None:
    """Cut off, healed, a power cut under way, a slow net, records lost on the way."""
    cluster.create_topic("orders", 4, 3)
    producer = cluster.producer({"acks": "all", "linger.ms": 20})
    cluster.partition(["broker-2"], ["broker-1", "broker-3"])
    for number in range(40):
        producer.produce("orders", value=b"%d" % number)
        producer.poll(0)
        cluster.run(seconds=0.5)
    cluster.heal()
    cluster.power_cut("broker-3")
    cluster.run(seconds=12)
    cluster.restart("broker-3")
    assert producer.flush(120) == 0
    cluster.run(seconds=20)


RUNS = {run.__name__: run for run in (a_leader_dies, nothing_holds)}


def timeline_of(name: str, seed: int) -> str:
    with Cluster(brokers=3, world="simulated", seed=seed) as cluster:
        RUNS[name](cluster)
        return str(cluster.timeline())
