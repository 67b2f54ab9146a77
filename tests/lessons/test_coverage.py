"""docs/COVERAGE.md: where each of the basics is seen. What it names is there, and what isn't shown is said."""

import re
from pathlib import Path

import pytest

from minikafka_lessons.course import lessons
from minikafka_lessons.source_cells import english_cells
from minikafka_tui.app import PANES

PAGE = Path(__file__).parents[2] / "docs" / "COVERAGE.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and "Kafka's basics say" not in line
]
"""(statement, how it is seen, where)."""
CELL = re.compile(r"`(\d+)#([a-z0-9-]+)`")
NAMED = sorted({(int(number), cell) for number, cell in CELL.findall(TEXT)})


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_each_cell_that_it_names_is_there(lesson):
    named = {cell for number, cell in NAMED if number == lesson.number}
    assert named, "no statement is seen in this lesson"
    assert named - {cell["id"] for cell in english_cells(lesson)} == set()


def test_it_names_no_lesson_that_is_not_there():
    assert {number for number, _ in NAMED} == {lesson.number for lesson in lessons()}


def test_each_tab_that_it_names_is_there():
    assert set(re.findall(r"`tui:([a-z]+)`", TEXT)) <= set(PANES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_statement_has_a_place_or_is_said_to_have_none(row):
    statement, how, where = row
    assert statement
    assert how in ("shown", "measured", "not yet")
    if how != "not yet":
        assert CELL.search(where), where


def test_no_statement_stands_there_twice():
    assert len({row[0] for row in ROWS}) == len(ROWS) > 60
