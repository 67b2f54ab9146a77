"""Exercise 10c: commit before the work or after it? Predictions, judged against crashes that are run.

Rule: nothing here knows an outcome; each is what a run of `groups.crash` shows, under every seed the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from minikafka_lessons.grading import prediction, scenes
from minikafka_lessons.grading.prediction import Asked, said
from minikafka_lessons.language import sentence
from minikafka_lessons.stage.groups import crash

PAIR = sentence("Two whole numbers: how many twice, how many never.")
REVERSED = (
    lambda got, truth: got == truth[::-1],
    sentence(
        "The other way round: what was worked on and not committed comes again; what was committed is never looked at again."
    ),
)
NOTHING = (
    said((0, 0)),
    sentence(
        "A commit and the work are two steps, and the member dies between them: something has to be off."
    ),
)
BOTH = (
    lambda got, truth: got[0] and got[1],
    sentence(
        "One member can't do both: the last commit lies either behind its work or ahead of it."
    ),
)
WHOLE_BATCH = (
    lambda got, truth: sum(got) == 4,
    sentence(
        "Not the whole batch: a part of it was worked on before the member was killed."
    ),
)
one_by_one = functools.partial(Asked, mistakes=[REVERSED, NOTHING, BOTH], wanted=PAIR)
four_at_a_time = functools.partial(
    Asked, mistakes=[REVERSED, NOTHING, BOTH, WHOLE_BATCH], wanted=PAIR
)

ASKED = {
    "A": one_by_one(
        sentence("A: work, then commit, one by one"),
        sentence(
            "The second member begins at the last commit. Which record was worked on, but not committed?"
        ),
    ),
    "B": one_by_one(
        sentence("B: commit, then work, one by one"),
        sentence(
            "The second member begins at the last commit. Which record was committed, but not worked on?"
        ),
    ),
    "C": four_at_a_time(
        sentence("C: work, then commit, four at a time"),
        sentence(
            "Write the twelve offsets down and mark the last commit: which ones behind it were worked on already?"
        ),
    ),
    "D": four_at_a_time(
        sentence("D: commit, then work, four at a time"),
        sentence(
            "When the member dies, two batches are committed. Up to which record did its work come?"
        ),
    ),
    "E": Asked(
        sentence("E: as C, but killed right after a commit"),
        sentence("What lies between the last commit and the last work that was done?"),
        mistakes=[BOTH],
        wanted=PAIR,
    ),
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
def truths(seed: int = 1) -> dict[str, tuple[int, int]]:
    """What happens: how many records come twice, how many never."""
    with scenes.cluster(seed) as cluster:
        came = {name: crash(cluster, *point) for name, point in POINTS.items()}
    return {name: (one.twice, one.never) for name, one in came.items()}


EXERCISE = prediction.exercise(
    "10c",
    sentence("Commit before or after?"),
    ASKED,
    truths,
    hints=(
        sentence("The second member knows one thing only: the committed offset. It begins there."),
        sentence("Draw a line of twelve records. Mark how far the work has come, and how far the commit. Look at what lies between."),
        sentence("Work ahead of the commit: these records come twice. Commit ahead of the work: these never come. Both at one place: neither."),
    ),
)  # fmt: skip
