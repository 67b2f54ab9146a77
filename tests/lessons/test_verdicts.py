"""What comes back from an answer's process, and from the process that grades a file, is data that nobody believes."""

import json
from pathlib import Path

import pytest

from minikafka_lessons.grading.files import read_verdicts
from minikafka_lessons.grading.marks import Grade
from minikafka_lessons.grading.sandbox import kinds
from minikafka_lessons.grading.values import Odd, Raised, from_wire

HEAD = json.dumps({"lesson": 1, "language": "en", "exercises": ["1a", "1b"]})
FULL = json.dumps({"grade": Grade("1a", "How far", 8.0).as_dict()})


@pytest.mark.parametrize(
    "value",
    [
        {"i": "f" * 5_000},
        {"i": "1", "b": ""},
        {},
        {"z": 1},
        {"i": 5},
        {"d": [1]},
        {"d": [[{"l": []}, 1]]},
        7,
        [1],
        {"!": {}},
    ],
)
def test_what_nobody_wrote_is_refused(value):
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        from_wire(value)


def test_words_are_short_and_can_be_printed_and_a_line_is_a_number():
    got = from_wire({"!": {"raised": "E" * 1_000, "text": "\ud800" + "x" * 1_000, "line": "<b>"}})
    assert got == Raised("E" * 80, "?" + "x" * 299, None)
    assert from_wire({"?": "\ud800"}) == Odd("?")
    assert from_wire({"!": {"raised": "E", "text": "", "line": 3}}).line == 3


def test_kinds_are_words_of_ours():
    assert kinds({"lag": "function"}) == {"lag": "function"}
    for wrong in ({"lag": "<script>"}, [], "x"):
        with pytest.raises((ValueError, AttributeError)):
            kinds(wrong)


def test_a_file_whose_process_dies_keeps_what_was_said_and_is_in_the_report():
    found = read_verdicts(Path("a.ipynb"), f"{HEAD}\n{FULL}\n".encode(), "its process was ended by signal 9")
    assert [(g.exercise, g.points, bool(g.problem)) for g in found.grades] == [
        ("1a", 0.0, False),
        ("1b", 0.0, True),
    ]
    assert "was not graded to its end: its process was ended by signal 9." in found.problem
    silent = read_verdicts(Path("a\x1b[2J.ipynb"), b"\xff\xfe", "it took more than 600 s")
    assert silent.problem == r"a\x1b[2J.ipynb could not be read: it took more than 600 s."


def test_a_file_that_was_graded_has_no_problem():
    other = json.dumps({"grade": Grade("1b", "Two ends", 9.0).as_dict()})
    assert read_verdicts(Path("a.ipynb"), "\n".join([HEAD, FULL, other]).encode(), "").problem == ""
