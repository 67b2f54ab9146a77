"""`minikafka explore`: many seeds, what broke, and each of that shrunk and kept.

Rule: stdout has the report, which ends with the summary; stderr has the progress bar, if somebody watches. An interrupt
ends the search and not the summary. The status: 0 all held, else by what broke (`verdict.STATUSES`).
"""

from __future__ import annotations

import sys
import time  # noqa: TID251 - how long the search itself takes, of which no run knows
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from minikafka.commands.values import CantBePlayed
from minikafka.explore.case import Case, draw_case
from minikafka.explore.crowd import in_processes
from minikafka.explore.faults import ALL_KINDS
from minikafka.explore.keeping import keep
from minikafka.explore.report import Broken
from minikafka.explore.shrinking import shrink
from minikafka.explore.verdict import Tally, Verdict, verdict_of
from minikafka.world.visible import visible

BAR = 24
ALL, NONE = "all", "none"
INTERRUPTED = 130


@dataclass(frozen=True)
class Search:
    """What was typed."""

    seeds: int
    first_seed: int
    brokers: int | None
    controllers: int | None
    seconds: float
    faults: str
    jobs: int
    shrinks: int
    kept: Path

    def kinds(self) -> tuple[str, ...]:
        """Raises ValueError: one sentence."""
        if self.faults in (ALL, NONE):
            return ALL_KINDS if self.faults == ALL else ()
        wanted = tuple(dict.fromkeys(word.strip() for word in self.faults.split(",") if word.strip()))
        for word in wanted:
            if word not in ALL_KINDS:
                raise ValueError(
                    f"There is no fault {visible(word)!r}; there are: {', '.join(ALL_KINDS)}, or {ALL}, or {NONE}."
                )
        return wanted


def run_explore(search: Search) -> int:
    """The exit status. Raises ValueError: one sentence."""
    kinds = search.kinds()
    seeds = range(search.first_seed, search.first_seed + search.seeds)
    tally, bar, began = Tally(), _Bar(search.seeds), time.monotonic()
    smallest: dict[int, Case] = {}
    draw = partial(
        draw_case,
        brokers=search.brokers,
        controllers=search.controllers,
        seconds=search.seconds,
        kinds=kinds,
    )
    interrupted = False
    try:
        bar.show(tally)
        for seed, verdict in in_processes(partial(look, draw), seeds, search.jobs):
            verdict = verdict or Verdict(seed, 0.0, broken=_DIED)
            tally.add(verdict)
            if verdict.broken is not None:
                bar.say(_first_line(verdict))
            bar.show(tally)
        _shrink_all(search, tally.broken, draw, smallest, bar)
    except KeyboardInterrupt:
        interrupted = True
    bar.clear()
    print(tally.summary(search.seeds, time.monotonic() - began, smallest), flush=True)
    return tally.status or (INTERRUPTED if interrupted else 0)


_DIED = Broken("failure", "the process died", "The process that ran this seed ended without an answer", 0.0)


def look(draw: partial[Case], seed: int) -> Verdict:
    """One seed: in any process."""
    began = time.process_time()
    report = draw(seed).run()
    return verdict_of(report, time.process_time() - began)


def _shrink_all(
    search: Search, broken: Sequence[Verdict], draw: partial[Case], smallest: dict[int, Case], bar: _Bar
) -> None:
    """The first of each name, as many as are wanted: the others are mostly the same again."""
    names: dict[str, Verdict] = {}
    for one in broken:
        assert one.broken is not None
        if one.broken is not _DIED:
            names.setdefault(one.broken.name, one)
    for one in list(names.values())[: search.shrinks]:
        assert one.broken is not None
        tell = partial(bar.shrinking, one.seed)
        found = shrink(draw(one.seed), one.broken, tell=tell)
        smallest[one.seed] = found.case
        directory = search.kept / f"seed-{one.seed}"
        bar.clear()
        print(f"\n{found.case}\n{found.report.broken}")
        try:
            keep(found.case, directory)
            print(
                f"kept in {visible(str(directory))}: run.mkr, open.ipynb, test_seed_{one.seed}.py, report.txt\n"
            )
        except (OSError, CantBePlayed, ValueError) as problem:
            print(f"it can't be kept in {visible(str(directory))}: {problem}\n")


def _first_line(verdict: Verdict) -> str:
    assert verdict.broken is not None
    return f"seed {verdict.seed}: {verdict.breach}: {str(verdict.broken).partition(chr(10))[0]}"


class _Bar:
    """The progress, on a terminal only."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._is_shown = wanted, sys.stderr.isatty()
        self._began = time.monotonic()
        self._drawn = False

    def show(self, tally: Tally) -> None:
        """How far it is."""
        done = tally.runs * BAR // max(1, self._wanted)
        spent = time.monotonic() - self._began
        left = spent / tally.runs * (self._wanted - tally.runs) if tally.runs else 0.0
        broke = f", {len(tally.broken)} broke" if tally.broken else ""
        self._draw(
            f"{'█' * done}{'░' * (BAR - done)} {tally.runs:,}/{self._wanted:,} seeds, "
            f"{tally.virtual_s / 3600:.1f} virtual hours{broke}"
            + (f", {left / 60:.0f} min left" if left >= 60 else f", {left:.0f} s left" if tally.runs else "")
        )

    def shrinking(self, seed: int, runs: int, size: int) -> None:
        """How small it is."""
        self._draw(f"shrinking seed {seed}: {size} commands after {runs} runs")

    def say(self, line: str) -> None:
        """On stdout, above the bar."""
        self.clear()
        print(line, flush=True)

    def _draw(self, text: str) -> None:
        if self._is_shown:
            print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)
            self._drawn = True

    def clear(self) -> None:
        """Nothing is left of it."""
        if self._drawn:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
            self._drawn = False


__all__ = ["Search", "run_explore"]
