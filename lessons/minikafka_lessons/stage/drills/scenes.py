"""The six accidents: what befalls a cluster, when, and to whom.

Rule: all of it comes from the seed, so that the next accident of the same kind befalls another host at another moment.
What a learner is told is the pager's message and what was planned; nothing here is said to a notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from minikafka.commands import Command, Cut, FillDisk, Heal, Kill, Restart, SetClock, Slow, SlowDisk
from minikafka_lessons.language import sentence

BROKERS = ("broker-1", "broker-2", "broker-3")
EVERY_S = 0.5
"""An order is written so often."""
DAY_S = 86_400


@dataclass(frozen=True)
class Fault:
    """A command, so many seconds after the first order."""

    at_s: float
    command: Command


@dataclass(frozen=True)
class Plan:
    """What befalls this time. `host`: whom it is about; `called_s`: when the pager goes off."""

    host: str
    faults: tuple[Fault, ...]
    called_s: float


@dataclass(frozen=True, eq=False)
class Scene:
    """One kind of accident. `replicas` of the topic come in the order of its assignment, the leader first."""

    letter: str
    cause: str
    pager: str
    plan: Callable[[Random, Sequence[str]], Plan]
    seed: int
    """Of the run that a learner looks into."""
    host: str
    at_s: float
    """Its first bad event, in virtual seconds of the cluster."""
    early_s: float = 1.5
    late_s: float = 3.0
    """A moment so long before it or after it is right, too."""
    factor: int = 3
    topic: Mapping[str, str] = field(default_factory=lambda: {"min.insync.replicas": "2"})
    broker: Mapping[str, str] = field(default_factory=dict)
    producer: Mapping[str, str] = field(default_factory=lambda: {"acks": "all"})
    lasts_s: float = 60.0
    is_whole: bool = True
    """When it is mended, are all replicas in sync again?"""


def _begins(random: Random) -> float:
    return round(random.uniform(16.0, 24.0), 1)


def _full(random: Random, replicas: Sequence[str]) -> Plan:
    at_s, host = _begins(random), random.choice(replicas)
    return Plan(host, (Fault(at_s, FillDisk(host)),), at_s + 10)


def _slow(random: Random, replicas: Sequence[str]) -> Plan:
    at_s, host = _begins(random), replicas[1]
    least_s = round(random.uniform(2.8, 4.0), 1)
    return Plan(host, (Fault(at_s, Slow(least_s, least_s + 0.4, (host,), BROKERS)),), at_s + 15)


def _split(random: Random, replicas: Sequence[str]) -> Plan:
    at_s, host = _begins(random), replicas[0]
    others = (*(one for one in BROKERS if one != host), "controller-1")
    cut, heal = Cut((host,), others, is_told=False), Heal(is_told=False)
    return Plan(host, (Fault(at_s, cut), Fault(at_s + random.uniform(18, 24), heal)), at_s + 12)


def _unclean(random: Random, replicas: Sequence[str]) -> Plan:
    at_s = _begins(random)
    first, second = replicas[1], replicas[0]
    faults = (
        Fault(at_s - 10, Kill(first)),
        Fault(at_s + 10, Kill(second)),
        Fault(at_s + 15, Restart(first, is_awaited=False)),
        Fault(at_s + 35, Restart(second, is_awaited=False)),
    )
    return Plan(first, faults, at_s + 22)


def _gray(random: Random, replicas: Sequence[str]) -> Plan:
    at_s, host = _begins(random), random.choice(replicas)
    return Plan(host, (Fault(at_s, SlowDisk(host, round(random.uniform(1.2, 1.8), 1))),), at_s + 15)


def _clock(random: Random, replicas: Sequence[str]) -> Plan:
    # The brokers look for what is too old at each full half minute; between the two is time for somebody who hurries.
    at_s, host = round(random.uniform(32.0, 40.0), 1), replicas[0]
    ahead_s = random.choice((8, 10, 30)) * DAY_S
    return Plan(host, (Fault(at_s, SetClock(host, ahead_s)),), at_s + 8)


SCENES: dict[str, Scene] = {
    scene.letter: scene
    for scene in (
        Scene(
            "A",
            "full disk",
            sentence("For a while now no order goes through. Not one."),
            _full,
            seed=134,
            host="broker-3",
            at_s=16.57,
            factor=2,
        ),
        Scene(
            "B",
            "slow follower",
            sentence("Nothing is red. But whoever orders waits, ten seconds and more."),
            _slow,
            seed=137,
            host="broker-2",
            at_s=22.67,
            late_s=6.0,
            is_whole=False,
        ),
        Scene(
            "C",
            "network split",
            sentence(
                "All is green. But customers call: orders that were confirmed a minute ago are nowhere."
            ),
            _split,
            seed=139,
            host="broker-1",
            at_s=20.17,
            producer={"acks": "1"},
            lasts_s=70.0,
        ),
        Scene(
            "D",
            "unclean election",
            sentence(
                "Both brokers of `orders` were down for a while, one after the other; that is known, and they are "
                "back. But confirmed orders are missing."
            ),
            _unclean,
            seed=147,
            host="broker-2",
            at_s=39.07,
            factor=2,
            topic={"min.insync.replicas": "1", "unclean.leader.election.enable": "true"},
            lasts_s=75.0,
        ),
        Scene(
            "E",
            "gray disk",
            sentence(
                "Nothing is red, all replicas are in sync. But orders take seconds where they took milliseconds."
            ),
            _gray,
            seed=133,
            host="broker-1",
            at_s=18.57,
            late_s=5.0,
            topic={"min.insync.replicas": "2", "flush.messages": "1"},
        ),
        Scene(
            "F",
            "wrong clock",
            sentence("Orders are kept for seven days. Today's are gone, and nobody has deleted anything."),
            _clock,
            seed=142,
            host="broker-2",
            at_s=33.77,
            late_s=29.0,
            topic={"min.insync.replicas": "2", "retention.ms": "604800000"},
            broker={"log.retention.check.interval.ms": "30000"},
            lasts_s=72.0,
        ),
    )
}

CAUSES = (
    "dead broker",
    "dead controller",
    "failed disk",
    "full disk",
    "gray disk",
    "lost messages",
    "network split",
    "slow follower",
    "unclean election",
    "wrong clock",
)
"""What may be behind it: six of these are."""

__all__ = ["CAUSES", "EVERY_S", "SCENES", "Fault", "Plan", "Scene"]
