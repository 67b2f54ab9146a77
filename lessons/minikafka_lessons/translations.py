"""Keeps the catalogues of translations: `python -m minikafka_lessons.translations` brings them up to date.

Rule: a lesson's sentences (its cells, exercises, questions) are in its own `LANGUAGE.po`, all others in
`languages/LANGUAGE.po`; what is missing, only guessed (fuzzy), or no longer said is a problem, and the build names it.

A refresh keeps what is translated, guesses from a similar sentence where the English one changed (then it is marked
fuzzy), and sets aside what nothing says any more. Written with Babel, in gettext's own format: any editor for
translators opens it.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from minikafka_lessons.catalogue import Entry, read_catalogue
from minikafka_lessons.course import Lesson, lessons
from minikafka_lessons.language import HERE, LANGUAGES, NAMES, SHARED, SOURCE
from minikafka_lessons.prose import said_code, said_markdown
from minikafka_lessons.source_cells import Cell, english_cells

SAYS = ("say", "sentence", "question")
"""Functions whose texts are translated."""
Sentences = dict[str, list[str]]
"""English → the places where it is said."""
UNSTABLE = re.compile(r'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Generated-By).*\n', re.M)
LONGEST = 160


def catalogue(lesson: Lesson | None, language: str) -> Path:
    """Where the translations of a lesson, or (None) those of all else, lie."""
    return (lesson.folder if lesson else SHARED) / f"{language}.po"


def sentences(lesson: Lesson | None) -> Sentences:
    """What has to be translated, in the order in which it is read."""
    found: Sentences = {}
    if lesson is None:
        files = [path for path in sorted(HERE.rglob("*.py")) if not in_a_lesson(path)]
    else:
        for cell in english_cells(lesson):
            for words in words_of(cell):
                found.setdefault(words, []).append(f"{lesson.name}/lesson.py#{cell['id']}")
        files = [path for path in sorted(lesson.folder.rglob("*.py")) if path != lesson.source]
    for path in files:
        for words in said_in(path):
            found.setdefault(words, []).append(path.relative_to(HERE).as_posix())
    return found


def in_a_lesson(path: Path) -> bool:
    """Is it below a lesson's folder?"""
    return path.relative_to(HERE).parts[0][:1].isdigit()


def words_of(cell: Cell) -> list[str]:
    """The sentences in a cell."""
    found: list[str] = []

    def hear(words: str) -> str:
        found.append(words)
        return words

    (said_markdown if cell["cell_type"] == "markdown" else said_code)(cell["source"], hear)
    return found if cell["cell_type"] == "markdown" else found[::-1]  # those of code are found from its end


def said_in(path: Path) -> Iterator[str]:
    """The texts that a module gives to `say`, `sentence` and `question`. Raises ValueError for one made at run time."""
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in SAYS
        and node.args
    ]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        assert isinstance(call.func, ast.Name)
        for text in call.args if call.func.id == "question" else call.args[:1]:
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value
            elif isinstance(text, ast.JoinedStr) or call.func.id != "say":
                raise ValueError(
                    f"{path.name}, line {call.lineno}: give {call.func.id} a text without values in it "
                    '(say("{n} records", n=…)).'
                )


def problems(lesson: Lesson | None, language: str) -> list[str]:
    """A sentence for each text that is missing, only guessed, not said any more, or has other values in it."""
    path = catalogue(lesson, language)
    about = f"{path.relative_to(HERE).as_posix()} ({NAMES.get(language, language)})"
    wanted = sentences(lesson)
    entries = read_catalogue(path) if path.exists() else []
    there = {e.source: e for e in entries if not e.is_obsolete}
    found = []
    for words in wanted:
        entry = there.get(words)
        if entry is None or not entry.text:
            found.append(f"{about}: not translated: {quoted(words)}")
        elif entry.is_fuzzy:
            found.append(f"{about}: fuzzy, so look at it: {quoted(words)}")
        elif (why := difference(entry)) != "":
            found.append(f"{about}: {why}: {quoted(words)}")
    for entry in entries:
        if entry.is_obsolete or entry.source not in wanted:
            found.append(f"{about}: stale, nothing says it any more: {quoted(entry.source)}")
    return found


