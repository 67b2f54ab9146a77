"""The rule `high_watermark`: a slow network, and the leader dies. Part of exercise 8a.

Rule: a run that loses or hides a record is told step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from minikafka import Rules
from minikafka.commands import Kill, Slow
from minikafka.explore import Fault, Workload, Writing, run
from minikafka.explore.workload import PATIENT
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.language import sentence

from .their_rules import TOPIC, Arguments, story, theirs

PROPERTIES = {
    "waits": (
        sentence(
            "high_watermark: nothing counts as committed before the whole ISR has it"
        ),
        2.0,
    ),
    "moves": (
        sentence(
            "high_watermark: what the whole ISR has is committed, and acks=all is answered"
        ),
        1.0,
    ),
}
HINTS = {
    "waits": sentence(
        "One of the ISR may be leader in a second. Which end offset do *all* of them have reached, the slowest too?"
    ),
    "moves": sentence(
        "A write with acks=all is answered when the high watermark has passed it. Does yours come as far as the ISR?"
    ),
    "falls": sentence(
        "A new leader doesn't know yet how far the others are: their end may be given as −1. What was committed once "
        "stays committed."
    ),
}
MISTAKES: tuple[tuple[Callable[..., Any], str, str], ...] = (
    (
        lambda current, end, ends: end,
        "waits",
        sentence(
            "The largest end is the leader's: if it dies now, what it alone has dies with it."
        ),
    ),
    (
        lambda current, end, ends: sorted([end, *ends])[len(ends) // 2],
        "waits",
        sentence(
            "A majority is Raft's rule. In Kafka any one of the ISR may become leader, also the slowest."
        ),
    ),
    (
        lambda current, end, ends: min([end, *ends]) + 1,
        "waits",
        sentence(
            "One too far: an end offset is the *next* to write, so that all below it is there."
        ),
    ),
    (
        lambda current, end, ends: current,
        "moves",
        sentence("Yours never moves, so that nothing is ever committed."),
    ),
    (
        lambda current, end, ends: max(current, min([end, *ends]) - 1),
        "moves",
        sentence(
            "One too few: an end offset is the *next* to write, so that all below it is there."
        ),
    ),
)
CASES: tuple[Arguments, ...] = ((3, 9, (9, 7, 5)), (5, 9, (9, 9, 9)), (4, 8, (8, 6)))
"""What the known mistakes are told apart by."""


def judge_high_watermark(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """A slow network, and the leader dies."""
    rule = theirs(sandbox, "high_watermark")
    random = Random(f"8a/{seed}")
    work = Workload((TOPIC,), (Writing("orders", PATIENT),), lasts_s=4.0)
    faults = (
        Fault(0.5, Slow(0.001, random.choice((0.2, 0.3, 0.4)))),
        Fault(2.0 + random.random(), Kill("broker-1"), whom="leader of orders-0"),
    )
    report = run(seed, work, faults, rules=Rules(high_watermark=rule))
    if rule.told(sheet, "waits", HINTS["waits"], seed):
        return
    if report.broken is None:
        sheet.seen("waits")
        sheet.seen("moves")
    elif report.broken.kind == "progress":
        sheet.fail("moves", story(report), HINTS["moves"], seed, report.run)
    else:
        falls = "falls" in report.broken.name or "start ≤" in report.broken.name
        hint = HINTS["falls" if falls else "waits"]
        sheet.fail("waits", story(report), hint, seed, report.run)
