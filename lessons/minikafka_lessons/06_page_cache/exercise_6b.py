"""Exercise 6b: crashes and power cuts at RF 1, 2 and 3: what is lost? A sealed prediction.

Rule: the truths stand here, and a test plays each accident and compares.
"""

from __future__ import annotations

from functools import partial

from minikafka_lessons.grading import prediction
from minikafka_lessons.grading.prediction import Asked, said
from minikafka_lessons.language import sentence

TRUTH = {
    "A": "kept",
    "B": "kept",
    "C": "kept",
    "D": "kept",
    "E": "lost",
    "F": "lost",
    "G": "kept",
}
OUTCOMES = ("kept", "lost")

A_CRASH_TAKES_NOTHING = (
    said("lost"),
    sentence(
        "A crash is the end of a process. Whose is the page cache: the broker's, or the operating system's?"
    ),
)
accident = partial(Asked, options=OUTCOMES)

ASKED = {
    "A": accident(
        sentence("A: RF 1, the leader crashes"),
        sentence(
            "Where are the records while the broker is down, and who reads them when it starts again?"
        ),
        mistakes=[A_CRASH_TAKES_NOTHING],
    ),
    "B": accident(
        sentence("B: RF 3, all brokers crash"),
        sentence(
            "No machine went dark. What does each broker find when it starts again?"
        ),
        mistakes=[A_CRASH_TAKES_NOTHING],
    ),
    "C": accident(
        sentence("C: RF 2, the leader loses power"),
        sentence(
            "With acks=all, who else had each record before the producer heard of it?"
        ),
    ),
    "D": accident(
        sentence("D: RF 3, the leader loses power"),
        sentence(
            "The returned broker lacks some records. From whom does it fetch them?"
        ),
    ),
    "E": accident(
        sentence("E: RF 2, all lose power"),
        sentence(
            "Two copies, and both at the same kind of place. Which place is that?"
        ),
    ),
    "F": accident(
        sentence("F: RF 3, all lose power"),
        sentence("Count the copies that are on a disk, not the copies."),
    ),
    "G": accident(
        sentence("G: RF 3, flush.messages=1, all lose power"),
        sentence(
            "When is the log synced with `flush.messages=1`: before or after the producer is answered?"
        ),
    ),
}


def truths() -> dict[str, str]:
    """What the accidents do."""
    return TRUTH


EXERCISE = prediction.exercise(
    "6b",
    sentence("What do crashes and power cuts take at RF 1, 2 and 3?"),
    ASKED,
    truths,
    hints=(
        sentence(
            "Draw each broker as two boxes: the page cache and the disk. A crash empties neither; a power cut empties the "
            "first."
        ),
        sentence(
            "For each line: in which boxes is an acknowledged record? Strike out those that the accident empties."
        ),
        sentence(
            "If a box with the record is left, on whichever broker, it is kept: the others fetch it from there. With "
            "`flush.messages=1` it is in the second box before anybody is answered."
        ),
    ),
    variable="outcomes",
    minutes=6,
)
