"""Exercise 13a: a broker that ends by itself, and won't start again.

Rule: the order of the lines counts: first room, then the broker.
"""

from __future__ import annotations

from minikafka_lessons.language import sentence

from .drill import drill_exercise

EXERCISE = drill_exercise(
    "A",
    host=sentence("Who is missing among the boxes of the brokers, and what was its last line in the log?"),
    works=sentence("Two replicas are asked for, and one is away. What keeps it from coming back?"),
    kept=sentence("Each confirmed order must lie with two brokers. Does it?"),
    instead={
        "dead broker": sentence("It has ended, but nobody killed it. Its last lines in the log say why."),
        "failed disk": sentence("Read the reason in its last line to the end: can the disk still be read?"),
    },
    mistakes=(
        (
            r"restart HOST[\s\S]*repair_disk",
            "works",
            sentence(
                "You restart it first and then see to the cause: it falls over the same stone, and stays down."
            ),
        ),
        (
            r"min\.insync\.replicas\s*=\s*1",
            "works",
            sentence(
                "Now one copy is enough, and orders go through; but then there is only that one. Bring the other back."
            ),
        ),
        (
            r"acks\s*=\s*1",
            "works",
            sentence(
                "Now the leader alone confirms: if it dies, its orders die with it. Bring the other broker back."
            ),
        ),
        (
            r"^\s*repair_disk HOST\s*;?\s*$",
            "works",
            sentence(
                "There is room again, and the broker that ended is still down. Somebody has to start it."
            ),
        ),
        (
            r"^\s*restart HOST\s*;?\s*$",
            "works",
            sentence("A restart changes nothing about what made it end. It ends again."),
        ),
    ),
    hints=(
        sentence(
            "One of the brokers is down. Ask for the log of that broker alone: the last lines say who has done what."
        ),
        sentence(
            "A disk that can be read and not be written to has no room. What does a broker need before it can start?"
        ),
        sentence(
            "Its log directory failed for want of space. In the runbook the disk comes first (that is: somebody makes "
            "room), and only then the restart; after that it catches up by itself."
        ),
    ),
)
