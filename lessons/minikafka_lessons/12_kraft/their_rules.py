"""The four rules of exercises 12a and 12b: Kafka's, a learner's, and what is told of a quorum that broke under them.

Rule: a broken quorum is told by its seed and the last things that befell it, up to what broke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from minikafka import Rules
from minikafka.explore import Report
from minikafka.explore.quorums import Outcome
from minikafka.policy import commit_offset, grants_vote, majority, may_append
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.grading.their_rule import TheirRule
from minikafka_lessons.grading.words import known
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.quorum.trials import three_controllers

TRUE: dict[str, Callable[..., Any]] = {
    "majority": majority,
    "grants_vote": grants_vote,
    "may_append": may_append,
    "commit_offset": commit_offset,
}
KINDS = {"majority": int, "commit_offset": int}
WANTED = {"majority": sentence("a number of voters, an int")}
NETWORKS = 25
"""Of a seed: with the seeds that `check` goes on with, 200."""
TRIES = 5
"""Of an accident by hand, for a seed."""
LAST_STEPS = 7
MORE = 7

Mistake = tuple[Callable[..., Any], str, str]


def theirs(answers: Any, name: str) -> TheirRule:
    """The answer's rule of that name."""
    kind = KINDS.get(name, bool)
    return TheirRule(answers, name, kind, TRUE[name], WANTED.get(name, ""))


def networks(seed: int) -> range:
    """The disasters of a seed."""
    return range(seed * NETWORKS, (seed + 1) * NETWORKS)


def story(outcome: Outcome) -> str:
    """What broke, and what led there."""
    *steps, last = outcome.story
    head = say("{what}, seed {seed}", what=outcome.name, seed=outcome.seed)
    return f"{head}: " + " → ".join([*steps[-LAST_STEPS:], last])


def told_odd(
    rules: Mapping[str, TheirRule],
    sheet: Sheet,
    where: Mapping[str, str],
    hints: Mapping[str, str],
    seed: int,
) -> bool:
    """Was one of them answered with something else than a value?"""
    odd = [
        rule
        for rule in rules.values()
        if rule.told(sheet, where[rule.name], hints[where[rule.name]], seed)
    ]
    return bool(odd)


def sharpen(
    sandbox: Sandbox,
    sheet: Sheet,
    name: str,
    mistakes: Iterable[Mistake],
    cases: Sequence[tuple[Any, ...]],
    others: Sequence[str] = (),
) -> None:
    """A known mistake in that rule has words of its own; they stand where it broke something, else at one of the others."""
    got = sandbox.call_each(name, cases)
    if mistake := known(mistakes, cases, got):
        _, where, hint = mistake
        broke = [place for place in (where, *others) if sheet.failed(place)]
        for place in broke[:1]:
            sheet.sharpen(place, hint)


def judge_cluster(
    sandbox: Sandbox, sheet: Sheet, names: Iterable[str], hint: str, seed: int
) -> None:
    """A whole cluster that lives by these rules, under its invariants."""
    rules = Rules(**{name: theirs(sandbox, name) for name in names})
    report = three_controllers(rules, seed).report
    holds = report.broken is None
    sheet.expect(
        "cluster", holds, "" if holds else of_cluster(report), hint, seed, report.run
    )


def of_cluster(report: Report) -> str:
    """A broken run of a cluster, step by step."""
    assert report.broken is not None
    steps = [" ".join(line.split()) for line in report.befell]
    last = f"{report.broken.at_s:.3f} s {report.broken.name}: {report.broken.sentence}"
    if report.broken.event:
        steps.append(" ".join(report.broken.event.split()))
    return " → ".join([*steps, last])
