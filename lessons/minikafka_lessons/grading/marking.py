"""The marks of one answer, for `check("1a")` in a notebook and for `minikafka grade` alike.

Rule: the answer runs elsewhere (`sandbox`), in a jail; the same answer gets the same marks every time.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka_lessons.grading.answers import Answer, is_unwritten
from minikafka_lessons.grading.jail import Escaped
from minikafka_lessons.grading.marks import Grade, Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed
from minikafka_lessons.language import say, sentence

SEEDS = (1, 2, 3, 5, 8)
"""The first is public: `check()` runs it. The others are the hidden schedules."""
UNWRITTEN = sentence("Not written yet.")


def grade_answer(answer: Answer, seeds: Sequence[int] = SEEDS) -> Grade:
    """The marks of one answer. Never raises for what an answer does."""
    exercise = answer.exercise
    grade = Grade(exercise.id, say(exercise.title), exercise.points, notes=list(answer.notes))
    grade.hidden = len(SEEDS) - len(seeds)
    sheet = Sheet(dict(exercise.properties))
    if answer.problem:
        grade.problem = answer.problem
    elif is_unwritten(answer.code, exercise):
        grade.unwritten = True
        for name in exercise.properties:
            sheet.fail(name, say(UNWRITTEN), say('`hint("{id}", 1)` gives you a first idea.', id=exercise.id))
    else:
        try:
            exercise.judge(answer.code, sheet, seeds)
        except (AnswerFailed, Escaped) as problem:
            grade.problem = str(problem)
    grade.marks = sheet.marks()
    return grade.made_visible()
