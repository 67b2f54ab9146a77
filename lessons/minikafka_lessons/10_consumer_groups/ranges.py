"""`assign_range`, judged by Kafka's own ranges. Part of exercise 10a.

Rule: a known mistake is one that gives the same for the first cases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from minikafka.policy import assignment as ours
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.grading.words import known
from minikafka_lessons.language import say, sentence

from . import assignments
from .assignments import NAMES, Assigned, Case, listed, plain, told, trouble

PROPERTIES = {
    "range": (sentence("`assign_range` cuts each topic into Kafka's ranges"), 2.0),
}
HINTS = {
    "range": sentence(
        "For each topic on its own: sort its members, divide, and let the first ones have one more."
    ),
}


def range_cases(seed: int) -> list[Case]:
    """Members in any order, topics that some don't want, more members than partitions, a topic that isn't there."""
    random = Random(f"range/{seed}")
    found: list[Case] = [
        ({"bob": ["weather"], "ada": ["weather"]}, {"weather": 5}, {}),
        ({"ada": ["a", "w"], "bob": ["a", "w"]}, {"a": 3, "w": 3}, {}),
        ({"ada": ["a"], "bob": ["a", "w"], "cem": ["w"]}, {"a": 4, "w": 5}, {}),
        ({"ada": ["a", "gone"], "bob": ["a"], "cem": ["a"]}, {"a": 2}, {}),
    ]
    for _ in range(12):
        names = random.sample(NAMES, random.randrange(1, 6))
        topics = {topic: random.randrange(1, 10) for topic in ("a", "w")}
        wishes = {
            name: random.choice((["a"], ["w"], ["a", "w"], ["w", "a"]))
            for name in names
        }
        found.append((wishes, topics, {}))
    return found


def judge_ranges(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """Exactly Kafka's."""
    cases = range_cases(seed)
    for case, value in zip(
        cases, sandbox.call_each("assign_range", cases), strict=True
    ):
        wrong = trouble(case, value)
        if wrong:
            message = f"{told('assign_range', case)}: {wrong}"
            sheet.fail("one", message, assignments.HINTS["one"], seed)
            sheet.fail(
                "range", message, known_range(cases, sandbox) or HINTS["range"], seed
            )
            return
        want = {name: sorted(pairs) for name, pairs in ours.assign_range(*case).items()}
        got = {
            name: sorted((plain(value, case[0]) or {}).get(name, []))
            for name in case[0]
        }
        if got != want:
            name = next(name for name in sorted(want) if got[name] != want[name])
            message = say(
                "{case}: {name} gets {got}; in Kafka it gets {want}",
                case=told("assign_range", case), name=name, got=listed(got[name]), want=listed(want[name]),
            )  # fmt: skip
            sheet.fail(
                "range", message, known_range(cases, sandbox) or HINTS["range"], seed
            )
            return
    sheet.seen("one")
    sheet.seen("range")


def _all_in_one(wishes: Any, counts: Any, owned: Any) -> Assigned:
    """All topics cut at once."""
    every = [(t, p) for t in sorted(counts) for p in range(counts[t])]
    names = sorted(wishes)
    each, extra = divmod(len(every), len(names))
    found, start = {}, 0
    for n, name in enumerate(names):
        found[name] = every[start : start + each + (n < extra)]
        start += each + (n < extra)
    return found


def _ranges(
    wishes: Any,
    counts: Any,
    *,
    last: bool = False,
    ordered: bool = True,
    share: bool = True,
) -> Assigned:
    """Ranges with one thing changed."""
    found: Assigned = {name: [] for name in wishes}
    for topic in sorted(counts):
        names = [
            name
            for name in (sorted(wishes) if ordered else wishes)
            if topic in wishes[name]
        ]
        if not names:
            continue
        each, extra = divmod(counts[topic], len(names))
        start = 0
        for n, name in enumerate(names):
            more = (n >= len(names) - extra if last else n < extra) if share else 0
            found[name] += [(topic, p) for p in range(start, start + each + more)]
            start += each + more
    return found


MISTAKES: tuple[tuple[Callable[..., Assigned], str], ...] = (
    (_all_in_one, sentence("You cut all topics as if they were one. Range begins anew with each topic.")),
    (
        lambda w, c, o: ours.assign_round_robin(w, c, o),
        sentence("That deals the partitions out one by one: it is round robin. A range is several in a row."),
    ),
    (
        lambda w, c, o: _ranges(w, c, last=True),
        sentence("The larger ranges go to the last members. In Kafka the first ones get one more."),
    ),
    (
        lambda w, c, o: _ranges(w, c, ordered=False),
        sentence("You take the members in the order of the dictionary. Every member must come to the same plan: sort them."),
    ),
    (
        lambda w, c, o: _ranges(w, c, share=False),
        sentence("What is left over after the division goes to nobody. The first members get one more, each."),
    ),
)  # fmt: skip


def known_range(cases: Sequence[Case], sandbox: Sandbox) -> str:
    """The hint of the mistake that gives the same on the first cases."""
    some = cases[:2]
    values = sandbox.call_each("assign_range", some)
    mistake = known(MISTAKES, some, values, alike)
    return mistake[1] if mistake else ""


def alike(got: Any, plan: Assigned) -> bool:
    """The same partitions for each, in whatever order."""
    found = plain(got, plan)
    return found is not None and all(
        sorted(found.get(name, [])) == sorted(pairs) for name, pairs in plan.items()
    )
