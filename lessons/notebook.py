"""The exercises inside a notebook: `check`, `hint`, `mine`.

Rule: nothing here raises for what a learner writes or has not written yet, so that "Run All" always passes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from minikafka import Organs
from minikafka_lessons.course import exercise as find_exercise
from minikafka_lessons.grade import SEEDS, grade_answer
from minikafka_lessons.grading.answers import Cell, find_answer
from minikafka_lessons.grading.definitions import is_stub
from minikafka_lessons.grading.display import Result, code
from minikafka_lessons.show import ink

_last = ""


def check(exercise_id: str) -> Any:
    """Judge the exercise's cell as it was run last. Under nbgrader: the points, as a number."""
    global _last
    try:
        exercise = find_exercise(exercise_id)
    except LookupError as problem:
        return ink.Picture(f"<div>{problem}</div>")
    _last = exercise.id
    answer = find_answer(executed_cells(), exercise, history=True)
    if answer.missing:
        answer.problem = (
            f"Run the cell of exercise {exercise.id} (it defines {' and '.join(exercise.names)}) first."
        )
    grading = os.environ.get("NBGRADER_EXECUTION") in ("autograde", "validate")
    grade = grade_answer(answer, SEEDS if grading else SEEDS[:1])
    return grade.points if grading else Result(grade)


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


def hint(exercise_id: str | int, level: int | None = None) -> ink.Picture:
    """`hint("1a", 2)`: the second of three, each stronger than the one before. `hint(2)`: for the last check."""
    if level is None and isinstance(exercise_id, int):
        exercise_id, level = _last, exercise_id
    try:
        exercise = find_exercise(str(exercise_id))
    except LookupError as problem:
        return ink.Picture(f"<div>{problem}</div>")
    level = max(1, min(3, level or 1))
    more = f'More: <code>hint("{exercise.id}", {level + 1})</code>' if level < 3 else "That was the last one."
    return ink.Picture(
        f'<div style="border-left:4px solid {ink.VIOLET};padding:6px 12px;color:{ink.TEXT};font-family:{ink.FONT}">'
        f"<b>Hint {level} of 3, exercise {exercise.id}.</b> {code(exercise.hints[level - 1])}"
        f'<div style="color:{ink.MUTED}">{more}</div></div>'
    )


def mine(function: Callable[..., Any]) -> Callable[..., Any]:
    """The learner's function as an organ, or minikafka's own of the same name while it is not written.

    `whose` on the result is "your" or "our". Where the learner's fails in the middle of a lesson, ours stands in,
    and `problem` tells why.
    """
    otherwise = getattr(Organs(), function.__name__)
    written = not _is_unwritten(function)

    def chosen(*args: Any) -> Any:
        if written:
            try:
                return function(*args)
            except Exception as error:
                chosen.problem = f"{type(error).__name__}: {error}"  # type: ignore[attr-defined]
        return otherwise(*args)

    chosen.whose, chosen.problem = "your" if written else "our", ""  # type: ignore[attr-defined]
    return chosen


def _is_unwritten(function: Callable[..., Any]) -> bool:
    import ast
    import inspect
    import textwrap

    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError):
        return False
    return bool(body) and isinstance(body[0], ast.FunctionDef) and is_stub(body[0])
