"""Power cuts and crashes: what was acknowledged, what is left of it, and how many syncs it took.

Rule: what counts is what producers were told and what a consumer reads at the end. A crash is the process's end (the
page cache stays), a power cut the machine's (what was not synced may be gone); whoever is hit starts again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, NamedTuple

from minikafka import Cluster, NewTopic, Rules
from minikafka.cluster.run_file import RunFile
from minikafka.commands import Slow
from minikafka.explore import Notebook, kept
from minikafka.explore.clients import read_whole
from minikafka_lessons.language import say, sentence
from minikafka_lessons.show.ink import plain
from minikafka_lessons.show.shares import Share, shares_html

TOPIC = "orders"
BROKER = "broker-1"
TOGETHER = 3
"""So many producers wait for an answer; when all write at one moment, their batches arrive at one moment."""
WAY_S = 0.0005
PRODUCERS: tuple[dict[str, Any], ...] = (
    {"acks": "all"},
    {"acks": "all"},
    {"acks": 1},
    {"acks": 0},
)
Kind = Literal["together", "alone", "unasked"]
"""Of a burst: three batches at one moment; one batch; one that nobody waits for (acks=0)."""
KINDS: tuple[Kind, ...] = ("together", "alone", "unasked")
WRITERS: dict[Kind, tuple[int, ...]] = {"together": (0, 1, 2), "alone": (0,), "unasked": (3,)}


class Loss(NamedTuple):
    """A record that was acknowledged and is gone."""

    value: str
    told_s: float
    cut_s: float

    def __str__(self) -> str:
        return say(
            "{value} was acknowledged at {told} s, the power failed at {cut} s, and no consumer finds it",
            value=self.value,
            told=f"{self.told_s:.3f}",
            cut=f"{self.cut_s:.3f}",
        )


@dataclass
class Outages:
    """What became of one replica's records: `acknowledged`, `lost`, `syncs`."""

    cuts: int
    acknowledged: int = 0
    lost: int = 0
    first: Loss | None = None
    """The first that was lost."""
    bursts: Counter[Kind] = field(default_factory=Counter)
    syncs_in: Counter[Kind] = field(default_factory=Counter)
    """By the kind of burst that they came with."""
    batches: int = 0
    """That were acknowledged."""
    run: RunFile | None = field(default=None, compare=False, repr=False)
    """If something was lost, with a mark where the power fails that took the first of it."""

    @property
    def syncs(self) -> int:
        """All of them."""
        return self.syncs_in.total()

    def __repr__(self) -> str:
        said = say(
            "{cuts} power cuts: {n} records acknowledged in {batches} batches, {lost} of them lost; {syncs} syncs",
            cuts=self.cuts,
            n=self.acknowledged,
            batches=self.batches,
            lost=self.lost,
            syncs=self.syncs,
        )
        return said if self.first is None else f"{said}\n{self.first}"


def power_cuts(rules: Rules | None = None, *, cuts: int = 20, seed: int = 6) -> Outages:
    """One broker, one replica; bursts of records, then the power fails, again and again."""
    return _Broker(rules or Rules(), cuts, seed).live()


class _Broker:
    """A broker of one seed, whose power fails now and then."""

    def __init__(self, rules: Rules, cuts: int, seed: int) -> None:
        self._random = Random(f"power/{seed}")
        self._found = Outages(cuts)
        self._should_flush = rules.should_flush
        self._syncs = 0
        self._told: dict[str, float] = {}
        self._cut_s: list[float] = []
        self._written = 0
        self._cluster = Cluster(
            1,
            world="simulated",
            seed=seed,
            rules=Rules(should_flush=self._counted),
            announce=False,
            message_events=False,
        )

    def _counted(self, *args: int) -> bool:
        is_due = self._should_flush(*args)
        self._syncs += bool(is_due)
        return is_due

    def live(self) -> Outages:
        """From the first record to the reckoning."""
        cluster, random = self._cluster, self._random
        try:
            cluster.create_topic(TOPIC, 1, 1)
            for number in range(self._found.cuts):
                producers = [
                    cluster.producer({"linger.ms": 0, "enable.idempotence": False, **config})
                    for config in PRODUCERS
                ]
                cluster.do(Slow(WAY_S, WAY_S))  # all links: what leaves at one moment arrives at one moment
                self._burst("together", producers)  # from now on all of them know the leader
                for _ in range(1 + number % 2):
                    self._burst(random.choice(KINDS), producers)
                cluster.run(random.random() * 0.05)
                self._cut_s.append(cluster.now)
                cluster.power_cut(BROKER)
                cluster.restart(BROKER)
                for producer in producers:
                    producer.close(0)
            self._reckon()
        finally:
            cluster.drop()
        return self._found

    def _burst(self, kind: Kind, producers: list[Any]) -> None:
        """Some records at one moment, and a moment in which they are answered."""
        found, before = self._found, self._syncs
        found.bursts[kind] += 1
        for writer in WRITERS[kind]:
            for _ in range(self._random.randint(1, 3)):
                self._written += 1
                if kind == "unasked":
                    producers[writer].produce(TOPIC, f"click {self._written}")
                else:
                    producers[writer].produce(TOPIC, f"order {self._written}", on_delivery=self._note)
            found.batches += kind != "unasked"
        self._cluster.run(0.02)
        found.syncs_in[kind] += self._syncs - before

    def _note(self, error: Any, message: Any) -> None:
        if error is None:
            self._told[message.value().decode()] = self._cluster.now

    def _reckon(self) -> None:
        records = read_whole(self._cluster, Notebook(), TOPIC)[0]
        readable = {bytes(record.value or b"").decode() for record in records}
        lost = [value for value in self._told if value not in readable]
        self._found.acknowledged, self._found.lost = len(self._told), len(lost)
        if lost:
            told_s = self._told[lost[0]]
            cut_s = next(at for at in self._cut_s if at >= told_s)
            self._found.first = Loss(lost[0], told_s, cut_s)
            self._found.run = kept(self._cluster, cut_s)


