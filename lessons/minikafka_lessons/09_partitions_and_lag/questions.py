"""What lesson 9 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "moved": question(
        "From 3 to 6 partitions: how many of the 400 airports go to another partition?",
        "none: 6 is a multiple of 3",
        "about half",
        "nearly all: 6 is another number",
    ),
    "overtaken": question(
        "The topic grows while there is LAG. Whose records may be worked off in the wrong order?",
        "nobody's: Kafka keeps the order of a key",
        "only those of airports that went to a new partition",
        "those of any airport",
    ),
}
