"""Lesson 5: its title, its simulated world, and its exercises."""

from __future__ import annotations

from minikafka_lessons.course import World
from minikafka_lessons.language import sentence

from . import exercise_5a, exercise_5b, exercise_5c
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("Segments")
ABOUT = sentence(
    "A partition is files: how they roll, how an offset is found, and what is deleted when."
)
MINUTES = 40
TOPICS = ("history", "minutes", "imported", "careful")
GROUPS = ("holiday",)
WORLD: World = "simulated"
SEED = 5
BROKERS = 1
EXERCISES = (exercise_5a.EXERCISE, exercise_5b.EXERCISE, exercise_5c.EXERCISE)
