"""Exercise 10a: two assignors, judged by what they promise and by groups that live by them.

Rule: an assignment is right if its promises hold, whichever partition goes to whom; only the ranges are Kafka's own.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox
from minikafka_lessons.language import sentence

from . import assignments, living_groups, ranges, sticky

PROPERTIES = {
    **assignments.PROPERTIES,
    **ranges.PROPERTIES,
    **sticky.PROPERTIES,
    **living_groups.PROPERTIES,
}


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """By hand-made and drawn cases, then in clusters."""
    with Sandbox(code, ["assign_range", "assign_sticky"]) as sandbox:
        sandbox.must_define("assign_range", "assign_sticky")
        for seed in seeds:
            ranges.judge_ranges(sandbox, sheet, seed)
            sticky.judge_sticky(sandbox, sheet, seed)
        for seed in seeds:
            living_groups.live(sandbox, sheet, seed)


EXERCISE = Exercise(
    id="10a",
    title=sentence("Who reads what? Your rules `assign_range` and `assign_sticky`"),
    names=("assign_range", "assign_sticky"),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "Range: one topic after the other, and within it only the members that want it, sorted. Sticky: what may "
            "everybody keep? Then: who gets the rest?"
        ),
        sentence(
            "Range: `divmod(count, len(members))` gives how many each one gets, and how many members get one more. "
            "Sticky: a fair share is the same division over all partitions of all topics."
        ),
        sentence(
            "Sticky in three steps: (1) everybody keeps its own partitions; (2) each free one goes to the member with "
            "the fewest; (3) as long as one member has two more than another, one partition moves from the first to "
            "the second, and best one that came to it just now."
        ),
    ),
    minutes=20,
    more=5,
    rule=living_groups.theirs,
)
