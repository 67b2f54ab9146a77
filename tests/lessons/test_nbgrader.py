"""The real nbgrader: a course with lessons 1 and 2, and students who do what students do.

Rule: its marks are those of `minikafka grade`, also for who redefines `check`, splits a cell or copies one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from minikafka_lessons.build import build
from minikafka_lessons.course import lesson, lessons
from minikafka_lessons.grading.files import grade_file

GRADED = [lesson(1), lesson(2)]
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "kafka"
c.CourseDirectory.root = {root!r}
from minikafka_lessons.autograde import configure
configure(c)
"""
Cells = list[dict[str, Any]]


def code(source: str, **more: Any) -> dict[str, Any]:
    cell = {
        "cell_type": "code",
        "id": f"new-{len(source)}",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    return {**cell, "source": source, **more}


def answers(cells: Cells) -> Iterator[int]:
    """Where the exercises' cells stand, the last one first."""
    for at in reversed(range(len(cells))):
        if "exercise" in cells[at]["metadata"].get("minikafka", {}):
            yield at


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def as_it_is(cells: Cells, solved: Cells) -> None:
    """The released notebook, untouched."""


def solve(cells: Cells, solved: Cells) -> None:
    for at in answers(cells):
        cells[at]["source"] = solved[at]["source"]


def redefine_check(cells: Cells, solved: Cells) -> None:
    patch = "import minikafka_lessons as m\nm.check = m.notebook.check = check\n"
    cells.insert(
        2, code(f"def check(exercise):\n    return 8.0\n\nimport minikafka_lessons.notebook\n{patch}")
    )


def split(cells: Cells, solved: Cells) -> None:
    """As JupyterLab does it: both halves keep the metadata."""
    for at in answers(cells):
        lines = text(solved[at]).splitlines(keepends=True)
        where = max((i for i, line in enumerate(lines) if line.startswith("def ")), default=len(lines))
        halves = ["".join(lines[:where]), "".join(lines[where:])]
        cells[at : at + 1] = [
            {**cells[at], "id": f"half-{at}-{i}", "source": half} for i, half in enumerate(halves)
        ]


def copy(cells: Cells, solved: Cells) -> None:
    """The answer stands in a copy of the cell, below the empty one."""
    for at in answers(cells):
        cells.insert(at + 1, {**cells[at], "id": f"copy-{at}", "source": solved[at]["source"]})


def in_the_last_cell(cells: Cells, solved: Cells) -> None:
    """Below all checks."""
    for at in answers(cells):
        cells.append(code(text(solved[at])))


def without_check_cells(cells: Cells, solved: Cells) -> None:
    """Solved, and the check cells deleted."""
    solve(cells, solved)
    cells[:] = [cell for cell in cells if "check" not in cell["metadata"].get("minikafka", {})]


STUDENTS: dict[str, Callable[[Cells, Cells], None]] = {
    "skeleton": as_it_is,
    "solved": solve,
    "redefines": redefine_check,
    "splits": split,
    "copies": copy,
    "appends": in_the_last_cell,
    "deletes": without_check_cells,
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course directory, released, with everybody's submissions."""
    pytest.importorskip("nbgrader", reason="nbgrader is not installed")
    root = tmp_path_factory.mktemp("course")
    (root / "nbgrader_config.py").write_text(CONFIG.format(root=str(root)))
    for each in GRADED:
        folder = root / "source" / each.name
        folder.mkdir(parents=True)
        (folder / f"{each.name}.ipynb").write_text(build(each, markers=True))
        nbgrader(root, "generate_assignment", each.name)
        released = (root / "release" / each.name / f"{each.name}.ipynb").read_text()
        solved = json.loads(build(each, solved=True))["cells"]
        for student, change in STUDENTS.items():
            notebook = json.loads(released)
            change(notebook["cells"], solved)
            path = root / "submitted" / student / each.name / f"{each.name}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(notebook))
        nbgrader(root, "autograde", each.name)
    return root


def nbgrader(root: Path, *arguments: str) -> None:
    # nbgrader calls alembic, which lies beside it.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(root / "jupyter"), "PATH": path},
    )
    assert done.returncode == 0, done.stderr[-2_000:]


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("student", sorted(STUDENTS))
def test_nbgraders_marks_are_those_of_minikafka_grade(course, student):
    from nbgrader.api import Gradebook

    for each in GRADED:
        submitted = course / "submitted" / student / each.name / f"{each.name}.ipynb"
        ours = {grade.exercise: grade.points for grade in grade_file(submitted).grades}
        with Gradebook(f"sqlite:///{course}/gradebook.db", "kafka") as gradebook:
            found = gradebook.find_submission_notebook(each.name, each.name, student)
            theirs = {grade.cell.name.split("-")[1]: grade.score for grade in found.grades}
        print(student, each.number, ours, theirs)
        assert theirs == ours
        full = student not in ("skeleton", "redefines")
        assert sum(theirs.values()) == (sum(e.points for e in each.exercises) if full else 0)


def test_a_check_cell_takes_no_name_from_the_students_kernel():
    for each in lessons():
        for cell in json.loads(build(each))["cells"]:
            if "check" in cell["metadata"].get("minikafka", {}):
                assert text(cell).startswith("from minikafka_lessons import check\n")
