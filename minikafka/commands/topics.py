"""What an administrator does to topics, and one record by hand.

Rule: arguments have Kafka's names. Kafka: `kafka-topics.sh`, `kafka-configs.sh`, `kafka-console-producer.sh`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minikafka.commands.command import Command, NotUnderstood, how_to, understood


class CreateTopic(Command, frozen=True):
    """Done when every living broker knows it. `configs` are given as `retention.ms=1000`."""

    help = "create a topic"
    title = "Create topic"
    usage = "NAME [PARTITIONS] [REPLICATION-FACTOR] [CONFIG=VALUE …]"
    example = "orders 6 3"
    topic: str
    partitions: int = 1
    replication_factor: int | None = None
    configs: dict[str, str] = {}

    @classmethod
    def parse(cls, text: str) -> CreateTopic:
        created: CreateTopic = understood(cls, _with_configs(cls, text, numbers=2))
        return created

    def told(self, result: object) -> str:
        return f"Topic {self.topic} was created."


class DeleteTopic(Command, frozen=True):
    """With all its records."""

    help = "delete a topic and its records"
    title = "Delete a topic"
    usage = "NAME"
    example = "orders"
    topic: str

    def told(self, result: object) -> str:
        return f"Topic {self.topic} was deleted."


class AddPartitions(Command, frozen=True):
    """`partitions` is how many there are then."""

    help = "give a topic more partitions"
    title = "Add partitions"
    usage = "NAME PARTITIONS-THEN"
    example = "orders 12"
    topic: str
    partitions: int

    def told(self, result: object) -> str:
        return f"Topic {self.topic} has {self.partitions} partitions."


class AlterTopic(Command, frozen=True):
    """Sets these of its settings; the others stay."""

    help = "set a topic's settings"
    title = "Set a topic's settings"
    usage = "NAME CONFIG=VALUE …"
    example = "orders retention.ms=60000"
    topic: str
    configs: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> AlterTopic:
        altered: AlterTopic = understood(cls, _with_configs(cls, text, numbers=0))
        return altered

    def told(self, result: object) -> str:
        return f"The settings of {self.topic} were changed."


class MovePartition(Command, frozen=True):
    """The first broker is the preferred leader. Replicas that are to go stay until the new ones are in sync."""

    help = "move a partition to other brokers"
    title = "Move a partition"
    usage = "TOPIC PARTITION BROKER,BROKER"
    example = "orders 0 2,3,4"
    topic: str
    partition: int
    brokers: tuple[int, ...]
    is_awaited: bool = True
    """Else nobody waits for the controller's answer."""

    def told(self, result: object) -> str:
        return f"{self.topic}-{self.partition} moves to {', '.join(f'broker-{id}' for id in self.brokers)}."


class CancelMove(Command, frozen=True):
    """What was there before the move stays; what has come with it goes."""

    help = "take back the move of a partition"
    title = "Take back a move"
    usage = "TOPIC PARTITION"
    example = "orders 0"
    topic: str
    partition: int
    is_awaited: bool = True
    """Else nobody waits for the controller's answer."""

    def told(self, result: object) -> str:
        return f"{self.topic}-{self.partition} stays where it was."


class Produce(Command, frozen=True):
    """One record, by a producer of its own."""

    help = "write one record"
    title = "Produce a record"
    usage = "TOPIC VALUE, or TOPIC KEY:VALUE"
    example = "orders key:value"
    topic: str
    value: str
    key: str | None = None
    partition: int = -1

    @classmethod
    def parse(cls, text: str) -> Produce:
        topic, _, rest = text.strip().partition(" ")
        if not rest:
            raise NotUnderstood(how_to(cls))
        key, colon, value = rest.partition(":")
        fields = {"topic": topic, "key": key if colon else None, "value": value if colon else rest}
        produced: Produce = understood(cls, fields)
        return produced

    def told(self, result: object) -> str:
        return f"One record was written to {self.topic}."


def _with_configs(kind: type[Command], text: str, numbers: int) -> Mapping[str, Any]:
    words = text.split()
    plain = [word for word in words if "=" not in word]
    if not 1 <= len(plain) <= 1 + numbers:
        raise NotUnderstood(how_to(kind))
    fields: dict[str, Any] = dict(zip(kind.__struct_fields__, plain, strict=False))
    configs = [word.partition("=") for word in words if "=" in word]
    return {**fields, "configs": {name: value for name, _, value in configs}}
