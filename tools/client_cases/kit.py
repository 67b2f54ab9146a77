"""What a case of docs/CLIENTS.md is handed: one side's names, a cluster, and a topic of ten records of its own.

Rule: a case is a function of a `Kit` and returns a plain value; what it raises is an answer, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Case = Callable[["Kit"], Any]


@dataclass
class Kit:
    """One side: its module, its admin module, and a cluster with a topic of 10 records."""

    names: Any
    admin_names: Any
    servers: str
    topic: str
    made: list[Any] = field(default_factory=list)
    counter: int = 0
    only_admin: Any = None
    lonely_admin: Any = None

    @property
    def is_ours(self) -> bool:
        """What hangs or ends librdkafka's process is asked of ours alone."""
        return bool(self.names.__name__ == "minikafka")

    @property
    def boot(self) -> dict[str, Any]:
        """The least settings."""
        return {"bootstrap.servers": self.servers}

    def new_name(self) -> str:
        """A topic or group that is not there."""
        self.counter += 1
        return f"{self.topic}-{self.counter}"

    @staticmethod
    def dotted(conf: dict[str, Any]) -> dict[str, Any]:
        """Keywords as keys: dots for underscores."""
        return {
            key if key.endswith("_cb") or key.startswith("on_") else key.replace("_", "."): v
            for key, v in conf.items()
        }

    def new_topic(self, partitions: int = 1, name: str | None = None) -> str:
        """A topic of its own, empty."""
        topic = name or self.new_name()
        new = self.admin_names.NewTopic(topic, partitions, 1)
        for future in self.admin().create_topics([new]).values():
            future.result(10)
        return topic

    def producer(self, **conf: Any) -> Any:
        """A producer; keywords with underscores for dots."""
        return self.keep(self.names.Producer({**self.boot, "linger.ms": 0, **self.dotted(conf)}))

    def consumer(self, **conf: Any) -> Any:
        """A consumer of a group of its own, from the beginning, without automatic commits."""
        base = {"group.id": self.new_name(), "auto.offset.reset": "earliest", "enable.auto.commit": False}
        return self.keep(self.names.Consumer({**self.boot, **base, **self.dotted(conf)}))

    def reader(self, offset: int = 0, **conf: Any) -> Any:
        """A consumer that reads the topic from `offset`."""
        consumer = self.consumer(**conf)
        consumer.assign([self.tp(0, offset)])
        return consumer

    def admin(self) -> Any:
        """An admin client, one for all: confluent_kafka's futures die with theirs."""
        if self.only_admin is None:
            self.only_admin = self.admin_names.AdminClient(self.boot)
        return self.only_admin

    def tp(self, partition: int = 0, offset: int | None = None) -> Any:
        """A partition of the topic."""
        where = (self.topic, partition)
        return (
            self.names.TopicPartition(*where) if offset is None else self.names.TopicPartition(*where, offset)
        )

    def nowhere(self, offset: int = 0) -> Any:
        """A partition of a topic that is not there."""
        return self.names.TopicPartition(self.new_name(), 0, offset)

    def keep(self, client: Any) -> Any:
        """Has it closed when the case is over."""
        self.made.append(client)
        return client

    def close(self) -> None:
        """Closes what the case made."""
        while self.made:
            client = self.made.pop()
            try:
                if hasattr(client, "purge"):
                    client.purge()
                client.close()
            except RuntimeError:
                pass


def produced(kit: Kit, **given: Any) -> Any:
    """What the callback of one record tells: error, partition, key, value, headers, and whether the time is now."""
    producer, told = kit.producer(), []
    topic = given.pop("topic", kit.topic)
    value = given.pop("value", b"v")
    given.setdefault("on_delivery", lambda error, message: told.append((error, message)))
    producer.produce(topic, value, **given)
    left = producer.flush(10)
    return left, [
        (error and error.name(), m.partition(), m.key(), m.value(), m.timestamp()[0]) for error, m in told
    ]


def first(kit: Kit, offset: Any) -> Any:
    """The first record that a consumer reads from there, within a second and a half."""
    return record(kit.reader(offset).poll(1.5))


def record(message: Any) -> Any:
    """A message, or an event, as a plain value."""
    if message is None:
        return None
    return message.error().name() if message.error() else (message.offset(), message.value())


def partitions(found: Any) -> Any:
    """Partitions as plain values."""
    return [(tp.partition, tp.offset, tp.error and tp.error.name(), tp.metadata) for tp in found]


def futures(answers: Any) -> Any:
    """The kinds of results of a dictionary of futures, or of one."""
    if not isinstance(answers, dict):
        return type(answers.result(10)).__name__
    return [type(answer.result(10)).__name__ for answer in answers.values()]


def raised(error: Exception) -> str:
    """What was raised, as text without anything that differs from run to run."""
    told = error.args[0] if error.args else None
    name = f" {told.name()}" if hasattr(told, "name") and hasattr(told, "code") else ""
    return f"raises {type(error).__name__}{name}"


def tried(step: Callable[[], Any]) -> Any:
    """What one step of a case answers, or raises."""
    try:
        return step()
    except Exception as error:
        return raised(error)


def closed(kit: Kit, name: str, *arguments: Any, kind: str = "producer") -> Any:
    """What a closed client answers."""
    client = kit.producer() if kind == "producer" else kit.consumer()
    client.close()
    return getattr(client, name)(*arguments)
