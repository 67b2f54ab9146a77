"""`assign_sticky`, judged by what it promises: even first, and then as few moves as possible. Part of exercise 10a.

Rule: whichever partition goes to whom is the answer's own choice.
"""

from __future__ import annotations

from random import Random

from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.language import say, sentence

from . import assignments
from .assignments import NAMES, Case, fewest_moves, moves_of, plain, told, trouble

PROPERTIES = {
    "even": (
        sentence("`assign_sticky`: nobody has two partitions more than another"),
        1.0,
    ),
    "moves": (
        sentence("`assign_sticky`: as few partitions as possible change hands"),
        2.0,
    ),
}
HINTS = {
    "even": sentence(
        "With 12 partitions and 3 members nobody may keep more than 4, whatever it had."
    ),
    "moves": sentence(
        "First let everybody keep what it had, up to its fair share. Only then deal out the rest."
    ),
}


def sticky_cases(seed: int) -> list[Case]:
    """One change to a group that was even: somebody came, went, or a topic grew."""
    random = Random(f"sticky/{seed}")
    found: list[Case] = []
    for n in range(15):
        names = list(NAMES[: random.randrange(2, 5)])
        topics = {"a": random.randrange(2, 8), "w": random.randrange(2, 8)}
        every = [(topic, p) for topic, count in topics.items() for p in range(count)]
        random.shuffle(every)
        had = {name: sorted(every[i :: len(names)]) for i, name in enumerate(names)}
        change = ("joins", "leaves", "grows", "first", "joins")[n % 5]
        if change == "joins":
            names.append(NAMES[len(names)])
        elif change == "leaves":
            had.pop(names.pop(random.randrange(len(names))))
        elif change == "grows":
            topics["w"] += random.randrange(1, 5)
        else:
            had = {}
        random.shuffle(names)
        owned = {name: had.get(name, []) for name in names}
        found.append(({name: ["a", "w"] for name in names}, topics, owned))
    return found


def judge_sticky(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """One reader each, even, few moves."""
    cases = sticky_cases(seed)
    values = sandbox.call_each("assign_sticky", cases)
    for case, value in zip(cases, values, strict=True):
        wrong = trouble(case, value)
        if wrong:
            message = f"{told('assign_sticky', case)}: {wrong}"
            for name in ("one", "even", "moves"):
                sheet.fail(name, message, assignments.HINTS["one"], seed)
            return
    sheet.seen("one")
    forgetful = all(
        value == blank
        for value, blank in zip(
            values,
            sandbox.call_each("assign_sticky", [(*case[:2], {}) for case in cases]),
            strict=True,
        )
    )
    for case, value in zip(cases, values, strict=True):
        found = plain(value, case[0]) or {}
        counts = {name: len(found.get(name, [])) for name in case[0]}
        if max(counts.values()) - min(counts.values()) > 1:
            most, least = (
                max(counts, key=counts.__getitem__),
                min(counts, key=counts.__getitem__),
            )
            keeps = all(
                dict.fromkeys(had).keys() <= dict.fromkeys(found.get(name, [])).keys()
                for name, had in case[2].items()
            )
            hint = KEEPS_ALL if keeps and any(case[2].values()) else HINTS["even"]
            message = say(
                "{name} has {n} partitions, and {other} {m}",
                name=most,
                n=counts[most],
                other=least,
                m=counts[least],
            )
            sheet.fail("even", message, hint, seed)
            sheet.fail("moves", message, hint, seed)
            return
        moved, least_moves = moves_of(case, found), fewest_moves(case)
        if moved > least_moves:
            message = say(
                "{moved} partitions change hands where {few} are enough (members: {names})",
                moved=moved,
                few=least_moves,
                names=", ".join(case[0]),
            )
            sheet.fail(
                "moves", message, FORGETFUL if forgetful else HINTS["moves"], seed
            )
            sheet.seen("even")
            return
    sheet.seen("even")
    sheet.seen("moves")


FORGETFUL = sentence(
    "Your function gives the same whatever the members had before: it never looks at `owned`."
)


KEEPS_ALL = sentence(
    "Everybody keeps all that it had, so that who comes later gets too little: sticky is even first, and only then sticky."
)
