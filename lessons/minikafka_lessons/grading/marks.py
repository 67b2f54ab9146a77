"""Marks: what was asked, how many points it gave, and what to say to a beginner.

Rule: a mark that isn't full has a message (what was seen) and a hint (what to look at), and the seed that
shows it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from minikafka.cluster.run_file import RunFile
from minikafka.world.visible import cells, cut, cut_before, visible
from minikafka_lessons.language import say

MOST_CELLS = 500
"""Of a sentence about an answer: what it gave back may be long, a report not."""


@dataclass(frozen=True)
class Mark:
    """One property of one answer."""

    what: str
    points: float
    of: float
    message: str = ""
    hint: str = ""
    seed: int | None = None
    name: str = ""
    """The property's, for `check.run`."""
    run: RunFile | None = field(default=None, compare=False, repr=False)
    """The simulated run in which it failed, with a mark at the first bad event."""
    kept: str = ""
    """Where that run is kept as a file."""

    @property
    def full(self) -> bool:
        """Is there nothing to add?"""
        return self.points >= self.of


@dataclass
class Grade:
    """The marks of one exercise. `problem`: why it could not be judged at all, in one sentence."""

    exercise: str
    title: str
    of: float
    marks: list[Mark] = field(default_factory=list)
    problem: str = ""
    notes: list[str] = field(default_factory=list)
    hidden: int = 0
    """Checks that the public run did not make."""
    unwritten: bool = False

    @property
    def points(self) -> float:
        """The sum, 0 when the answer could not be judged."""
        return 0.0 if self.problem else sum(mark.points for mark in self.marks)

    @property
    def full(self) -> bool:
        """All points?"""
        return not self.problem and self.points >= self.of

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "exercise": self.exercise,
            "title": self.title,
            "points": self.points,
            "of": self.of,
            "full": self.full,
            "unwritten": self.unwritten,
            "problem": self.problem,
            "notes": self.notes,
            "marks": [
                {
                    "what": m.what,
                    "points": m.points,
                    "of": m.of,
                    "message": m.message,
                    "hint": m.hint,
                    "seed": m.seed,
                }
                for m in self.marks
            ],
        }

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Grade:
        """The reverse."""
        return cls(
            exercise=told["exercise"],
            title=told["title"],
            of=told["of"],
            marks=[Mark(**mark) for mark in told["marks"]],
            problem=told["problem"],
            notes=list(told["notes"]),
            unwritten=told["unwritten"],
        )

    def made_visible(self) -> Grade:
        """The same, with nothing hidden and nothing endless in the words that an answer chose."""
        self.problem = shortened(self.problem)
        self.notes = [shortened(note) for note in self.notes]
        self.marks = [replace(mark, message=shortened(mark.message)) for mark in self.marks]
        return self


def shortened(sentence: str) -> str:
    """Visible; of a long one the beginning and, since what was expected stands there, the end."""
    shown = visible(sentence)
    if cells(shown) <= MOST_CELLS:
        return shown
    return cut(shown, MOST_CELLS // 2) + cut_before(shown, MOST_CELLS // 4).removeprefix("…")


def number(points: float) -> str:
    """`2`, `1.5`."""
    return f"{points:g}"


class Sheet:
    """Collects marks while a judge runs: properties are declared first, then each may fail once.

    Messages come said; hints and properties are sentences of a table, which are said here.
    """

    def __init__(self, properties: dict[str, tuple[str, float]]) -> None:
        self._properties = properties
        self._failed: dict[str, tuple[str, str, int | None, RunFile | None]] = {}
        self._seen: set[str] = set()

    def seen(self, name: str) -> None:
        """The property was looked at and holds so far."""
        assert name in self._properties, name
        self._seen.add(name)

    def fail(
        self, name: str, message: str, hint: str = "", seed: int | None = None, run: RunFile | None = None
    ) -> None:
        """The property does not hold; the first reason counts. `run`: in which it was seen."""
        assert name in self._properties, name
        self._failed.setdefault(name, (message, say(hint), seed, run))

    def expect(
        self,
        name: str,
        holds: bool,
        message: str,
        hint: str,
        seed: int | None = None,
        run: RunFile | None = None,
    ) -> bool:
        """`seen`, or `fail`."""
        if holds:
            self.seen(name)
        else:
            self.fail(name, message, hint, seed, run)
        return holds

    def sharpen(self, name: str, hint: str) -> None:
        """The answer behaves like a known mistake: say so where it failed."""
        if name in self._failed:
            message, _, seed, run = self._failed[name]
            self._failed[name] = (message, say(hint), seed, run)

    def failed(self, name: str) -> bool:
        """Has it failed?"""
        return name in self._failed

    def marks(self) -> list[Mark]:
        """In the order of the properties. What was never looked at gives nothing."""
        found = []
        for name, (words, of) in self._properties.items():
            what = say(words)
            if name in self._failed:
                message, hint, seed, run = self._failed[name]
                found.append(Mark(what, 0.0, of, message, hint, seed, name, run))
            elif name in self._seen:
                found.append(Mark(what, of, of, name=name))
            else:
                hint = say("First mend what stands above.")
                found.append(Mark(what, 0.0, of, say("not reached"), hint, name=name))
        return found
