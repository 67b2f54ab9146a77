"""One accident, told many times: followers are away, and then the leader is gone for good. What is lost?

Rule: what was acknowledged is compared with what a consumer can read afterwards; the theory is a formula beside it, and
is never asked. One run has a topic for each replication factor and min.insync.replicas: the same accident befalls all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, Literal, NamedTuple

from minikafka import Cluster, NewTopic, Rules
from minikafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from minikafka.commands import CreateTopic, Kill, Slow
from minikafka.explore import Fault, Notebook, Report, Workload, Writing, run
from minikafka.explore.clients import read_whole
from minikafka_lessons.language import say
from minikafka_lessons.show.ink import Picture
from minikafka_lessons.show.shares import Share
from minikafka_lessons.show.shares import shares as draw_shares

Acks = Literal[0, 1, "all"]
Outcome = Literal["kept", "lost", "refused"]

FACTORS = (1, 2, 3)
MINIMA = (1, 2, 3)
ACKS: tuple[Acks, ...] = (0, 1, "all")
BROKERS = ("broker-1", "broker-2", "broker-3")

BETWEEN_BROKERS_S = 0.05
"""So long a message takes from broker to broker …"""
TO_CLIENTS_S = 0.02
"""… and from a client to a broker."""
WRITES_EVERY_S = 0.4
"""Two records, the second so much after the first:"""
SECOND_AFTER_S = 0.02
AWAY = 0.5
"""Each follower is away with this chance, by its own toss of a coin, and long enough to have left the ISR."""


class Setting(NamedTuple):
    """A topic's, and its producer's."""

    replication_factor: int
    acks: Acks
    min_insync: int

    @property
    def topic(self) -> str:
        """Its name: `rf3-min2`."""
        return f"rf{self.replication_factor}-min{self.min_insync}"


EVERY = tuple(Setting(rf, acks, least) for rf in FACTORS for acks in ACKS for least in MINIMA)


NINE: dict[str, tuple[int, Acks, int, tuple[str, ...]]] = {
    "A": (1, "all", 1, ()),
    "B": (2, 1, 1, ()),
    "C": (2, "all", 1, ()),
    "D": (2, "all", 1, BROKERS[1:2]),
    "E": (2, "all", 2, BROKERS[1:2]),
    "F": (3, "all", 2, BROKERS[1:2]),
    "G": (3, "all", 2, BROKERS[1:]),
    "H": (3, 1, 2, BROKERS[1:]),
    "I": (3, "all", 3, BROKERS[2:]),
}
"""The settings of exercise 8b: RF, acks, min.insync.replicas, and who is away."""
ORDERS = CreateTopic("orders", 1, 3, {"min.insync.replicas": "2"})
KILL_LEADER = Kill(BROKERS[0])


class Told(NamedTuple):
    """What became of the records of one topic."""

    acknowledged: int
    missing: int
    """Acknowledged, and not to be found afterwards."""

    @property
    def outcome(self) -> Outcome:
        """In one word; `refused`: nothing was acknowledged any more, so nothing could be lost."""
        if self.missing:
            return "lost"
        return "kept" if self.acknowledged else "refused"


def theory(setting: Setting) -> float:
    """The share of accidents that lose something which had been acknowledged."""
    if setting.replication_factor == 1:
        return 1.0
    alone = AWAY ** (setting.replication_factor - 1)
    if setting.acks == "all":
        return alone if setting.min_insync == 1 else 0.0
    # The first record of two finds a fetch that waits; the second lies at the leader until the followers ask again.
    exposed_s = 2 * BETWEEN_BROKERS_S - SECOND_AFTER_S
    if setting.acks == 0:  # a request that finds nobody is lost, too; it may be of either record
        exposed_s += 2 * TO_CLIENTS_S
    return alone + (1 - alone) * exposed_s / WRITES_EVERY_S


def outcome(
    replication_factor: int, acks: Acks, min_insync: int, away: Sequence[str] = (), *, seed: int = 8
) -> Outcome:
    """One accident: those followers are away, and the leader dies while its last record has not been copied yet."""
    setting = Setting(replication_factor, acks, min_insync)
    with _Accident(seed, [setting]) as accident:
        return accident.befall(away, 3 * WRITES_EVERY_S + 4 * TO_CLIENTS_S)[setting].outcome


def accident(seed: int, acks: Acks, settings: Iterable[Setting] = EVERY) -> dict[Setting, Told]:
    """One accident for all settings with these acks; who is away, and when the leader dies, come from the seed."""
    random = Random(f"accident/{seed}")
    away = [broker for broker in BROKERS[1:] if random.random() < AWAY]
    after_s = (3 + random.random()) * WRITES_EVERY_S
    with _Accident(seed, [one for one in settings if one.acks == acks]) as befallen:
        return befallen.befall(away, after_s)


def slow_network_and_a_death(rules: Rules, *, seed: int) -> Report:
    """A cluster that lives by these rules, watched by its invariants: a slow network, and the leader dies."""
    work = Workload((ORDERS,), (Writing("orders", {"delivery.timeout.ms": 60_000}),), lasts_s=4.0)
    faults = (Fault(0.5, Slow(0.001, 0.3)), Fault(2.0, KILL_LEADER, whom="leader of orders-0"))
    return run(seed, work, faults, rules=rules)


def table(counted: dict[Setting, Share]) -> Picture:
    """The shares as a picture: RF and acks down, min.insync.replicas across."""
    rows = [f"RF {one.replication_factor}, acks={one.acks}" for one in counted]
    columns = [f"min.insync {one.min_insync}" for one in counted]
    cells = dict(zip(zip(rows, columns, strict=True), counted.values(), strict=True))
    title = say("Accidents in which acknowledged records were lost")
    return draw_shares(title, list(dict.fromkeys(rows)), list(dict.fromkeys(columns)), cells)


def shares(seeds: Iterable[int], settings: Sequence[Setting] = EVERY) -> dict[Setting, Share]:
    """In how many of the accidents something was lost, with the theory."""
    lost = dict.fromkeys(settings, 0)
    runs = 0
    for seed in seeds:
        runs += 1
        for acks in ACKS:
            if any(one.acks == acks for one in settings):
                for setting, told in accident(seed, acks, settings).items():
                    lost[setting] += told.outcome == "lost"
    return {setting: Share(lost[setting], runs, theory(setting)) for setting in settings}


class _Accident:
    """A cluster of its own, with the topics of some settings that share their acks."""

    def __init__(self, seed: int, settings: Sequence[Setting]) -> None:
        self._settings = settings
        self._topics = {one.topic: one for one in settings}
        self._acked: dict[str, set[bytes]] = {one.topic: set() for one in settings}
        self._cluster = Cluster(
            brokers=3,
            world="simulated",
            seed=seed,
            configs={"unclean.leader.election.enable": "true"},
            message_events=False,
            announce=False,
        )

    def __enter__(self) -> _Accident:
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.drop()

    def befall(self, away: Sequence[str], after_s: float) -> dict[Setting, Told]:
        """The records, the accident, and the reckoning."""
        cluster = self._cluster
        self._create()
        for broker in away:
            cluster.kill(broker)
        if away:
            cluster.run(15.0)  # the controller misses it after 9 s, and it leaves the ISR
        cluster.do(Slow(BETWEEN_BROKERS_S, BETWEEN_BROKERS_S, BROKERS, BROKERS))
        cluster.run(2.0)
        acks = self._settings[0].acks
        producer = cluster.producer({"acks": acks, "linger.ms": 0, "enable.idempotence": False})
        client = list(cluster.clients)[-1]
        cluster.do(Slow(TO_CLIENTS_S, TO_CLIENTS_S, (client,), BROKERS))
        self._write(producer, after_s)
        cluster.kill(BROKERS[0])
        producer.poll(0)
        acked_before = {topic: len(values) for topic, values in self._acked.items()}
        for broker in away:
            cluster.restart(broker)
        cluster.run(15.0)
        self._lower_the_bar()
        cluster.run(2.0)
        producer.poll(0)
        return {one: self._told(one, acked_before[one.topic]) for one in self._settings}

    def _create(self) -> None:
        with self._cluster.admin() as admin:
            made = admin.create_topics(
                [
                    NewTopic(
                        one.topic,
                        replica_assignment=[[1, 2, 3][: one.replication_factor]],
                        config={"min.insync.replicas": str(one.min_insync)},
                    )
                    for one in self._settings
                ]
            )
            for future in made.values():
                future.result()
        self._cluster.run(1.0)

    def _lower_the_bar(self) -> None:
        """With the leader gone, fewer than min.insync.replicas may be left: the high watermark would stand still, and
        nobody could read what is there. One more record moves it.
        """
        with self._cluster.admin() as admin:
            lower = AlterConfigOpType.SET
            topics = [
                ConfigResource(
                    ResourceType.TOPIC,
                    topic,
                    incremental_configs=[
                        ConfigEntry("min.insync.replicas", "1", incremental_operation=lower)
                    ],
                )
                for topic in self._topics
            ]
            for future in admin.incremental_alter_configs(topics).values():
                future.result()
        self._cluster.run(1.0)
        last = self._cluster.producer({"acks": 1})
        for topic in self._topics:
            last.produce(topic, b"the last")
        last.flush(5.0)

    def _write(self, producer: Any, for_s: float) -> None:
        """Two records to each topic at each turn; the last turn is cut short."""
        number = 0
        while for_s > 0:
            for wait_s in (SECOND_AFTER_S, WRITES_EVERY_S - SECOND_AFTER_S):
                for topic in self._topics if for_s > 0 else ():
                    producer.produce(topic, b"%d" % number, on_delivery=self._note)
                number += 1
                self._cluster.run(max(0.0, min(wait_s, for_s)))
                producer.poll(0)
                for_s -= wait_s

    def _note(self, error: Any, message: Any) -> None:
        if error is None:
            self._acked[message.topic()].add(bytes(message.value()))

    def _told(self, setting: Setting, acked_before: int) -> Told:
        acked = self._acked[setting.topic]
        if self._cluster.snapshot().partition(setting.topic, 0).leader is None:
            return Told(acked_before, len(acked))
        read = read_whole(self._cluster, Notebook(), setting.topic)
        return Told(acked_before, len(acked - {bytes(one.value or b"") for one in read[0]}))


def main(arguments: Sequence[str]) -> None:
    """The whole table as text: `python -m minikafka_lessons.stage.accidents 200`."""
    runs = int(arguments[0]) if arguments else 200
    print(f"{'RF':>2} {'acks':>4} {'min.insync':>10} {'lost':>5} {'of':>4} {'share':>6} {'theory':>6}  95 %")
    for one, share in shares(range(runs)).items():
        low, high = share.interval
        print(
            f"{one.replication_factor:2} {one.acks:>4} {one.min_insync:10} {share.count:5} {share.runs:4} "
            f"{share.share or 0:6.3f} {share.theory or 0:6.3f}  {low:.3f} – {high:.3f}"
            f"{'' if share.agrees else '  theory disagrees'}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
