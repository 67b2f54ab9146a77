"""The glossary is true: each word of our own points at a file, and at a name that is defined in it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "GLOSSARY.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| word "))
]
PLACES = re.compile(r"`([\w.]*/[\w/.]+)`(?: `(\w+)`)?")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_word_points_at_what_it_names(row):
    word, meaning, where = row
    places = PLACES.findall(where)
    assert places, word
    assert meaning.endswith((".", ".)")), "a sentence"
    for path, name in places:
        assert (ROOT / path).exists(), path
        if name:
            defined = rf"(?m)^(?:class|def) {name}\b|^{name}\b.* = "
            assert re.search(defined, (ROOT / path).read_text(encoding="utf-8")), (path, name)


def test_each_word_has_one_line():
    words = [word for row in ROWS for word in row[0].split(", ")]
    assert len(words) == len(set(words))
    assert len(words) <= 60, "a word of our own has to earn its place; otherwise take Kafka's"
