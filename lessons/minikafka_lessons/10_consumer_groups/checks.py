"""Lesson 10: its title, its simulated world, what its notebook makes in it, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_10a, exercise_10b, exercise_10c
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("Consumer groups")
ABOUT = sentence(
    "Who reads which partition: joining, four strategies, deaths, and a storm."
)
MINUTES = 40
TOPICS = ("airports", "weather", "parcels")
GROUPS = (
    "first", "again", "range", "roundrobin", "sticky", "cooperative-sticky", "dies", "slow", "leaves", "static",
)  # fmt: skip
EXERCISES = (exercise_10a.EXERCISE, exercise_10b.EXERCISE, exercise_10c.EXERCISE)
WORLD = "simulated"
SEED = 10
BROKERS = 3
