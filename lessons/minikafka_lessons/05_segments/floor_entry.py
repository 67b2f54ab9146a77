"""The rule `floor_entry`: at which entry of an index a search begins. Part of exercise 5a.

Rule: a known mistake is one that gives the same for every case.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from random import Random

from minikafka import Rules
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.grading.words import expect, known
from minikafka_lessons.language import sentence

OURS = Rules()
PROPERTIES = {
    "floor": (sentence("floor_entry: the last entry that is not greater"), 2.0),
}
HINTS = {
    "floor": sentence("Try it by hand on [10, 20, 30]: for 20, for 25, for 5, for 99."),
}


def floor_cases(random: Random) -> list[tuple[list[int], int]]:
    """Empty, below, equal, between, above."""
    cases: list[tuple[list[int], int]] = [
        ([], 5),
        ([10], 9),
        ([10], 10),
        ([10], 11),
        ([0], 0),
    ]
    for _ in range(6):
        entries = sorted(random.sample(range(1, 10_000), random.randrange(2, 40)))
        cases += [
            (entries, one)
            for one in (entries[0] - 1, entries[0], entries[-1], entries[-1] + 7)
        ]
        cases += [(entries, random.randrange(10_001)) for _ in range(6)]
    return cases


MISTAKES: tuple[tuple[Callable[[list[int], int], int], str], ...] = (
    (
        lambda e, t: bisect_left(e, t) - 1,
        sentence(
            "You leave an entry out that is equal to the target: it is not greater, so it counts."
        ),
    ),
    (
        lambda e, t: bisect_left(e, t),
        sentence(
            "You give the first entry that is *not smaller*: a scan from there never comes back to what lies before."
        ),
    ),
    (
        lambda e, t: OURS.floor_entry(e, t) + 1,
        sentence(
            "One too far: you give where the target would be inserted, not the entry before."
        ),
    ),
    (
        lambda e, t: max(0, OURS.floor_entry(e, t)),
        sentence(
            "When all entries are greater there is none: −1, not 0. Entry 0 would lie behind the record."
        ),
    ),
    (
        lambda e, t: e[OURS.floor_entry(e, t)] if OURS.floor_entry(e, t) >= 0 else -1,
        sentence("You return the entry itself. Its position in the list is asked."),
    ),
)
"""A rule, and what to say to whoever wrote it."""


def judge_floor(sandbox: Sandbox, sheet: Sheet, random: Random, seed: int) -> None:
    """Against Kafka's."""
    cases = floor_cases(random)
    every = sandbox.call_each("floor_entry", cases)
    for (entries, target), got in zip(cases, every, strict=True):
        want = OURS.floor_entry(entries, target)
        near = entries if len(entries) < 8 else [*entries[:3], "…", *entries[-3:]]
        call = f"floor_entry([{', '.join(map(str, near))}], {target})"
        expect(sheet, "floor", call, got, want, HINTS["floor"], seed)
    if sheet.failed("floor") and (mistake := known(MISTAKES, cases, every)):
        sheet.sharpen("floor", mistake[1])
