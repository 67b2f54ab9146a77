"""Exercise 13b: a follower whose link to the other brokers is slow, and which stays in the ISR all the same.

Rule: both mends are right that take it out of the way: a shorter replica.lag.time.max.ms, or stopping it.
"""

from __future__ import annotations

from minikafka_lessons.language import sentence

from .drill import drill_exercise

EXERCISE = drill_exercise(
    "B",
    host=sentence(
        "An order waits for the slowest of the ISR. Which broker's FETCH takes longest, there and back?"
    ),
    works=sentence(
        "acks=all waits for everybody in the ISR. How long may one be behind before it is put out?"
    ),
    kept=sentence("Quick is not safe: with your fix, who has an order when it is confirmed?"),
    instead={
        "gray disk": sentence(
            "Then its heartbeats to the controller would be late, too. Look at the row BROKER_HEARTBEAT of that host."
        ),
        "dead broker": sentence("Everybody answers here, only not everybody at once."),
    },
    mistakes=(
        (
            r"acks\s*=\s*[01]",
            "kept",
            sentence(
                "Now nobody waits for the follower. It is in the ISR, may lead tomorrow, and lacks the last orders."
            ),
        ),
        (
            r"min\.insync\.replicas\s*=\s*1\b",
            "works",
            sentence(
                "That is how many there must be at least; acks=all waits for all of the ISR, however many these are."
            ),
        ),
        (
            r"min\.insync\.replicas\s*=\s*3",
            "works",
            sentence("You ask for three in sync, and one of three can't be: everything is refused."),
        ),
        (
            r"restart HOST",
            "works",
            sentence(
                "A restarted broker is out of the ISR until it has caught up. It does, in a quiet hour, and then all "
                "wait again: the link is as slow as before."
            ),
        ),
        (
            r"replica\.lag\.time\.max\.ms",
            "works",
            sentence(
                "It takes some seconds to fetch and come again. Your limit lets it stay; what would "
                "customers put up with?"
            ),
        ),
        (
            r"heal",
            "works",
            sentence("Nothing is cut here: messages come, late. The cluster has to live with that."),
        ),
    ),
    hints=(
        sentence(
            "Compare `times` before and during it: which row has changed, and which row of the same host has not?"
        ),
        sentence(
            "Its requests and the answers take seconds between brokers, and a millisecond to the controller: "
            "the link is "
            "slow, not the host. It fetches as it should, so that it stays in the ISR; and acks=all waits for it."
        ),
        sentence(
            "The broker setting `replica.lag.time.max.ms` is 30 seconds by default. With a few thousand milliseconds "
            "the leader puts it out of the ISR soon, and two of three replicas are enough. (Or stop it.)"
        ),
    ),
)
