"""`minikafka grade`: the marks of files, in a terminal or as JSON.

Rule: one bad file never stops the others; what `check("1a")` says in a notebook, this says too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from minikafka.world.visible import in_json, visible
from minikafka_lessons.copies import LAB_DIRECTORY, is_touched, notebooks_directory, own_notebook
from minikafka_lessons.course import Lesson, lessons
from minikafka_lessons.grading.files import GradedFile, graded
from minikafka_lessons.grading.marks import number
from minikafka_lessons.grading.trial import held
from minikafka_lessons.language import (
    LANGUAGES,
    SOURCE,
    known,
    of_the_system,
    say,
    speak,
    speaking,
    spoken,
)


def default_files(language: str | None = None) -> list[Path]:
    """The learner's notebooks, of one language or all: in ./minikafka-lab, here, or (unsolved) in the repository.

    Of all: of each lesson those that somebody has worked in; where nobody has, the one in the language that is spoken.
    """
    wanted = [language] if language else list(dict.fromkeys([spoken(), *LANGUAGES]))
    for place in (Path(LAB_DIRECTORY), Path(".")):
        found = [path for lesson in lessons() for path in notebooks_of(lesson, place, wanted)]
        if found:
            return found
    built = notebooks_directory(language or SOURCE)
    for place in (Path("notebooks/minikafka_notebooks") / built.name, built):
        found = [place / f"{one.name}.ipynb" for one in lessons() if (place / f"{one.name}.ipynb").exists()]
        if found:
            return found
    return []


def notebooks_of(lesson: Lesson, place: Path, languages: Sequence[str]) -> list[Path]:
    """The lesson's notebooks in a lab that are worth grading."""
    there = [one for one in languages if own_notebook(place, lesson, one).exists()]
    touched = [one for one in there if is_touched(own_notebook(place, lesson, one), lesson, one)]
    return [own_notebook(place, lesson, one) for one in touched or there[:1]]


def grade_files(
    paths: Sequence[Path],
    as_json: bool,
    fail: Callable[[str], BaseException],
    language: str | None = None,
) -> int:
    """Grade files and print the marks. 0: full marks everywhere; 1: not; 2: a file could not be graded.

    Each file's marks are said in its own language, or all in `language`; what is said of all, in the terminal's.
    """
    try:
        wished = known(language) if language else ""
    except LookupError as problem:
        raise fail(str(problem)) from None
    speak(wished or of_the_system() or SOURCE)
    wanted = [Path(path) for path in paths] or default_files(wished or None)
    if not wanted:
        raise fail(say("There are no notebooks here; name them: minikafka grade NOTEBOOK.ipynb …"))
    trial, promised = held()
    # JSON has standard output for itself.
    print(*trial.sentences(), sep="\n", file=sys.stderr if as_json else sys.stdout, flush=True)
    results = []
    for result in graded(wanted, promised, wished):
        results.append(result)
        if not as_json:
            with speaking(result.language if result.lesson else spoken()):
                show_file(result)
    if as_json:
        text = json.dumps([result.as_dict() for result in results], indent=2, ensure_ascii=False)
        print(in_json(text))
    else:
        show_sum(results)
    if any(result.problem for result in results):
        return 2
    return 0 if all(grade.full for result in results for grade in result.grades) else 1


def show_file(result: GradedFile) -> None:
    """A file's tables, with Rich."""
    from rich.text import Text

    from minikafka_lessons.grading.display import console_grade

    console = report()
    console.print()
    if result.lesson is None:
        console.print(Text.assemble(("✗ ", "bold red"), (result.problem, "")))
        return
    title = say("Lesson {n}", n=result.lesson.number) + f"  {say(result.lesson.title)}"
    console.rule(Text(title, style="bold"), align="left")
    console.print(Text(visible(str(result.path)), style="dim"))
    for grade in result.grades:
        console.print(console_grade(grade))


def show_sum(results: Sequence[GradedFile]) -> None:
    """The last line."""
    from rich.text import Text

    grades = [grade for result in results for grade in result.grades]
    points, of = sum(grade.points for grade in grades), sum(grade.of for grade in grades)
    report().print()
    if of:
        done = points >= of and not any(result.problem for result in results)
        style = "bold green" if done else "bold"
        ending = " · " + say("full marks") if done else ""
        told = say("{points} of {of} points", points=number(points), of=number(of))
        report().print(Text(told + ending, style=style))


def report() -> Any:
    """Rich, on standard output, without opinions of its own about what it prints."""
    from rich.console import Console

    return Console(highlight=False)
