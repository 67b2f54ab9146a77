"""What the tests of the lessons share: grading a piece of source, without a notebook."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from minikafka_lessons.course import exercise
from minikafka_lessons.grading.answers import Answer
from minikafka_lessons.grading.marking import SEEDS, grade_answer
from minikafka_lessons.grading.marks import Grade
from minikafka_lessons.grading.sandbox import Code

sys.path.append(str(Path(__file__).parent))

Grader = Callable[..., Grade]


@pytest.fixture
def grade() -> Grader:
    """`grade("1a", source)`: the public checks; `hidden=True`: all of them."""

    def graded(exercise_id: str, source: str, *, hidden: bool = False) -> Grade:
        seeds: Sequence[int] = SEEDS if hidden else SEEDS[:1]
        return grade_answer(Answer(exercise(exercise_id), Code(source)), seeds)

    return graded
