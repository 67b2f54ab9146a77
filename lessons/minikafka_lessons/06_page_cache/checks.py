"""Lesson 6: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_6a, exercise_6b
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("The page cache")
ABOUT = sentence(
    "Why Kafka is fast, measured on your machine; what a power cut takes and a crash doesn't."
)
MINUTES = 40
TOPICS = ("cached", "one-by-one", "batched", "batched-zstd")
GROUPS = ("lab-6",)
EXERCISES = (exercise_6a.EXERCISE, exercise_6b.EXERCISE)
