"""Exercise 8a: the rules `high_watermark`, `is_in_sync`, `truncation_offset`, each in a cluster that lives or dies by it.

Rule: a run judges by its invariants and by what clients saw (`minikafka.explore`); of a broken run the steps that led
there are told: what befell, what broke by its name, and the first bad event.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from minikafka import Rules
from minikafka.commands import Cut, Heal, Kill, Restart, Slow
from minikafka.explore import Fault, Workload, Writing, run
from minikafka.explore.workload import PATIENT
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox
from minikafka_lessons.grading.words import known
from minikafka_lessons.language import sentence

from . import high_watermark, in_sync, truncation
from .their_rules import TOPIC, TRUE, story, theirs

PROPERTIES = {
    **high_watermark.PROPERTIES,
    **in_sync.PROPERTIES,
    **truncation.PROPERTIES,
    "alive": (
        sentence("a cluster with all three rules loses nothing while brokers die"),
        2.0,
    ),
}
HINTS = {
    **high_watermark.HINTS,
    **in_sync.HINTS,
    **truncation.HINTS,
    "alive": sentence("First mend what stands above: here all three decide together."),
}


PARTS = {
    "high_watermark": high_watermark,
    "is_in_sync": in_sync,
    "truncation_offset": truncation,
}


def judge_rules(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Each rule in scenes of its own, then all three in one."""
    with Sandbox(code, list(TRUE)) as sandbox:
        sandbox.must_define(*TRUE)
        for seed in seeds:
            high_watermark.judge_high_watermark(sandbox, sheet, seed)
            in_sync.judge_in_sync(sandbox, sheet, seed)
            truncation.judge_truncation(sandbox, sheet, seed)
        if not any(sheet.failed(name) for name in PROPERTIES):
            for seed in seeds:
                judge_alive(sandbox, sheet, seed)
        sharpen(sandbox, sheet)


def sharpen(sandbox: Sandbox, sheet: Sheet) -> None:
    """Known mistakes have words of their own."""
    for name, part in PARTS.items():
        got = sandbox.call_each(name, part.CASES)
        if mistake := known(part.MISTAKES, part.CASES, got):
            _, where, hint = mistake
            sheet.sharpen(where, hint)


def judge_alive(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """All three, while brokers die and the network is cut."""
    random = Random(f"8a/alive/{seed}")
    mine = {name: theirs(sandbox, name) for name in TRUE}
    victim = random.choice(("broker-2", "broker-3"))
    faults = (
        Fault(0.5, Slow(0.001, 0.1)),
        Fault(1.0, Kill("broker-1"), whom="leader of orders-0"),
        Fault(12.0, Restart("broker-1", is_awaited=False)),
        Fault(14.0, Cut((victim,))),
        Fault(16.0, Heal()),
    )
    work = Workload((TOPIC,), (Writing("orders", PATIENT),), every_s=0.5, lasts_s=18)
    report = run(seed, work, faults, rules=Rules(**mine))
    holds = report.broken is None
    message = "" if holds else story(report)
    sheet.expect("alive", holds, message, HINTS["alive"], seed, report.run)


EXERCISE = Exercise(
    id="8a",
    title=sentence("Three rules that keep records: yours"),
    names=tuple(TRUE),
    properties=PROPERTIES,
    judge=judge_rules,
    hints=(
        sentence(
            "Each is one line. `high_watermark`: how far has the slowest got? `is_in_sync`: how long has it been "
            "behind? `truncation_offset`: up to where do both have the same?"
        ),
        sentence(
            "The slowest is the smallest end offset, the leader's among them; but what was committed once stays so, "
            "whatever a new leader doesn't know yet. The time behind is now minus then. And shared is what lies "
            "before both ends."
        ),
        sentence(
            "The smallest of the leader's and the followers' end offsets, and the larger of that and `current`; the "
            "difference of the two moments is at most the limit; the smaller of the two ends."
        ),
    ),
    minutes=12,
    more=8,
    rule=theirs,
)
