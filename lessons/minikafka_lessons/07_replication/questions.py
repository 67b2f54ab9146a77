"""What lesson 7 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "who": question(
        "How does a record come from the leader to a follower?",
        "the leader sends it to each follower",
        "each follower asks the leader for it",
        "the producer sends it to all three",
    ),
    "same": question(
        "The files of three replicas, byte for byte. What differs?",
        "nothing: they are the same bytes",
        "the offsets: each broker counts its own",
        "the order of the records",
    ),
    "alone": question(
        "The broker that has the only replica of “single” dies. What becomes of “single”?",
        "the controller copies it to another broker",
        "it has no leader until that broker is back",
        "its records are deleted",
    ),
    "advice": question(
        "One broker of five is away for maintenance, another one dies for ever. Who loses acknowledged records?",
        "RF 1 only",
        "RF 1 and RF 2 in some runs, RF 3 in none",
        "all of them in some runs",
    ),
}
