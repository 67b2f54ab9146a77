"""Exercise 9c: what more partitions do, and what they don't: a prediction, filled in before anything runs."""

from __future__ import annotations

from typing import Any

from minikafka_lessons.grading import prediction
from minikafka_lessons.grading.prediction import Asked, said
from minikafka_lessons.language import sentence

RATE, SPEED, PARTITIONS, MORE = 120, 50, 3, 6

ASKED = {
    "three": Asked(
        sentence("how many times as fast three partitions take records"),
        sentence(
            "A request carries one batch for each partition. Three times as many batches, one trip."
        ),
    ),
    "hot": Asked(
        sentence("… and when all records have one key"),
        sentence("How many partitions does one key use, however many there are?"),
        mistakes=[
            (
                said(PARTITIONS),
                sentence("That would be so if the records could use all three."),
            )
        ],
    ),
    "workers": Asked(
        sentence("how many workers the load needs"),
        sentence("Each of them does 50 a second; together they have to do 120."),
        mistakes=[
            (
                said(RATE // SPEED),
                sentence("Two do 100: each second 20 records are left over."),
            )
        ],
    ),
    "grows": Asked(
        sentence(
            "by how much the LAG grows when workers are added beyond the partitions"
        ),
        sentence(
            "Only a worker that has a partition works. How many are those, and what do they do together?"
        ),
        mistakes=[
            (
                said(max(0, 2 * RATE - MORE * SPEED)),
                sentence(
                    "You let all six work. How many of six get a partition of three?"
                ),
            )
        ],
    ),
    "home": Asked(
        sentence("where a key may go when 3 partitions become 6"),
        sentence(
            "A key's hash leaves 1 when divided by 3. Try such hashes: 1, 4, 7, 10. What do they leave by 6?"
        ),
        mistakes=[
            (
                said(2, 3, 5),
                sentence("Such a number leaves another remainder by three."),
            ),
            (said(MORE), sentence("Partitions are numbered from 0.")),
        ],
    ),
    "backlog": Asked(
        sentence("how much of the backlog the new partitions take over"),
        sentence("A record stays at its offset, in its partition. Growing moves none."),
        mistakes=[
            (
                lambda got, truth: got != truth,
                sentence(
                    "That would need somebody who carries records from partition to partition."
                ),
            )
        ],
    ),
}


def truths() -> dict[str, Any]:
    """What the rules make of these numbers."""
    return {
        "three": PARTITIONS,
        "hot": 1,
        "workers": -(-RATE // SPEED),
        "grows": 2 * RATE - PARTITIONS * SPEED,
        "home": 1 + PARTITIONS,
        "backlog": 0,
    }


EXERCISE = prediction.exercise(
    "9c",
    sentence("What do more partitions do?"),
    ASKED,
    truths,
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
)
