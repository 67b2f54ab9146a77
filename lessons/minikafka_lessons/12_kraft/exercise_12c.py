"""Exercise 12c: controllers die, and something is asked: is it done, or does it wait? A sealed prediction.

Rule: the truths stand here, and a test plays each drill and compares.
"""

from __future__ import annotations

from functools import partial

from minikafka_lessons.grading import prediction
from minikafka_lessons.grading.prediction import Asked, said
from minikafka_lessons.language import sentence

TRUTH = {
    "A": "done",
    "B": "waits",
    "C": "done",
    "D": "waits",
    "E": "waits",
    "F": "done",
    "G": "done",
}
drilled = partial(Asked, options=("done", "waits"))
ONE_IS_LEFT = (
    said("done"),
    sentence(
        "One that lives is not enough: it can't know whether the others decide otherwise."
    ),
)
COUNT = sentence("How many are more than half of those who have a vote, dead or alive?")
NO_NEED = (
    said("waits"),
    sentence(
        "Who leads a partition was decided before; its leader goes on without asking."
    ),
)

ASKED = {
    "A": drilled(sentence("A: 3 controllers, 1 dead, create a topic"), COUNT),
    "B": drilled(
        sentence("B: 3 controllers, 2 dead, create a topic"),
        COUNT,
        mistakes=[ONE_IS_LEFT],
    ),
    "C": drilled(
        sentence("C: 3 controllers, 2 dead, write to a topic that is there"),
        sentence("Which of the controllers does a producer talk to?"),
        mistakes=[NO_NEED],
    ),
    "D": drilled(
        sentence("D: 3 controllers, 2 dead, and the partition's leader dies: write"),
        sentence("Somebody has to name another leader, and has to write that down."),
        mistakes=[
            (
                said("done"),
                sentence(
                    "The followers have all records, but none of them may make itself the leader."
                ),
            )
        ],
    ),
    "E": drilled(
        sentence("E: 4 controllers, 2 dead, create a topic"),
        sentence("More than half of four are three."),
        mistakes=[
            (
                said("done"),
                sentence(
                    "Half is not more than half. The fourth one makes nothing safer."
                ),
            )
        ],
    ),
    "F": drilled(sentence("F: 5 controllers, 2 dead, create a topic"), COUNT),
    "G": drilled(
        sentence("G: 3 controllers, 2 dead, one comes back: create a topic"),
        sentence("It finds its log and its vote on its disk. How many are there now?"),
        mistakes=[
            (
                said("waits"),
                sentence("Nothing was lost, and nothing has to be repaired by hand."),
            )
        ],
    ),
}


def truths() -> dict[str, str]:
    """What the drills do."""
    return TRUTH


EXERCISE = prediction.exercise(
    "12c",
    sentence("Controllers die: done, or waits?"),
    ASKED,
    truths,
    hints=(
        sentence(
            "Ask of each: does this need a decision that has to be written to the metadata log?"
        ),
        sentence(
            "If so, it needs a majority of the voters; who is dead still counts as a voter."
        ),
        sentence(
            "Writing and reading need the partition's leader only. Topics, new leaders and settings need a majority: 2 of 3, "
            "3 of 4, 3 of 5."
        ),
    ),
    variable="outcomes",
    minutes=5,
)
