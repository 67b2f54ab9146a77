"""What lesson 5 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "rolled": question(
        "2.3 MB went into one partition, whose segment.bytes is 1 MiB. How many .log files does it have?",
        "one: it is one partition",
        "three: a file that is full is closed, and a new one begun",
        "more than 1,000: one for each batch",
    ),
    "imported": question(
        "How many of the 100 readings are still there ten minutes later?",
        "all: they are kept for seven days from now",
        "none",
        "some: the active segment always stays",
    ),
    "flushed": question(
        "The same fifteen records and a power cut, with flush.messages = 1. How many acknowledged ones are lost?",
        "as many as before",
        "one: the last",
        "none",
    ),
}
