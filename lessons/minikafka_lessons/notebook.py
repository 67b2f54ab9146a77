"""The exercises inside a notebook: `check`, `check.run`, `hint`, and `reset`, which gives the lesson a fresh notebook.

Rule: nothing here raises for what a learner writes or has not written yet, so that "Run All" always passes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from minikafka.world.visible import in_html
from minikafka_lessons import progress
from minikafka_lessons.begun import current_lesson
from minikafka_lessons.checking import Checked, go_on
from minikafka_lessons.copies import own_notebook
from minikafka_lessons.course import Exercise
from minikafka_lessons.course import exercise as find_exercise
from minikafka_lessons.course import lesson as find_lesson
from minikafka_lessons.fresh import begun_anew, could_not_begin_anew
from minikafka_lessons.grading import run_files
from minikafka_lessons.grading.answers import Answer, Cell, find_answer, listed
from minikafka_lessons.grading.display import code
from minikafka_lessons.grading.marking import SEEDS, Grading
from minikafka_lessons.grading.sandbox import Code
from minikafka_lessons.language import say, spoken
from minikafka_lessons.recap import note_grade
from minikafka_lessons.show import ink

_last = ""
_judged: dict[str, Code] = {}
"""The answers as they were judged last: a run that was kept is played with these."""


class Check:
    """`check("8a")` judges; `check.run("8a")` opens the run in which it failed, at the first bad event."""

    def __call__(self, exercise_id: str) -> Any:
        """Judge the exercise's cell as it was run last. Under nbgrader: the points, as a number."""
        global _last
        try:
            exercise = find_exercise(exercise_id)
        except LookupError as problem:
            return ink.Picture(f"<div>{in_html(str(problem))}</div>")
        _last = exercise.id
        answer = executed_answer(exercise)
        if answer.missing:
            answer.problem = say(
                "Run the cell of exercise {id} (it defines {names}) first.",
                id=exercise.id,
                names=listed(exercise.names),
            )
        is_graded = os.environ.get("NBGRADER_EXECUTION") in ("autograde", "validate")
        grading = Grading(answer, SEEDS if is_graded else SEEDS[:1])
        result = Checked(grading.grade)
        if not is_graded:
            _judged[exercise.id] = answer.code
            run_files.keep(result.grade)
            go_on(grading, result)
        grade = result.grade
        note_grade(grade)
        if not grade.unwritten:
            progress.note(progress.Checked(exercise.id, grade.points, grade.of, progress.now()))
        return grade.points if is_graded else result

    def run(self, exercise_id: str, what: str = "") -> Any:
        """The run in which the last check saw a property fail, at its first bad event, with a player.

        `what`: which property, as the check's result says; without it the first that failed.
        """
        from minikafka_lessons.rerun import open_run

        try:
            exercise = find_exercise(exercise_id)
        except LookupError as problem:
            return ink.Picture(f"<div>{in_html(str(problem))}</div>")
        code = _judged.get(exercise.id)
        if code is None:
            answer = executed_answer(exercise)
            code = None if answer.missing or answer.problem else answer.code
        return open_run(exercise, what, code)

    def __repr__(self) -> str:
        return 'check("1a")'


check = Check()


def executed_answer(exercise: Exercise) -> Answer:
    """The exercise's answer among the cells that this kernel has run."""
    return find_answer(executed_cells(), exercise, history=True)


def executed_cells() -> list[Cell]:
    """What this kernel has run, in order."""
    try:
        from IPython import get_ipython
    except ImportError:
        return []
    shell = get_ipython()
    if shell is None:
        return []
    history = shell.user_ns.get("In", [])
    return [Cell(source, place=f"In [{n}]") for n, source in enumerate(history) if source]


def hint(exercise_id: str | int = 1, level: int | None = None) -> ink.Picture:
    """`hint("1a", 2)`: the second of three, each stronger than the one before. `hint(2)`: for the last check."""
    wanted = str(exercise_id)
    if level is None and isinstance(exercise_id, int):
        wanted, level = _last or _first(), exercise_id
    try:
        exercise = find_exercise(wanted)
    except LookupError as problem:
        return ink.Picture(f"<div>{in_html(str(problem))}</div>")
    level = max(1, min(3, level or 1))
    more = say("That was the last one.")
    if level < 3:
        more = say('More: `hint("{id}", {n})`', id=exercise.id, n=level + 1)
    head = say("Hint {n} of 3, exercise {id}.", n=level, id=exercise.id)
    return ink.Picture(
        f'<div style="border-left:4px solid {ink.VIOLET};padding:6px 12px;color:{ink.TEXT};font-family:{ink.FONT}">'
        f"<b>{head}</b> {code(say(exercise.hints[level - 1]))}"
        f'<div style="color:{ink.MUTED}">{code(more)}</div></div>'
    )


def _first() -> str:
    """The lesson's first exercise, for who asks before the first check."""
    lesson = current_lesson()
    return lesson.exercises[0].id if lesson is not None and lesson.exercises else ""


def reset(number: int | None = None) -> ink.Picture:
    """A fresh notebook of this lesson (or of `number`) in the lab; what was written is kept beside it, as a copy."""
    return ink.Picture(f'<div style="color:{ink.TEXT};font-family:{ink.FONT}">{code(_reset(number))}</div>')


def _reset(number: int | None) -> str:
    """What was done, or why not."""
    place = progress.lab_directory()
    if place is None:
        return say("This notebook doesn't run in a lab, so that there is nothing to reset.")
    lesson = current_lesson()
    try:
        lesson = lesson if number is None else find_lesson(number)
    except LookupError as problem:
        return str(problem)
    if lesson is None:
        return say("Which lesson? For example: `reset(3)`")
    if lesson == current_lesson() and not is_saved(own_notebook(place, lesson, spoken())):
        return say(
            "First save the notebook (Ctrl+S), so that what you wrote is kept; then run this cell again."
        )
    try:
        told = begun_anew(place, lesson, spoken())
    except OSError as problem:
        return could_not_begin_anew(lesson, problem)
    return told or say("Lesson {n} is fresh already: nothing was written or run in it.", n=lesson.number)


def is_saved(notebook: Path) -> bool:
    """Does the file hold the cell that runs? Then it was saved since that was written. (Unreadable: yes.)"""
    running = executed_cells()[-1:]
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        saved = ["".join(cell["source"]).strip() for cell in cells]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True
    return not running or running[0].source.strip() in saved
