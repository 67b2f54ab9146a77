"""The page that a lab opens: the map of the lessons with one's marks, how to look at the cluster, how to begin again.

Rule: it is made from the course and from what was noted (`progress`), and from nothing else; the lab alone writes it,
as a whole, in every language. A page that somebody has changed is kept as a copy before it is written anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from minikafka.world.visible import visible
from minikafka_lessons import progress
from minikafka_lessons.copies import keep, kept_copies, own_place, write_atomic
from minikafka_lessons.course import Exercise, Lesson, lessons
from minikafka_lessons.grading.marks import number
from minikafka_lessons.language import LANGUAGES, NAMES, SOURCE, say, sentence, speaking
from minikafka_lessons.progress import Progress

PAGE = "Welcome.md"
DONE, HALF, OPEN = "✓", "◐", "○"
BAR_PIXELS = 360
SEAL = re.compile(rb"\n<!-- minikafka lab ([0-9a-f]{16}) -->\n$")
"""The end of a page, by which the lab knows it as its own: nobody has changed it."""


@dataclass(frozen=True)
class Commands:
    """What to type in another terminal: `minikafka` as it is called there, and the name of the lab's cluster."""

    minikafka: str = "minikafka"
    cluster: str = "lab"

    def line(self, *words: str) -> str:
        """One command."""
        return " ".join([self.minikafka, *words])


class Welcome:
    """The pages of a lab. `renew()` as often as you like: it writes when something was noted."""

    def __init__(self, place: Path, commands: Commands) -> None:
        self.place, self.commands = place, commands
        self._seen: tuple[int, int] | None = None

    def renew(self) -> str:
        """Write all pages, if there is news. Returns what went wrong, in one sentence, or nothing."""
        seen = progress.version(self.place)
        if seen == self._seen:
            return ""
        self._seen = seen
        done = progress.read(self.place)
        for language in LANGUAGES:
            with speaking(language):
                text = page(self.place, language, done, self.commands)
            try:
                write(self.place, language, text)
            except OSError as problem:
                path, why = path_of(self.place, language), problem.strerror or problem
                return say("The page {page} can't be written: {why}.", page=visible(str(path)), why=why)
        return ""


def path_of(place: Path, language: str) -> Path:
    """Where the page lies."""
    return own_place(place, language) / PAGE


def write(place: Path, language: str, text: str) -> None:
    """Replace the page; one that isn't as the lab wrote it is kept first. Raises OSError."""
    path, data = path_of(place, language), sealed(text)
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        there = b""
    if there == data:
        return
    if there and not is_sealed(there):
        keep(path)
    write_atomic(path, data)


def sealed(text: str) -> bytes:
    """With the sign that it is the lab's own."""
    data = text.encode()
    return data + f"\n<!-- minikafka lab {hashlib.sha256(data).hexdigest()[:16]} -->\n".encode()


def is_sealed(data: bytes) -> bool:
    """Is it as the lab wrote it?"""
    found = SEAL.search(data)
    return found is not None and sealed(data[: found.start()].decode(errors="replace")) == data


