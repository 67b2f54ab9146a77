"""What one predicted and wrote in a lesson, at its end.

Rule: it counts what is known in this notebook, right or wrong, and leaves nothing out.
"""

from __future__ import annotations

from minikafka.world.visible import in_html
from minikafka_lessons import predictions
from minikafka_lessons.begun import current_lesson
from minikafka_lessons.grading.marks import Grade, number
from minikafka_lessons.language import say, sentence
from minikafka_lessons.show import ink

_grades: dict[str, Grade] = {}


def note_grade(grade: Grade) -> None:
    """The latest check of an exercise."""
    _grades[grade.exercise] = grade


def forget_grades() -> None:
    """The lesson begins afresh."""
    _grades.clear()


def summary() -> ink.Picture:
    """The lesson's predictions with what came out, and its exercises as they were last checked."""
    asked = [one for one in predictions.asked() if one.is_over]
    lesson = current_lesson()
    html = _predictions(asked)
    if lesson is not None and lesson.exercises:
        html += _exercises(lesson.exercises)
    return ink.Picture(f'<div style="color:{ink.TEXT};font-family:{ink.FONT};font-size:13px">{html}</div>')


def _predictions(asked: list[predictions.Prediction]) -> str:
    if not asked:
        return f"<div>{say('No prediction came to its outcome yet.')}</div>"
    right = sum(one.is_right for one in asked)
    made = sum(one.sealed is not None for one in asked)
    template = sentence("You predicted {right} of {all} right.")
    if made < len(asked):
        template = sentence("You predicted {right} of {all} right, and {open} not at all.")
    words = say(template, right=right, all=len(asked), open=len(asked) - made)
    rows = ""
    for one in asked:
        sign, colour = (
            ("✓", ink.GREEN)
            if one.is_right
            else ("·", ink.FAINT)
            if one.sealed is None
            else ("✗", ink.ORANGE)
        )
        yours = (
            say("no prediction")
            if one.sealed is None
            else say("you: {option}", option=one.options[one.sealed])
        )
        came = (
            say("the run showed none of the answers")
            if one.outcome is None
            else say("came out: {option}", option=one.options[one.outcome])
        )
        both = came if one.is_right else f"{yours} — {came}"
        rows += (
            f'<div style="display:grid;grid-template-columns:20px 1fr;margin:5px 0">'
            f'<b style="color:{colour}">{sign}</b>'
            f'<span>{in_html(one.question)}<br><span style="color:{ink.MUTED}">{in_html(both)}</span></span></div>'
        )
    return f"<b>{words}</b>{rows}"


def _exercises(exercises: tuple[object, ...]) -> str:
    rows = ""
    for one in exercises:
        grade = _grades.get(one.id)  # type: ignore[attr-defined]
        points = (
            say("not checked yet")
            if grade is None
            else say("{points} of {of} points", points=number(grade.points), of=number(grade.of))
        )
        done = grade is not None and grade.full
        sign = f'<b style="color:{ink.GREEN if done else ink.FAINT}">{"✓" if done else "·"}</b>'
        rows += (
            f'<div style="display:grid;grid-template-columns:20px 1fr;margin:5px 0">{sign}'
            f"<span>{in_html(say('Exercise {id}:', id=one.id))} {points}</span></div>"  # type: ignore[attr-defined]
        )
    return (
        f'<div style="margin-top:10px"><b>{say("Exercises, by the checks in this notebook")}</b>{rows}</div>'
    )
