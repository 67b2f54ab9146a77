"""Lesson 4: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_4a, exercise_4b, exercise_4c
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("Compression")
ABOUT = sentence(
    "Four codecs measured on your machine, and a record batch that you write byte by byte."
)
MINUTES = 40
TOPICS = ("packed", "plain", "by-hand", "as-gzip", "docks", "mended")
GROUPS = ("by-hand",)
EXERCISES = (exercise_4a.EXERCISE, exercise_4b.EXERCISE, exercise_4c.EXERCISE)
