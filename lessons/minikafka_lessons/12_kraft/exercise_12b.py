"""Exercise 12b: the rules `may_append` and `commit_offset`, in quorums that live or die by them.

Rule: each rule alone beside Kafka's others, so that it is the one that breaks; then both in a cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from minikafka import Rules
from minikafka.explore.quorums import APPENDS, disaster
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox
from minikafka_lessons.language import sentence

from .their_rules import (
    MORE,
    TRIES,
    Mistake,
    judge_cluster,
    networks,
    sharpen,
    story,
    theirs,
    told_odd,
)

NAMES = ("may_append", "commit_offset")
PROPERTIES = {
    "appends": (
        sentence("may_append: a log that is a part of the leader's gets the rest"),
        1.0,
    ),
    "matches": (
        sentence("may_append: no log goes on where it isn't the same as the leader's"),
        3.0,
    ),
    "commits": (
        sentence("commit_offset: what a majority has is committed in the end"),
        1.0,
    ),
    "stays": (
        sentence("commit_offset: what was committed is never lost"),
        3.0,
    ),
    "cluster": (
        sentence("a cluster whose controllers die in turn loses no change"),
        2.0,
    ),
}
HINTS = {
    "matches": sentence(
        "The follower's log may hold what the leader's never had. Its last epoch and its end say whether that is so."
    ),
    "appends": sentence(
        "A follower that has less than the leader, and nothing else, is just behind: let it have the rest."
    ),
    "stays": sentence(
        "Until a record of the leader's own epoch is with a majority, another can still be elected that has none of the "
        "old ones."
    ),
    "commits": sentence(
        "A majority has it, a record of this epoch among it: then it is committed. Does yours come that far?"
    ),
    "cluster": sentence("First mend what stands above: here both decide together."),
}
APPEND_MISTAKES: tuple[Mistake, ...] = (
    (
        lambda *ends: True,
        "matches",
        sentence(
            "Yours lets everything follow anything: the logs come to hold different records at the same offset."
        ),
    ),
    (
        lambda last, end, known, known_end: end <= known_end,
        "matches",
        sentence(
            "Yours looks at the ends only. A log may be shorter than the leader's, and still hold what an epoch wrote that "
            "the leader knows nothing of."
        ),
    ),
    (
        lambda last, end, known, known_end: last == known,
        "matches",
        sentence(
            "Yours looks at the epochs only. An old leader may have written more in its epoch than the leader has of it."
        ),
    ),
    (
        lambda last, end, known, known_end: last == known and end == known_end,
        "appends",
        sentence(
            "Yours wants the follower to be at the very end of that epoch. It may be in the middle of it: just behind."
        ),
    ),
    (
        lambda last, end, known, known_end: last == known and end < known_end,
        "appends",
        sentence(
            "A follower that has all of that epoch is fine, too: what comes next is the next epoch, or nothing yet."
        ),
    ),
    (
        lambda *ends: False,
        "appends",
        sentence("Yours lets nobody append anything, so nothing is ever committed."),
    ),
)
APPEND_CASES = (
    (3, 10, 3, 10),
    (3, 8, 3, 10),
    (3, 12, 3, 10),
    (3, 8, 2, 10),
    (3, 12, 2, 10),
)
COMMIT_MISTAKES: tuple[Mistake, ...] = (
    (
        lambda committed, start, has: has,
        "stays",
        sentence(
            "What is committed never becomes less: a new leader doesn't know yet how far the others are (−1)."
        ),
    ),
    (
        lambda committed, start, has: max(committed, has),
        "stays",
        sentence(
            "A majority has the old leader's records, but none of this epoch's: whoever wrote in an epoch between can still "
            "win an election, and cuts them off."
        ),
    ),
    (
        lambda committed, start, has: (
            max(committed, has) if has >= start else committed
        ),
        "stays",
        sentence(
            "One too early: where the leader's own records *begin*, a majority has none of them yet."
        ),
    ),
    (
        lambda committed, start, has: (
            max(committed, has + 1) if has > start else committed
        ),
        "stays",
        sentence(
            "One too far: all *below* an offset is committed, the record at it is not."
        ),
    ),
    (
        lambda committed, start, has: has if has > start else 0,
        "stays",
        sentence(
            "What is committed never becomes less; until there is more, the answer is `committed`."
        ),
    ),
    (
        lambda committed, start, has: committed,
        "commits",
        sentence("Yours never moves, so nothing is ever committed."),
    ),
    (
        lambda committed, start, has: (
            max(committed, has - 1) if has > start else committed
        ),
        "commits",
        sentence(
            "One too few: the last record that a majority has is never committed, and somebody waits for it."
        ),
    ),
)
COMMIT_CASES = ((5, 8, 9), (5, 8, 8), (5, 8, 7), (5, 8, -1), (9, 4, 12), (9, 4, 9))


def judge_appends(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Each rule by itself, then both in a cluster."""
    with Sandbox(code, list(NAMES)) as sandbox:
        sandbox.must_define(*NAMES)
        for seed in seeds:
            judge_rule(sandbox, sheet, "may_append", ("matches", "appends"), seed)
            judge_rule(sandbox, sheet, "commit_offset", ("stays", "commits"), seed)
        sharpen(
            sandbox,
            sheet,
            "may_append",
            APPEND_MISTAKES,
            APPEND_CASES,
            ("matches", "appends"),
        )
        sharpen(
            sandbox,
            sheet,
            "commit_offset",
            COMMIT_MISTAKES,
            COMMIT_CASES,
            ("stays", "commits"),
        )
        if not any(sheet.failed(name) for name in PROPERTIES):
            for seed in seeds:
                judge_cluster(sandbox, sheet, NAMES, HINTS["cluster"], seed)


def judge_rule(
    sandbox: Sandbox, sheet: Sheet, name: str, promises: tuple[str, str], seed: int
) -> None:
    """Its accidents and disasters: the first promise is about what may never be, the second about what has to be."""
    rule = theirs(sandbox, name)
    rules = Rules(**{name: rule})
    safe, goes_on = promises
    if sheet.failed(safe) or sheet.failed(goes_on):
        return
    tries = range(seed * TRIES, (seed + 1) * TRIES)
    plays = [partial(scene, one, rules) for scene in APPENDS for one in tries]
    plays += [partial(disaster, one, rules) for one in networks(seed)]
    for play in plays:
        outcome = play()
        if told_odd({name: rule}, sheet, {name: safe}, HINTS, seed):
            return
        if outcome.broken is not None:
            where = goes_on if outcome.is_stuck else safe
            sheet.fail(where, story(outcome), HINTS[where], seed)
            if not outcome.is_stuck:
                sheet.seen(goes_on)
            return
    sheet.seen(safe)
    sheet.seen(goes_on)


EXERCISE = Exercise(
    id="12b",
    title=sentence("What may be appended, and what is committed: your rules"),
    names=NAMES,
    properties=PROPERTIES,
    judge=judge_appends,
    hints=(
        sentence(
            "`may_append`: is the follower's log a beginning of the leader's? `commit_offset`: does a majority have a record "
            "of the leader's own epoch?"
        ),
        sentence(
            "The leader must know the follower's last epoch, and have at least as much of it. And commit nothing while what a "
            "majority has ends at or before the place where your own records begin."
        ),
        sentence(
            "The two epochs are the same, and the follower's end isn't beyond the leader's. If `majority_has` is larger than "
            "`epoch_start`, the larger one of it and `committed`; else `committed`."
        ),
    ),
    minutes=10,
    more=MORE,
    rule=theirs,
)
