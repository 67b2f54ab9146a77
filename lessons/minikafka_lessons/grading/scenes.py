"""Small worlds in which answers are judged: simulated clusters, the same for the same seed.

Rule: what is true is read by the grader's own clients and from snapshots, never asked of the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from minikafka import Cluster, Rules
from minikafka.explore import kept
from minikafka_lessons.grading.sandbox import AnswerFailed, Odd, Raised, Sandbox

STATIONS = ("seattle", "san-francisco", "anchorage", "miami")


@contextmanager
def cluster(
    seed: int, *, brokers: int = 3, rules: Rules | None = None, configs: dict[str, Any] | None = None
) -> Iterator[Cluster]:
    """A simulated cluster, of three brokers unless it says otherwise."""
    made = Cluster(
        brokers=brokers, world="simulated", seed=seed, rules=rules, configs=configs, announce=False
    )
    try:
        yield made
    finally:
        try:
            made.close()
        except Exception:
            # The answer may have left the clients in any state; what counts has been read already.
            pass


def moment_of(made: Cluster, kind: str, *, host: str = "", since_s: float = 0.0, **about: Any) -> float:
    """When the first such event came; now, if none did."""
    for traced in made.events():
        event = traced.event
        is_such = event.kind == kind and traced.at >= since_s and host in ("", traced.host)
        if is_such and all(getattr(event, name) == value for name, value in about.items()):
            return traced.at
    return made.now


def rows(random: Random, count: int) -> list[tuple[str, str]]:
    """Readings of some weather stations: (station, "n,temperature")."""
    found = []
    for n in range(count):
        station = STATIONS[random.randrange(len(STATIONS))]
        found.append((station, f"{n},{random.randrange(-50, 350) / 10}"))
    return found


def write(made: Cluster, topic: str, records: list[tuple[str | None, str]]) -> None:
    """The grader's own producer."""
    with made.producer() as producer:
        for key, value in records:
            producer.produce(topic, value, key)
        producer.flush()


def read_topic(made: Cluster, topic: str) -> dict[int, list[tuple[str | None, str | None]]]:
    """Every record of a topic by partition, in offset order, by the grader's own consumer."""
    ends = {p.index: p.high_watermark or 0 for p in made.snapshot().topic(topic).partitions}
    found: dict[int, list[tuple[str | None, str | None]]] = defaultdict(list)
    consumer = made.consumer(
        {"group.id": "the-grader", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    )
    from minikafka import TopicPartition

    consumer.assign([TopicPartition(topic, index, 0) for index in ends])
    left, idle = sum(ends.values()), 0
    while left > 0 and idle < 60:
        message = consumer.poll(1.0)
        if message is None:
            idle += 1
        elif message.error() is None and (index := message.partition()) is not None:
            found[index].append((text(message.key()), text(message.value())))
            left -= 1
    consumer.close()
    return dict(found)


def text(data: bytes | None) -> str | None:
    """UTF-8, or what can be shown of it."""
    return None if data is None else data.decode("utf-8", "replace")


def rule(
    sandbox: Sandbox, name: str, otherwise: Callable[..., Any], seen: list[tuple[Any, ...]]
) -> Callable[..., Any]:
    """The answer's function as a rule: called over there, its values made plain; `seen` gets (args, value).

    What is no int or None would break the cluster rather than the answer, so that `otherwise` stands in.
    """

    def replaced(*args: Any) -> Any:
        plain = tuple(bytes(a) if isinstance(a, bytes | bytearray | memoryview) else a for a in args)
        value = sandbox.call(name, *plain)
        seen.append((plain, value))
        if value is None or type(value) is int:
            return value
        return otherwise(*args)

    return replaced


__all__ = [
    "STATIONS",
    "AnswerFailed",
    "Odd",
    "Raised",
    "cluster",
    "kept",
    "moment_of",
    "read_topic",
    "rows",
    "rule",
    "text",
    "write",
]