def page(place: Path, language: str, done: Progress, commands: Commands) -> str:
    """In the language that is spoken, in Markdown."""
    parts = (
        f"# {say('Welcome to minikafka')}",
        switch(language),
        say(
            "A whole Kafka cluster is running beside this page, and each lesson is a notebook that plays on it: you "
            "write, you look inside, you break it, you mend it. You need Python, and no Kafka. Begin at the top; every "
            "cell may be run again."
        ),
        *standing(done),
        "\n".join(the_map(done)),
        say(
            "✓ full marks · ◐ some points · ○ open. These are the marks of your best `check(…)` of each exercise; this "
            "page shows a new one by itself."
        ),
        *watching(place, commands),
        *beginning_again(place, language, commands),
        f"<sub>{say('The lab writes this page. Keep notes of your own in another file.')}</sub>",
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def switch(language: str) -> str:
    """The names of the languages; the others lead to their pages."""
    up = "" if language == SOURCE else "../"
    names = []
    for other in LANGUAGES:
        folder = "" if other == SOURCE else f"{other}/"
        name = NAMES.get(other, other)
        names.append(f"**{name}**" if other == language else f"[{name}]({up}{folder}{PAGE})")
    return " · ".join(names)


def standing(done: Progress) -> Iterator[str]:
    """All points so far, and where to go on."""
    every = [exercise for lesson in lessons() for exercise in lesson.exercises]
    points = sum(points_of(exercise, done) for exercise in every)
    of = sum(exercise.points for exercise in every)
    told = say(
        "**{points} of {of} points** · {done} of {all} lessons done",
        points=number(points),
        of=number(of),
        done=sum(is_done(lesson, done) for lesson in lessons()),
        all=len(lessons()),
    )
    yield f"{bar(points / of if of else 0.0)}\n\n{told}"
    lesson = next_lesson(done)
    if lesson is None:
        yield "**" + say("You have done them all. Congratulations!") + "**"
    else:
        template = sentence("Go on with {lesson}") if done.begun else sentence("Begin with {lesson}")
        yield "### " + say(template, lesson=link(titled(lesson), lesson))


def bar(share: float) -> str:
    """A share from 0 to 1, in plain HTML that JupyterLab leaves as it is."""
    width = round(BAR_PIXELS * share)
    full = f'<div style="background-color:#2f9e5b;width:{width}px;height:8px"></div>'
    return f'<div style="background-color:rgba(128,128,128,0.3);width:{BAR_PIXELS}px;height:8px">{full}</div>'


def the_map(done: Progress) -> Iterator[str]:
    """A table: a row for each lesson."""
    yield f"| | {say('Lesson')} | | {say('Exercises')} |"
    yield "|:-:|:--|--:|:--|"
    for lesson in lessons():
        about = f"**{link(f'{lesson.number} · {say(lesson.title)}', lesson)}**<br>{say(lesson.about)}"
        minutes = unbroken(say("{n} min", n=lesson.minutes))
        yield f"| {sign_of(lesson, done)} | {about} | {minutes} | {'<br>'.join(marks(lesson, done))} |"
    numbers = [lesson.number for lesson in lessons()]
    for missing in sorted(set(range(max(numbers))) - set(numbers)):
        yield ""
        yield say("Lesson {n} is still to come.", n=missing)


def marks(lesson: Lesson, done: Progress) -> Iterator[str]:
    """A line for each exercise, and one for the predictions."""
    for exercise in lesson.exercises:
        best, latest = done.best.get(exercise.id), done.latest.get(exercise.id)
        to_its_cell = link(exercise.id, lesson, f"#cell-id={exercise.id}")
        line = f"{sign(best.share if best else 0.0)} {to_its_cell} · "
        line += say("{points} of {of}", points=number(points_of(exercise, done)), of=number(exercise.points))
        if best and latest is None:
            line += " " + say("(fresh again)")
        elif best and latest and latest.share < best.share:
            line += " " + say("(now {points})", points=number(latest.points))
        yield unbroken(line)
    seen = done.predicted.get(lesson.number, {})
    asked = [name for name in lesson.questions if name in seen]
    if asked:
        right = sum(seen[name] is True for name in asked)
        told = say("predictions: {right} of {all}", right=right, all=len(lesson.questions))
        yield unbroken(told)


def unbroken(text: str) -> str:
    """On one line, however narrow the column. (Korean may break between any two letters.)"""
    return f'<span style="white-space:nowrap">{text}</span>'


def points_of(exercise: Exercise, done: Progress) -> float:
    """Those of the best check: a share of what the exercise gives today, in hundredths."""
    best = done.best.get(exercise.id)
    return round(best.share * exercise.points, 2) if best else 0.0


def is_done(lesson: Lesson, done: Progress) -> bool:
    """Full marks."""
    return all(e.id in done.best and done.best[e.id].share >= 1 for e in lesson.exercises)


def sign_of(lesson: Lesson, done: Progress) -> str:
    """Of a whole lesson."""
    if is_done(lesson, done):
        return DONE
    tried = lesson.number in done.begun or any(e.id in done.best for e in lesson.exercises)
    return HALF if tried else OPEN


def sign(share: float) -> str:
    """Of one exercise."""
    return DONE if share >= 1 else HALF if share > 0 else OPEN


def next_lesson(done: Progress) -> Lesson | None:
    """Where to go on: the lesson that was begun last, or the next one that isn't done."""
    left = [lesson for lesson in lessons() if not is_done(lesson, done)]
    later = [one for one in left if one.number >= (done.last_lesson or 0)]
    return next(iter(later or left), None)


def watching(place: Path, commands: Commands) -> Iterator[str]:
    """How to open the inspector, and the grader."""
    yield f"## {say('Watch the cluster')}"
    yield say(
        "Open a second terminal (or one in here: File → New → Terminal) and type this; there you see brokers, "
        "partitions, offsets and LAG move while your cells run:"
    )
    yield fence(f"cd {shlex.quote(visible(str(place)))}", commands.line("tui", "--cluster", commands.cluster))
    yield say("All your notebooks are graded, hidden checks too, by:")
    yield fence(commands.line("grade"))


def beginning_again(place: Path, language: str, commands: Commands) -> Iterator[str]:
    """How to reset a lesson, and what was kept."""
    yield f"## {say('Begin a lesson again')}"
    yield say(
        "A fresh notebook takes the place of yours. **What you wrote is kept** beside it, in a copy with date and time "
        "in its name, and so are your marks. Save the notebook (Ctrl+S); then, for lesson 3, in a terminal:"
    )
    yield fence(commands.line("lab", "--reset", "3"))
    yield say("or in a new cell of that notebook:")
    yield fence("from minikafka_lessons import reset", "reset()", kind="python")
    kept = [(lesson, path) for lesson in lessons() for path in kept_copies(place, lesson, language)]
    if kept:
        yield (
            say("Kept so far:")
            + "\n\n"
            + "\n".join(
                f"- {say('Lesson {n}', n=lesson.number)}: [{path.name}]({quote(path.name)})"
                for lesson, path in kept
            )
        )


def fence(*lines: str, kind: str = "sh") -> str:
    """Code, as it is to be typed."""
    return "\n".join([f"```{kind}", *lines, "```"])


def titled(lesson: Lesson) -> str:
    """`Lesson 1 · The data bus`."""
    return f"{say('Lesson {n}', n=lesson.number)} · {say(lesson.title)}"


def link(words: str, lesson: Lesson, where: str = "") -> str:
    """To its notebook, which lies beside the page."""
    return f"[{words}]({quote(lesson.name)}.ipynb{where})"


def is_readable(place: Path, language: str) -> bool:
    """Can a browser be sent there?"""
    path = path_of(place, language)
    return path.is_file() and os.access(path, os.R_OK)
