"""What lesson 2 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "spread": question(
        "Into how many partitions did the airports of one state go?",
        "into all four, evenly",
        "into exactly one",
        "into one or two",
    ),
    "order": question(
        "A consumer reads all three partitions. In which order do pages 0 … 29 come?",
        "0, 1, 2, 3 … as they were written",
        "in order within each partition, but the partitions' pages are mixed",
        "in no order at all",
    ),
    "resume": question(
        "This consumer ends, the next one of its group begins. Its first record, where n is committed?",
        "offset 0: it is new",
        "offset n: the committed offset is the next one to read",
        "offset n + 1: n was the last one read",
    ),
}
