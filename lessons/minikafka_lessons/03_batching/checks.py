"""Lesson 3: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_3a, exercise_3b
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("Batching")
ABOUT = sentence(
    "What a producer gathers before it sends: linger against latency, and your own rule."
)
MINUTES = 30
TOPICS = ("readings",)
GROUPS: tuple[str, ...] = ()
EXERCISES = (exercise_3a.EXERCISE, exercise_3b.EXERCISE)
WORLD = "simulated"
SEED = 3
BROKERS = 3
