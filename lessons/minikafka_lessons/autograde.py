"""Marks for nbgrader that are not made in the student's kernel: a preprocessor instead of nbgrader's `Execute`.

Rule: nothing of the student's notebook runs but the answers, in the grader's jail, found by the rule of `minikafka
grade`; so both give the same marks. In `nbgrader_config.py`:

    from minikafka_lessons.autograde import configure
    configure(get_config())
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.converters import Autograde
from nbgrader.preprocessors import DeduplicateIds, Execute, NbGraderPreprocessor

from minikafka_lessons.grading.display import Result
from minikafka_lessons.grading.files import GradedFile, grade_file
from minikafka_lessons.grading.trial import held
from minikafka_lessons.language import speaking

CHECK = re.compile(r"L\d\d-(\w+)-check")
"""The id that nbgrader knows a check cell by; it keeps that and the points in its own database."""


class Marks(NbGraderPreprocessor):  # type: ignore[misc]
    """Writes into each check cell what nbgrader looks for: its points, and the reasons before them."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Grade the notebook as a file, in a process of its own."""
        trial, promised = held()
        for sentence in trial.sentences():
            self.log.info(sentence)
        with tempfile.TemporaryDirectory(prefix="minikafka-nbgrader-") as folder:
            path = Path(folder) / f"{resources.get('nbgrader', {}).get('notebook', 'notebook')}.ipynb"
            nbformat.write(nb, path)
            result = grade_file(path, promised)
        with speaking(result.language):
            self.put_marks(nb, result)
        return nb, resources

    def put_marks(self, nb: Any, result: GradedFile) -> None:
        """The points of each check, in the notebook's language."""
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            cell["outputs"], cell["execution_count"] = [], None
            found = CHECK.fullmatch(str(cell.metadata.get("nbgrader", {}).get("grade_id", "")))
            if found is not None:
                cell["outputs"] = outputs(result, found.group(1))


def outputs(result: GradedFile, exercise_id: str) -> list[Any]:
    """The reasons as text, the points as a value."""
    points, words = 0.0, result.problem
    for grade in result.grades:
        if grade.exercise == exercise_id:
            points, words = grade.points, repr(Result(grade))
    value = nbformat.v4.new_output("execute_result", {"text/plain": repr(points)})
    return [nbformat.v4.new_output("stream", name="stdout", text=f"{words}\n"), value]


class Unmark(NbGraderPreprocessor):  # type: ignore[misc]
    """A copied or split cell has its id twice; nbgrader empties the mark of one, and then refuses the empty mark."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """An empty mark is no mark."""
        if cell.metadata.get("nbgrader") == {}:
            del cell.metadata["nbgrader"]
        return cell, resources


def configure(config: Any) -> None:
    """Nbgrader's own steps with `Marks` in the place of `Execute`, and `Unmark` after its look for double ids."""
    config.OverwriteCells.add_missing_cells = True  # a deleted check cell is no reason to lose points
    first = Autograde.sanitize_preprocessors.default()
    steps = Autograde.autograde_preprocessors.default()
    after = first.index(DeduplicateIds) + 1
    config.Autograde.sanitize_preprocessors = [*first[:after], Unmark, *first[after:]]
    config.Autograde.autograde_preprocessors = [Marks if step is Execute else step for step in steps]
