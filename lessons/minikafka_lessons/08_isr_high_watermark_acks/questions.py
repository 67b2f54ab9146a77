"""What lesson 8 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "shown": question(
        "The leader has 9 records, each follower has 6. How many is a consumer shown?",
        "9: they are acknowledged, so they are there",
        "6: those that all have",
        "0: the followers have to catch up first",
    ),
    "slow": question(
        "One follower of three hears nothing any more. How long does a write with acks=all take now?",
        "as long as ever: two of three are enough",
        "somewhat longer than replica.lag.time.max.ms (30 s); the next one is quick again",
        "for ever",
    ),
    "return": question(
        "The old leader comes back with three records that nobody else has. What becomes of them?",
        "the others copy them",
        "it cuts them off its log",
        "they stay in its log only",
    ),
}
