"""Builds the notebooks from the lessons' sources: `python -m minikafka_lessons.build [--check]`.

Rule: the same sources give the same bytes. A notebook has no outputs, no execution counts, a stable id for
each cell, and nbgrader's metadata; a solution never gets into it.

In `lesson.py` (jupytext's percent format) a cell says what it is: `# %% exercise="1a"` is an answer (between
`### BEGIN SOLUTION` and `### END SOLUTION` stands what the learner has to write), `# %% check="1a"` is its
check, `# %% setup=true` is a cell that nobody needs to edit.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from pathlib import Path
from typing import Any

import minikafka_notebooks

from minikafka_lessons.course import Lesson, exercise, lessons

NOTEBOOKS = Path(minikafka_notebooks.__file__).parent
LANGUAGE = "en"
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION\n?", re.S | re.M)


def build(lesson: Lesson, *, solved: bool = False, markers: bool = False) -> str:
    """The notebook's text. `solved` leaves the solutions in; `markers`, too, nbgrader's marks around them."""
    import jupytext  # takes a second
    import nbformat

    notebook = jupytext.reads(lesson.source.read_text(encoding="utf-8"), fmt="py:percent")
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        finish(cell, lesson, solved, markers)
        cell["id"] = stable_id(cell, lesson, seen)
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "minikafka": {"language": LANGUAGE, "lesson": lesson.number},
    }
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def finish(cell: Any, lesson: Lesson, solved: bool, markers: bool) -> None:
    """Metadata, and the skeleton instead of the solution."""
    told = dict(cell["metadata"])
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
            return re.sub(r'("\w+": )[^,\n#]+,', r"\1None,", solution)
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


def stable_id(cell: Any, lesson: Lesson, seen: dict[str, int]) -> str:
    """The exercise's name, or a hash of the cell's first lines: edits elsewhere leave it as it is."""
    told = cell["metadata"].get("minikafka", {})
    if told:
        kind, name = next(iter(told.items()))
        base = f"l{lesson.number:02d}-{kind}-{name}"
    else:
        digest = hashlib.sha256(f"{cell['cell_type']}\n{cell['source'][:60]}".encode()).hexdigest()
        base = f"l{lesson.number:02d}-{digest[:8]}"
    seen[base] = seen.get(base, 0) + 1
    return base if seen[base] == 1 else f"{base}-{seen[base]}"


def target(lesson: Lesson) -> Path:
    """Where the learner's notebook lies."""
    return NOTEBOOKS / LANGUAGE / f"{lesson.name}.ipynb"


def out_of_date() -> list[str]:
    """One sentence for each notebook that its source has left behind."""
    found = []
    for lesson in lessons():
        path = target(lesson)
        if not path.exists():
            found.append(f"{path.relative_to(NOTEBOOKS.parent)} is missing.")
        elif path.read_text(encoding="utf-8") != build(lesson):
            found.append(f"{path.relative_to(NOTEBOOKS.parent)} is out of date.")
    known = {target(lesson).name for lesson in lessons()}
    for path in sorted((NOTEBOOKS / LANGUAGE).glob("*.ipynb")):
        if path.name not in known:
            found.append(f"{path.relative_to(NOTEBOOKS.parent)} has no lesson.")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Build, or say what is out of date."""
    parser = argparse.ArgumentParser(
        prog="python -m minikafka_lessons.build", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="build nothing; say what is out of date")
    parser.add_argument("--solved", type=Path, metavar="DIR", help="write solved notebooks to DIR instead")
    parser.add_argument(
        "--source", type=Path, metavar="DIR", help="write nbgrader's source notebooks to DIR instead"
    )
    options = parser.parse_args(arguments)
    if not any(lesson.source.exists() for lesson in lessons()):
        parser.error(
            "an installed minikafka has no lesson's source; notebooks are built in a clone of the repository"
        )
    if options.check:
        stale = out_of_date()
        for sentence in stale:
            print(f"{sentence} Run: python -m minikafka_lessons.build", file=sys.stderr)
        return int(bool(stale))
    other = options.solved or options.source
    for lesson in lessons():
        path = other / f"{lesson.name}.ipynb" if other else target(lesson)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = build(lesson, solved=bool(options.solved), markers=bool(options.source))
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
