"""The cells of a lesson's source, in English: with their ids, their marks for nbgrader, and without the solutions.

Rule: a cell without an id of its own, or an exercise without a solution, is refused by name.

In `lesson.py` (jupytext's percent format) each cell has an id (`# %% [markdown] id="welcome"`), which stays when its
text changes, and says what it is: `# %% exercise="1a" id="1a"` is an answer (between `### BEGIN SOLUTION` and `### END
SOLUTION` stands what the learner has to write), `# %% check="1a" id="1a-check"` is its check, `# %% setup=true
id="setup"` is a cell that nobody needs to edit. `shows="data-bus"` or `measures=` names what is seen there of the
basics (`basics.py`).
"""

from __future__ import annotations

import re
from typing import Any

from minikafka_lessons.course import Lesson, exercise

CELL_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
Cell = Any
"""nbformat's."""
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION\n?", re.S | re.M)


def english_cells(lesson: Lesson, *, solved: bool = False, markers: bool = False) -> list[Cell]:
    """The cells as the source has them, with their ids. Raises ValueError for one that has none, or another's."""
    cells = read_cells(lesson)
    for cell in cells:
        name = str(cell["metadata"]["id"])
        finish(cell, lesson, solved, markers)
        cell["id"] = name
    return cells


def read_cells(lesson: Lesson) -> list[Cell]:
    """The cells with all that they say of themselves as metadata. Raises ValueError as above."""
    import jupytext  # takes a second

    cells: list[Cell] = jupytext.reads(lesson.source.read_text(encoding="utf-8"), fmt="py:percent").cells
    seen: set[str] = set()
    for number, cell in enumerate(cells, 1):
        name = str(cell["metadata"].get("id", ""))
        if not CELL_ID.fullmatch(name) or name in seen:
            begin = cell["source"].strip().splitlines()[:1]
            raise ValueError(
                f"{lesson.name}: cell {number} ({''.join(begin)[:60]}) needs an id of its own, such as "
                f'`# %% id="wires"` (small letters, digits, -), not {name!r}.'
            )
        seen.add(name)
    return cells


def finish(cell: Cell, lesson: Lesson, solved: bool, markers: bool) -> None:
    """Metadata, and the skeleton instead of the solution."""
    told = {name: value for name, value in cell["metadata"].items() if name != "id"}
    cell["metadata"] = {}
    if cell["cell_type"] != "code":
        return
    cell["outputs"], cell["execution_count"] = [], None
    kind = next((name for name in ("exercise", "check", "setup") if name in told), None)
    if kind is None:
        return
    if kind == "setup":
        cell["metadata"] = {"nbgrader": nbgrader("setup", lesson, locked=True)}
        return
    found = exercise(str(told[kind]))
    if kind == "exercise":
        source = cell["source"] + "\n"
        if SOLUTION.search(source) is None:
            raise ValueError(f"{lesson.name}: the cell of exercise {found.id} has no solution in it")
        if not markers:
            source = SOLUTION.sub(r"\2" if solved else stub(found.id), source)
        cell["source"] = source.rstrip("\n")
        cell["metadata"] = {
            "minikafka": {"exercise": found.id},
            "nbgrader": nbgrader(found.id, lesson, solution=True),
        }
    else:
        points = found.points
        # The name is fetched anew: under nbgrader a cell of the learner's may have taken it for something else.
        cell["source"] = f"from minikafka_lessons import check\n\n{cell['source']}"
        cell["metadata"] = {
            "minikafka": {"check": found.id},
            "nbgrader": nbgrader(f"{found.id}-check", lesson, locked=True, points=points),
        }


def stub(exercise_id: str) -> Any:
    """What stands in a solution's place: in a dictionary None for each value, else a line that raises."""

    def replace(found: re.Match[str]) -> str:
        indent, solution = found.group(1), found.group(2)
        if all(re.match(r'\s*"\w+": ', line) for line in solution.splitlines()):
            return re.sub(r'("\w+": )(?:\([^)\n]*\)|[^,\n#]+),', r"\1None,", solution)
        return f'{indent}# YOUR CODE HERE\n{indent}raise NotImplementedError("exercise {exercise_id}")\n'

    return replace


def nbgrader(
    name: str, lesson: Lesson, *, solution: bool = False, locked: bool = False, points: float | None = None
) -> dict[str, Any]:
    """nbgrader's mark on a cell."""
    mark: dict[str, Any] = {
        "grade": points is not None,
        "grade_id": f"L{lesson.number:02d}-{name}",
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        mark["points"] = points
    return mark
