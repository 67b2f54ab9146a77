"""A lesson that begins again: a fresh notebook where the learner's was, which is kept.

Rule: on the command line (`minikafka lab --reset 3`) and in a notebook (`reset()`) it does and says the same.
"""

from __future__ import annotations

from pathlib import Path

from minikafka.world.visible import visible
from minikafka_lessons import progress
from minikafka_lessons.copies import begin_anew, is_touched, own_notebook
from minikafka_lessons.course import Lesson
from minikafka_lessons.language import say
from minikafka_lessons.progress import BeganAnew


def begun_anew(place: Path, lesson: Lesson, language: str) -> str:
    """Do it, and say it. Nothing to say: it is as it came. Raises OSError; then the learner's notebook is as it was."""
    notebook = own_notebook(place, lesson, language)
    if notebook.exists() and not is_touched(notebook, lesson, language):
        return ""
    kept = begin_anew(place, lesson, language)
    progress.note(BeganAnew(lesson.number, [e.id for e in lesson.exercises], progress.now()), place=place)
    if kept is None:
        return say(
            "Lesson {n}: there was no notebook {path}; now there is a fresh one.",
            n=lesson.number,
            path=visible(str(notebook)),
        )
    return say(
        "Lesson {n} begins again. What you wrote is kept beside it, in {kept}. Is the notebook open in the browser? "
        "There choose File → Reload Notebook from Disk, then Kernel → Restart Kernel. (Should it ask about a changed "
        "file: Revert.)",
        n=lesson.number,
        kept=visible(kept.name),
    )


def could_not_begin_anew(lesson: Lesson, problem: OSError) -> str:
    """Why, in one sentence."""
    return say(
        "Lesson {n} can't be given a fresh notebook: {why}. Yours is as it was.",
        n=lesson.number,
        why=problem.strerror or problem,
    )
