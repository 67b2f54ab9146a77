"""What list_topics() answers: the cluster's brokers, topics and partitions, with confluent_kafka's names.

Rule: a copy of what the client knows at that moment; it does not change afterwards.
Kafka: `org.apache.kafka.common.Cluster`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikafka.client.errors import KafkaError
from minikafka.world.visible import visible, visible_name

if TYPE_CHECKING:
    from minikafka.client.connections.metadata import ClusterView


class BrokerMetadata:
    """A broker in list_topics()."""

    def __init__(self, id: int = -1, host: str | None = None, port: int = -1) -> None:
        self.id = id
        self.host = host
        self.port = port

    def __repr__(self) -> str:
        return f"BrokerMetadata({self.id}, {visible(str(self.host))}:{self.port})"


class PartitionMetadata:
    """A partition in list_topics(); leader -1 means none."""

    def __init__(self) -> None:
        self.id = -1
        self.leader = -1
        self.replicas: list[int] = []
        self.isrs: list[int] = []
        self.error: KafkaError | None = None

    def __repr__(self) -> str:
        return f"PartitionMetadata({self.id}" + (f", {self.error})" if self.error else ")")


class TopicMetadata:
    """A topic in list_topics()."""

    def __init__(self) -> None:
        self.topic: str | None = None
        self.partitions: dict[int, PartitionMetadata] = {}
        self.error: KafkaError | None = None

    def __repr__(self) -> str:
        text = f"TopicMetadata({self!s}, {len(self.partitions)} partitions"
        return text + (f", {self.error})" if self.error else ")")

    def __str__(self) -> str:
        return visible_name(str(self.topic))


class ClusterMetadata:
    """What list_topics() answers."""

    def __init__(self) -> None:
        self.cluster_id: str | None = None
        self.controller_id = -1
        self.brokers: dict[int, BrokerMetadata] = {}
        self.topics: dict[str, TopicMetadata] = {}
        self.orig_broker_id = -1
        self.orig_broker_name: str | None = None

    def __repr__(self) -> str:
        return f"ClusterMetadata({self.cluster_id})"


def cluster_metadata(view: ClusterView, only: str | None = None) -> ClusterMetadata:
    """The clients' inner view of the cluster as confluent_kafka shows it."""
    result = ClusterMetadata()
    result.cluster_id = view.cluster_id
    result.controller_id = view.controller_id
    for broker in sorted(view.brokers.values(), key=lambda broker: broker.id):
        result.brokers[broker.id] = BrokerMetadata(broker.id, broker.host, broker.port)
    for topic in sorted(view.topics.values(), key=lambda topic: topic.name):
        if only is not None and topic.name != only:
            continue
        shown = result.topics[topic.name] = TopicMetadata()
        shown.topic = topic.name
        shown.error = KafkaError(topic.error) if topic.error else None
        for index, place in topic.partitions.items():
            partition = shown.partitions[index] = PartitionMetadata()
            partition.id, partition.leader = index, place.leader
            partition.replicas, partition.isrs = list(place.replicas), list(place.isr)
            partition.error = KafkaError(place.error) if place.error else None
    return result
