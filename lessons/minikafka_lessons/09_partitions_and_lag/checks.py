"""Lesson 9: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_9a, exercise_9b, exercise_9c
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("How many partitions? LAG")
ABOUT = sentence(
    "Throughput against partitions, LAG while it grows, and what becomes of order from 3 to 6."
)
MINUTES = 40
TOPICS = (
    "speed-1",
    "speed-2",
    "speed-3",
    "speed-6",
    "size-50",
    "size-100",
    "size-200",
    "speed-hot",
    "flights",
    "arrivals",
)
GROUPS = ("desk", "night-watch")
EXERCISES = (exercise_9a.EXERCISE, exercise_9b.EXERCISE, exercise_9c.EXERCISE)
WORLD = "simulated"
SEED = 9