FACTORS = (1, 2, 3)
BROKERS = ("broker-1", "broker-2", "broker-3")
ACCIDENTS: dict[str, tuple[str, Callable[[Cluster, str], None], tuple[str, ...]]] = {
    "one crash": (sentence("leader crashes"), Cluster.kill, BROKERS[:1]),
    "all crash": (sentence("all crash"), Cluster.kill, BROKERS),
    "one dark": (sentence("leader: power cut"), Cluster.power_cut, BROKERS[:1]),
    "all dark": (sentence("all: power cut"), Cluster.power_cut, BROKERS),
}
"""In a word; for people; what it is, and whom it befalls. Afterwards whoever was hit starts again."""
IMPATIENT_CLUSTER = {"broker.heartbeat.interval.ms": 500, "broker.session.timeout.ms": 2_000}
RECORDS = 10


@dataclass
class Outcomes:
    """In how many of `runs` runs acknowledged records were gone: `outcomes.lost(rf, accident)`."""

    runs: int
    flush_messages: int | None = None
    _lost: Counter[tuple[int, str]] = field(default_factory=Counter)

    def lost(self, factor: int, accident: str) -> int:
        """Of `ACCIDENTS`."""
        return self._lost[factor, accident]

    def _repr_html_(self) -> str:
        rows = [f"RF {factor}" for factor in FACTORS]
        columns = [say(words) for words, _, _ in ACCIDENTS.values()]
        cells = {
            (f"RF {factor}", say(words)): Share(self.lost(factor, accident), self.runs, None)
            for factor in FACTORS
            for accident, (words, _, _) in ACCIDENTS.items()
        }
        title = say("Runs in which acknowledged records were lost")
        if self.flush_messages is not None:
            title += f" (flush.messages={self.flush_messages})"
        return shares_html(title, rows, columns, cells)

    def __repr__(self) -> str:
        return plain(self._repr_html_())


def crashes_and_cuts(seeds: Iterable[int], flush_messages: int | None = None) -> Outcomes:
    """Each accident in a cluster of its own for each seed: three topics, RF 1, 2 and 3, all written with acks=all.

    `flush_messages`: the topics' `flush.messages`, if not Kafka's default, which never syncs.
    """
    outcomes = Outcomes(0, flush_messages)
    for seed in seeds:
        outcomes.runs += 1
        for accident in ACCIDENTS:
            for factor in lost_in(accident, seed, flush_messages):
                outcomes._lost[factor, accident] += 1
    return outcomes


def lost_in(accident: str, seed: int, flush_messages: int | None = None) -> list[int]:
    """The replication factors of which acknowledged records are gone after this accident."""
    _, befall, whom = ACCIDENTS[accident]
    cluster = Cluster(
        3,
        world="simulated",
        seed=seed,
        configs=IMPATIENT_CLUSTER,
        announce=False,
        message_events=False,
    )
    told: dict[str, set[bytes]] = {f"rf-{factor}": set() for factor in FACTORS}

    def note(error: Any, message: Any) -> None:
        if error is None:
            told[message.topic()].add(bytes(message.value()))

    try:
        with cluster.admin() as admin:
            config = {} if flush_messages is None else {"flush.messages": str(flush_messages)}
            topics = [NewTopic(f"rf-{n}", replica_assignment=[[1, 2, 3][:n]], config=config) for n in FACTORS]
            for made in admin.create_topics(topics).values():
                made.result()
        with cluster.producer({"acks": "all", "linger.ms": 0}) as producer:
            for n in range(RECORDS):
                for topic in told:
                    producer.produce(topic, f"{n}", on_delivery=note)
                producer.flush()
        for host in whom:
            befall(cluster, host)
        cluster.run(4.0)  # the controller has missed them
        for host in whom:
            cluster.restart(host)
        cluster.run(4.0)
        return [
            factor for factor in FACTORS if not told[f"rf-{factor}"] <= _readable(cluster, f"rf-{factor}")
        ]
    finally:
        cluster.drop()


def _readable(cluster: Cluster, topic: str) -> set[bytes]:
    if cluster.snapshot().partition(topic, 0).leader is None:
        return set()
    return {bytes(record.value or b"") for record in read_whole(cluster, Notebook(), topic)[0]}
