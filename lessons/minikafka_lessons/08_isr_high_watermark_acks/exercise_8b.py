"""Exercise 8b: nine settings, one accident each: kept, lost or refused? A sealed prediction.

Rule: the truths stand here, and a test plays each accident and compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say, sentence

PROPERTIES = {
    "A": (sentence("A: RF 1, acks=all"), 1.0),
    "B": (sentence("B: RF 2, acks=1"), 1.0),
    "C": (sentence("C: RF 2, acks=all"), 1.0),
    "D": (sentence("D: RF 2, acks=all, one away"), 1.0),
    "E": (sentence("E: RF 2, acks=all, min.insync 2, one away"), 1.0),
    "F": (sentence("F: RF 3, acks=all, min.insync 2, one away"), 1.0),
    "G": (sentence("G: RF 3, acks=all, min.insync 2, two away"), 1.0),
    "H": (sentence("H: RF 3, acks=1, min.insync 2, two away"), 1.0),
    "I": (sentence("I: RF 3, acks=all, min.insync 3, one away"), 1.0),
}
TRUTH = dict(
    zip(
        "ABCDEFGHI",
        [
            "lost",
            "lost",
            "kept",
            "lost",
            "refused",
            "kept",
            "refused",
            "lost",
            "refused",
        ],
        strict=True,
    )
)
HINTS = {
    "A": sentence("The whole ISR is one broker. Who else has a copy when it is gone?"),
    "B": sentence(
        "With acks=1, who has the record at the moment of the acknowledgement?"
    ),
    "C": sentence(
        "With acks=all, nothing is acknowledged before the whole ISR has it. Who is in the ISR here?"
    ),
    "D": sentence(
        "“All” means all of the ISR, and who is away has left it. How many are left?"
    ),
    "E": sentence(
        "Compare the size of the ISR with min.insync.replicas before the write is taken."
    ),
    "F": sentence(
        "Count the ISR while one is away, and who is left when the leader is gone."
    ),
    "G": sentence(
        "Compare the size of the ISR with min.insync.replicas before the write is taken."
    ),
    "H": sentence(
        "min.insync.replicas is looked at for acks=all only. What does acks=1 wait for?"
    ),
    "I": sentence("Three must be in sync. How many are?"),
}
OUTCOMES = ("kept", "lost", "refused")


def judge_prediction(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The dictionary, against what the accidents do."""
    with Sandbox(code, ["outcomes"]) as sandbox:
        given = sandbox.value("outcomes")
    if not isinstance(given, dict):
        raise AnswerFailed(
            say(
                "`outcomes` should be the dictionary from the cell, with your words in it."
            )
        )
    for name, truth in TRUTH.items():
        got = given.get(name)
        if got is None:
            sheet.fail(name, say("no prediction yet"), HINTS[name])
        elif got == truth and type(got) is str:
            sheet.seen(name)
        else:
            message = say(
                "you predicted {value}; it comes out otherwise", value=repr(got)
            )
            sheet.fail(name, message, wrong_prediction(name, got))


def wrong_prediction(name: str, got: Any) -> str:
    """A hint for this very mistake."""
    if got not in OUTCOMES:
        return say('One of three words: "kept", "lost" or "refused".')
    if got == "refused" and name in "BH":
        first = say("Only acks=all is ever refused for want of replicas.")
        return f"{first} {say(HINTS[name])}"
    if got == "kept" and name in "ADH":
        first = say(
            "An acknowledgement says where the record is, not that it is safe there."
        )
        return f"{first} {say(HINTS[name])}"
    if got == "lost" and name in "EGI":
        first = say(
            "What was never acknowledged can't be lost: the producer knows, and has it still."
        )
        return f"{first} {say(HINTS[name])}"
    return HINTS[name]


EXERCISE = Exercise(
    id="8b",
    title=sentence("Nine settings: kept, lost or refused?"),
    names=("outcomes",),
    properties=PROPERTIES,
    judge=judge_prediction,
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
    minutes=6,
)
