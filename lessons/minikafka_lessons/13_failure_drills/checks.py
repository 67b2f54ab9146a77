"""Lesson 13: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_13a, exercise_13b, exercise_13c, exercise_13d, exercise_13e, exercise_13f
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("Failure drills")
ABOUT = sentence(
    "Six broken clusters: find out what went wrong, when and where, and mend it for the next time."
)
MINUTES = 40
WORLD = "simulated"
SEED = 13
BROKERS = 3
TOPICS = ("orders",)
GROUPS: tuple[str, ...] = ()
EXERCISES = (
    exercise_13a.EXERCISE,
    exercise_13b.EXERCISE,
    exercise_13c.EXERCISE,
    exercise_13d.EXERCISE,
    exercise_13e.EXERCISE,
    exercise_13f.EXERCISE,
)
