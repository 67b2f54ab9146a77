"""Followers with a rule of yours inside: do they copy, do they catch up, do they know what is committed?

Rule: the cluster is a whole one under the eyes of its invariants; an outcome is the first thing that went wrong, with
the moment, or that all held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from minikafka import Cluster, KafkaException, Rules
from minikafka.cluster import BackgroundFailure
from minikafka.cluster.run_file import RunFile
from minikafka.explore import kept
from minikafka.invariants import InvariantBroken
from minikafka_lessons.language import say, sentence

Story = Literal["copy", "away", "death"]
TOPIC = "orders"
CONFIGS = {"replica.fetch.max.bytes": 400}
"""Small, so that a follower that was away needs many rounds."""
IMPATIENT = {"delivery.timeout.ms": 1_500, "request.timeout.ms": 500, "linger.ms": 0}
HELD = sentence("all held: 3 equal logs, every write was acknowledged, the leader's death cost nothing")


@dataclass(frozen=True)
class Outcome:
    """`kind`: what went wrong; empty: nothing."""

    kind: Literal["", "invariant", "failure", "unanswered", "unequal", "unlearned"] = ""
    name: str = ""
    """Of the invariant."""
    words: str = ""
    at_s: float = 0.0
    run: RunFile | None = field(default=None, compare=False, repr=False)
    """With a mark at the first bad event."""

    @property
    def holds(self) -> bool:
        """Did nothing go wrong?"""
        return not self.kind

    def __repr__(self) -> str:
        return say(HELD) if self.holds else self.words


def follow(rules: Rules, seed: int = 7) -> Outcome:
    """All three stories, one after the other; the first thing that went wrong."""
    stories: tuple[Story, ...] = ("copy", "away", "death")
    return next((found for story in stories if not (found := told(story, rules, seed)).holds), Outcome())


def told(story: Story, rules: Rules, seed: int) -> Outcome:
    """One of them."""
    cluster = Cluster(
        3, world="simulated", seed=seed, configs=CONFIGS, rules=rules, watch_invariants=True, announce=False
    )
    try:
        found = _told(story, cluster)
        return found if found.holds else replace(found, run=kept(cluster, found.at_s))
    finally:
        cluster.drop()


def _told(story: Story, cluster: Cluster) -> Outcome:
    try:
        cluster.create_topic(TOPIC, 1, 3, {"min.insync.replicas": 2})
        return _STORIES[story](cluster)
    except InvariantBroken as broken:
        words = say(
            "{name}, at {at} s: {sentence}",
            name=broken.name,
            at=f"{broken.at_s:.3f}",
            sentence=broken.sentence,
        )
        return Outcome("invariant", broken.name, words, broken.at_s)
    except (BackgroundFailure, KafkaException) as failure:
        cause = str(failure.__cause__ or failure)
        return Outcome(
            "failure", "", say("at {at} s: {what}", at=f"{cluster.now:.3f}", what=cause), cluster.now
        )


def _copy(cluster: Cluster) -> Outcome:
    """Ten records; then nothing more comes."""
    if not _write(cluster, 10):
        return _unanswered(cluster)
    cluster.run(1.5)
    return _unequal(cluster) or _unlearned(cluster) or Outcome()


def _away(cluster: Cluster) -> Outcome:
    """A follower is away while much is written, and comes back."""
    away = cluster.snapshot().partition(TOPIC, 0).replicas[-1].broker
    if not _write(cluster, 3):
        return _unanswered(cluster)
    cluster.kill(away)
    cluster.run(12)
    if not _write(cluster, 25):
        return _unanswered(cluster)
    cluster.restart(away)
    cluster.run(12)
    return _unequal(cluster) or Outcome()


def _death(cluster: Cluster) -> Outcome:
    """The leader can't reach one of its followers, writes, and dies: the other one has more than is committed."""
    if not _write(cluster, 3):
        return _unanswered(cluster)
    replicas = [replica.broker for replica in cluster.snapshot().partition(TOPIC, 0).replicas]
    cluster.partition([replicas[0]], [replicas[-1]])
    producer = cluster.producer(IMPATIENT)
    for n in range(5):
        producer.produce(TOPIC, f"late {n}")
    cluster.run(0.3)
    cluster.kill(replicas[0])
    cluster.run(15)
    return Outcome()


_STORIES: dict[Story, Callable[[Cluster], Outcome]] = {"copy": _copy, "away": _away, "death": _death}


def _write(cluster: Cluster, count: int) -> bool:
    """One after the other; were all acknowledged?"""
    errors: list[object] = []
    producer = cluster.producer(IMPATIENT)
    for n in range(count):
        producer.produce(TOPIC, f"order {n} " + "." * 60, on_delivery=lambda error, _: errors.append(error))
        producer.flush(10)
        if len(errors) <= n or errors[n] is not None:
            return False
    return True


def _unanswered(cluster: Cluster) -> Outcome:
    words = say("at {at} s: a write with acks=all was never acknowledged", at=f"{cluster.now:.3f}")
    return Outcome("unanswered", "", words, cluster.now)


def _unequal(cluster: Cluster) -> Outcome | None:
    ends = {r.broker: r.end for r in cluster.snapshot().partition(TOPIC, 0).replicas}
    if len(set(ends.values())) == 1:
        return None
    where = ", ".join(f"{broker} {end}" for broker, end in sorted(ends.items()))
    words = say("at {at} s the logs end at different offsets: {where}", at=f"{cluster.now:.3f}", where=where)
    return Outcome("unequal", "", words, cluster.now)


def _unlearned(cluster: Cluster) -> Outcome | None:
    found = cluster.snapshot().partition(TOPIC, 0)
    for replica in found.replicas:
        if replica.high_watermark != found.high_watermark:
            words = say(
                "at {at} s the leader's high watermark is {leader}; {broker} believes {own}",
                at=f"{cluster.now:.3f}",
                leader=found.high_watermark,
                broker=replica.broker,
                own=replica.high_watermark,
            )
            return Outcome("unlearned", "", words, cluster.now)
    return None
