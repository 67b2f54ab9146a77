"""What lesson 0 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "kill": question(
        "The broker that leads “postcards” dies, and stays dead. What becomes of the records?",
        "they are lost with it",
        "they can be read again once it is restarted, not before",
        "they are all there: another broker has them, and leads now",
    ),
}
