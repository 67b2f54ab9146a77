"""What the Python API raises, calls back and prints quotes names that others chose: nothing in them is obeyed, nothing
is hidden. `error.code()` and the fields are data, and stay as they are."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hostile_names import CONTROLS, UNSEEN, unsafe

from minikafka import (
    Cluster,
    KafkaError,
    KafkaException,
    NewTopic,
    TopicPartition,
)
from minikafka.admin import ConfigEntry, ConfigResource
from minikafka.cluster import ConfigWarning

NAMES = [
    name for name in (*CONTROLS, *UNSEEN) if name != "\u3164"
]  # Python's own KeyError takes that for a letter


@pytest.fixture(scope="module")
def sim() -> Iterator[Cluster]:
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        cluster.create_topic("orders", 1, 1)
        yield cluster


def told(attempt: Callable[[], Any]) -> list[str]:
    """All texts of what it raises, or how what it returns prints."""
    try:
        found = attempt()
    except Exception as error:
        inner = [text for a in error.args if isinstance(a, KafkaError) for text in (a.str(), str(a), repr(a))]
        return [*traceback.format_exception_only(error), str(error), repr(error), *inner]
    return [repr(found), str(found)]


def consumed(cluster: Cluster, name: str) -> None:
    with cluster.consumer({"group.id": "g", "allow.auto.create.topics": False}) as consumer:
        consumer.subscribe([name])
        for _ in range(3):
            message = consumer.poll(1)
            if message is not None and message.error():
                raise KafkaException(message.error())


ATTEMPTS: dict[str, Callable[[Cluster, str], Any]] = {
    "create_topic": lambda c, name: c.create_topic(name, 1, 1),
    "kill": lambda c, name: c.kill(name),
    "world": lambda c, name: Cluster(brokers=1, world=name),  # type: ignore[arg-type]
    "topic": lambda c, name: c.snapshot().topic(name),
    "setting": lambda c, name: c.producer({name: "x"}),
    "value": lambda c, name: c.producer({"acks": name}),
    "broker's value": lambda c, name: Cluster(brokers=1, world="simulated", configs={"num.partitions": name}),
    "subscribe": lambda c, name: c.consumer({"group.id": "g"}).subscribe(["^[" + name]),
    "consume": consumed,
    "KafkaError": lambda c, name: KafkaError(3, name),
    "TopicPartition": lambda c, name: TopicPartition(name, 0),
    "NewTopic": lambda c, name: NewTopic(name, 1, 1),
    "ConfigResource": lambda c, name: ConfigResource(ConfigResource.Type.TOPIC, name),
    "ConfigEntry": lambda c, name: ConfigEntry(name, name),
}


@pytest.mark.parametrize("what", ATTEMPTS)
def test_what_is_raised_and_printed_is_visible(sim: Cluster, what: str) -> None:
    for name in NAMES:
        for text in told(lambda name=name: ATTEMPTS[what](sim, name)):  # type: ignore[misc]
            assert not unsafe(text.rstrip("\n")), (what, ascii(name))


def test_what_is_called_back_is_visible_and_the_fields_are_the_names_themselves(sim: Cluster) -> None:
    producer = sim.producer({"message.timeout.ms": 500})
    got: list[tuple[Any, Any]] = []
    name = "a\x1b[2Jb"
    producer.produce(name, b"v", on_delivery=lambda error, message: got.append((error, message)))
    producer.flush(5)
    ((error, message),) = got
    assert message.topic() == name
    assert not unsafe(str(error) + repr(message))


def test_warnings_are_visible() -> None:
    with (
        warnings.catch_warnings(record=True) as caught,
        Cluster(brokers=1, world="simulated", configs={"no\x1b[2Jsuch": "1"}),
    ):
        pass
    (warning,) = [w for w in caught if w.category is ConfigWarning]
    assert not unsafe(str(warning.message))
