"""The course: which lessons there are, and which exercises each has.

Rule: a lesson is a folder `NN_name/` with `lesson.py` (its text and cells), `checks.py` (title, minutes, world,
exercises), `questions.py` (what it lets predict), one `exercise_NX.py` for each exercise and a
catalogue of translations for each language (`ko.po`); nothing else lists lessons.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from minikafka_lessons.language import Question, say

World = Literal["live", "simulated"]

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Exercise:
    """What a learner writes.

    `names`: the functions or values that the cell defines. `judge(code, sheet, seeds)` fills the sheet;
    `seeds[0]` is the public one. `properties`: name → (what is asked, points).
    """

    id: str
    title: str
    names: tuple[str, ...]
    properties: Mapping[str, tuple[str, float]]
    judge: Callable[[Any, Any, Sequence[int]], None]
    hints: tuple[str, str, str]
    minutes: int = 10
    more: int = 0
    """Under so many seeds more `check` judges an answer after its first result: together they take some seconds."""
    rule: Callable[[Any, str], Callable[..., Any]] | None = None
    """`rule(answers, name)`: the answer's function of that name as the judge puts it into a cluster, so that a run that
    was kept can be opened. `answers.call(name, *args)` gives what the answer says."""

    @property
    def points(self) -> float:
        """All of them."""
        return sum(points for _, points in self.properties.values())


@dataclass(frozen=True)
class Lesson:
    """One folder. `about`: a line for the map of the course; `minutes`: for somebody who knows Python, and no Kafka.

    `world`: what `begin` gives it, the lab's live cluster or a simulated one, from `seed`.
    """

    number: int
    folder: Path
    title: str
    exercises: tuple[Exercise, ...]
    about: str = ""
    minutes: int = 30
    topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    questions: Mapping[str, Question] = field(default_factory=dict)
    world: World = "live"
    seed: int = 0
    brokers: int = 3
    controllers: int = 1
    module: ModuleType | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """`01_data_bus`."""
        return self.folder.name

    @property
    def source(self) -> Path:
        """The text with the solutions."""
        return self.folder / "lesson.py"


@functools.cache
def lessons() -> tuple[Lesson, ...]:
    """All lessons, in order."""
    return tuple(
        load(folder) for folder in sorted(HERE.glob("[0-9][0-9]_*")) if (folder / "checks.py").exists()
    )


def lesson(number: int) -> Lesson:
    """By number. Raises LookupError with one sentence."""
    for found in lessons():
        if found.number == number:
            return found
    numbers = ", ".join(str(found.number) for found in lessons())
    raise LookupError(say("There is no lesson {n}; there are: {all}.", n=number, all=numbers))


def exercise(exercise_id: str) -> Exercise:
    """By id, such as "1a". Raises LookupError with one sentence."""
    every = [e for found in lessons() for e in found.exercises]
    for found in every:
        if found.id == str(exercise_id):
            return found
    all_of_them = ", ".join(e.id for e in every)
    raise LookupError(say("There is no exercise {id!r}; there are: {all}.", id=exercise_id, all=all_of_them))


def load(folder: Path) -> Lesson:
    """The lesson of a folder, by its `checks.py`."""
    # A folder's name begins with a digit, so that only importlib can say it.
    module = importlib.import_module(f"{__package__}.{folder.name}.checks")
    return Lesson(
        number=int(folder.name[:2]),
        folder=folder,
        title=module.TITLE,
        exercises=tuple(module.EXERCISES),
        about=getattr(module, "ABOUT", ""),
        minutes=getattr(module, "MINUTES", 30),
        topics=tuple(module.TOPICS),
        groups=tuple(module.GROUPS),
        questions=dict(getattr(module, "QUESTIONS", {})),
        world=getattr(module, "WORLD", "live"),
        seed=getattr(module, "SEED", 0),
        brokers=getattr(module, "BROKERS", 3),
        controllers=getattr(module, "CONTROLLERS", 1),
        module=module,
    )
