"""Exercise 3b: linger.ms × rate: a prediction, judged against runs of the real thing.

Rule: what is right is never written down here; it is read from a simulated producer under that load.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from minikafka_lessons.grading import prediction, scenes
from minikafka_lessons.grading.prediction import Asked, said
from minikafka_lessons.language import sentence
from minikafka_lessons.stage import traffic

WHOLE = sentence("A batch has whole records: write their number, without quotes.")
EMPTY = (said(0), sentence("An empty batch is never sent."))
ONE_OFF = (
    (
        lambda got, right: got == right - 1,
        sentence("One too few: the reading that opens the batch counts, too."),
    ),
    (
        lambda got, right: got == right + 1,
        sentence("One too many: that reading comes when the batch has just left."),
    ),
    (
        said(15, 30, 35, 70),
        sentence("That would be so at another rate: how many readings come in one ms?"),
    ),
)

ASKED = {
    "fast_0": Asked(
        sentence("a reading every 2 ms, linger.ms 0: records in a batch"),
        sentence("Who lingers for 0 ms, waits for nobody."),
        mistakes=[EMPTY],
        wanted=WHOLE,
    ),
    "fast_15": Asked(
        sentence("a reading every 2 ms, linger.ms 15: records in a batch"),
        sentence(
            "Draw a line in milliseconds: the first reading at 0, the next at 2, and so on. Which of them come before the "
            "batch leaves?"
        ),
        mistakes=ONE_OFF,
        wanted=WHOLE,
    ),
    "fast_35": Asked(
        sentence("a reading every 2 ms, linger.ms 35: records in a batch"),
        sentence(
            "As before, with a longer line: count the readings that come before the batch leaves, the first one too."
        ),
        mistakes=ONE_OFF,
        wanted=WHOLE,
    ),
    "slow_15": Asked(
        sentence("a reading every 50 ms, linger.ms 15: records in a batch"),
        sentence("When does the next reading come? Has the batch left by then?"),
        mistakes=[EMPTY],
        wanted=WHOLE,
    ),
    "slow_wait": Asked(
        sentence("… and how many ms each of them waits"),
        sentence(
            "The batch isn't full, and no other reading comes. What does it wait for, and how long?"
        ),
        mistakes=[
            (
                said(0),
                sentence("The producer can't know that nobody else will come."),
            ),
            (
                said(50),
                sentence(
                    "linger.ms is the longest wait: the batch doesn't wait for the next reading."
                ),
            ),
        ],
    ),
    "burst_wait": Asked(
        sentence(
            "40 at once, room for 10, linger.ms 15: ms that the first batch waits"
        ),
        sentence(
            "There are two reasons to leave, and the first that holds counts. Which one holds at once?"
        ),
        mistakes=[
            (said(15), sentence("linger.ms is the longest wait, not the shortest."))
        ],
    ),
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


def truths() -> dict[str, int]:
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


EXERCISE = prediction.exercise(
    "3b",
    sentence("linger.ms × rate: what comes out?"),
    ASKED,
    truths,
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
)
