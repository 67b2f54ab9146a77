"""The language that the lessons speak here and now.

Rule: code has its sentences in English, and knows no other language: `say("{n} records are missing.", n=3)` says one in
the language that is spoken, `sentence("…")` only marks one that will be said later. What stands in braces is put in
after the translation. A sentence that nobody has translated is said in English (the build refuses it).

Translations lie in `languages/LANGUAGE.po` and in a lesson's own `LANGUAGE.po` (see `translations.py`).
"""

from __future__ import annotations

import functools
import linecache
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from minikafka_lessons.catalogue import read_catalogue

HERE = Path(__file__).resolve().parent
SHARED = HERE / "languages"
SOURCE = "en"
LANGUAGES = (SOURCE, *sorted(path.stem for path in SHARED.glob("*.po")))
NAMES = {"en": "English", "ko": "한국어"}
VARIABLE = "MINIKAFKA_LANGUAGE"
IN_A_CELL = re.compile(r"^#\s*language:\s*(\w+)\s*$", re.M)
"""The comment by which a notebook's first cell says its language, in whatever front end it runs."""

_spoken = SOURCE


@dataclass(frozen=True)
class Question:
    """What `predict("name")` asks, in English: each is said when it is shown."""

    text: str
    options: tuple[str, ...]


def say(words: str, /, **values: object) -> str:
    """The sentence in the language that is spoken; `values` go where their names stand in braces."""
    said = words if _spoken == SOURCE else translations(_spoken).get(words, words)
    return said.format(**values) if values else said


def sentence(words: str) -> str:
    """The same words: they are in the catalogues, and are said later, with `say`."""
    return words


def question(text: str, *options: str) -> Question:
    """A question of a lesson, with what can be answered."""
    return Question(text, options)


def spoken() -> str:
    """The language."""
    return _spoken


def speak(language: str) -> None:
    """From now on this process speaks it (a process has one notebook). Raises LookupError for one that isn't there."""
    global _spoken
    _spoken = known(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """For a while."""
    before = _spoken
    speak(language)
    try:
        yield
    finally:
        speak(before)


def known(language: str) -> str:
    """`ko` for `ko`, `KO`, `ko_KR.UTF-8`. Raises LookupError with one sentence."""
    short = re.split(r"[_.\-@]", language.strip().lower())[0]
    if short in LANGUAGES:
        return short
    raise LookupError(f"There are no lessons in {language!r}; there are: {', '.join(LANGUAGES)}.")


@functools.cache
def translations(language: str) -> Mapping[str, str]:
    """English → that language, of all that has been translated."""
    found: dict[str, str] = {}
    for path in (*sorted(HERE.glob(f"[0-9]*/{language}.po")), SHARED / f"{language}.po"):
        if path.exists():
            found |= {e.source: e.text for e in read_catalogue(path) if e.text and not e.is_obsolete}
    return found


def wished(environment: Mapping[str, str] = os.environ) -> str:
    """What `minikafka lab` told its notebooks, else English."""
    try:
        return known(environment.get(VARIABLE, SOURCE))
    except LookupError:
        return SOURCE


def of_the_system(environment: Mapping[str, str] = os.environ) -> str | None:
    """The language of this user's terminal, if there are lessons in it and it isn't English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            try:
                language = known(environment[name])
            except LookupError:
                return None
            return None if language == SOURCE else language
    return None


def of_the_cell(frame: FrameType | None) -> str | None:
    """What the cell (or the file) that this frame runs says in a comment `# language: ko`."""
    source = "" if frame is None else "".join(linecache.getlines(frame.f_code.co_filename))
    found = IN_A_CELL.search(source)
    try:
        return known(found.group(1)) if found else None
    except LookupError:
        return None
