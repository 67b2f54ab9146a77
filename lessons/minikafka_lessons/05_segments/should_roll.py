"""The rule `should_roll`: when a batch begins a new segment. Part of exercise 5a.

Rule: what is true is Kafka's own rule, on the edges of each condition.
"""

from __future__ import annotations

from random import Random
from typing import Any

from minikafka import Rules
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.grading.words import expect
from minikafka_lessons.language import sentence

OURS = Rules()
PROPERTIES = {
    "roll": (
        sentence(
            "should_roll: a batch that doesn't fit, and only that, begins a new segment"
        ),
        1.0,
    ),
    "old": (
        sentence(
            "should_roll: an old segment is closed, an empty one never for its age"
        ),
        1.0,
    ),
    "limits": (sentence("should_roll: a full index and an offset too far"), 1.0),
}
HINTS = {
    "roll": sentence(
        "Add what is there and what comes, and compare with the limit. Exactly full still fits."
    ),
    "old": sentence(
        "Two conditions at once: older than the limit, and something in it."
    ),
    "limits": sentence("Either of the two flags is enough, whatever the size."),
}


def roll_cases(random: Random) -> list[tuple[str, tuple[Any, ...]]]:
    """(property, arguments)."""
    cases: list[tuple[str, tuple[Any, ...]]] = []
    for _ in range(6):
        limit = random.randrange(1_000, 2_000)
        size = random.randrange(1, limit)
        for more in (limit - size - 1, limit - size, limit - size + 1):
            cases.append(("roll", (size, more, limit, 5, 100, False, False)))
        cases += [
            ("old", (size, 0, limit, age, 100, False, False))
            for age in (99, 100, 101, 5_000)
        ]
        cases.append(("old", (0, 10, limit, 5_000, 100, False, False)))
        cases += [
            ("limits", (size, 0, limit, 5, 100, full, far))
            for full, far in ((True, False), (False, True))
        ]
        cases.append(("limits", (size, 0, limit, 5, 100, False, False)))
    return cases


def roll_mistake(args: tuple[Any, ...], got: Any) -> str:
    """For one case."""
    size, incoming, limit, age, oldest, full, far = args
    if not full and not far and size + incoming == limit and got is True:
        return sentence(
            "Exactly full still fits: roll when there would be *more* than the limit."
        )
    if size <= limit < size + incoming and got is False:
        return sentence(
            "You look at what is there only. What counts is how big the file would be *with* the batch."
        )
    if size == 0 and age > oldest and got is True:
        return sentence(
            "An empty segment never rolls for its age: the new one would be the same again."
        )
    if size and age > oldest and got is False:
        return sentence("This segment has records and is too old, and yet it goes on.")
    return ""


def judge_rolls(sandbox: Sandbox, sheet: Sheet, random: Random, seed: int) -> None:
    """Against Kafka's."""
    cases = roll_cases(random)
    for (name, args), got in zip(
        cases, sandbox.call_each("should_roll", [a for _, a in cases]), strict=True
    ):
        want = OURS.should_roll(*args)
        call = f"should_roll{args}"
        expect(
            sheet,
            name,
            call,
            got,
            want,
            roll_mistake(args, got) or HINTS[name],
            seed,
        )
