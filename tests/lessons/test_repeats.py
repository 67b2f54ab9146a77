"""Ten gradings of an answer give one result, while two processes keep the machine busy."""

import json
import os
import subprocess
import sys

import pytest
from answers import RIGHT, WRONG

from minikafka.cluster.run_file import packed
from minikafka_lessons.course import exercise, lessons
from minikafka_lessons.grading.answers import Answer
from minikafka_lessons.grading.marking import SEEDS, grade_answer
from minikafka_lessons.grading.sandbox import Code

TIMES = 10
ALL = [one.id for lesson in lessons() for one in lesson.exercises]


@pytest.fixture(scope="module")
def busy():
    """Two processes that never rest; where other workers run tests beside this one, those are busy enough."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        yield
        return
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    yield
    for other in others:
        other.kill()
        other.wait()


def result(name: str, source: str) -> str:
    """Points, messages, hints and seeds, and the very bytes of the runs that would be kept."""
    grade = grade_answer(Answer(exercise(name), Code(source)), SEEDS[:1])
    runs = [packed(mark.run).hex() for mark in grade.marks if mark.run is not None]
    return json.dumps([grade.as_dict(), runs])


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_ten_gradings_give_one_result(busy, name):
    wrong = next(iter(WRONG[name].values()))[0]
    for source in (RIGHT[name], wrong):
        assert len({result(name, source) for _ in range(TIMES)}) == 1
