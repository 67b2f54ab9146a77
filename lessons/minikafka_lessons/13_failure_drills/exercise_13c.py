"""Exercise 13c: a leader that is cut off, and goes on confirming.

Rule: only the producer's settings keep what a lonely leader confirms.
"""

from __future__ import annotations

from minikafka_lessons.language import sentence

from .drill import drill_exercise

EXERCISE = drill_exercise(
    "C",
    host=sentence(
        "Two brokers were leaders at the same time. Which of them did the controller not hear any more?"
    ),
    works=sentence("It mends itself when messages come through again. What does your runbook take away?"),
    kept=sentence("Who had an order when the shop was told that it is confirmed?"),
    instead={
        "dead broker": sentence(
            "The controller thought so, too. But did its process end? Look who answered the shop in those seconds."
        ),
        "unclean election": sentence(
            "The log of the controller says of this one: unclean=False. The new leader was in the ISR."
        ),
    },
    mistakes=(
        (
            r"acks\s*=\s*0",
            "kept",
            sentence("With acks=0 the producer waits for nobody at all: it takes silence for a yes."),
        ),
        (
            r"unclean\.leader",
            "kept",
            sentence("The election was clean. It was the old leader that confirmed what nobody else had."),
        ),
        (
            r"min\.insync\.replicas",
            "kept",
            sentence("That is asked only of a write that waits for the whole ISR. How does this shop write?"),
        ),
        (
            r"heal",
            "kept",
            sentence(
                "Now it is shorter, and all that was confirmed until you were called is lost as before."
            ),
        ),
        (
            r"(stop|kill|restart) HOST",
            "works",
            sentence(
                "A broker that doesn't reach the controller can't come back either. Leave it; what could the shop do?"
            ),
        ),
    ),
    hints=(
        sentence("Which of the lost orders were written to whom? Look at the PRODUCE requests from 25 s on."),
        sentence(
            "The controller hears nothing from the leader, fences it, and another one leads. The old one "
            "knows nothing "
            "of it: it still answers the shop, alone. When it hears again, it cuts off what it alone has."
        ),
        sentence(
            "The shop's producer has acks=1: the leader's word is enough. With acks=all a leader that reaches no "
            "follower can't confirm anything, and the producer finds the new one."
        ),
    ),
)
