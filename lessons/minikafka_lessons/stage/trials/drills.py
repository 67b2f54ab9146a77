"""One drill in many simulated clusters, one for each seed: who dies is drawn, what is left is counted.

Rule: what counts is what the producer was told and what a consumer can read at the end; nobody looks inside. The same
seeds give the same counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import comb
from random import Random

from minikafka import Cluster, TopicPartition
from minikafka.client import NewTopic
from minikafka_lessons.language import say
from minikafka_lessons.show.ink import plain
from minikafka_lessons.show.shares import Share, shares_html

FACTORS = (1, 2, 3)
BROKERS = 5
IMPATIENT_CLUSTER = {"broker.heartbeat.interval.ms": 500, "broker.session.timeout.ms": 2_000}
"""A dead broker is missed after 2 s, not 9: a hundred clusters that wait are what a trial takes its time for."""
ELECTION_S = 4.0
"""Longer than it takes the controller to miss a dead broker and to elect other leaders."""
REST_S = 0.2
RECORDS = 6
IMPATIENT = {"delivery.timeout.ms": 3_000, "request.timeout.ms": 1_000, "linger.ms": 0}


@dataclass
class Counts:
    """In how many runs it came to that: `counts.lost(rf, what)`, `counts.refused(rf, what)`, of `counts.runs`."""

    runs: int = 0
    _lost: Counter[tuple[int, object]] = field(default_factory=Counter)
    _refused: Counter[tuple[int, object]] = field(default_factory=Counter)

    def lost(self, factor: int, what: object = "") -> int:
        """Runs in which a record that was acknowledged couldn't be read."""
        return self._lost[factor, what]

    def refused(self, factor: int, what: object = "") -> int:
        """Runs in which a new record wasn't acknowledged."""
        return self._refused[factor, what]

    @property
    def shares(self) -> dict[tuple[str, str], Share]:
        """For `show.shares`: RF and how many are dead, or RF and what came of maintenance; with the theory."""
        found = {}
        for factor, what in sorted(self._lost, key=str):
            row = f"RF {factor}"
            if isinstance(what, int):
                cell = Share(self._lost[factor, what], self.runs, theory(factor, what))
                found[row, say("{n} dead", n=what)] = cell
            else:
                lost, refused = theory_of_maintenance(factor)
                found[row, say("lost")] = Share(self._lost[factor, what], self.runs, lost)
                found[row, say("refused")] = Share(self._refused[factor, what], self.runs, refused)
        return found

    def _repr_html_(self) -> str:
        cells = self.shares
        rows, columns = (list(dict.fromkeys(key[axis] for key in cells)) for axis in (0, 1))
        title = say("Runs in which acknowledged records can't be read")
        if any(what == "" for _, what in self._lost):
            title = say("One is away, another one dies: in how many runs?")
        return shares_html(title, rows, columns, cells)

    def __repr__(self) -> str:
        return plain(self._repr_html_())


def theory(factor: int, dead: int, brokers: int = BROKERS) -> float:
    """The share of all draws of the dead in which every replica is among them."""
    return comb(brokers - factor, dead - factor) / comb(brokers, dead) if dead >= factor else 0.0


def theory_of_maintenance(factor: int, brokers: int = BROKERS) -> tuple[float, float]:
    """(lost, refused) when one is away and another one dies.

    RF 1 loses what the dead one had, and what either had is refused; RF 2 loses when both were its own; RF 3 loses
    nothing and refuses when two of its three are gone (`min.insync.replicas=2`).
    """
    both = comb(factor, 2) / comb(brokers, 2)
    return {1: (1 / brokers, 2 / brokers), 2: (both, both), 3: (0.0, both)}[factor]


def deaths(seeds: Iterable[int], most: int = 3, brokers: int = BROKERS) -> Counts:
    """One broker after the other dies, drawn by lot, and none comes back: what is left after each death?

    In each cluster there is a topic of each replication factor, with one partition.
    """
    counts = Counts()
    for seed in seeds:
        drill = _Drill(seed, brokers)
        try:
            drill.write(FACTORS)
            for dead, host in enumerate(drill.draw(most), start=1):
                drill.cluster.kill(host)
                drill.cluster.run(ELECTION_S)
                drill.count(counts, dead)
        finally:
            drill.cluster.drop()
        counts.runs += 1
    return counts


