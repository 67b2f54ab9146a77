"""Lesson 1: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from . import exercise_1a, exercise_1b

TITLE = "The data bus"
TOPICS = ("weather", "weather-mine")
GROUPS = ("dashboard", "archive", "newcomer", "slow-dashboard", "my-group")
EXERCISES = (exercise_1a.EXERCISE, exercise_1b.EXERCISE)
