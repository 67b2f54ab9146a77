"""Exercise 5a: the rules `should_roll`, `floor_entry` and `segments_to_delete`, judged alone and in a broker that lives by
them.

Rule: each rule by itself against Kafka's, then all three together; one mistake costs what it breaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox
from minikafka_lessons.language import sentence

from . import broker_life, floor_entry, segments_to_delete, should_roll

PROPERTIES = {
    **should_roll.PROPERTIES,
    **floor_entry.PROPERTIES,
    **segments_to_delete.PROPERTIES,
    **broker_life.PROPERTIES,
}


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Each rule by itself, then a broker with all three."""
    with Sandbox(code, broker_life.NAMES) as sandbox:
        sandbox.must_define(*broker_life.NAMES)
        for seed in seeds:
            random = Random(seed)
            should_roll.judge_rolls(sandbox, sheet, random, seed)
            floor_entry.judge_floor(sandbox, sheet, random, seed)
            segments_to_delete.judge_retention(sandbox, sheet, random, seed)
        for seed in seeds:
            broker_life.judge_alive(sandbox, sheet, seed)


EXERCISE = Exercise(
    id="5a",
    title=sentence("Your rules `should_roll`, `floor_entry`, `segments_to_delete`"),
    names=broker_life.NAMES,
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "Each sentence of the text is one condition. `should_roll` is four of them with `or` between; `floor_entry` is "
            "Python's `bisect` minus one; `segments_to_delete` is a counter that only grows."
        ),
        sentence(
            "`segments_to_delete`: first a small function that says whether a segment may go at all. Then three `while` loops "
            "that share the counter. The second needs to know how many bytes are left."
        ),
        sentence(
            "While the counter is in range, the segment there may go, and the reason holds: count one up. Reasons: "
            "now − newest > retention_ms; bytes left − its size ≥ retention_bytes; its next offset ≤ the smaller one of "
            "log_start and high_watermark (this one only for segments before the last)."
        ),
    ),
    minutes=15,
    more=8,
    rule=broker_life.asked,
)
