"""What is done to topics: by a cluster's clients, as anybody could.

Rule: it knows the cluster by its clients and its picture only, so that one in this process and one in many are the same
to it. Kafka: `kafka-topics`, `kafka-configs`, `kafka-reassign-partitions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from minikafka.cluster.waiting import is_ready
from minikafka.commands import (
    AddPartitions,
    AlterTopic,
    CancelMove,
    Command,
    CreateTopic,
    DeleteTopic,
    MovePartition,
    Produce,
)
from minikafka.xray.snapshot import Snapshot

if TYPE_CHECKING:
    from minikafka.client import AdminClient, Producer

READY_TIMEOUT_S = 30.0


class Clients(Protocol):
    """A cluster, to whoever does something to its topics."""

    @property
    def default_replication_factor(self) -> int: ...

    def admin(self) -> AdminClient: ...

    def producer(self, config: Mapping[str, Any]) -> Producer: ...

    def wait_until(self, predicate: Callable[[Snapshot], bool], timeout_s: float) -> Snapshot:
        """Raises TimeoutError."""


def create_topic(clients: Clients, command: CreateTopic) -> None:
    from minikafka.client import NewTopic

    factor = command.replication_factor
    if factor is None:
        factor = clients.default_replication_factor
    topic = NewTopic(command.topic, command.partitions, factor, config=command.configs)
    with clients.admin() as admin:
        admin.create_topics([topic])[command.topic].result()
    clients.wait_until(lambda s: is_ready(s, command.topic, command.partitions), READY_TIMEOUT_S)


def delete_topic(clients: Clients, command: DeleteTopic) -> None:
    with clients.admin() as admin:
        admin.delete_topics([command.topic])[command.topic].result()
    clients.wait_until(lambda s: all(t.name != command.topic for t in s.topics), READY_TIMEOUT_S)


def add_partitions(clients: Clients, command: AddPartitions) -> None:
    from minikafka.client import NewPartitions

    wanted = NewPartitions(command.topic, command.partitions)
    with clients.admin() as admin:
        admin.create_partitions([wanted])[command.topic].result()
    clients.wait_until(lambda s: is_ready(s, command.topic, command.partitions), READY_TIMEOUT_S)


def move_partition(clients: Clients, command: MovePartition | CancelMove) -> None:
    from minikafka.client import TopicPartition

    place = TopicPartition(command.topic, command.partition)
    brokers = list(command.brokers) if isinstance(command, MovePartition) else None
    with clients.admin() as admin:
        admin.alter_partition_reassignments({place: brokers})[place].result()


def alter_topic(clients: Clients, command: AlterTopic) -> None:
    from minikafka.client import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in command.configs.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, command.topic, incremental_configs=entries)
    with clients.admin() as admin:
        admin.incremental_alter_configs([resource])[resource].result()


def produce(clients: Clients, command: Produce) -> None:
    errors: list[object] = []
    with clients.producer({"delivery.timeout.ms": 10_000, "request.timeout.ms": 5_000}) as producer:
        producer.produce(
            command.topic,
            command.value,
            command.key,
            command.partition,
            on_delivery=lambda error, _: errors.append(error) if error else None,
        )
        producer.flush()
    if errors:
        raise ValueError(str(errors[0]))


BY_CLIENTS: Mapping[type[Command], Callable[[Clients, Any], None]] = {
    CreateTopic: create_topic,
    DeleteTopic: delete_topic,
    AddPartitions: add_partitions,
    MovePartition: move_partition,
    CancelMove: move_partition,
    AlterTopic: alter_topic,
    Produce: produce,
}
"""What each does. It raises KafkaException, TimeoutError or ValueError."""

__all__ = ["BY_CLIENTS", "READY_TIMEOUT_S", "Clients"]
