"""Exercise 8b: nine settings, one accident each: kept, lost or refused? A sealed prediction.

Rule: the truths stand here, and a test plays each accident and compares.
"""

from __future__ import annotations

from functools import partial

from minikafka_lessons.grading import prediction
from minikafka_lessons.grading.prediction import Asked, said
from minikafka_lessons.language import sentence

TRUTH = {
    "A": "lost",
    "B": "lost",
    "C": "kept",
    "D": "lost",
    "E": "refused",
    "F": "kept",
    "G": "refused",
    "H": "lost",
    "I": "refused",
}
OUTCOMES = ("kept", "lost", "refused")

NOT_SAFE = (
    said("kept"),
    sentence("An acknowledgement says where the record is, not that it is safe there."),
)
NEVER_REFUSED = (
    said("refused"),
    sentence("Only acks=all is ever refused for want of replicas."),
)
NOT_LOST = (
    said("lost"),
    sentence(
        "What was never acknowledged can't be lost: the producer knows, and has it still."
    ),
)
COMPARE = sentence(
    "Compare the size of the ISR with min.insync.replicas before the write is taken."
)
setting = partial(Asked, options=OUTCOMES)

ASKED = {
    "A": setting(
        sentence("A: RF 1, acks=all"),
        sentence("The whole ISR is one broker. Who else has a copy when it is gone?"),
        mistakes=[NOT_SAFE],
    ),
    "B": setting(
        sentence("B: RF 2, acks=1"),
        sentence(
            "With acks=1, who has the record at the moment of the acknowledgement?"
        ),
        mistakes=[NEVER_REFUSED],
    ),
    "C": setting(
        sentence("C: RF 2, acks=all"),
        sentence(
            "With acks=all, nothing is acknowledged before the whole ISR has it. Who is in the ISR here?"
        ),
    ),
    "D": setting(
        sentence("D: RF 2, acks=all, one away"),
        sentence(
            "“All” means all of the ISR, and who is away has left it. How many are left?"
        ),
        mistakes=[NOT_SAFE],
    ),
    "E": setting(
        sentence("E: RF 2, acks=all, min.insync 2, one away"),
        COMPARE,
        mistakes=[NOT_LOST],
    ),
    "F": setting(
        sentence("F: RF 3, acks=all, min.insync 2, one away"),
        sentence(
            "Count the ISR while one is away, and who is left when the leader is gone."
        ),
    ),
    "G": setting(
        sentence("G: RF 3, acks=all, min.insync 2, two away"),
        COMPARE,
        mistakes=[NOT_LOST],
    ),
    "H": setting(
        sentence("H: RF 3, acks=1, min.insync 2, two away"),
        sentence(
            "min.insync.replicas is looked at for acks=all only. What does acks=1 wait for?"
        ),
        mistakes=[NEVER_REFUSED, NOT_SAFE],
    ),
    "I": setting(
        sentence("I: RF 3, acks=all, min.insync 3, one away"),
        sentence("Three must be in sync. How many are?"),
        mistakes=[NOT_LOST],
    ),
}


def truths() -> dict[str, str]:
    """What the accidents do."""
    return TRUTH


EXERCISE = prediction.exercise(
    "8b",
    sentence("Nine settings: kept, lost or refused?"),
    ASKED,
    truths,
    hints=(
        sentence(
            "Write down for each the ISR at the time of the write: the replicas, without those who are away."
        ),
        sentence(
            "acks=1: the leader alone has it when it is acknowledged. acks=all: the whole ISR has it, but only if the "
            "ISR has at least min.insync.replicas members, else the write is refused."
        ),
        sentence(
            "First: acks=all and an ISR that is smaller than min.insync.replicas: refused. Then: is there, besides the "
            "leader, anybody who surely had the record when it was acknowledged? If so it is kept, else lost."
        ),
    ),
    variable="outcomes",
    minutes=6,
)
