"""Exercise 0a: how many records lie in a partition. It is there to try `check` and `hint`.

Rule: `true_count` never leaves the grader's process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox
from minikafka_lessons.grading.words import known, returned, same
from minikafka_lessons.language import say, sentence


def true_count(start: int, end: int) -> int:
    """What is right."""
    return end - start


PROPERTIES = {
    "from_0": (sentence("counts the records of a log that begins at offset 0"), 2.0),
    "from_later": (sentence("counts them where old records were deleted"), 1.0),
    "empty": (sentence("an empty log has 0 records"), 1.0),
}
CASES = {
    "from_0": ((0, 3), (0, 1), (0, 1_000)),
    "from_later": ((5, 8), (100, 103), (999, 1_000)),
    "empty": ((0, 0), (7, 7)),
}
HINTS = {
    "from_0": sentence(
        "A log with one record begins at 0 and ends at 1. What do you get for it?"
    ),
    "from_later": sentence(
        "Offsets 5, 6 and 7 are there: it begins at 5 and ends at 8. How many are these?"
    ),
    "empty": sentence("Where the next record would be the first, nothing is there."),
}
Rule = Callable[[int, int], int | None]
MISTAKES: tuple[tuple[Rule, str, str], ...] = (
    (
        lambda start, end: end - start + 1,
        "from_0",
        sentence(
            "One too many. No record has the offset `end` yet: the *next* one will get it."
        ),
    ),
    (
        lambda start, end: end - start - 1,
        "from_0",
        sentence(
            "One too few. `end` is not the last record's offset, it is the next one already."
        ),
    ),
    (
        lambda start, end: end,
        "from_later",
        sentence("You count from 0. What lies below `start` was deleted."),
    ),
    (
        lambda start, end: start - end,
        "from_0",
        sentence("The wrong way round: the end is the greater of the two."),
    ),
    (
        lambda start, end: None,
        "from_0",
        sentence(
            "Your function returns nothing. Printing only shows a value; it has to be returned."
        ),
    ),
)


def judge_count(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The cases, and random ones from the hidden seeds."""
    with Sandbox(code, ["records_in"]) as sandbox:
        for seed in (None, *seeds[1:]):
            for name, cases in (CASES if seed is None else random_cases(seed)).items():
                check_count(sandbox, sheet, name, cases, seed)
        cases = [case for group in CASES.values() for case in group]
        got = sandbox.call_each("records_in", cases)
        if mistake := known(MISTAKES, cases, got):
            _, name, hint = mistake
            sheet.sharpen(name, hint)


def check_count(
    sandbox: Sandbox,
    sheet: Sheet,
    name: str,
    cases: Sequence[tuple[int, int]],
    seed: int | None,
) -> None:
    """One property on some cases."""
    for (start, end), got in zip(
        cases, sandbox.call_each("records_in", cases), strict=True
    ):
        if not same(got, true_count(start, end)):
            expected = say("expected {value}", value=true_count(start, end))
            sheet.fail(
                name,
                f"records_in({start}, {end}) {returned(got)}; {expected}",
                HINTS[name],
                seed,
            )
            return
    sheet.seen(name)


def random_cases(seed: int) -> dict[str, list[tuple[int, int]]]:
    """Other numbers, the same three properties."""
    random = Random(seed)
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in CASES}
    for _ in range(20):
        start, count = random.randrange(1, 10_000), random.randrange(1, 500)
        found["from_0"].append((0, count))
        found["from_later"].append((start, start + count))
        found["empty"].append((start, start))
    return found


EXERCISE = Exercise(
    id="0a",
    title=sentence("How many records? Your function `records_in`"),
    names=("records_in",),
    properties=PROPERTIES,
    judge=judge_count,
    hints=(
        sentence(
            "Take the three postcards: they have the offsets 0, 1 and 2, and the next one will get 3."
        ),
        sentence(
            "`end` is the offset of the record that is not there yet, `start` that of the first one that is."
        ),
        sentence("It is the difference of the two: return `end` minus `start`."),
    ),
    minutes=2,
)
