"""What lesson 3 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "trip": question(
        "1,000 readings travel in one request. How long does that take, against one reading?",
        "about 1,000 times as long",
        "about 10 times as long",
        "about as long",
    ),
    "hurry": question(
        "The same 1,000 readings, and each leaves by itself, as soon as it can. When does the last one arrive?",
        "sooner: nobody waits for anybody",
        "at about the same time",
        "more than 50 times as late",
    ),
}
