"""Exercise 2b: where a key's records go when a topic grows: a prediction, judged against the rule itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minikafka.policy import partition_for_key as true_partition
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say, sentence

KEY = "OH"
BEFORE, AFTER = 4, 6

PROPERTIES = {
    "where": (sentence("the partition of the next record with key OH, of 4"), 1.0),
    "grown": (sentence("… and after the topic has grown to 6 partitions"), 1.0),
    "old": (sentence("where the records from before the growth lie then"), 1.0),
    "in_order": (sentence("whether a reader is still sure to see old before new"), 1.0),
    "busy": (sentence("how many of 8 consumers of one group have work then"), 1.0),
}
HINTS = {
    "where": sentence(
        "The positive hash of OH stands in the text: divide it by 4 and look at the remainder."
    ),
    "grown": sentence(
        "The same hash, another count: the remainder by 6. A new count is a new map."
    ),
    "old": sentence(
        "Nobody moves a record: an offset is a place for ever. They lie where they were written."
    ),
    "in_order": sentence(
        "Order holds within one partition. Are the old and the new records in the same one?"
    ),
    "busy": sentence(
        "A partition has one reader per group. 6 partitions, 8 consumers: how many get one?"
    ),
}


def predictions() -> dict[str, Any]:
    """What happens."""
    return {
        "where": true_partition(KEY.encode(), BEFORE),
        "grown": true_partition(KEY.encode(), AFTER),
        "old": true_partition(KEY.encode(), BEFORE),
        "in_order": False,
        "busy": AFTER,
    }


def judge_prediction(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The dictionary, against a run of the real thing."""
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
            sheet.fail(
                name,
                say("you predicted {value}; it comes out otherwise", value=repr(got)),
                wrong_prediction(name, got),
            )


def wrong_prediction(name: str, got: Any) -> str:
    """A hint for this very mistake."""
    truth = predictions()
    if name in ("where", "grown", "old") and type(got) is not int:
        return say("A partition is a number: write it without quotes.")
    if name == "grown" and got == truth["where"]:
        first = say(
            "That is the partition of before. The count changed, so take the remainder by {n}.",
            n=AFTER,
        )
        return f"{first} {say(HINTS[name])}"
    if name == "old" and got == truth["grown"]:
        first = say("Records don't move when partitions are added.")
        return f"{first} {say(HINTS[name])}"
    if name == "busy" and got == 8:
        return f"{say('8 is how many there are, not how many find work.')} {say(HINTS[name])}"
    if name == "in_order" and type(got) is not bool:
        return say("True or False, without quotes.")
    if name in ("where", "grown") and got in (BEFORE, AFTER):
        return f"{say('Partitions are numbered from 0.')} {say(HINTS[name])}"
    return HINTS[name]


EXERCISE = Exercise(
    id="2b",
    title=sentence("Where does OH go?"),
    names=("prediction",),
    properties=PROPERTIES,
    judge=judge_prediction,
    hints=(
        sentence(
            "Only the key's hash and the number of partitions decide. Both stand in the text."
        ),
        sentence(
            "A remainder by 4 and a remainder by 6 are two different numbers. And records that are written stay "
            "where they are."
        ),
        sentence(
            "hash % 4, hash % 6, and again hash % 4; once a key's records lie in two partitions, nobody promises "
            "their order; a partition has at most one reader in a group."
        ),
    ),
    minutes=5,
)
