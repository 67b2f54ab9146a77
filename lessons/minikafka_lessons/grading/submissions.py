"""A file that somebody handed in: its code cells, its lesson, and its answers.

Rule: nothing in it is trusted. What is no regular file, too large or no notebook is one sentence; a broken cell
breaks nothing but itself.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikafka_lessons.course import Lesson, lessons
from minikafka_lessons.grading.answers import Answer, Cell, find_answer
from minikafka_lessons.grading.definitions import defined_names
from minikafka_lessons.language import LANGUAGES, SOURCE, say

FILE_BYTES = 200_000_000
CODE_CHARACTERS = 1_000_000
"""Of all code cells together; pictures in a notebook don't count."""


class Unreadable(Exception):
    """A file that can't be graded; the text is one sentence."""


@dataclass(frozen=True)
class Submission:
    """A file and its answers. `language`: the one that a notebook says it is in."""

    path: Path
    lesson: Lesson
    cells: tuple[Cell, ...]
    language: str = SOURCE

    @functools.cached_property
    def answers(self) -> tuple[Answer, ...]:
        """One for each of the lesson's exercises; what is to be said of them is said in the spoken language."""
        return tuple(find_answer(self.cells, exercise) for exercise in self.lesson.exercises)


def read_submission(path: Path) -> Submission:
    """The answers in a file. Raises Unreadable."""
    text = read_text(path)
    number, language = None, SOURCE
    if path.suffix == ".ipynb":
        cells, metadata = notebook_cells(text, path)
        number, language = lesson_number(metadata), language_named(metadata)
    else:
        cells = script_cells(text)
    size = sum(len(cell.source) for cell in cells)
    if size > CODE_CHARACTERS:
        raise Unreadable(
            say(
                "The code in {path} has {n:.0f} million characters; the grader reads {most:g} million. "
                "Is something pasted into a cell that is no code?",
                path=path,
                n=size / 1e6,
                most=CODE_CHARACTERS / 1e6,
            )
        )
    lesson = which_lesson(cells, number)
    if lesson is None:
        raise Unreadable(say("No exercise of any lesson was found in {path}.", path=path))
    return Submission(path, lesson, tuple(cells), language)


def read_text(path: Path) -> str:
    """The file's text. Raises Unreadable."""
    try:
        if path.is_dir():
            raise Unreadable(say("{path} is a directory; name the notebooks in it.", path=path))
        if not path.exists():
            raise Unreadable(say("There is no file {path}.", path=path))
        if not path.is_file():
            raise Unreadable(say("{path} is no regular file.", path=path))
        if path.suffix not in (".ipynb", ".py"):
            raise Unreadable(say("{path} is neither a notebook (.ipynb) nor a .py file.", path=path))
        size_bytes = path.stat().st_size
        if size_bytes > FILE_BYTES:
            raise Unreadable(
                say(
                    "{path} has {n:.0f} MB; the grader reads {most:.0f} MB. "
                    "Clear the outputs in JupyterLab (Edit, Clear Outputs of All Cells) and save it again.",
                    path=path,
                    n=size_bytes / 1e6,
                    most=FILE_BYTES / 1e6,
                )
            )
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as problem:
        raise Unreadable(
            say("{path} can't be read as text: {problem}.", path=path, problem=problem)
        ) from None


def notebook_cells(text: str, path: Path) -> tuple[list[Cell], object]:
    """The code cells of a notebook and its metadata. Raises Unreadable."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(
            say("{path} is no notebook: its JSON is broken ({problem}).", path=path, problem=problem)
        ) from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Unreadable(say("{path} is no notebook: it has no list of cells.", path=path))
    return cells_of(notebook["cells"]), notebook.get("metadata")


def cells_of(cells: Sequence[Any]) -> list[Cell]:
    """The code cells among a notebook's cells; a place is the cell's number, the first cell of any kind being 1."""
    found = []
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if isinstance(source, str):
            # Half a surrogate pair is no character, and nothing could print it.
            source = source.encode("utf-8", "replace").decode("utf-8")
            found.append(Cell(source, exercise_of(cell.get("metadata")), say("cell {n}", n=number)))
    return found


def lesson_number(metadata: object) -> int | None:
    """The lesson that a notebook's metadata name."""
    ours = metadata.get("minikafka") if isinstance(metadata, dict) else None
    number = ours.get("lesson") if isinstance(ours, dict) else None
    return number if isinstance(number, int) else None


def language_named(metadata: object) -> str:
    """The language that a notebook's metadata name, if it is one of ours."""
    ours = metadata.get("minikafka") if isinstance(metadata, dict) else None
    name = ours.get("language") if isinstance(ours, dict) else None
    return name if name in LANGUAGES else SOURCE


def exercise_of(metadata: object) -> str | None:
    """The exercise that a cell's metadata name."""
    ours = metadata.get("minikafka") if isinstance(metadata, dict) else None
    name = ours.get("exercise") if isinstance(ours, dict) else None
    return name if isinstance(name, str) else None


def script_cells(text: str) -> list[Cell]:
    """The cells of a .py file: those of jupytext's percent format, else all of it as one."""
    cells: list[Cell] = []
    part: list[str] = []
    markdown, name, first = False, None, 1
    for number, line in enumerate([*text.splitlines(keepends=True), "# %%"], 1):
        if re.match(r"#\s?%%", line):
            if part and not markdown:
                cells.append(Cell("".join(part), name, say("the cell in line {n}", n=first)))
            part, markdown, first = [], "[markdown]" in line, number
            found = re.search(r'\bexercise="(\w+)"', line)
            name = found.group(1) if found else None
        else:
            part.append(line)
    return cells


def which_lesson(cells: Sequence[Cell], number: int | None) -> Lesson | None:
    """By number, by the cells' exercises, or by what they define."""
    marked = {cell.exercise for cell in cells}
    defined = {name for cell in cells for name in defined_names(cell.source)}
    best = None
    for lesson in lessons():
        if lesson.number == number or any(e.id in marked for e in lesson.exercises):
            return lesson
        hits = sum(name in defined for e in lesson.exercises for name in e.names)
        if hits and (best is None or hits > best[0]):
            best = (hits, lesson)
    return best[1] if best else None
