"""Lesson 1: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from minikafka_lessons.language import sentence

from . import exercise_1a, exercise_1b
from .questions import QUESTIONS as QUESTIONS

TITLE = sentence("The data bus")
ABOUT = sentence("Producer, broker, consumer: why not N² links, and what LAG is.")
MINUTES = 30
TOPICS = ("weather", "weather-mine")
GROUPS = ("dashboard", "archive", "newcomer", "slow-dashboard", "my-group")
EXERCISES = (exercise_1a.EXERCISE, exercise_1b.EXERCISE)
