"""Answers as learners write them, a file a lesson: right ones, wrong ones with the words that their hint must have, and
what is handed out.

Rule: a lesson's file has RIGHT, WRONG and SKELETONS, by exercise; here all of them are together.
"""

from importlib import import_module

from minikafka_lessons.course import lessons

RIGHT: dict[str, str] = {}
WRONG: dict[str, dict[str, tuple[str, str]]] = {}
SKELETONS: dict[str, str] = {}

for _lesson in lessons():
    if _lesson.exercises:
        _answers = import_module(f"answers.lesson_{_lesson.number}")
        RIGHT |= _answers.RIGHT
        WRONG |= _answers.WRONG
        SKELETONS |= _answers.SKELETONS
