"""Controllers and brokers die; does what is asked then get done, or does it wait?

Rule: each drill is a small cluster of its own, and is asked as any client would ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikafka import Cluster, KafkaException, NewTopic
from minikafka_lessons.language import say

TOPIC = "led"
PATIENCE_S = 25.0
"""So long the client waits for what it asked."""
DONE, WAITS = "done", "waits"


@dataclass(frozen=True)
class Drill:
    """`controllers`, of which so many die, the leader first; then perhaps a partition's leader; then it is asked."""

    controllers: int
    dead: int
    asks: str
    """`write` to a topic that is there, or `create` another one."""
    broker_dies: bool = False
    one_returns: bool = False


DRILLS = {
    "A": Drill(3, 1, "create"),
    "B": Drill(3, 2, "create"),
    "C": Drill(3, 2, "write"),
    "D": Drill(3, 2, "write", broker_dies=True),
    "E": Drill(4, 2, "create"),
    "F": Drill(5, 2, "create"),
    "G": Drill(3, 2, "create", one_returns=True),
}
"""Of exercise 12c."""


def drill(name: str, seed: int = 12) -> str:
    """What becomes of it: "done" or "waits"."""
    wanted = DRILLS[name]
    with Cluster(
        3, controllers=wanted.controllers, world="simulated", seed=seed, message_events=False, announce=False
    ) as cluster:
        cluster.create_topic(TOPIC, 1, 3)
        cluster.run(1)
        active = str(cluster.snapshot().controller)
        others = [one.name for one in cluster.snapshot().controllers if one.name != active]
        dying = [active, *others][: wanted.dead]
        for host in dying:
            cluster.kill(host)
        if wanted.broker_dies:
            cluster.kill(str(cluster.snapshot().partition(TOPIC, 0).leader))
        if wanted.one_returns:
            cluster.run(5)
            cluster.restart(dying[-1])
        return DONE if (_writes(cluster) if wanted.asks == "write" else _creates(cluster)) else WAITS


def _writes(cluster: Any) -> bool:
    told = []
    producer = cluster.producer(
        {"acks": "all", "linger.ms": 0, "delivery.timeout.ms": int(PATIENCE_S * 1000)}
    )
    producer.produce(TOPIC, b"still there?", on_delivery=lambda error, _: told.append(error is None))
    producer.flush(PATIENCE_S)
    return told == [True]


def _creates(cluster: Any) -> bool:
    with cluster.admin() as admin:
        asked = admin.create_topics([NewTopic("new", 1, 1)], request_timeout=PATIENCE_S)["new"]
        try:
            asked.result(PATIENCE_S)
        except (KafkaException, TimeoutError):
            return False
    return True


@dataclass(frozen=True)
class AtOnce:
    """How long a write, and how long a new topic took, in seconds, right after the controllers' leader was killed.
    `is_written`: the write was acknowledged."""

    is_written: bool
    write_s: float
    create_s: float

    def __str__(self) -> str:
        return say(
            "a write with acks=all took {write} s, a new topic {create} s",
            write=f"{self.write_s:.3f}",
            create=f"{self.create_s:.3f}",
        )


def death_at_once(cluster: Any, topic: str) -> AtOnce:
    """Kill the active controller of the lesson's cluster; write to that topic, and create one more, at once."""
    cluster.kill(cluster.snapshot().controller)
    began, errors = cluster.now, []
    with cluster.producer({"acks": "all", "linger.ms": 0}) as producer:
        producer.produce(topic, b"is anybody in charge?", on_delivery=lambda error, _: errors.append(error))
        producer.flush()
    write_s, began = cluster.now - began, cluster.now
    cluster.create_topic(f"{topic}-after", partitions=1, afresh=True)
    return AtOnce(errors == [None], write_s, cluster.now - began)
