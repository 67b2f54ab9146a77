"""The outcome of one run: it held, or the first thing that broke, when, and the first bad event.

Rule: a report is a value that can be kept and compared, and it says how to see the same again.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from minikafka.cluster.run_file import RunFile
from minikafka.explore.anomalies import Anomaly
from minikafka.explore.faults import Fault
from minikafka.explore.history import History
from minikafka.explore.workload import Workload

FIRST_BAD = "the first bad event"
"""The mark of a broken run at which it broke."""
Kind = Literal["invariant", "anomaly", "progress", "failure"]
"""A rule of the cluster's inside; what clients saw; it never went on; something inside raised what nobody caught."""


class Broken(msgspec.Struct, frozen=True):
    """The first thing that broke."""

    kind: Kind
    name: str
    sentence: str
    at_s: float
    event: str = ""
    """The first bad event, as a line of the timeline; of an anomaly its sentence says all."""

    def __str__(self) -> str:
        first = f"\n  first bad event: {self.event.strip()}" if self.event else ""
        return f"{self.kind} broken at {self.at_s:.6f} s: {self.name}\n  {self.sentence}{first}"


class Report(msgspec.Struct, frozen=True):
    """`holds`, or `broken` says what."""

    seed: int
    workload: Workload
    faults: tuple[Fault, ...]
    broken: Broken | None = None
    anomalies: tuple[Anomaly, ...] = ()
    """Those too that Kafka hadn't promised to keep away: `is_promised`."""
    history: History = History()
    befell: tuple[str, ...] = ()
    """What was done when, and what was left out and why."""
    timeline: str = ""
    """The last events before it broke."""
    ended_s: float = 0.0
    done: tuple[str, ...] = ()
    """The names of the faults that were carried out."""
    run: RunFile | None = None
    """Of a broken one, if it can be played again: all that was done, with a mark at the first bad event."""

    @property
    def holds(self) -> bool:
        """Did all hold?"""
        return self.broken is None

    def __str__(self) -> str:
        if self.broken is None:
            counts = f"{len(self.history.writes)} writes, {len(self.history.reads)} reads"
            return f"seed {self.seed} held: {counts}, {len(self.faults)} faults in {self.ended_s:.0f} s"
        lines = [f"seed {self.seed}: {self.broken}", "what befell:", *(f"  {line}" for line in self.befell)]
        if self.timeline:
            lines += ["the last events:", self.timeline]
        return "\n".join(lines)
