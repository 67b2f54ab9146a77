"""What lesson 12 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "records": question(
        "A topic with two partitions, three replicas each, is created. How many records does the log get?",
        "1: the topic",
        "3: the topic, and one for each partition",
        "7: the topic, and one for each replica",
    ),
    "gap": question(
        "The active controller is killed. How long does it take until another one is active?",
        "less than 0.1 s: the others notice at once that its connections are gone",
        "2 s or somewhat more: as long as they are patient with a silent leader, and an election",
        "9 s or more: as long as a broker may be silent",
    ),
    "write": question(
        "At that very moment a producer writes with acks=all to a topic that is there. How long does that take?",
        "as long as ever: brokers don't need a controller for that",
        "until there is a controller again",
        "it fails",
    ),
}
