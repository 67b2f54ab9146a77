"""Lesson 2: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_2a, exercise_2b
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("Topics, partitions, offsets")
ABOUT = sentence("Which record goes to which partition, and what order is kept there.")
MINUTES = 35
TOPICS = ("airports", "lanes", "airports-mine", "pages", "inspections")
GROUPS = ("inspectors", "inspector", "reader", "crowd", "pager")
EXERCISES = (exercise_2a.EXERCISE, exercise_2b.EXERCISE)
