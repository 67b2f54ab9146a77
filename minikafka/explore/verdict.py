"""The verdict on one seed, and the summary of many.

Rule: what broke is a breach of safety, of liveness, or a crash, and each has its exit status. TigerBeetle's simulator
tells the three apart in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from minikafka.explore.case import Case
from minikafka.explore.report import Broken, Report

Breach = Literal["safety", "liveness", "crash"]
BREACHES: Mapping[str, Breach] = {
    "invariant": "safety",
    "anomaly": "safety",
    "progress": "liveness",
    "failure": "crash",
}
"""By the kind of what broke."""
STATUSES: Mapping[Breach, int] = {"safety": 3, "liveness": 4, "crash": 5}
"""Of the command; of several, the first in this order."""


class Verdict(msgspec.Struct, frozen=True):
    """What is kept of a run when its history is let go."""

    seed: int
    virtual_s: float
    faults: tuple[str, ...] = ()
    """The names of those that were carried out."""
    writes: int = 0
    reads: int = 0
    broken: Broken | None = None
    processor_s: float = 0.0

    @property
    def breach(self) -> Breach | None:
        """None: it held."""
        return None if self.broken is None else BREACHES[self.broken.kind]


def verdict_of(report: Report, processor_s: float) -> Verdict:
    """A report in short, and what it took."""
    writes, reads = len(report.history.writes), len(report.history.reads)
    return Verdict(report.seed, report.ended_s, report.done, writes, reads, report.broken, processor_s)


class Tally:
    """What all runs up to now came to."""

    def __init__(self) -> None:
        self.runs = self.writes = self.reads = 0
        self.virtual_s = self.processor_s = 0.0
        self.faults: dict[str, int] = {}
        self.broken: list[Verdict] = []

    def add(self, verdict: Verdict) -> None:
        """One more."""
        self.runs += 1
        self.writes += verdict.writes
        self.reads += verdict.reads
        self.virtual_s += verdict.virtual_s
        self.processor_s += verdict.processor_s
        for name in verdict.faults:
            self.faults[name] = self.faults.get(name, 0) + 1
        if verdict.broken is not None:
            self.broken.append(verdict)
            self.broken.sort(key=lambda one: one.seed)

    @property
    def status(self) -> int:
        """The exit status."""
        found = [one.breach for one in self.broken]
        return next((status for breach, status in STATUSES.items() if breach in found), 0)

    def summary(self, wanted: int, spent_s: float, smallest: Mapping[int, Case]) -> str:
        """For people, several lines; `smallest` has the cases that were shrunk, by seed."""
        runs = f"{wanted:,} run{'s' if wanted != 1 else ''}"
        runs = runs if self.runs == wanted else f"{self.runs:,} of {runs}"
        speed = self.virtual_s / self.processor_s if self.processor_s else 0.0
        lines = [
            f"{runs}, {self.virtual_s / 3600:.1f} virtual hours in {_minutes(spent_s)} "
            f"({speed:.0f} virtual seconds a processor second), {self.writes:,} writes, {self.reads:,} reads",
            f"faults: {self._counted() or 'none'}",
        ]
        if not self.broken:
            return "\n".join(
                [*lines, "Everything held: no invariant, no client's history, no progress broken."]
            )
        lines.append(f"{len(self.broken)} broke:")
        groups: dict[tuple[str, str], list[Verdict]] = {}
        for one in self.broken:
            assert one.broken is not None
            groups.setdefault((f"{one.breach}, {one.broken.kind}", one.broken.name), []).append(one)
        for (kind, name), members in groups.items():
            lines.append(f"  {kind}: {name}: {len(members)}")
            for one in members:
                case = smallest.get(one.seed)
                size = f", shrunk to {case.size} commands" if case is not None else ""
                lines.append(f"    seed {one.seed}{size}")
        return "\n".join(lines)

    def _counted(self) -> str:
        most = sorted(self.faults.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{count:,} {name}" for name, count in most)


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


__all__ = ["STATUSES", "Tally", "Verdict", "verdict_of"]