def difference(entry: Entry) -> str:
    """What is not the same in the translation, and has to be."""
    ours, theirs = values_in(entry.source), values_in(entry.text)
    if ours != theirs:
        return (
            f"has the values {', '.join(sorted(theirs)) or '–'} instead of {', '.join(sorted(ours)) or '–'}"
        )
    return emphasis_unseen(entry.text)


def emphasis_unseen(text: str) -> str:
    """Where Markdown takes asterisks for asterisks: before a letter they don't close after a bracket (`**a (b)**c`)."""
    bare = re.sub(r"`[^`]*`", lambda code: "`" * len(code.group()), text)
    is_open: dict[str, bool] = {}
    for found in re.finditer(r"\*+", bare):
        before, after = bare[: found.start()][-1:], bare[found.end() :][:1]
        if (before.isspace() or not before) and (after.isspace() or not after):
            continue  # a sign of its own
        closes = is_open.get(found.group(), False)
        is_open[found.group()] = not closes
        inner, outer = (before, after) if closes else (after, before)
        if not inner.isalnum() and outer.isalnum():
            return f"Markdown does not see the emphasis at “{text[max(0, found.start() - 12) : found.end() + 4]}”"
    return ""


def values_in(words: str) -> set[str]:
    """The names in braces. Prose may have braces of its own; then there are none."""
    try:
        return {name for _, name, _, _ in Formatter().parse(words) if name and name.isidentifier()}
    except ValueError:
        return set()


def quoted(words: str) -> str:
    """Enough of a text to find it."""
    return f"“{words if len(words) <= LONGEST else words[:LONGEST] + '…'}”"


def all_problems() -> list[str]:
    """Of all lessons in all languages."""
    every: list[Lesson | None] = [None, *lessons()]
    return [
        p for language in LANGUAGES if language != SOURCE for one in every for p in problems(one, language)
    ]


def refresh(lesson: Lesson | None, language: str) -> bool:
    """Bring one file up to date; returns whether it changed. Raises ImportError without Babel."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    path = catalogue(lesson, language)
    template = Catalog(project="minikafka", charset="utf-8", fuzzy=False)
    for words, places in sentences(lesson).items():
        template.add(words, locations=[(place, 0) for place in dict.fromkeys(places)])
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    made = read_po(io.StringIO(before), locale=language) if before else Catalog(locale=language, fuzzy=False)
    made.project = "minikafka"
    made.header_comment = (
        f"# {NAMES.get(language, language)}: {lesson.title if lesson else 'words of all lessons'}."
    )
    made.update(template, update_header_comment=False)
    out = io.BytesIO()
    write_po(out, made, width=100, include_lineno=False)
    after = UNSTABLE.sub("", out.getvalue().decode("utf-8"))
    if after == before:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(after, encoding="utf-8", newline="\n")
    return True


def main(arguments: list[str] | None = None) -> int:
    """Refresh the catalogues, and say what is left to do. That is no failure: the build is what refuses it."""
    parser = argparse.ArgumentParser(
        prog="python -m minikafka_lessons.translations", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help="default: those that there are")
    options = parser.parse_args(arguments)
    every: list[Lesson | None] = [None, *lessons()]
    try:
        for language in options.languages or [name for name in LANGUAGES if name != SOURCE]:
            for one in every:
                changed = refresh(one, language)
                found = problems(one, language)
                if changed or found:
                    rest = f"{len(found)} to do" if found else "complete"
                    print(f"{catalogue(one, language).relative_to(HERE)}: {rest}")
    except ImportError:
        parser.error("the catalogues are written with Babel: pip install 'minikafka[dev]'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
