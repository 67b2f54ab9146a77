"""What lesson 13 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "kill": question(
        "The leader's process is killed at this moment. How long do orders wait until the first one is "
        "confirmed again?",
        "a few milliseconds: the followers have everything",
        "some seconds: first the controller has to miss it",
        "for ever: somebody has to restart it",
    ),
    "restart": question(
        "The killed broker is started again on its data. When is it back in the ISR?",
        "as soon as it runs",
        "as soon as it has what the others have",
        "after replica.lag.time.max.ms, 30 s",
    ),
}
