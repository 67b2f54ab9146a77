"""A node that can't go on: it is said, others take over, the reason is shown, and a restart brings everything back."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress

import pytest

from minikafka import BackgroundFailure, Cluster, KafkaException
from minikafka.cluster.telling import tell
from minikafka.world import live_disk


def write(cluster, count, topic="orders"):
    producer = cluster.producer({"acks": "all", "linger.ms": 0, "message.timeout.ms": 3000})
    errors = []
    for number in range(count):
        producer.produce(topic, b"%d" % number, on_delivery=lambda e, _: errors.append(e))
    producer.flush(30)
    producer.close()
    return errors.count(None)


def values(cluster, count, topic="orders"):
    consumer = cluster.consumer({"group.id": "readers", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    found = consumer.consume(count, timeout=20)
    consumer.close()
    return [message.value() for message in found]


@pytest.fixture
def full_disk(monkeypatch):
    """The hosts named in this list have no space left."""
    hosts: list[str] = []
    write, write_gathered = live_disk._write, live_disk._write_gathered

    def refuse(fd):
        path = os.readlink(f"/proc/self/fd/{fd}") if hosts else ""
        if any(f"/{host}/" in path for host in hosts):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(live_disk, "_write", lambda fd, *rest: (refuse(fd), write(fd, *rest))[1])
    monkeypatch.setattr(
        live_disk, "_write_gathered", lambda fd, *rest: (refuse(fd), write_gathered(fd, *rest))[1]
    )
    return hosts


def test_a_broker_without_space_ends_is_told_and_comes_back_with_all_it_had(full_disk):
    said = []
    with Cluster(brokers=3, announce=False) as cluster:
        tell(cluster, said.append)
        cluster.create_topic("orders", partitions=1, replication_factor=3)
        assert write(cluster, 10) == 10
        sick = cluster.snapshot().partition("orders", 0).leader
        full_disk.append(sick)
        assert write(cluster, 10) == 10, "another broker leads"
        with pytest.raises(
            BackgroundFailure, match=rf"{sick} is out of service.*No space left.*restart {sick}"
        ):
            cluster.wait_until(lambda s: s.broker(sick).state == "down")
        snapshot = cluster.wait_until(lambda s: s.broker(sick).state == "down")
        assert "No space left on device" in snapshot.broker(sick).error
        (sentence,) = said
        for words in (sick, "last log directory", "No space left on device", "minikafka tui"):
            assert words in sentence
        full_disk.clear()
        cluster.restart(sick)
        cluster.wait_until(lambda s: len(s.partition("orders", 0).isr) == 3)
        assert cluster.snapshot().broker(sick).error is None
        assert cluster.problems == {}
        assert len(values(cluster, 20)) == 20


def test_who_restarts_a_broker_before_hearing_of_it_isnt_told_again(full_disk):
    with Cluster(brokers=2, announce=False) as cluster:
        cluster.create_topic("orders", partitions=1, replication_factor=2)
        sick = cluster.snapshot().partition("orders", 0).leader
        full_disk.append(sick)
        assert write(cluster, 1) == 1
        while sick not in cluster.problems:
            pass
        full_disk.clear()
        cluster.restart(sick)
        cluster.wait_until(lambda s: len(s.partition("orders", 0).isr) == 2)


def test_the_only_broker_stays_to_say_that_nothing_is_led():
    with Cluster(brokers=1, world="simulated", seed=2) as sim:
        sim.create_topic("orders")
        assert write(sim, 5) == 5
        sim.fail_disk("broker-1")
        assert write(sim, 5) == 0
        snapshot = sim.run_until(lambda s: s.partition("orders", 0).leader is None)
        assert snapshot.broker("broker-1").state == "fenced"
        assert "failed" in snapshot.broker("broker-1").error
        known = sim.admin().list_topics("orders").topics["orders"].partitions[0]
        assert known.leader == -1
        sim.repair_disk("broker-1")
        sim.restart("broker-1")
        assert sim.snapshot().broker("broker-1").error is None
        assert write(sim, 5) == 5
        assert len(values(sim, 10)) == 10


def test_a_controller_that_cant_write_ends_and_its_restart_decides_what_was_asked_meanwhile():
    with Cluster(brokers=3, world="simulated", seed=3) as sim:
        sim.create_topic("orders", replication_factor=3)
        sim.fail_disk("controller-1")
        with pytest.raises(KafkaException):
            sim.create_topic("payments")
        (controller,) = sim.snapshot().controllers
        assert controller.state == "down"
        assert "can't read or write its metadata log" in controller.error
        assert write(sim, 5) == 5, "what is led stays led"
        with pytest.raises(OSError):
            sim.restart("controller-1")
        (controller,) = sim.snapshot().controllers
        assert controller.error.startswith("it could not start again: ")
        sim.repair_disk("controller-1")
        sim.restart("controller-1")
        (controller,) = sim.snapshot().controllers
        assert (controller.state, controller.error) == ("running", None)
        sim.create_topic("payments")
        assert len(values(sim, 5)) == 5


def test_one_of_several_directories_is_told_as_such_and_the_last_as_the_end():
    said = []
    with Cluster(brokers=2, world="simulated", seed=5, configs={"log.dirs": "d1,d2"}) as sim:
        tell(sim, said.append)
        sim.create_topic("orders", partitions=4, replication_factor=2)
        sim.fail_disk("broker-1", "d1")
        write(sim, 40)
        sim.run(10)
        (sentence,) = said
        assert "broker-1 can't use its log directory /broker-1/d1, with" in sentence
        assert "continues with the others" in sentence
        sim.fail_disk("broker-1", "d2")
        write(sim, 40)
        sim.run_until(lambda s: s.broker("broker-1").state == "down")
        assert len(said) == 2
        assert "broker-1 is out of service: its last log directory" in said[1]


@pytest.mark.parametrize("host", ["broker-1", "controller-1"])
def test_a_port_that_is_taken_at_a_restart_is_the_reason(host):
    with Cluster(brokers=2, announce=False) as cluster:
        address = cluster.controllers if host == "controller-1" else cluster.bootstrap_servers.split(",")[0]
        cluster.kill(host)
        with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
            with pytest.raises(OSError, match="in use"):
                cluster.restart(host)
            snapshot = cluster.snapshot()
            node = next(n for n in (*snapshot.controllers, *snapshot.brokers) if n.name == host)
            assert node.state == "down"
            assert "in use" in node.error
        cluster.restart(host)
        cluster.create_topic("orders")


def test_a_broker_whose_metadata_follower_dies_leaves_the_service():
    with Cluster(brokers=3, world="simulated", seed=4) as sim:
        sim.create_topic("orders", replication_factor=3)
        sick = sim.snapshot().partition("orders", 0).leader
        sim._nodes.brokers[sick].membership.follower._take = broken
        with suppress(KafkaException):  # the connection through which it was asked may be that broker's
            sim.create_topic("payments")
        with pytest.raises(BackgroundFailure, match="no record like this"):
            sim.run(10)
        snapshot = sim.run_until(lambda s: s.broker(sick).state == "down", timeout_s=60)
        assert "metadata-follower ended: no record like this" in snapshot.broker(sick).error
        assert snapshot.partition("orders", 0).leader not in (None, sick)
        sim.restart(sick)
        sim.run_until(lambda s: len(s.partition("orders", 0).isr) == 3)


def broken(*_):
    raise ValueError("no record like this")
