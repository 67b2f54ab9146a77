"""Exercise 3b: linger.ms × rate: a prediction, judged against runs of the real thing.

Rule: what is right is never written down here; it is read from a simulated producer under that load.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from minikafka_lessons import traffic
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say, sentence

PROPERTIES = {
    "fast_0": (sentence("a reading every 2 ms, linger.ms 0: records in a batch"), 1.0),
    "fast_15": (
        sentence("a reading every 2 ms, linger.ms 15: records in a batch"),
        1.0,
    ),
    "fast_35": (
        sentence("a reading every 2 ms, linger.ms 35: records in a batch"),
        1.0,
    ),
    "slow_15": (
        sentence("a reading every 50 ms, linger.ms 15: records in a batch"),
        1.0,
    ),
    "slow_wait": (sentence("… and how many ms each of them waits"), 1.0),
    "burst_wait": (
        sentence(
            "40 at once, room for 10, linger.ms 15: ms that the first batch waits"
        ),
        1.0,
    ),
}
HINTS = {
    "fast_0": sentence("Who lingers for 0 ms, waits for nobody."),
    "fast_15": sentence(
        "Draw a line in milliseconds: the first reading at 0, the next at 2, and so on. Which of them come before the "
        "batch leaves?"
    ),
    "fast_35": sentence(
        "As before, with a longer line: count the readings that come before the batch leaves, the first one too."
    ),
    "slow_15": sentence("When does the next reading come? Has the batch left by then?"),
    "slow_wait": sentence(
        "The batch isn't full, and no other reading comes. What does it wait for, and how long?"
    ),
    "burst_wait": sentence(
        "There are two reasons to leave, and the first that holds counts. Which one holds at once?"
    ),
}
EMPTY = sentence("An empty batch is never sent.")
ANOTHER_RATE = sentence(
    "That would be so at another rate: how many readings come in one ms?"
)
WHOLE = sentence("A batch has whole records.")
ONE_TOO_FEW = sentence("One too few: the reading that opens the batch counts, too.")
ONE_TOO_MANY = sentence(
    "One too many: that reading comes when the batch has just left."
)
MISTAKES: dict[tuple[str, float], str] = {
    ("fast_0", 0): EMPTY,
    ("slow_15", 0): EMPTY,
    **{
        (name, n): ANOTHER_RATE
        for name in ("fast_15", "fast_35")
        for n in (15, 30, 35, 70)
    },
    ("slow_wait", 0): sentence("The producer can't know that nobody else will come."),
    ("slow_wait", 50): sentence(
        "linger.ms is the longest wait: the batch doesn't wait for the next reading."
    ),
    ("burst_wait", 15): sentence("linger.ms is the longest wait, not the shortest."),
}
SETTINGS: dict[str, tuple[dict[str, Any], list[float]]] = {
    "fast_0": ({"linger.ms": 0}, traffic.steady(60, 2)),
    "fast_15": ({"linger.ms": 15}, traffic.steady(80, 2)),
    "fast_35": ({"linger.ms": 35}, traffic.steady(108, 2)),
    "slow_15": ({"linger.ms": 15}, traffic.steady(8, 50)),
    "burst": ({"linger.ms": 15, "batch.num.messages": 10}, traffic.burst(40)),
}


@cache
def outcomes() -> dict[str, traffic.Outcome]:
    """Each load, run."""
    found = {}
    with scenes.cluster(3) as cluster:
        cluster.create_topic("readings", 1)
        for name, (config, pauses) in SETTINGS.items():
            with cluster.producer(config) as producer:
                found[name] = traffic.send(cluster, producer, "readings", pauses)
    return found


def predictions() -> dict[str, int]:
    """What happens."""
    came = outcomes()
    counted = {
        name: came[name].most_often
        for name in ("fast_0", "fast_15", "fast_35", "slow_15")
    }
    return counted | {
        "slow_wait": round(came["slow_15"].batches[0].waited_ms),
        "burst_wait": round(came["burst"].batches[0].waited_ms),
    }


def judge_prediction(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The dictionary, against the runs."""
    with Sandbox(code, ["prediction"]) as sandbox:
        given = sandbox.value("prediction")
    if not isinstance(given, dict):
        raise AnswerFailed(
            say(
                "`prediction` should be the dictionary from the cell, with your numbers in it."
            )
        )
    for name, want in predictions().items():
        got = given.get(name)
        if got is None:
            sheet.fail(name, say("no prediction yet"), HINTS[name])
        elif type(got) in (int, float) and got == want:
            sheet.seen(name)
        else:
            sheet.fail(
                name,
                say("you predicted {value}; it comes out otherwise", value=repr(got)),
                wrong_prediction(name, got, want),
            )


def wrong_prediction(name: str, got: Any, want: int) -> str:
    """A hint for this very mistake."""
    if type(got) not in (int, float):
        return say("A number is wanted: write it without quotes.")
    first = MISTAKES.get((name, got), "")
    if name in ("fast_15", "fast_35"):
        if got % 1:
            first = WHOLE
        elif abs(got - want) == 1:
            first = ONE_TOO_FEW if got < want else ONE_TOO_MANY
    return f"{say(first)} {say(HINTS[name])}" if first else HINTS[name]


EXERCISE = Exercise(
    id="3b",
    title=sentence("linger.ms × rate: what comes out?"),
    names=("prediction",),
    properties=PROPERTIES,
    judge=judge_prediction,
    hints=(
        sentence(
            "A batch opens with its first record. From then on the clock runs, and the room gets less."
        ),
        sentence(
            "Draw the moments at which readings come on a line, the first one at 0. A batch gets all that come within "
            "linger.ms; the next one opens a new batch."
        ),
        sentence(
            "Within L ms, at one reading every G ms, come the one that opens the batch and as many more as G goes "
            "into L. If G is longer than L, nobody else comes, and L is waited for nothing. A full batch doesn't wait."
        ),
    ),
    minutes=5,
)
