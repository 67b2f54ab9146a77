"""Answers as learners write them: right ones and what is handed out, from the lessons, and wrong ones, a file a lesson.

Rule: a lesson's file has WRONG, by exercise: each mistake, and the words that its hint must have.
"""

from importlib import import_module

from answers.solutions import RIGHT, SKELETONS
from minikafka_lessons.course import lessons

WRONG: dict[str, dict[str, tuple[str, str]]] = {}

for _lesson in lessons():
    if _lesson.exercises:
        WRONG |= import_module(f"answers.lesson_{_lesson.number}").WRONG

__all__ = ["RIGHT", "SKELETONS", "WRONG"]
