"""Lesson 8: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_8a, exercise_8b
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("ISR, high watermark, acks")
ABOUT = sentence("When a record is safe, who may see it, and what acks promises.")
MINUTES = 40
WORLD = "simulated"
SEED = 8
BROKERS = 3
TOPICS = ("weather", "orders")
GROUPS: tuple[str, ...] = ()
EXERCISES = (exercise_8a.EXERCISE, exercise_8b.EXERCISE)
