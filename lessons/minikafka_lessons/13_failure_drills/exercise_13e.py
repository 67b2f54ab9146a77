"""Exercise 13e: a disk that works, and takes seconds for each sync.

Rule: a disk is changed in a broker that stands still; before and after it has to be stopped and started.
"""

from __future__ import annotations

from minikafka_lessons.language import sentence

from .drill import drill_exercise

EXERCISE = drill_exercise(
    "E",
    host=sentence("Who hears everything late, from brokers and from the controller alike?"),
    works=sentence(
        "All three brokers have to be in sync again, and quick. What has to be changed, and in which state?"
    ),
    kept=sentence("Quick is not safe: with your fix, who has an order when it is confirmed?"),
    instead={
        "slow follower": sentence(
            "A link that is slow is so in both directions. Here what it sends is there at once; only what is sent to "
            "it lies there. And its heartbeats?"
        ),
        "full disk": sentence("A broker whose disk is full ends. This one runs, and says nothing."),
    },
    mistakes=(
        (
            r"acks\s*=\s*[01]",
            "kept",
            sentence(
                "Now nobody waits for it. It is in the ISR, may lead tomorrow, and lacks the last orders."
            ),
        ),
        (
            r"^\s*(stop|kill) HOST\s*;?\s*$",
            "works",
            sentence(
                "The others are quick without it. But now only two have each order, and nobody looks after the third."
            ),
        ),
        (
            r"^\s*repair_disk HOST",
            "works",
            sentence("The broker runs, and holds its files open. In which state would you pull a disk out?"),
        ),
        (
            r"repair_disk HOST\s*;?\s*$",
            "works",
            sentence("It has a good disk now, and stands still. Somebody has to start it."),
        ),
        (
            r"restart HOST",
            "works",
            sentence("It starts again on the disk that it had."),
        ),
        (
            r"replica\.lag\.time\.max\.ms",
            "works",
            sentence("It is out of the way now, if it follows; the host is as ill as before."),
        ),
    ),
    hints=(
        sentence("Compare `times` before and during it. Which host is in all rows that have changed?"),
        sentence(
            "The host takes a second or two for everything that it gets: its process stands still, again and "
            "again, and "
            "on this topic each write is synced. What stands between a sync and its end?"
        ),
        sentence(
            "A disk that is neither broken nor well. Stop the broker (others lead at once), have the disk changed, "
            "start it; it catches up by itself. Three lines."
        ),
    ),
)
