"""Exercise 1b: `publish` and `read_all`, the two ends of the bus.

Rule: each runs in a process of its own, so that only the broker connects them; one may fail alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox, no_function
from minikafka_lessons.language import sentence

from . import publish, read_all

PROPERTIES = {**publish.PROPERTIES, **read_all.PROPERTIES}
HINTS = {**publish.HINTS, **read_all.HINTS}


def judge_bus(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Both functions in real runs; each in a process of its own, so that only the broker connects them."""
    with Sandbox(code, ["publish", "read_all"]) as sandbox:
        kinds = dict(sandbox.defined)
    for seed in seeds:
        for part, first, judge in (
            ("publish", "sent", publish.judge_publish),
            ("read_all", "read", read_all.judge_read_all),
        ):
            if kinds.get(part) != "function":
                sheet.fail(first, no_function(part), HINTS[first])
                continue
            if sheet.failed(first):
                continue
            try:
                with Sandbox(code, [part], limit_s=10) as sandbox:
                    judge(sandbox, sheet, seed)
            except AnswerFailed as problem:
                sheet.fail(first, str(problem), HINTS[first], seed)


EXERCISE = Exercise(
    id="1b",
    title=sentence("Two ends of the bus: `publish` and `read_all`"),
    names=("publish", "read_all"),
    properties=PROPERTIES,
    judge=judge_bus,
    hints=(
        sentence(
            "`publish` is a loop over the rows with one `producer.produce(topic, value, key=…)`; `read_all` is a "
            "loop around `consumer.poll(1.0)` that ends when it has `count` records."
        ),
        sentence(
            "What can `produce` raise when you are faster than the network? And what are the three things that "
            "`poll` can return: a record, an event with an `error()`, and …?"
        ),
        sentence(
            "publish: `try: producer.produce(…)`, `except BufferError: producer.poll(0.1)` and again the same "
            "row; at the end `producer.flush()`. read_all: skip None, skip messages with an error, collect "
            "decoded (key, value); after the loop `consumer.commit(asynchronous=False)`."
        ),
    ),
    minutes=15,
    more=8,
)
