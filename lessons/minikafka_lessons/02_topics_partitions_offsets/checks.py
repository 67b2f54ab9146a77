"""Lesson 2: its title, what its notebook makes in a cluster, and its exercises."""

from __future__ import annotations

from . import exercise_2a, exercise_2b

TITLE = "Topics, partitions, offsets"
TOPICS = ("airports", "lanes", "airports-mine", "pages", "inspections")
GROUPS = ("inspectors", "inspector", "reader", "crowd", "pager")
EXERCISES = (exercise_2a.EXERCISE, exercise_2b.EXERCISE)
