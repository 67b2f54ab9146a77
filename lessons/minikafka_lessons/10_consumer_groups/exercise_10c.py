"""Exercise 10c: commit before the work or after it? Predictions, judged against crashes that are run.

Rule: nothing here knows an outcome; each is what a run of `groups.crash` shows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.groups import Crash, crash
from minikafka_lessons.language import say, sentence

PROPERTIES = {
    "A": (sentence("A: work, then commit, one by one"), 1.0),
    "B": (sentence("B: commit, then work, one by one"), 1.0),
    "C": (sentence("C: work, then commit, four at a time"), 1.0),
    "D": (sentence("D: commit, then work, four at a time"), 1.0),
    "E": (sentence("E: as C, but killed right after a commit"), 1.0),
}
HINTS = {
    "A": sentence(
        "The second member begins at the last commit. Which record was worked on, but not committed?"
    ),
    "B": sentence(
        "The second member begins at the last commit. Which record was committed, but not worked on?"
    ),
    "C": sentence(
        "Write the twelve offsets down and mark the last commit: which ones behind it were worked on already?"
    ),
    "D": sentence(
        "When the member dies, two batches are committed. Up to which record did its work come?"
    ),
    "E": sentence("What lies between the last commit and the last work that was done?"),
}


def work_then_commit(
    consumer: Any, messages: Sequence[Any], work: Callable[[Any], None]
) -> None:
    """At least once."""
    for message in messages:
        work(message)
    consumer.commit()


def commit_then_work(
    consumer: Any, messages: Sequence[Any], work: Callable[[Any], None]
) -> None:
    """At most once."""
    consumer.commit()
    for message in messages:
        work(message)


POINTS: dict[str, tuple[Callable[..., None], int, tuple[str, int]]] = {
    "A": (work_then_commit, 1, ("work", 5)),
    "B": (commit_then_work, 1, ("commit", 5)),
    "C": (work_then_commit, 4, ("work", 7)),
    "D": (commit_then_work, 4, ("work", 7)),
    "E": (work_then_commit, 4, ("commit", 2)),
}


@functools.cache
def outcomes(seed: int) -> dict[str, Crash]:
    """What happens."""
    with scenes.cluster(seed) as cluster:
        return {name: crash(cluster, *point) for name, point in POINTS.items()}


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The dictionary, against the crashes."""
    with Sandbox(code, ["prediction"]) as sandbox:
        given = sandbox.value("prediction")
    if not isinstance(given, dict):
        raise AnswerFailed(
            say(
                "`prediction` should be the dictionary from the cell, with your numbers in it."
            )
        )
    for seed in seeds:
        for name, came in outcomes(seed).items():
            got = given.get(name)
            if got is None or (isinstance(got, tuple | list) and None in got):
                sheet.fail(name, say("no prediction yet"), HINTS[name])
            elif not (
                isinstance(got, tuple | list)
                and len(got) == 2
                and all(type(n) is int for n in got)
            ):
                sheet.fail(
                    name,
                    say("you wrote {value}", value=repr(got)),
                    sentence("Two whole numbers: how many twice, how many never."),
                )
            elif tuple(got) == (came.twice, came.never):
                sheet.seen(name)
            else:
                message = say(
                    "you predicted {twice} twice and {never} never; it comes out otherwise",
                    twice=got[0],
                    never=got[1],
                )
                sheet.fail(name, message, wrong(name, got, came), seed)


def wrong(name: str, got: Sequence[int], came: Crash) -> str:
    """A hint for this very mistake."""
    twice, never = came.twice, came.never
    if tuple(got) == (never, twice) and twice != never:
        return sentence(
            "The other way round: what was worked on and not committed comes again; what was committed is never looked at again."
        )
    if tuple(got) == (0, 0):
        return sentence(
            "A commit and the work are two steps, and the member dies between them: something has to be off."
        )
    if got[0] and got[1]:
        return sentence(
            "One member can't do both: the last commit lies either behind its work or ahead of it."
        )
    if name in "CD" and sum(got) == 4:
        return sentence(
            "Not the whole batch: a part of it was worked on before the member was killed."
        )
    return HINTS[name]


EXERCISE = Exercise(
    id="10c",
    title=sentence("Commit before or after?"),
    names=("prediction",),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence("The second member knows one thing only: the committed offset. It begins there."),
        sentence("Draw a line of twelve records. Mark how far the work has come, and how far the commit. Look at what lies between."),
        sentence("Work ahead of the commit: these records come twice. Commit ahead of the work: these never come. Both at one place: neither."),
    ),
    minutes=5,
)  # fmt: skip
