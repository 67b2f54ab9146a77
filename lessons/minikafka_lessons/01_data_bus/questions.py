"""What lesson 1 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "late": question(
        "A consumer comes now, after all was sent. What does it get?",
        "nothing: nobody listened when the records were sent",
        "the last few, which the brokers still remember",
        "all of them",
    ),
    "again": question(
        "Group dashboard has read everything. A second group comes. What does it get?",
        "nothing: the records were consumed",
        "all of them, too",
        "half of them: the groups share",
    ),
    "slow": question(
        "200 a second come for 3 seconds; 100 a second get read. What does the LAG do?",
        "it stays near 0",
        "it climbs to about 300, then falls back to 0 about 3 seconds later",
        "it climbs and stays there",
    ),
}
