"""Where each of the basics is seen: `docs/COVERAGE.md`, one page in each language, made from the lessons' own cells.

Rule: a cell says itself what it shows (`shows="lag, committed-offset"`) or measures, so that the pages can't know of a
cell that is gone; a statement that no cell shows is a problem, unless it says what is planned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from minikafka_lessons.basics import CHAPTERS, STATEMENTS, Statement
from minikafka_lessons.course import Lesson, lessons
from minikafka_lessons.language import LANGUAGES, NAMES, SOURCE, say, sentence, speaking
from minikafka_lessons.source_cells import read_cells

SECTION = re.compile(r"^## +(.+)$", re.M)
HOW = {"measures": sentence("measured"), "shows": sentence("shown")}
"""A cell's tag → what it is called; the stronger one first."""
NOTEBOOKS = "../notebooks/minikafka_notebooks"


@dataclass(frozen=True)
class Place:
    """A cell in which a statement is seen. `section`: the heading above it, in English."""

    lesson: Lesson
    section: str
    cell: str
    how: str

    def link(self, language: str) -> str:
        """To the cell in that language's notebook: JupyterLab goes to the cell, others open the notebook."""
        return f"[`{self.cell}`]({NOTEBOOKS}/{language}/{self.lesson.name}.ipynb#cell-id={self.cell})"


Seen = dict[str, list[Place]]
"""id of a statement → where it is seen."""


def places(lesson: Lesson) -> Iterator[tuple[str, Place]]:
    """(id of a statement, where it is seen), in the order of the cells."""
    section = ""
    for cell in read_cells(lesson):
        if cell["cell_type"] == "markdown":
            section = (SECTION.findall(cell["source"]) or [section])[-1]
        for how in HOW:
            for name in re.findall(r"[^\s,]+", str(cell["metadata"].get(how, ""))):
                yield name, Place(lesson, section, cell["metadata"]["id"], how)


def seen() -> Seen:
    """Of every statement that some cell names."""
    found: Seen = {}
    for lesson in lessons():
        for name, place in places(lesson):
            found.setdefault(name, []).append(place)
    return found


def problems(everywhere: Seen) -> list[str]:
    """A sentence for each statement that nothing shows, and each cell that names none."""
    known = {statement.id: statement for statement in STATEMENTS}
    found = [
        f'{place.lesson.name}, cell "{place.cell}": basics.py has no statement "{name}".'
        for name, named in everywhere.items()
        if name not in known
        for place in named
    ]
    for statement in STATEMENTS:
        if statement.id not in everywhere and not statement.later:
            found.append(
                f'No cell shows "{statement.id}" ({statement.words}). Tag one with shows= or measures=, or say in '
                "basics.py what is planned."
            )
    return found


def page(everywhere: Seen, language: str) -> str:
    """The page in that language."""
    others = [f"[{NAMES.get(other, other)}]({file_name(other)})" for other in LANGUAGES if other != language]
    with speaking(language):
        head = "| {} | | {} |".format(say("Kafka's basics say"), say("where"))
        lines = [
            f"# {say('Coverage')}",
            "",
            " · ".join(others),
            "",
            *introduction(language, everywhere),
        ]
        for chapter in CHAPTERS:
            lines += ["", f"## {say(chapter.title)}", "", head, "|---|---|---|"]
            lines += [row(one, everywhere.get(one.id, []), language) for one in chapter.statements]
    return "\n".join(lines) + "\n"


def file_name(language: str) -> str:
    """In `docs/`."""
    return "COVERAGE.md" if language == SOURCE else f"COVERAGE.{language}.md"


def introduction(language: str, everywhere: Seen) -> list[str]:
    """What the page is, and the lessons."""
    here = [
        (lesson, sum(any(p.lesson is lesson for p in named) for named in everywhere.values()))
        for lesson in lessons()
    ]
    return [
        say(
            "The lessons set out from the basics of Kafka. This page says, statement by statement, in which lesson, "
            "section and cell you see each of them. It is made from the lessons (`make notebooks`)."
        ),
        "",
        f"- **{say('shown')}**: {say('it happens before your eyes.')}",
        f"- **{say('measured')}**: {say('with numbers from your run.')}",
        f"- **{say('not yet')}**: {say('no lesson shows it; what is planned, and what there is instead.')}",
        f"- `tui:…`: {say('a tab of the inspector (`minikafka tui`).')}",
        "",
        f"| | {say('lesson')} | {say('statements')} |",
        "|---|---|---|",
        *(
            f"| {lesson.number} | [{say(lesson.title)}]"
            f"({NOTEBOOKS}/{language}/{lesson.name}.ipynb) | {count} |"
            for lesson, count in here
        ),
    ]


def row(statement: Statement, named: list[Place], language: str) -> str:
    """Statement, how it is seen, where."""
    how = next((say(words) for tag, words in HOW.items() if any(p.how == tag for p in named)), "")
    parts = []
    if statement.later:
        how = say("not yet")
        parts.append(say(statement.later))
    for (lesson, section), cells in groupby(named, lambda place: (place.lesson, place.section)):
        title = say(section or lesson.title)
        links = ", ".join(dict.fromkeys(place.link(language) for place in cells))
        parts.append(f"**{lesson.number}** · {title}: {links}")
    parts += [f"`{one}`" for one in statement.elsewhere]
    if statement.note:
        parts.append(f"({say(statement.note)})")
    return f"| {say(statement.words)} | {how} | {'<br>'.join(parts)} |"
