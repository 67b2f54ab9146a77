"""Lesson 0: its title, its simulated cluster, and its exercise."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_0a
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("First steps: a cluster that you can stop")
ABOUT = sentence(
    "Write and read a record, stop time and step through it, go back; and what check, predict and hint do."
)
MINUTES = 10
TOPICS = ("postcards",)
GROUPS = ("letterbox",)
EXERCISES = (exercise_0a.EXERCISE,)
WORLD = "simulated"
SEED = 7
BROKERS = 3
