"""Exercise 5c: a lookup, retention and two accidents, predicted; judged against what the lesson's run shows.

Rule: `TRUTH` is what the cells come out as; a test runs them and compares.
"""

from __future__ import annotations

from minikafka_lessons.grading import prediction
from minikafka_lessons.grading.prediction import Asked, said
from minikafka_lessons.language import sentence

TRUTH: dict[str, int | bool] = {
    "entry": 12319,
    "passed": 3,
    "oldest": 30,
    "older": True,
    "killed": 0,
    "sealed": 0,
    "gap": False,
}
LOOKED_FOR = 12345

ASKED = {
    "entry": Asked(
        sentence("at which index entry the search for offset 12,345 begins"),
        sentence(
            "Entries grow. The search begins at the last one that is not greater than what is looked for."
        ),
        mistakes=[
            (
                said(LOOKED_FOR),
                sentence(
                    "An index with every offset in it would be as long as the log. Take one that stands in the list."
                ),
            ),
            (
                lambda got, truth: got > LOOKED_FOR,
                sentence(
                    "That entry lies behind the record: a scan goes forward only."
                ),
            ),
        ],
    ),
    "passed": Asked(
        sentence("how many batches it passes by"),
        sentence(
            "The entry's byte is where the batch begins that *ends* with the entry's offset. Count the batches of ten from "
            "that one on, up to the one with 12,345, which itself doesn't count."
        ),
        mistakes=[
            (
                said(0),
                sentence(
                    "0 would be an index with an entry for every batch. This one is sparse."
                ),
            ),
            (
                said(2),
                sentence(
                    "One too few: the batch at the entry's byte is passed by, too."
                ),
            ),
        ],
    ),
    "oldest": Asked(
        sentence("the first offset that retention leaves"),
        sentence(
            "A segment of ten goes when its newest record is older than 30 minutes. Write down for each segment the minute "
            "of its newest record, and look from minute 60 to 65."
        ),
        mistakes=[
            (
                said(35),
                sentence(
                    "35 lies in the middle of a segment: retention never cuts one in two."
                ),
            ),
            (
                said(40),
                sentence(
                    "You let a segment go as soon as its *oldest* record is too old. It is the newest that counts."
                ),
            ),
            (
                said(0),
                sentence(
                    "Nothing deleted? After an hour the first segment's newest record is 51 minutes old."
                ),
            ),
        ],
    ),
    "older": Asked(
        sentence("whether a record may outlive `retention.ms`"),
        sentence(
            "A whole segment goes or stays. On which of its records does that depend?"
        ),
    ),
    "killed": Asked(
        sentence("what the death of the process takes"),
        sentence(
            "Whose memory is the page cache, the process's or the operating system's?"
        ),
        mistakes=[
            (
                said(15),
                sentence(
                    "The records were not on the disk, that is right. But they were not in the process's memory either."
                ),
            )
        ],
    ),
    "sealed": Asked(
        sentence("what a power cut takes of closed segments"),
        sentence(
            "What does a broker do with a segment when it rolls? Section 6 tells."
        ),
    ),
    "gap": Asked(
        sentence("whether it leaves a gap"),
        sentence(
            "Recovery reads from the front. What does it do with all that comes after the first bad batch?"
        ),
    ),
}


def truths() -> dict[str, int | bool]:
    """What the cells show."""
    return TRUTH


EXERCISE = prediction.exercise(
    "5c",
    sentence("Say it before: a lookup, retention, two accidents"),
    ASKED,
    truths,
    hints=(
        sentence(
            "Use the three rules of exercise 5a in your head: floor entry, then a scan; whole segments, oldest first."
        ),
        sentence(
            "Draw the six segments of `minutes` (0–9, 10–19 …) with the minute of the newest record of each. Which are "
            "older than 30 minutes when the broker looks for the last time?"
        ),
        sentence(
            "The page cache belongs to the operating system, so it outlives the process and not the machine. A closed "
            "segment is on the disk. Recovery keeps all up to the first bad batch, and nothing behind it."
        ),
    ),
    minutes=8,
)
