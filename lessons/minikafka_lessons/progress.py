"""What a learner has done in a lab: notes, one a line, in a file of the lab's directory.

Rule: a note is only ever appended, so that nothing noted is lost and two notebooks may note at once. Outside of a lab
and under nbgrader nothing is noted; a note that can't be written is left out and a line that can't be read is passed
over, so that no cell ever fails for it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from msgspec import Meta, MsgspecError, Struct, json

VARIABLE = "MINIKAFKA_LAB_DIRECTORY"
"""By it a lab tells its notebooks where to note."""
FILE = ".progress.jsonl"
MOST_BYTES = 8 << 20
"""So much is read, from the end: some fifty thousand checks."""

Points = Annotated[float, Meta(ge=0, le=1e6)]
Number = Annotated[int, Meta(ge=0, le=10_000)]


class Began(Struct, frozen=True, tag="began", tag_field="note"):
    """A lesson was begun."""

    lesson: Number
    when: datetime


class Checked(Struct, frozen=True, tag="checked", tag_field="note"):
    """An exercise was checked."""

    exercise: str
    points: Points
    of: Points
    when: datetime

    @property
    def share(self) -> float:
        """Of all its points, 0 to 1."""
        return min(1.0, self.points / self.of) if self.of else 1.0


class Predicted(Struct, frozen=True, tag="predicted", tag_field="note"):
    """It came out what a question asks; `right` is None where nothing was predicted."""

    lesson: Number
    question: str
    right: bool | None
    when: datetime


class BeganAnew(Struct, frozen=True, tag="reset", tag_field="note"):
    """A lesson's notebook was replaced by a fresh one."""

    lesson: Number
    exercises: list[str]
    when: datetime


Note = Began | Checked | Predicted | BeganAnew


@dataclass
class Progress:
    """What all notes together say."""

    begun: set[int] = field(default_factory=set)
    best: dict[str, Checked] = field(default_factory=dict)
    """By exercise; of equals the first."""
    latest: dict[str, Checked] = field(default_factory=dict)
    """By exercise, since its notebook is fresh."""
    predicted: dict[int, dict[str, bool | None]] = field(default_factory=dict)
    """By lesson and question; the first time counts."""
    last_lesson: int | None = None
    """Begun last."""

    def add(self, note: Note) -> None:
        """One more."""
        if isinstance(note, Began):
            self.begun.add(note.lesson)
            self.last_lesson = note.lesson
        elif isinstance(note, Checked):
            known = self.best.get(note.exercise)
            if known is None or note.share > known.share:
                self.best[note.exercise] = note
            self.latest[note.exercise] = note
        elif isinstance(note, Predicted):
            questions = self.predicted.setdefault(note.lesson, {})
            if questions.get(note.question) is None:
                questions[note.question] = note.right
        else:
            for exercise in note.exercises:
                self.latest.pop(exercise, None)


def now() -> datetime:
    """The hour of a note."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - when a person did it


def lab_directory() -> Path | None:
    """That of the lab in which this notebook runs. None: there is none, or a grader runs it."""
    place = os.environ.get(VARIABLE, "")
    return Path(place) if place and not os.environ.get("NBGRADER_EXECUTION") else None


def note(*notes: Note, place: Path | None = None) -> None:
    """Append to the progress of a lab, that of this notebook or the one in `place`; where there is none, do nothing."""
    place = place or lab_directory()
    if place is None:
        return
    try:
        file = _opened(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    except OSError:
        return
    try:
        # The end of a line comes before it: a line that was cut off by a full disk spoils no other.
        os.write(file, b"".join(b"\n" + json.encode(one) for one in notes))
    except OSError:
        pass
    finally:
        os.close(file)


def why_unusable(place: Path) -> str:
    """Why nothing can be noted there; or nothing."""
    try:
        os.close(_opened(place, os.O_RDWR | os.O_APPEND | os.O_CREAT))
    except OSError as problem:
        return problem.strerror or str(problem)
    return ""


def read(place: Path) -> Progress:
    """All that was noted there. What can't be read is passed over."""
    found = Progress()
    for one in _notes(place):
        found.add(one)
    return found


def version(place: Path) -> tuple[int, int]:
    """Another one after each note."""
    try:
        about = (place / FILE).stat()
    except OSError:
        return (0, 0)
    return (about.st_mtime_ns, about.st_size)


def _notes(place: Path) -> Iterator[Note]:
    decoder = json.Decoder(Note)
    try:
        file = _opened(place, os.O_RDONLY)
    except OSError:
        return
    with os.fdopen(file, "rb") as lines:
        try:
            lines.seek(max(0, os.fstat(file).st_size - MOST_BYTES))
            text = lines.read(MOST_BYTES)
        except OSError:
            return
    for line in text.splitlines():
        try:
            yield decoder.decode(line)
        except (MsgspecError, ValueError, RecursionError):
            continue


def _opened(place: Path, flags: int) -> int:
    """The file of notes, if it is a file. Raises OSError; waits for nobody at the other end of a pipe."""
    file = os.open(place / FILE, flags | getattr(os, "O_NONBLOCK", 0), 0o644)  # noqa: TID251 - a learner's file
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(0, "it is no file")
    return file
