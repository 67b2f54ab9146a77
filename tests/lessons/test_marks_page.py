"""docs/MARKS.md has the marks and messages that the exercises give today."""

import subprocess
import sys
from pathlib import Path

import pytest

from minikafka_lessons.course import lessons

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "MARKS.md").read_text(encoding="utf-8")


def test_each_exercise_has_a_skeleton_a_solution_and_at_least_five_wrong_answers():
    for lesson in lessons():
        for one in lesson.exercises:
            table = PAGE.partition(f"## {one.id}: ")[2].partition("\n## ")[0]
            rows = [line.split(" | ", 2) for line in table.splitlines() if line.startswith("| ")][1:]
            marks = {row[0].strip("| "): row[1] for row in rows}
            assert marks["*as handed out*"] == f"0 of {one.points:g}"
            assert marks["**the solution**"] == f"{one.points:g} of {one.points:g}"
            wrong = [row for row in rows if "*" not in row[0]]
            assert len(wrong) >= 5
            assert all(row[1] != f"{one.points:g} of {one.points:g}" for row in wrong)
            # Another mistake hears another word, at the least in most cases.
            assert len({row[2] for row in wrong}) >= 5


@pytest.mark.slow
def test_the_page_says_what_the_exercises_say():
    done = subprocess.run(
        [sys.executable, "tools/marks.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
