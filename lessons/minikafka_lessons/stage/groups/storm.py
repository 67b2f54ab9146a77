"""A rebalance storm: a group that is never at rest, from a seed; what its log says, and what mends it.

Rule: the storm has one cause, and beside it what happens in any group (a deploy, a death), which is not to blame. What
is true of it is read from the coordinator's events.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from random import Random
from typing import Any

from minikafka import Cluster, KafkaException
from minikafka.commands import Cut
from minikafka.world import Traced
from minikafka_lessons.cells import Stumble
from minikafka_lessons.language import say
from minikafka_lessons.stage.groups.team import CONFIG

GROUP, TOPIC = "parcel-sorters", "parcels"
NAMES = ("ada", "bob", "cem", "dora")
LASTS_S, STEP_S = 110.0, 0.5
SETTINGS: Mapping[str, Any] = {"max.poll.interval.ms": 8_000}
LONGEST_WORK_S = 20.0
KINDS = ("MemberJoined", "MemberLeft", "GroupStateChanged")
TOO_SLOW = "max.poll.interval.ms"


class Storm:
    """One run. `log` is what the coordinator wrote, `pauses` what each member's own metrics say."""

    def __init__(self, seed: int, settings: Mapping[str, Any] | None = None, *, hangs: bool = False) -> None:
        self.seed = seed
        random = Random(f"storm/{seed}")
        order = list(NAMES)
        random.shuffle(order)
        self.slow, self.deployed, self.dying = order[:3]
        self._long = [round(random.uniform(11.0, LONGEST_WORK_S - 1), 1) for _ in range(8)]
        self._first_long_s = random.uniform(32.0, 36.0)
        self._hangs = hangs
        self._settings = {**CONFIG, **SETTINGS, **(settings or {}), "group.id": GROUP}
        self.polls: dict[str, list[float]] = {name: [] for name in NAMES}
        cluster = Cluster(brokers=1, world="simulated", seed=seed, announce=False)
        try:
            self._run(cluster)
            self.events = tuple(e for e in cluster.events() if _is_of(e))
        finally:
            cluster.drop()

    def _open(self, cluster: Cluster, name: str) -> Any:
        consumer = cluster.consumer({**self._settings, "client.id": name})
        consumer.subscribe([TOPIC])
        return consumer

    def _run(self, cluster: Cluster) -> None:
        cluster.create_topic(TOPIC, 8)
        members, hosts = {}, {}
        for name in NAMES:
            known = dict.fromkeys(cluster.clients)
            members[name] = self._open(cluster, name)
            hosts[name] = next(host for host in cluster.clients if host not in known)
        began, free_at, long = cluster.now, dict.fromkeys(NAMES, 0.0), list(self._long)
        free_at[self.slow] = 0.0
        next_long, left, died = self._first_long_s, False, False
        while (at := cluster.now - began) < LASTS_S:
            if at >= 14 and not left:
                members.pop(self.deployed).close()
                left = True
            if at >= 21 and self.deployed not in members:
                members[self.deployed] = self._open(cluster, self.deployed)
            if at >= 60 and not died:
                cluster.do(Cut((hosts[self.dying],)))
                members.pop(self.dying)
                died = True
            for name, consumer in members.items():
                if at < free_at[name]:
                    continue
                consumer.poll(0)
                self.polls[name].append(cluster.now)
                if name == self.slow and at >= next_long and long:
                    busy_s = LASTS_S if self._hangs else long.pop(0)
                    free_at[name], next_long = at + busy_s, at + busy_s + 4.0
                else:
                    free_at[name] = at + 1.0
            cluster.run(STEP_S)

    # -- what can be seen

    @property
    def log(self) -> list[str]:
        """The coordinator's lines of this group, numbered from 1."""
        return [f"{n:3}  {one.at:7.2f} s  {_words(one)}" for n, one in enumerate(self.events, 1)]

    @property
    def pauses(self) -> dict[str, float]:
        """For each member the longest time between two polls, in seconds (Kafka's `time-between-poll-max`)."""
        return {
            name: round(max((b - a for a, b in pairwise(at)), default=0.0), 1)
            for name, at in self.polls.items()
        }

    # -- what is true

    @property
    def thrown_out(self) -> list[int]:
        """The numbers of the lines in which a member was lost because it didn't poll."""
        return [n for n, one in enumerate(self.events, 1) if TOO_SLOW in getattr(one.event, "reason", "")
                and one.event.kind == "MemberLeft"]  # fmt: skip

    @property
    def rebalances(self) -> int:
        """How often the group had to begin anew."""
        return sum(getattr(one.event, "new", "") == "PreparingRebalance" for one in self.events)

    def __repr__(self) -> str:
        return "\n".join(self.log)


def storm(seed: int = 10, settings: Mapping[str, Any] | None = None) -> Storm:
    """The storm of this seed; `settings`: what its members have beside their own.

    Raises Stumble for a setting that can't be.
    """
    try:
        return Storm(seed, settings)
    except (KafkaException, TypeError, ValueError) as problem:
        raise Stumble(say("With these settings no consumer starts: {why}", why=problem)) from None


def _is_of(traced: Traced) -> bool:
    event: Any = traced.event
    return event.kind in KINDS and event.group == GROUP


def _words(traced: Traced) -> str:
    event: Any = traced.event
    if event.kind == "MemberJoined":
        return f"{event.client_id} joins"
    if event.kind == "MemberLeft":
        return f"{event.member.split('-')[0]} is out: {event.reason}"
    reason = event.reason.partition(": ")[0]  # what made it leave stands in the line before
    for name in NAMES:
        reason = " ".join(name if word.startswith(f"{name}-") else word for word in reason.split(" "))
    return f"{event.old} → {event.new}, generation {event.generation}: {reason}"


__all__ = ["GROUP", "NAMES", "Storm", "storm"]
