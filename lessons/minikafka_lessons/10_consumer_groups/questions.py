"""What lesson 10 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "fewest": question(
        "Two members share 12 partitions, a third one joins. With which strategy do the fewest partitions change hands?",
        "range",
        "round robin",
        "sticky",
        "all the same: the third one needs four",
    ),
    "busy": question(
        "cem is busy: it doesn't poll, but its heartbeats go on. What does the group do?",
        "nothing, ever: whoever sends heartbeats is alive",
        "it loses cem after session.timeout.ms",
        "it loses cem after max.poll.interval.ms",
    ),
}
