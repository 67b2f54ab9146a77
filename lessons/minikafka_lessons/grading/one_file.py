"""The process that grades one file: `python -P -m minikafka_lessons.grading.one_file FILE`.

Rule: a file that ends, stops or fills this process costs its author only. Each exercise's marks are said as soon as
they are known, one JSON line each, so that what comes later can't take them back. No answer runs in here.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from minikafka_lessons.grading.answers import Answer
from minikafka_lessons.grading.marking import grade_answer
from minikafka_lessons.grading.marks import Grade
from minikafka_lessons.grading.submissions import Unreadable, read_submission
from minikafka_lessons.language import say, speak, spoken

MEMORY_BYTES = 4 << 30


def main(path: Path, language: str = "") -> None:
    """Read the file, grade each answer, in that language or the file's own."""
    # What a library may print is no verdict: those go where nobody else writes.
    verdicts = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    limit()

    def tell(**what: Any) -> None:
        verdicts.write(json.dumps(what) + "\n")
        verdicts.flush()

    if language:
        speak(language)
    try:
        submission = read_submission(path)
    except Unreadable as problem:
        tell(problem=str(problem))
        return
    except MemoryError:
        tell(problem=say("{path} needs more memory than the grader gives to a file.", path=path))
        return
    speak(language or submission.language)
    tell(
        lesson=submission.lesson.number,
        language=spoken(),
        exercises=[answer.exercise.id for answer in submission.answers],
    )
    for answer in submission.answers:
        tell(grade=safely(answer).as_dict())


def safely(answer: Answer) -> Grade:
    """A mistake of a check must not stop the other exercises, and must not look like the learner's."""
    try:
        return grade_answer(answer)
    except Exception as error:
        grade = Grade(answer.exercise.id, say(answer.exercise.title), answer.exercise.points)
        grade.problem = say(
            "The check itself failed ({kind}: {error}); please report it.",
            kind=type(error).__name__,
            error=error,
        )
        return grade


def limit() -> None:
    """Memory; POSIX only."""
    try:
        import resource
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = MEMORY_BYTES if hard < 0 else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
