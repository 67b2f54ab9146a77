"""A cluster reached by other names and addresses than its own: clients, followers and viewers agree on them."""

from __future__ import annotations

import asyncio
import socket

import pytest

from minikafka import AdminClient, Cluster, Consumer, Producer
from minikafka.metadata.config_types import ConfigError
from minikafka.protocol.channel import Channel
from minikafka.protocol.messages.describe_cluster import DescribeClusterRequest
from minikafka.protocol.messages.describe_configs import DescribeConfigsRequest, DescribeConfigsResource
from minikafka.world import LiveUniverse


def free_ports(count: int) -> int:
    """The first of so many free ones on every address."""
    while True:
        with socket.socket() as probe:
            probe.bind(("0.0.0.0", 0))
            first = int(probe.getsockname()[1])
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("0.0.0.0", port))
            return first
        except (OSError, OverflowError):
            continue


def ask(address: str, *requests: tuple[object, int]) -> list[object]:
    """As a stranger, over the network."""

    async def asked() -> list[object]:
        with LiveUniverse() as universe:
            host, _, port = address.rpartition(":")
            channel = await Channel.connect(universe.world("client-1"), host, int(port), "stranger")
            answers = [await channel.request(request, version, 10) for request, version in requests]
            channel.close()
            return answers

    return asyncio.run(asked())


def round_trip(bootstrap: str) -> None:
    """Write and read as any client outside the cluster's process."""
    producer = Producer({"bootstrap.servers": bootstrap, "message.timeout.ms": 10_000})
    errors: list[object] = []
    producer.produce("orders", b"reached", on_delivery=lambda error, _: errors.append(error))
    producer.flush(15)
    producer.close()
    assert errors == [None]
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])
    (message,) = consumer.consume(1, timeout=15)
    consumer.close()
    assert message.value() == b"reached"


def test_a_client_comes_by_the_advertised_address_which_is_not_the_one_listened_on() -> None:
    port = free_ports(3)
    configs = {
        "listeners": f"PLAINTEXT://0.0.0.0:{port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.2:{port}",
    }
    with Cluster(brokers=3, configs=configs, announce=False) as cluster:
        assert cluster.bootstrap_servers == ",".join(f"127.0.0.2:{port + n}" for n in range(3))
        assert cluster.opened == tuple(f"0.0.0.0:{port + n}" for n in range(3))
        cluster.create_topic("orders", replication_factor=3)
        round_trip(f"127.0.0.3:{port}")
        cluster.wait_until(lambda s: len(s.partition("orders", 0).isr) == 3)
        known = AdminClient({"bootstrap.servers": f"127.0.0.3:{port}"}).list_topics(timeout=10).brokers
        seen = {n: (broker.host, broker.port) for n, broker in known.items()}
        assert seen == {n: ("127.0.0.2", port + n - 1) for n in (1, 2, 3)}
        asked = DescribeConfigsResource(resource_type=4, resource_name="2", configuration_keys=None)
        described, configured = ask(
            f"127.0.0.2:{port + 1}",
            (DescribeClusterRequest(), 1),
            (DescribeConfigsRequest(resources=[asked]), 4),
        )
        assert {b.broker_id: (b.host, b.port) for b in described.brokers} == seen
        values = {c.name: c.value for c in configured.results[0].configs}
        assert values["listeners"] == f"PLAINTEXT://0.0.0.0:{port + 1}"
        assert values["advertised.listeners"] == f"PLAINTEXT://127.0.0.2:{port + 1}"
        assert values["node.id"] == values["broker.id"] == "2"
        shown = cluster.snapshot().broker("broker-3")
        assert (shown.host, shown.port) == ("127.0.0.2", port + 2)
        cluster.kill("broker-3")
        cluster.restart("broker-3")
        cluster.wait_until(lambda s: len(s.partition("orders", 0).isr) == 3)


def test_another_loopback_address_listens_and_127_0_0_1_does_not() -> None:
    with Cluster(brokers=1, configs={"listeners": "PLAINTEXT://127.0.0.2:0"}, announce=False) as cluster:
        host, _, port = cluster.bootstrap_servers.rpartition(":")
        assert host == "127.0.0.2"
        assert cluster.opened == ()
        cluster.create_topic("orders")
        round_trip(cluster.bootstrap_servers)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(port)), timeout=5)


@pytest.mark.parametrize("world", ["live", "simulated"])
def test_a_name_that_only_clients_elsewhere_know_keeps_nobody_here_from_working(world: str) -> None:
    configs = {
        "advertised.listeners": "PLAINTEXT://kafka.example.invalid:39092",
        "broker.heartbeat.interval.ms": 100,
        "broker.session.timeout.ms": 500,
    }
    with Cluster(brokers=3, world=world, configs=configs, announce=False) as cluster:
        assert cluster.bootstrap_servers.split(",")[2] == "kafka.example.invalid:39094"
        cluster.create_topic("orders", replication_factor=3)
        producer = cluster.producer({"acks": "all"})
        producer.produce("orders", b"v")
        assert producer.flush(15) == 0
        cluster.partition(["broker-3"])
        cluster.wait_until(lambda s: len(s.partition("orders", 0).isr) == 2, timeout_s=60)
        cluster.heal()
        cluster.wait_until(lambda s: len(s.partition("orders", 0).isr) == 3, timeout_s=60)


def test_a_port_is_said_once() -> None:
    with pytest.raises(ConfigError, match="is not 9092"):
        Cluster(brokers=1, port=9092, configs={"listeners": "PLAINTEXT://localhost:19092"}, announce=False)
