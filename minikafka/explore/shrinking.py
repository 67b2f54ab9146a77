"""Shrinking: the fewest commands that still break a case in the same way.

Rule: what is tried is run; what is kept has broken by the same name. The search is Zeller's delta debugging (`ddmin`)
over clients and faults, then over the numbers in them, and it ends at a bound of runs. Hypothesis shrinks its examples
in the same spirit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from math import ceil
from typing import NamedTuple

import msgspec

from minikafka.explore.case import Case
from minikafka.explore.exploration import ANSWERS_S, run
from minikafka.explore.report import Broken, Report
from minikafka.policy import Rules

MOST_RUNS = 300
LEAST_LASTS_S = 0.5
PATIENCE_S = 60.0
"""A small case is repaired soon, if at all. What is found with less patience has to break with all of it."""

Part = tuple[str, int]
"""`fault`, `operator`, `reader` or `writer`, and which."""


class Shrunk(NamedTuple):
    """The smallest case that was found, its report, and what that took."""

    case: Case
    report: Report
    runs: int


class _Enough(Exception):
    """So many runs were wanted, and no more."""


def shrink(
    case: Case,
    broken: Broken,
    rules: Rules | None = None,
    most_runs: int = MOST_RUNS,
    tell: Callable[[int, int], None] = lambda runs, size: None,
) -> Shrunk:
    """`tell` hears of each run: how many there were, and the size of the smallest case up to now."""
    runs = 0
    for patience_s in (PATIENCE_S, ANSWERS_S):
        search = _Search(case, broken, rules, most_runs, tell, patience_s)
        with suppress(_Enough):
            search.run()
        runs += search.runs
        report = search.best.run(rules)
        if report.broken is not None:
            break
    return Shrunk(search.best, report, runs)


class _Search:
    def __init__(
        self,
        case: Case,
        broken: Broken,
        rules: Rules | None,
        most_runs: int,
        tell: Callable[[int, int], None],
        patience_s: float,
    ) -> None:
        self.best = case
        self._patience_s = patience_s
        self.runs = 0
        self._broken, self._rules, self._most, self._tell = broken, rules, most_runs, tell
        self._tried: dict[bytes, bool] = {}

    def run(self) -> None:
        """Until nothing gets smaller any more."""
        before = None
        while before != self.best:
            before = self.best
            self._cut_off_the_end()
            self._fewer_parts()
            self._smaller_numbers()

    def _breaks(self, case: Case) -> bool:
        """Does this one break in the same way? Then it is the best."""
        key = msgspec.json.encode(case)
        if key not in self._tried:
            if self.runs >= self._most:
                raise _Enough
            self.runs += 1
            report = run_quickly(case, self._rules, self._patience_s)
            same = report.broken is not None and (report.broken.kind, report.broken.name) == (
                self._broken.kind,
                self._broken.name,
            )
            self._tried[key] = same
            if same:
                self.best = case
            self._tell(self.runs, self.best.size)
        return self._tried[key]

    def _cut_off_the_end(self) -> None:
        """Faults that come after it was broken have no part in it."""
        at_s = self._broken.at_s
        self._breaks(_replaced(self.best, faults=tuple(f for f in self.best.faults if f.at_s <= at_s)))

    def _fewer_parts(self) -> None:
        """ddmin: leave out ever smaller shares, as long as it still breaks."""
        parts = _parts(self.best)
        whole, shares = self.best, 2
        while parts:
            size = ceil(len(parts) / shares)
            for start in range(0, len(parts), size):
                rest = parts[:start] + parts[start + size :]
                if self._breaks(_with_parts(whole, rest)):
                    parts, shares = rest, max(shares - 1, 2)
                    break
            else:
                if size == 1:
                    return
                shares = min(len(parts), shares * 2)

    def _smaller_numbers(self) -> None:
        again = True
        while again:
            again = any(self._breaks(case) for case in _simpler(self.best) if case != self.best)


def run_quickly(case: Case, rules: Rules | None, patience_s: float = ANSWERS_S) -> Report:
    """One run, without the second that looks for the first bad event."""
    return run(
        *(case.seed, case.workload, case.faults),
        brokers=case.brokers,
        controllers=case.controllers,
        configs=case.configs,
        rules=rules,
        explain=False,
        patience_s=patience_s,
    )


def _parts(case: Case) -> list[Part]:
    workload = case.workload
    return [
        *(("fault", n) for n in range(len(case.faults))),
        *(("operator", n) for n in range(len(workload.operators))),
        *(("reader", n) for n in range(len(workload.readers))),
        *(("writer", n) for n in range(len(workload.writers))),
    ]


def _with_parts(case: Case, parts: Sequence[Part]) -> Case:
    kept = dict.fromkeys(parts)
    workload = case.workload
    return _replaced(
        case,
        faults=tuple(f for n, f in enumerate(case.faults) if ("fault", n) in kept),
        operators=tuple(o for n, o in enumerate(workload.operators) if ("operator", n) in kept),
        readers=tuple(r for n, r in enumerate(workload.readers) if ("reader", n) in kept),
        writers=tuple(w for n, w in enumerate(workload.writers) if ("writer", n) in kept),
    )


def _replaced(case: Case, **changes: object) -> Case:
    own = {name: value for name, value in changes.items() if name in Case.__struct_fields__}
    inner = {name: value for name, value in changes.items() if name not in own}
    workload = msgspec.structs.replace(case.workload, **inner)
    return msgspec.structs.replace(case, **{"workload": workload, **own})


def _simpler(case: Case) -> Iterator[Case]:
    """One number smaller at a time, the most helpful first."""
    workload = case.workload
    last_s = case.faults[-1].at_s if case.faults else 0.0
    for lasts_s in (last_s, workload.lasts_s / 2):
        if LEAST_LASTS_S <= lasts_s < workload.lasts_s:
            yield _replaced(case, lasts_s=lasts_s)
    if any(topic.partitions > 1 for topic in workload.topics):
        one = tuple(msgspec.structs.replace(topic, partitions=1) for topic in workload.topics)
        yield _replaced(case, topics=one)
    if case.brokers > 3 and not any("broker-4" in str(f) or "broker-5" in str(f) for f in case.faults):
        yield _replaced(case, brokers=3)
    for quorum in (1, 3):
        unknown = [f"controller-{n}" for n in range(quorum + 1, case.controllers + 1)]
        if quorum < case.controllers and not any(host in str(f) for f in case.faults for host in unknown):
            yield _replaced(case, controllers=quorum)
    if case.configs:
        yield _replaced(case, configs={})
    for number, writer in enumerate(workload.writers):
        if writer.count > 1:
            fewer = msgspec.structs.replace(writer, count=writer.count // 2)
            yield _replaced(case, writers=_put(workload.writers, number, fewer))
        for name in writer.config:
            plain = {key: value for key, value in writer.config.items() if key != name}
            plainer = msgspec.structs.replace(writer, config=plain)
            yield _replaced(case, writers=_put(workload.writers, number, plainer))
    yield from _earlier(case)


def _earlier(case: Case) -> Iterator[Case]:
    """Longer waits between faults are cut to a second, or to nothing."""
    before_s = 0.0
    for number, fault in enumerate(case.faults):
        for wait_s in (0.0, 1.0, 5.0):
            saved_s = round(fault.at_s - before_s - wait_s, 3)
            if saved_s > 0:
                moved = tuple(
                    msgspec.structs.replace(f, at_s=round(f.at_s - saved_s, 3)) for f in case.faults[number:]
                )
                yield _replaced(case, faults=(*case.faults[:number], *moved))
        before_s = fault.at_s


def _put(items: tuple[object, ...], number: int, item: object) -> tuple[object, ...]:
    return (*items[:number], item, *items[number + 1 :])


__all__ = ["Shrunk", "shrink"]