def maintenance(seeds: Iterable[int], brokers: int = BROKERS) -> Counts:
    """A broker is stopped for maintenance; records are written; another one dies for ever; the first comes back.

    `refused` counts what was written between the death and the return. Of RF 3, `min.insync.replicas` is 2.
    """
    counts = Counts()
    for seed in seeds:
        drill = _Drill(seed, brokers)
        try:
            away, dies = drill.draw(2)
            drill.cluster.stop_broker(away)
            drill.cluster.run(ELECTION_S)
            drill.write(FACTORS)
            drill.cluster.kill(dies)
            drill.cluster.run(ELECTION_S)
            refused = set(FACTORS) - drill.write(FACTORS)
            drill.cluster.restart(away)
            drill.cluster.run(ELECTION_S)
            drill.count(counts, "", refused)
        finally:
            drill.cluster.drop()
        counts.runs += 1
    return counts


def name_of(factor: int) -> str:
    """The topic with so many replicas."""
    return f"rf-{factor}"


class _Drill:
    """A cluster of one seed, what was acknowledged in it, and who will suffer."""

    def __init__(self, seed: int, brokers: int) -> None:
        self._random = Random(f"dead/{seed}")
        self._brokers = brokers
        self.cluster = Cluster(
            brokers,
            world="simulated",
            seed=seed,
            configs=IMPATIENT_CLUSTER,
            announce=False,
            message_events=False,
        )
        self._told: dict[int, set[bytes]] = {factor: set() for factor in FACTORS}
        self._written = 0
        topics = [
            NewTopic(name_of(n), 1, n, config={"min.insync.replicas": "2" if n == 3 else "1"})
            for n in FACTORS
        ]
        with self.cluster.admin() as admin:
            for made in admin.create_topics(topics).values():
                made.result()
        self.cluster.run(REST_S)

    def draw(self, count: int) -> list[str]:
        """So many brokers, each as likely as the others."""
        hosts = [f"broker-{n}" for n in range(1, self._brokers + 1)]
        return self._random.sample(hosts, count)

    def write(self, factors: Sequence[int]) -> set[int]:
        """Some records into each topic; in which all were acknowledged."""
        failed: set[int] = set()
        producer = self.cluster.producer(IMPATIENT)
        for factor in factors:
            for _ in range(RECORDS):
                self._written += 1
                value = b"%d" % self._written

                def told(error: object, _: object, factor: int = factor, value: bytes = value) -> None:
                    if error is None:
                        self._told[factor].add(value)
                    else:
                        failed.add(factor)

                producer.produce(name_of(factor), value, on_delivery=told)
        producer.flush(30.0)
        producer.close()
        return set(factors) - failed

    def count(self, counts: Counts, what: object, refused: set[int] | None = None) -> None:
        """Read all that there is, and compare."""
        readable = self._read()
        for factor in FACTORS:
            counts._lost[factor, what] += not self._told[factor] <= readable[factor]
        for factor in refused or ():
            counts._refused[factor, what] += 1

    def _read(self) -> dict[int, set[bytes]]:
        """The values in each topic that has a leader; of one that has none nobody can read."""
        found: dict[int, set[bytes]] = {factor: set() for factor in FACTORS}
        snapshot = self.cluster.snapshot()
        ends = {}
        for factor in FACTORS:
            partition = snapshot.partition(name_of(factor), 0)
            if partition.leader is not None:
                ends[factor] = partition.high_watermark or 0
        if not any(ends.values()):
            return found
        consumer = self.cluster.consumer({"group.id": "reader", "enable.auto.commit": False})
        consumer.assign([TopicPartition(name_of(factor), 0, 0) for factor in ends])
        left, idle = sum(ends.values()), 0
        while left > 0 and idle < 10:
            messages = consumer.consume(left, 1.0)
            idle += not messages
            for message in messages:
                if message.error() is None:
                    found[int((message.topic() or "")[-1:])].add(message.value() or b"")
                    left -= 1
        consumer.close()
        return found
