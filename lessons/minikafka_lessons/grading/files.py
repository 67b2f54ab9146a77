"""Files to grade, each in a process of its own, a few at a time.

Rule: whatever becomes of a file's process, the file is in the report, with the marks that were known by then; the
report's order is that of the files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor  # noqa: TID251 - each of them waits for a process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minikafka.world.visible import visible
from minikafka_lessons.course import Lesson, lesson
from minikafka_lessons.grading.marks import Grade
from minikafka_lessons.grading.sandbox import PROMISED
from minikafka_lessons.language import SOURCE, say

FILE_S = 600.0
AT_A_TIME = 4


@dataclass
class GradedFile:
    """A file and its marks. `problem`: why it was not graded, or not to its end; one sentence."""

    path: Path
    lesson: Lesson | None = None
    language: str = SOURCE
    grades: list[Grade] = field(default_factory=list)
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "file": str(self.path),
            "lesson": self.lesson.number if self.lesson else None,
            "language": self.language,
            "points": sum(g.points for g in self.grades),
            "of": sum(g.of for g in self.grades),
            "problem": self.problem,
            "exercises": [g.as_dict() for g in self.grades],
        }


def graded(paths: Sequence[Path], promised: Sequence[str], language: str = "") -> Iterator[GradedFile]:
    """The files, in their order. `promised`: the jail's layers that have to hold; `language`: not the files' own."""
    at_a_time = max(1, min(len(paths), os.cpu_count() or 1, AT_A_TIME))
    with ThreadPoolExecutor(at_a_time) as pool:
        yield from pool.map(lambda path: grade_file(path, promised, language), paths)


def grade_file(path: Path, promised: Sequence[str] = (), language: str = "") -> GradedFile:
    """One file, in a process of its own."""
    # -P: what lies in the folder of the submissions is never imported.
    command = [sys.executable, "-P", "-m", "minikafka_lessons.grading.one_file", str(path), language]
    environment = {**os.environ, PROMISED: ",".join(promised)}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    late = False
    try:
        out, errors = process.communicate(timeout=FILE_S)
    except subprocess.TimeoutExpired:
        late = True
        process.kill()
        out, errors = process.communicate()
    finally:
        process.kill()
    return read_verdicts(path, out, why_ended(process.returncode, errors, late))


def read_verdicts(path: Path, out: bytes, ended: str) -> GradedFile:
    """What the process said before it ended. `ended`: how, if not well."""
    found, waiting = GradedFile(path), []
    for line in out.decode("utf-8", "replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            break
        if "problem" in said:
            found.problem = visible(said["problem"])
        elif "lesson" in said:
            found.lesson, waiting = lesson(said["lesson"]), list(said["exercises"])
            found.language = said["language"]
        else:
            found.grades.append(Grade.from_dict(said["grade"]))
    if found.lesson is None:
        found.problem = found.problem or say(
            "{path} could not be read: {why}.", path=visible(str(path)), why=ended or say("no word came")
        )
        return found
    for exercise in found.lesson.exercises[len(found.grades) :] if len(found.grades) < len(waiting) else ():
        found.problem = say(
            "{path} was not graded to its end: {why}.",
            path=visible(str(path)),
            why=ended or say("the process fell silent"),
        )
        found.grades.append(Grade(exercise.id, say(exercise.title), exercise.points, problem=found.problem))
    return found


def why_ended(code: int, errors: bytes, late: bool) -> str:
    """Nothing for a process that ended well."""
    if late:
        return say("it took more than {n:.0f} s", n=FILE_S)
    if code == 0:
        return ""
    if code < 0:
        return say("its process was ended by signal {n}", n=-code)
    last = errors.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"status {code}"]
    return say("its process failed ({why})", why=visible(last[0][:200]))
