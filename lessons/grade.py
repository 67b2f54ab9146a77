"""Grading: `check("1a")` in a notebook, `minikafka grade` in a terminal. One engine, two faces.

Rule: the answer runs elsewhere (`grading.sandbox`), one bad answer or file never stops the others, and the
same answer gets the same marks every time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from minikafka_lessons.course import lessons
from minikafka_lessons.grading.answers import Answer, is_unwritten
from minikafka_lessons.grading.definitions import is_stub
from minikafka_lessons.grading.marks import Grade, Mark, Sheet, number
from minikafka_lessons.grading.sandbox import AnswerFailed
from minikafka_lessons.grading.submissions import Submission, Unreadable, read_submission

SEEDS = (1, 2, 3, 5, 8)
"""The first is public: `check()` runs it. The others are the hidden schedules."""
UNWRITTEN = "Not written yet."


def grade_answer(answer: Answer, seeds: Sequence[int] = SEEDS) -> Grade:
    """The marks of one answer. Never raises for what an answer does."""
    exercise = answer.exercise
    grade = Grade(exercise.id, exercise.title, exercise.points, notes=list(answer.notes))
    grade.hidden = len(SEEDS) - len(seeds)
    sheet = Sheet(dict(exercise.properties))
    if answer.problem:
        grade.problem = answer.problem
    elif is_unwritten(answer.code, exercise):
        grade.unwritten = True
        for name in exercise.properties:
            sheet.fail(name, UNWRITTEN, f'`hint("{exercise.id}", 1)` gives you a first idea.')
    else:
        try:
            exercise.judge(answer.code, sheet, seeds)
        except AnswerFailed as problem:
            grade.problem = str(problem)
    grade.marks = sheet.marks()
    return grade


# --- the terminal ------------------------------------------------------------------------------------------------


def default_files() -> list[Path]:
    """The learner's notebooks: in ./minikafka-lab, here, or (unsolved) in the repository."""
    from minikafka_lessons.lab import LAB_DIRECTORY, notebooks_directory

    names = [f"{lesson.name}.ipynb" for lesson in lessons()]
    for directory in (Path(LAB_DIRECTORY), Path("."), Path("notebooks/en"), notebooks_directory()):
        found = [directory / name for name in names if (directory / name).exists()]
        if found:
            return found
    return []


def grade_files(paths: Sequence[Path], as_json: bool, fail: Callable[[str], BaseException]) -> int:
    """Grade files and print the marks. 0: full marks everywhere; 1: not; 2: a file could not be graded."""
    wanted = [Path(path) for path in paths] or default_files()
    if not wanted:
        raise fail("There are no notebooks here; name them: minikafka grade NOTEBOOK.ipynb …")
    results: list[tuple[Path, Submission | None, list[Grade], str]] = []
    for path in wanted:
        try:
            submission = read_submission(path)
        except Unreadable as problem:
            results.append((path, None, [], str(problem)))
            continue
        results.append((path, submission, [safely(answer) for answer in submission.answers], ""))
    if as_json:
        print(json.dumps([file_dict(*result) for result in results], indent=2, ensure_ascii=False))
    else:
        show_results(results)
    if any(problem for *_, problem in results):
        return 2
    return 0 if all(grade.full for _, _, grades, _ in results for grade in grades) else 1


def safely(answer: Answer) -> Grade:
    """A mistake of a check must not stop the other exercises, and must not look like the learner's."""
    try:
        return grade_answer(answer)
    except Exception as error:
        grade = Grade(answer.exercise.id, answer.exercise.title, answer.exercise.points)
        grade.problem = f"The check itself failed ({type(error).__name__}: {error}); please report it."
        return grade


def file_dict(path: Path, submission: Submission | None, grades: list[Grade], problem: str) -> dict[str, Any]:
    """One file for JSON."""
    return {
        "file": str(path),
        "lesson": submission.lesson.number if submission else None,
        "points": sum(g.points for g in grades),
        "of": sum(g.of for g in grades),
        "problem": problem,
        "exercises": [g.as_dict() for g in grades],
    }


def show_results(results: Sequence[tuple[Path, Submission | None, list[Grade], str]]) -> None:
    """Tables with Rich."""
    from rich.console import Console
    from rich.text import Text

    from minikafka_lessons.grading.display import console_grade

    console = Console(highlight=False)
    points = of = 0.0
    for path, submission, grades, problem in results:
        console.print()
        if submission is None:
            console.print(Text.assemble(("✗ ", "bold red"), (problem, "")))
            continue
        console.rule(
            Text(f"Lesson {submission.lesson.number}  {submission.lesson.title}", style="bold"), align="left"
        )
        console.print(Text(str(path), style="dim"))
        if submission.lesson.is_lab:
            console.print("There is nothing to grade in a lab.")
        for grade in grades:
            console.print(console_grade(grade))
            points, of = points + grade.points, of + grade.of
    console.print()
    if of:
        done = points >= of and not any(problem for *_, problem in results)
        style = "bold green" if done else "bold"
        ending = " · full marks" if done else ""
        console.print(Text(f"{number(points)} of {number(of)} points{ending}", style=style))


__all__ = ["SEEDS", "Grade", "Mark", "default_files", "grade_answer", "grade_files", "is_stub"]
