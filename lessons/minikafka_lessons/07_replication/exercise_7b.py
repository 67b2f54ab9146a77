"""Exercise 7b: what each replication factor can bear, and what it costs: a prediction, sealed before the runs."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say, sentence
from minikafka_lessons.trials.drills import BROKERS

PROPERTIES = {
    "bears_1": (sentence("how many dead brokers RF 1 can always bear"), 0.5),
    "bears_2": (sentence("… and RF 2"), 0.5),
    "bears_3": (sentence("… and RF 3"), 0.5),
    "pairs": (
        sentence("how many of the ten pairs of brokers take an RF 2 partition along"),
        1.5,
    ),
    "disk": (sentence("how many times the disk RF 3 takes"), 0.5),
    "network": (
        sentence("how many times a record crosses the network between brokers"),
        1.0,
    ),
    "unbearable": (sentence("whether RF 3 bears any three deaths"), 0.5),
}
HINTS = {
    "bears_1": sentence("*Always* means: whichever broker it is."),
    "bears_2": sentence("One replica must be left."),
    "bears_3": sentence("One replica must be left."),
    "pairs": sentence(
        "The partition lies on two of the five. Which pairs hit both of its brokers?"
    ),
    "disk": sentence("Each replica is a whole log on a disk of its own."),
    "network": sentence(
        "The leader has it from the producer. Who needs it from the leader?"
    ),
    "unbearable": sentence(
        "Three deaths may be those of three brokers without any replica; or not."
    ),
}


def predictions() -> dict[str, Any]:
    """What happens."""
    return {
        "bears_1": 0,
        "bears_2": 1,
        "bears_3": 2,
        "pairs": comb(BROKERS - 2, 0),
        "disk": 3,
        "network": 2,
        "unbearable": False,
    }


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The dictionary; what is true of every seed."""
    with Sandbox(code, ["prediction"]) as sandbox:
        given = sandbox.value("prediction")
    if not isinstance(given, dict):
        raise AnswerFailed(
            say(
                "`prediction` should be the dictionary from the cell, with your numbers in it."
            )
        )
    for name, want in predictions().items():
        got = given.get(name)
        if got is None:
            sheet.fail(name, say("no prediction yet"), HINTS[name])
        elif type(got) is type(want) and got == want:
            sheet.seen(name)
        else:
            words = say(
                "you predicted {value}; it comes out otherwise", value=repr(got)
            )
            sheet.fail(name, words, _hint(name, got))


def _hint(name: str, got: Any) -> str:
    """For this very mistake."""
    truth = predictions()
    if type(got) is not type(truth[name]):
        return (
            sentence("True or False, without quotes.")
            if name == "unbearable"
            else sentence("A whole number, without quotes.")
        )
    if name.startswith("bears") and got == truth[name] + 1:
        return sentence(
            "With so many dead, all replicas may be among them. Then nothing is left to read."
        )
    if name == "network" and got == truth["disk"]:
        return sentence(
            "You count the copy that the producer sends. Between *brokers* there is one less."
        )
    if name == "pairs" and got in (4, 7):
        return sentence(
            "Those are pairs that hit one of the two, or more. The other one lives on."
        )
    if name == "disk" and got in (1, 2):
        return sentence("The leader's log counts, too.")
    return HINTS[name]


EXERCISE = Exercise(
    id="7b",
    title=sentence("Which deaths can each factor bear?"),
    names=("prediction",),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence("A partition lives as long as one of its replicas lives."),
        sentence(
            "Draw five brokers and put the replicas on the first ones. Strike brokers out, the worst ones first."
        ),
        sentence(
            "RF n bears n − 1 deaths, whoever dies. A pair of brokers takes an RF 2 partition along only if it is just "
            "that pair. The leader gets the record from the producer, the others from the leader."
        ),
    ),
    minutes=5,
)
