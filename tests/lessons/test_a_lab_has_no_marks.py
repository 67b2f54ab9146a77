"""A lab is a lesson without exercises: built and opened like the others, and nothing in it is graded."""

import json

from minikafka_lessons.build import target
from minikafka_lessons.course import lessons
from minikafka_lessons.grade import grade_files


def fail(sentence: str) -> Exception:
    return AssertionError(sentence)


def test_grading_a_lab_says_so_and_is_content(capsys):
    labs = [target(lesson) for lesson in lessons() if lesson.is_lab]
    assert labs
    assert grade_files(labs, as_json=False, fail=fail) == 0
    assert "nothing to grade in a lab" in capsys.readouterr().out
    assert grade_files(labs, as_json=True, fail=fail) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["points"], told["of"], told["exercises"], told["problem"]) == (0, 0, [], "")
