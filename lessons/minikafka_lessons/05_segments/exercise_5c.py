"""Exercise 5c: a lookup, retention and two accidents, predicted; judged against what the lesson's run shows.

Rule: `TRUTH` is what the cells come out as; a test runs them and compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say, sentence

TRUTH: dict[str, int | bool] = {
    "entry": 12319,
    "passed": 3,
    "oldest": 30,
    "older": True,
    "killed": 0,
    "sealed": 0,
    "gap": False,
}

PROPERTIES = {
    "entry": (
        sentence("at which index entry the search for offset 12,345 begins"),
        1.0,
    ),
    "passed": (sentence("how many batches it passes by"), 1.0),
    "oldest": (sentence("the first offset that retention leaves"), 1.0),
    "older": (sentence("whether a record may outlive `retention.ms`"), 1.0),
    "killed": (sentence("what the death of the process takes"), 1.0),
    "sealed": (sentence("what a power cut takes of closed segments"), 1.0),
    "gap": (sentence("whether it leaves a gap"), 1.0),
}
HINTS = {
    "entry": sentence(
        "Entries grow. The search begins at the last one that is not greater than what is looked for."
    ),
    "passed": sentence(
        "The entry's byte is where the batch begins that *ends* with the entry's offset. Count the batches of ten from "
        "that one on, up to the one with 12,345, which itself doesn't count."
    ),
    "oldest": sentence(
        "A segment of ten goes when its newest record is older than 30 minutes. Write down for each segment the minute "
        "of its newest record, and look from minute 60 to 65."
    ),
    "older": sentence(
        "A whole segment goes or stays. On which of its records does that depend?"
    ),
    "killed": sentence(
        "Whose memory is the page cache, the process's or the operating system's?"
    ),
    "sealed": sentence(
        "What does a broker do with a segment when it rolls? Section 6 tells."
    ),
    "gap": sentence(
        "Recovery reads from the front. What does it do with all that comes after the first bad batch?"
    ),
}


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The dictionary, against the run of the lesson."""
    with Sandbox(code, ["prediction"]) as sandbox:
        given = sandbox.value("prediction")
    if not isinstance(given, dict):
        raise AnswerFailed(
            say(
                "`prediction` should be the dictionary from the cell, with your numbers in it."
            )
        )
    for name, want in TRUTH.items():
        got = given.get(name)
        if got is None:
            sheet.fail(name, say("no prediction yet"), HINTS[name])
        elif type(got) is type(want) and got == want:
            sheet.seen(name)
        else:
            said = say("you predicted {value}; it comes out otherwise", value=repr(got))
            sheet.fail(name, said, wrong(name, got))


MISTAKES: dict[tuple[str, Any], str] = {
    ("entry", 12345): sentence(
        "An index with every offset in it would be as long as the log. Take one that stands in the list."
    ),
    ("passed", 0): sentence(
        "0 would be an index with an entry for every batch. This one is sparse."
    ),
    ("passed", 2): sentence(
        "One too few: the batch at the entry's byte is passed by, too. It *ends* with the entry's offset."
    ),
    ("oldest", 35): sentence(
        "35 lies in the middle of a segment: retention never cuts one in two."
    ),
    ("oldest", 40): sentence(
        "You let a segment go as soon as its *oldest* record is too old. It is the newest that counts."
    ),
    ("oldest", 0): sentence(
        "Nothing deleted? After an hour the first segment's newest record is 51 minutes old."
    ),
    ("killed", 15): sentence(
        "The records were not on the disk, that is right. But they were not in the process's memory either."
    ),
}


def wrong(name: str, got: Any) -> str:
    """A hint for this very mistake."""
    if isinstance(TRUTH[name], bool) and type(got) is not bool:
        return say("True or False, without quotes.")
    if not isinstance(TRUTH[name], bool) and type(got) is not int:
        return say("A whole number, without quotes.")
    if name == "entry" and got > 12345:
        return say(
            "That entry lies behind the record: a scan goes forward only. {hint}",
            hint=say(HINTS[name]),
        )
    if (name, got) in MISTAKES:
        return say(MISTAKES[name, got])
    return say(HINTS[name])


EXERCISE = Exercise(
    id="5c",
    title=sentence("Say it before: a lookup, retention, two accidents"),
    names=("prediction",),
    properties=PROPERTIES,
    judge=judge,
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
