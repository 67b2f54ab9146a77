"""Exercise 9c: what more partitions do, and what they don't: a prediction, filled in before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say, sentence

RATE, SPEED, PARTITIONS, MORE = 120, 50, 3, 6

PROPERTIES = {
    "three": (sentence("how many times as fast three partitions take records"), 1.0),
    "hot": (sentence("… and when all records have one key"), 1.0),
    "workers": (sentence("how many workers the load needs"), 1.0),
    "grows": (
        sentence(
            "by how much the LAG grows when workers are added beyond the partitions"
        ),
        1.0,
    ),
    "home": (sentence("where a key may go when 3 partitions become 6"), 1.0),
    "backlog": (sentence("how much of the backlog the new partitions take over"), 1.0),
}
HINTS = {
    "three": sentence(
        "A request carries one batch for each partition. Three times as many batches, one trip."
    ),
    "hot": sentence("How many partitions does one key use, however many there are?"),
    "workers": sentence("Each of them does 50 a second; together they have to do 120."),
    "grows": sentence(
        "Only a worker that has a partition works. How many are those, and what do they do together?"
    ),
    "home": sentence(
        "A key's hash leaves 1 when divided by 3. Try such hashes: 1, 4, 7, 10. What do they leave by 6?"
    ),
    "backlog": sentence(
        "A record stays at its offset, in its partition. Growing moves none."
    ),
}


def predictions() -> dict[str, Any]:
    """What happens."""
    return {
        "three": PARTITIONS,
        "hot": 1,
        "workers": -(-RATE // SPEED),
        "grows": 2 * RATE - PARTITIONS * SPEED,
        "home": 1 + PARTITIONS,
        "backlog": 0,
    }


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The dictionary, against what the rules make of these numbers."""
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
            message = say(
                "you predicted {value}; it comes out otherwise", value=repr(got)
            )
            sheet.fail(name, message, wrong(name, got))


def wrong(name: str, got: Any) -> str:
    """A hint for this very mistake."""
    if type(got) is not int:
        return say("A whole number, without quotes.")
    first = ""
    if name == "hot" and got == PARTITIONS:
        first = say("That would be so if the records could use all three.")
    if name == "grows" and got == max(0, 2 * RATE - MORE * SPEED):
        first = say("You let all six work. How many of six get a partition of three?")
    if name == "workers" and got == RATE // SPEED:
        first = say("Two do 100: each second 20 records are left over.")
    if name == "backlog" and got:
        first = say(
            "That would need somebody who carries records from partition to partition."
        )
    if name == "home" and got in (2, 3, 5):
        first = say("Such a number leaves another remainder by three.")
    if name == "home" and got == MORE:
        first = say("Partitions are numbered from 0.")
    return f"{first} {say(HINTS[name])}".strip()


EXERCISE = Exercise(
    id="9c",
    title=sentence("What do more partitions do?"),
    names=("prediction",),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "More partitions help those who can use them: records with many keys, and as many workers."
        ),
        sentence(
            "Count those who work at the same time. The rest is a division, a subtraction, a remainder."
        ),
        sentence(
            "A partition has one reader in a group, so three work: 3 times 50. A key has one partition. And records that "
            "are written stay where they are."
        ),
    ),
    minutes=5,
)
