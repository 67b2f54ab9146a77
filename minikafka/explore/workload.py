"""A workload: which topics there are, and who writes and reads them, as a frozen value.

Rule: equal workloads on equal seeds do the same. `draw_workload` draws one from a seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec

from minikafka.commands import CreateTopic

EVERY_S = 0.25
Config = dict[str, str | int | float | bool]

PATIENT: Config = {"delivery.timeout.ms": 300_000}
"""Longer than faults last, so every write is acknowledged in the end."""
ASSIGNORS = ("range", "roundrobin", "cooperative-sticky")


class Writing(msgspec.Struct, frozen=True):
    """A producer that writes `count` records at every turn."""

    topic: str
    config: Config = {}
    count: int = 1


class Reading(msgspec.Struct, frozen=True):
    """A member of a group that reads, and commits what it has read, at every turn."""

    topic: str
    group: str
    config: Config = {}


class Operating(msgspec.Struct, frozen=True):
    """An operator that changes a setting of that topic, at every turn if the last change was answered."""

    topic: str


class Workload(msgspec.Struct, frozen=True):
    """All clients have a turn every `every_s` virtual seconds, for `lasts_s`; faults that come later make it longer."""

    topics: tuple[CreateTopic, ...]
    writers: tuple[Writing, ...]
    readers: tuple[Reading, ...] = ()
    every_s: float = EVERY_S
    lasts_s: float = 30.0
    operators: tuple[Operating, ...] = ()


ORDERS = Workload(
    topics=(CreateTopic("orders", 3, 3, {"min.insync.replicas": "2"}),),
    writers=(Writing("orders", PATIENT), Writing("orders", {**PATIENT, "acks": "1"})),
    readers=(Reading("orders", "billing"), Reading("orders", "billing")),
)
"""A careful producer, a careless one, and a group of two."""


def draw_workload(seed: int, in_flight: Sequence[int] = (), brokers: int = 3) -> Workload:
    """One of many. `in_flight`: how many batches the writer that is promised most may have on their way."""
    random = Random(f"workload/{seed}")
    partitions = random.choice((1, 2, 3, 5))
    # With 1, one broker that loses what it had not synced may lose what was acknowledged.
    factor = min(3, brokers)
    topic = CreateTopic("orders", partitions, factor, {"min.insync.replicas": str(min(2, factor))})
    careful = dict(PATIENT)
    if in_flight:
        careful["max.in.flight.requests.per.connection"] = Random(f"in flight/{seed}").choice(in_flight)
    writers = [Writing("orders", careful, random.choice((1, 1, 3)))]
    for _ in range(random.randrange(3)):
        config: Config = {
            **PATIENT,
            "acks": random.choice(("all", "all", "1")),
            "enable.idempotence": False,
            "linger.ms": random.choice((0, 5, 100)),
            "compression.type": random.choice(("none", "gzip")),
        }
        writers.append(Writing("orders", config, random.choice((1, 2, 10))))
    assignor = random.choice(ASSIGNORS)
    reading = Reading("orders", "billing", {"partition.assignment.strategy": assignor})
    return Workload((topic,), tuple(writers), (reading,) * random.randrange(4))
