"""The words of the code: one heading for a module's rule, single backticks, docstrings that are whole."""

import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULE = re.compile(r"(?i)\brules?\s*:")
HEADING = re.compile(r"(?m)^(?:\"\"\")?Rule: \S")

every_room = pytest.mark.parametrize("room", ["minikafka", "tui", "lessons", "tools"])


@cache
def modules(room: str) -> dict[str, str]:
    paths = sorted((ROOT / room).rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def opening(text: str) -> str:
    """The module's docstring."""
    return text.split('"""', 2)[1] if text.startswith('"""') else ""


@every_room
def test_a_modules_rule_begins_a_line_of_its_own_with_rule(room):
    others = [
        f"{name}: {match.group()}"
        for name, text in modules(room).items()
        for match in RULE.finditer(HEADING.sub("", opening(text)))
    ]
    assert not others


@every_room
def test_a_module_has_one_rule_at_most(room):
    several = [name for name, text in modules(room).items() if len(HEADING.findall(opening(text))) > 1]
    assert not several


@every_room
def test_code_in_prose_stands_in_single_backticks(room):
    twice = [name for name, text in modules(room).items() if re.search(r"(?<!`)``(?!`)", text)]
    assert not twice


@every_room
def test_a_docstring_is_whole(room):
    torn = [name for name, text in modules(room).items() if re.search(r'\S"""[ \t]*\n\s*"""', text)]
    assert not torn, "a string after a string: nothing shows the second"


@every_room
def test_a_docstring_says_something(room):
    empty = re.compile(r'"""(?:Returns?|Gets?|Sets?) (?:the |a |its )?(?:value|result|name|object)s?\.?"""')
    assert not [name for name, text in modules(room).items() if empty.search(text)]


def test_a_module_that_one_is_told_to_run_is_there():
    told = {
        (path.name, name)
        for pattern in (
            "minikafka/**/*.py",
            "lessons/**/*.py",
            "lessons/**/*.po",
            "docs/*.md",
            "*.md",
            "Makefile",
        )
        for path in ROOT.glob(pattern)
        for name in re.findall(r"(?:python|\$\(BIN\)/python) -m (minikafka[\w.]*\w)", path.read_text())
    }
    assert len(told) > 5
    assert [(file, name) for file, name in sorted(told) if importlib.util.find_spec(name) is None] == []
