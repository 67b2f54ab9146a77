"""Lesson 7: its title, what its notebook makes in a cluster, its exercises, and its simulated world."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_7a, exercise_7b, exercise_7c
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("Replication")
ABOUT = sentence(
    "Followers fetch. What each replication factor costs, and which deaths it bears."
)
MINUTES = 40
TOPICS = ("weather", "single")
GROUPS: tuple[str, ...] = ()
EXERCISES = (exercise_7a.EXERCISE, exercise_7b.EXERCISE, exercise_7c.EXERCISE)
WORLD = "simulated"
SEED = 7
BROKERS = 3
