"""Writes docs/MARKS.md: each exercise's skeleton, solution and wrong answers, with the marks and what is said.

Rule: the answers are those of the tests (`tests/lessons/answers`), graded as `check` does at once; the same source
gives the same page, so that a test can compare. `--check` writes nothing and says whether it is up to date.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "MARKS.md"
MOST = 240
PROCESSES = 4
sys.path.append(str(ROOT / "tests" / "lessons"))

from answers import RIGHT, SKELETONS, WRONG  # noqa: E402 - where they lie is known only now

from minikafka.world.visible import cut  # noqa: E402
from minikafka_lessons.course import exercise, lessons  # noqa: E402
from minikafka_lessons.grading.answers import Answer  # noqa: E402
from minikafka_lessons.grading.marking import SEEDS, grade_answer  # noqa: E402
from minikafka_lessons.grading.marks import Grade, number  # noqa: E402
from minikafka_lessons.grading.sandbox import Code  # noqa: E402

HEAD = """# Marks

What each exercise gives for what is handed out, for its solution and for wrong answers that learners might write, and
what `check` then says: how many properties don't hold, and of the first one what was seen and the hint.
`python tools/marks.py` makes this page by grading all of them; a test compares.
"""


def page() -> str:
    """All of it."""
    names = [one.id for lesson in lessons() for one in lesson.exercises]
    with ProcessPoolExecutor(PROCESSES) as pool:
        return "\n".join([HEAD, *pool.map(table, names)])


def table(name: str) -> str:
    """One exercise."""
    lines = [f"## {name}: {exercise(name).title}\n", "| answer | marks | what is said |", "|---|---|---|"]
    lines.append(row("*as handed out*", graded(name, SKELETONS[name])))
    lines.append(row("**the solution**", graded(name, RIGHT[name])))
    lines += [row(plain(mistake), graded(name, source)) for mistake, (source, _) in WRONG[name].items()]
    return "\n".join(lines) + "\n"


def graded(name: str, source: str) -> Grade:
    """As at once in a notebook."""
    return grade_answer(Answer(exercise(name), Code(source)), SEEDS[:1])


def row(name: str, grade: Grade) -> str:
    """A line of a table."""
    return f"| {name} | {number(grade.points)} of {number(grade.of)} | {plain(said(grade))} |"


def said(grade: Grade) -> str:
    """In short."""
    if grade.problem:
        return grade.problem
    if grade.unwritten:
        return "not written yet"
    missed = [mark for mark in grade.marks if not mark.full]
    if not missed:
        return "✓"
    first = missed[0]
    more = f" (and {len(missed) - 1} more)" if len(missed) > 1 else ""
    return f"{first.what}{more}: {cut(first.message, MOST)} → {first.hint}"


def plain(text: str) -> str:
    """Text in a table of Markdown, in which only `code` is markup."""
    parts = " ".join(text.replace("|", "\\|").split()).split("`")
    if len(parts) % 2 == 0:
        return escaped("'".join(parts))
    return "`".join(part if n % 2 else escaped(part) for n, part in enumerate(parts))


def escaped(text: str) -> str:
    """No markup at all."""
    for sign in "*_<>[]":
        text = text.replace(sign, f"\\{sign}")
    return text


def main() -> None:
    """Write it, or compare."""
    made = page()
    if "--check" not in sys.argv:
        PAGE.write_text(made, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != made:
        sys.exit("docs/MARKS.md is out of date: run python tools/marks.py")


if __name__ == "__main__":
    main()
