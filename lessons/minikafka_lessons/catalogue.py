"""A gettext catalogue (`ko.po`) as it is read: by the lessons when they speak, and by the check that it is whole.

Rule: the file that translators edit is the file that is read; nothing is compiled from it. Files are written by Babel
(`translations.py`), which a learner doesn't need.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One sentence. `text` is "" while nobody has translated it."""

    source: str
    text: str
    is_fuzzy: bool = False
    """Guessed from a similar sentence: somebody has to look at it."""
    is_obsolete: bool = False
    """Nothing says it any more."""


def read_catalogue(path: Path) -> list[Entry]:
    """The entries of a file, without its header. Raises ValueError with the line that can't be read."""
    found: list[Entry] = []
    parts: dict[str, str] = {}
    now, fuzzy, obsolete = "", False, False

    def end() -> None:
        nonlocal parts, now, fuzzy, obsolete
        if parts.get("msgid"):
            found.append(Entry(parts["msgid"], parts.get("msgstr", ""), fuzzy, obsolete))
        parts, now, fuzzy, obsolete = {}, "", False, False

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        told = line.strip()
        if told.startswith("#~"):
            told, obsolete = told[2:].strip(), True
        if not told:
            end()
            continue
        if told.startswith("#"):
            fuzzy = fuzzy or (told.startswith("#,") and "fuzzy" in told)
            continue
        if not told.startswith('"'):
            word, _, told = told.partition(" ")
            if word == "msgid" and "msgstr" in parts:  # no blank line between two entries
                kept = obsolete
                end()
                obsolete = kept
            now = word
        try:
            if now not in ("msgid", "msgstr"):
                raise ValueError(now)
            parts[now] = parts.get(now, "") + str(ast.literal_eval(told))
        except (ValueError, SyntaxError):
            raise ValueError(
                f"{path.name}, line {number}, is no line of a catalogue: {line.strip()!r}"
            ) from None
    end()
    return found
