"""Exercise 2b: where a key's records go when a topic grows: a prediction, judged against the rule itself."""

from __future__ import annotations

from typing import Any

from minikafka.policy import partition_for_key as true_partition
from minikafka_lessons.grading import prediction
from minikafka_lessons.grading.prediction import Asked, said
from minikafka_lessons.language import sentence

KEY = "OH"
BEFORE, AFTER, CONSUMERS = 4, 6, 8
WHERE, GROWN = (true_partition(KEY.encode(), count) for count in (BEFORE, AFTER))

FROM_0 = (said(BEFORE, AFTER), sentence("Partitions are numbered from 0."))
A_NUMBER = sentence("A partition is a number: write it without quotes.")

ASKED = {
    "where": Asked(
        sentence("the partition of the next record with key OH, of 4"),
        sentence(
            "The positive hash of OH stands in the text: divide it by 4 and look at the remainder."
        ),
        mistakes=[FROM_0],
        wanted=A_NUMBER,
    ),
    "grown": Asked(
        sentence("… and after the topic has grown to 6 partitions"),
        sentence(
            "The same hash, another count: the remainder by 6. A new count is a new map."
        ),
        mistakes=[
            (
                said(WHERE),
                sentence(
                    "That is the partition of before. The count changed, so take the remainder by 6."
                ),
            ),
            FROM_0,
        ],
        wanted=A_NUMBER,
    ),
    "old": Asked(
        sentence("where the records from before the growth lie then"),
        sentence(
            "Nobody moves a record: an offset is a place for ever. They lie where they were written."
        ),
        mistakes=[
            (said(GROWN), sentence("Records don't move when partitions are added."))
        ],
        wanted=A_NUMBER,
    ),
    "in_order": Asked(
        sentence("whether a reader is still sure to see old before new"),
        sentence(
            "Order holds within one partition. Are the old and the new records in the same one?"
        ),
    ),
    "busy": Asked(
        sentence("how many of 8 consumers of one group have work then"),
        sentence(
            "A partition has one reader per group. 6 partitions, 8 consumers: how many get one?"
        ),
        mistakes=[
            (
                said(CONSUMERS),
                sentence("8 is how many there are, not how many find work."),
            )
        ],
    ),
}


def truths() -> dict[str, Any]:
    """What happens."""
    return {
        "where": WHERE,
        "grown": GROWN,
        "old": WHERE,
        "in_order": False,
        "busy": min(AFTER, CONSUMERS),
    }


EXERCISE = prediction.exercise(
    "2b",
    sentence("Where does OH go?"),
    ASKED,
    truths,
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
)
