"""Lesson 12: its title, its simulated world, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_12a, exercise_12b, exercise_12c
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("KRaft: the controllers' log")
ABOUT = sentence(
    "One log holds all that a cluster knows of itself; who may write it, and who decides that."
)
MINUTES = 40
WORLD = "simulated"
SEED = 12
BROKERS = 3
CONTROLLERS = 3
TOPICS = ("orders", "orders-after")
GROUPS: tuple[str, ...] = ()
EXERCISES = (exercise_12a.EXERCISE, exercise_12b.EXERCISE, exercise_12c.EXERCISE)
