"""Exercise 7b: what each replication factor can bear, and what it costs: a prediction, sealed before the runs."""

from __future__ import annotations

from math import comb
from typing import Any

from minikafka_lessons.grading import prediction
from minikafka_lessons.grading.prediction import Asked, said
from minikafka_lessons.language import sentence
from minikafka_lessons.stage.trials.drills import BROKERS

ONE_LEFT = sentence("One replica must be left.")
ONE_TOO_MANY = (
    lambda got, truth: got == truth + 1,
    sentence(
        "With so many dead, all replicas may be among them. Then nothing is left to read."
    ),
)

ASKED = {
    "bears_1": Asked(
        sentence("how many dead brokers RF 1 can always bear"),
        sentence("*Always* means: whichever broker it is."),
        0.5,
        [ONE_TOO_MANY],
    ),
    "bears_2": Asked(sentence("… and RF 2"), ONE_LEFT, 0.5, [ONE_TOO_MANY]),
    "bears_3": Asked(sentence("… and RF 3"), ONE_LEFT, 0.5, [ONE_TOO_MANY]),
    "pairs": Asked(
        sentence("how many of the ten pairs of brokers take an RF 2 partition along"),
        sentence(
            "The partition lies on two of the five. Which pairs hit both of its brokers?"
        ),
        1.5,
        [
            (
                said(4, 7),
                sentence(
                    "Those are pairs that hit one of the two, or more. The other one lives on."
                ),
            )
        ],
    ),
    "disk": Asked(
        sentence("how many times the disk RF 3 takes"),
        sentence("Each replica is a whole log on a disk of its own."),
        0.5,
        [(said(1, 2), sentence("The leader's log counts, too."))],
    ),
    "network": Asked(
        sentence("how many times a record crosses the network between brokers"),
        sentence("The leader has it from the producer. Who needs it from the leader?"),
        1.0,
        [
            (
                said(3),
                sentence(
                    "You count the copy that the producer sends. Between *brokers* there is one less."
                ),
            )
        ],
    ),
    "unbearable": Asked(
        sentence("whether RF 3 bears any three deaths"),
        sentence(
            "Three deaths may be those of three brokers without any replica; or not."
        ),
        0.5,
    ),
}


def truths() -> dict[str, Any]:
    """What happens, under every seed."""
    return {
        "bears_1": 0,
        "bears_2": 1,
        "bears_3": 2,
        "pairs": comb(BROKERS - 2, 0),
        "disk": 3,
        "network": 2,
        "unbearable": False,
    }


EXERCISE = prediction.exercise(
    "7b",
    sentence("Which deaths can each factor bear?"),
    ASKED,
    truths,
    hints=(
        sentence("A partition lives as long as one of its replicas lives."),
        sentence(
            "Draw five brokers and put the replicas on the first ones. Strike brokers out, the worst ones first."
        ),
        sentence(
            "RF n bears n − 1 deaths, whoever dies. A pair of brokers takes an RF 2 partition along only if it is just "
            "that pair. The leader gets the record from the producer, the others from the leader."
        ),
    ),
)
