"""Exercise 13d: a broker becomes the leader that had not been in sync.

Rule: both mends are right: no unclean election, or no confirmation by one replica alone.
"""

from __future__ import annotations

from minikafka_lessons.language import sentence

from .drill import drill_exercise

EXERCISE = drill_exercise(
    "D",
    host=sentence("That both were down is known. Which of them led when it should not have?"),
    works=sentence("The brokers come back by themselves. What does your runbook take away?"),
    kept=sentence("Which replica had the orders that are missing, and why did it not lead?"),
    instead={
        "dead broker": sentence(
            "Both were down, and that is known. While one had all orders, nothing was lost yet. What happened then?"
        ),
        "network split": sentence("Whoever was away was down: its log has no line for that time."),
    },
    mistakes=(
        (
            r"acks\s*=\s*[01]",
            "kept",
            sentence(
                "The producer waited for the whole ISR already, and that was one broker. Less doesn't help."
            ),
        ),
        (
            r"restart HOST|wait",
            "kept",
            sentence(
                "By the time you are called, the wrong one leads already, and the other one will cut off "
                "what that one lacks."
            ),
        ),
        (
            r"(stop|kill) HOST",
            "works",
            sentence(
                "Now there is one replica left, and what was lost is lost. It has to be settled before the accident."
            ),
        ),
        (
            r"unclean\.leader\.election\.enable\s*=\s*true",
            "kept",
            sentence("That is how it is set now: whoever is there may lead, whatever it lacks."),
        ),
        (
            r"heal|repair_disk|set_clock",
            "kept",
            sentence("Nothing of that kind was broken. Who decided that this broker may lead?"),
        ),
    ),
    hints=(
        sentence(
            "The log of the controller has each election. One of these lines has a word that the others don't have."
        ),
        sentence(
            "While the first one was down, the ISR was the other one alone, and it confirmed alone. Then "
            "that one died, "
            "and the first came back with an old log. Should it lead, or should everybody wait?"
        ),
        sentence(
            "A topic's setting says whether a replica that isn't in sync may lead: `unclean.leader.election.enable`. "
            "With false everybody waits for the one that has the orders."
        ),
    ),
)
