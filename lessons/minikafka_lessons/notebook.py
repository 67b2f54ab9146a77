"""The exercises inside a notebook: `check`, `hint`, `summary`.

Rule: nothing here raises for what a learner writes or has not written yet, so that "Run All" always passes.
"""

from __future__ import annotations

import os
from typing import Any

from minikafka.world.visible import in_html
from minikafka_lessons.course import exercise as find_exercise
from minikafka_lessons.grading.answers import Cell, find_answer, listed
from minikafka_lessons.grading.display import Result, code
from minikafka_lessons.grading.marking import SEEDS, grade_answer
from minikafka_lessons.language import say
from minikafka_lessons.recap import note_grade
from minikafka_lessons.show import ink

_last = ""


def check(exercise_id: str) -> Any:
    """Judge the exercise's cell as it was run last. Under nbgrader: the points, as a number."""
    global _last
    try:
        exercise = find_exercise(exercise_id)
    except LookupError as problem:
        return ink.Picture(f"<div>{in_html(str(problem))}</div>")
    _last = exercise.id
    answer = find_answer(executed_cells(), exercise, history=True)
    if answer.missing:
        answer.problem = say(
            "Run the cell of exercise {id} (it defines {names}) first.",
            id=exercise.id,
            names=listed(exercise.names),
        )
    grading = os.environ.get("NBGRADER_EXECUTION") in ("autograde", "validate")
    grade = grade_answer(answer, SEEDS if grading else SEEDS[:1])
    note_grade(grade)
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
    wanted = str(exercise_id)
    if level is None and isinstance(exercise_id, int):
        wanted, level = _last, exercise_id
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
