"""What replicas cost: bytes on disks, and bytes between brokers.

Rule: bytes are those of the log files, and of the Fetch requests and answers that really went from broker to broker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minikafka import Cluster
from minikafka.protocol.events import RequestReceived, ResponseReceived

REST_S = 0.2


@dataclass(frozen=True)
class Cost:
    """In bytes."""

    disk: int
    """All replicas' segments."""
    network: int
    """Fetch requests and answers between brokers."""


def cost(rows: Sequence[tuple[str, str]], replication_factor: int, seed: int = 7) -> Cost:
    """Write these (key, value) into a new topic of a cluster with three brokers, and count."""
    cluster = Cluster(3, world="simulated", seed=seed, announce=False, message_events=True)
    try:
        cluster.create_topic("measured", 1, replication_factor)
        cluster.run(REST_S)
        seen = cluster.events()[-1].seq
        producer = cluster.producer()
        for key, value in rows:
            producer.produce("measured", value, key)
        producer.flush()
        cluster.run(REST_S)
        replicas = cluster.snapshot().partition("measured", 0).replicas
        network = 0
        for traced in cluster.events(seen + 1):
            event = traced.event
            if isinstance(event, RequestReceived | ResponseReceived) and event.api == "FETCH":
                both = traced.host, event.from_host
                network += event.size_bytes if all(host.startswith("broker-") for host in both) else 0
        return Cost(sum(replica.size_bytes or 0 for replica in replicas), network)
    finally:
        cluster.drop()
