"""Your rules in quorums that have no luck: many small networks, one accident by hand, one whole cluster.

Rule: what breaks is told as a story, with its seed; the same seed tells it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from minikafka import Rules
from minikafka.commands import CreateTopic, Kill, Restart
from minikafka.explore import Fault, Report, Workload, run
from minikafka.explore.quorums import Outcome, disaster
from minikafka.explore.quorums.scenes import left_by_another as _left_by_another
from minikafka.explore.workload import Operating
from minikafka_lessons.language import say

Rule = Callable[..., Any]
TOPIC = CreateTopic("orders", 1, 1)


@dataclass(frozen=True)
class Disasters:
    """`first`: the first that broke something."""

    runs: int
    epochs: int
    first: Outcome | None

    def __str__(self) -> str:
        if self.first is not None:
            return str(self.first)
        return say(
            "{n} quorums with bad luck, {epochs} epochs: one leader each, and nothing that was committed is lost",
            n=self.runs,
            epochs=self.epochs,
        )


def disasters(seeds: Iterable[int] = range(200), **rules: Rule) -> Disasters:
    """`disasters(majority=mine)`: quorums that decide so, until one breaks."""
    runs = epochs = 0
    for seed in seeds:
        outcome = disaster(seed, Rules(**rules))
        runs, epochs = runs + 1, epochs + outcome.epochs
        if outcome.broken is not None:
            return Disasters(runs, epochs, outcome)
    return Disasters(runs, epochs, None)


def left_by_another(seed: int = 1, **rules: Rule) -> Outcome:
    """Three leaders, one after the other; what the first left, the third has."""
    return _left_by_another(seed, Rules(**rules))


@dataclass(frozen=True)
class Lived:
    """What came of a cluster."""

    report: Report

    def __str__(self) -> str:
        if self.report.broken is None:
            return say("Each of three controllers died once: no change that was acknowledged is lost.")
        return "\n".join([*(str(fault) for fault in self.report.befell), str(self.report.broken)])


def three_controllers(rules: Rules, seed: int = 12) -> Lived:
    """A cluster that lives by these rules, watched by its invariants: the controllers die in turn."""
    faults = (
        Fault(1.0, Kill("controller-1")),
        Fault(4.5, Restart("controller-1", is_awaited=False)),
        Fault(5.5, Kill("controller-2")),
        Fault(9.5, Restart("controller-2", is_awaited=False)),
        Fault(10.5, Kill("controller-3")),
        Fault(13.0, Restart("controller-3", is_awaited=False)),
    )
    work = Workload((TOPIC,), (), operators=(Operating("orders"),), every_s=0.5, lasts_s=14.0)
    return Lived(run(seed, work, faults, rules=rules, brokers=1, controllers=3))
