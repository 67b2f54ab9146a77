"""Lesson 6, its lab: its title and what its notebook makes in a cluster. It has no graded exercise."""

from __future__ import annotations

from minikafka_lessons.course import Exercise
from minikafka_lessons.language import sentence

from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("Lab · The page cache, batches and compression")
ABOUT = sentence(
    "Why Kafka is fast: the page cache, batches and codecs, measured on your machine."
)
MINUTES = 30
TOPICS = ("cached", "one-by-one", "batched", "batched-zstd")
GROUPS = ("lab-6",)
EXERCISES: tuple[Exercise, ...] = ()
