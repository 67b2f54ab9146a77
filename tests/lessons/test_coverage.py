"""docs/COVERAGE.md: where each of the basics is seen. The cells say it themselves; what none of them shows is said."""

import re
from dataclasses import replace

import pytest
from typer.main import get_command

from minikafka.cli import app
from minikafka.commands import commands as cluster_commands
from minikafka_lessons import basics, build, coverage
from minikafka_lessons.basics import STATEMENTS
from minikafka_lessons.course import lessons
from minikafka_lessons.language import LANGUAGES
from minikafka_tui.app import PANES

SEEN = coverage.seen()
PAGES = {language: coverage.page(SEEN, language) for language in LANGUAGES}


def test_each_statement_is_shown_or_says_what_is_planned():
    assert coverage.problems(SEEN) == []


def test_no_statement_stands_there_twice():
    assert (
        len({one.id for one in STATEMENTS}) == len({one.words for one in STATEMENTS}) == len(STATEMENTS) > 65
    )


def test_every_lesson_shows_something():
    named = {place.lesson.number for places in SEEN.values() for place in places}
    assert named == {lesson.number for lesson in lessons()}


def test_each_tab_and_command_that_is_named_is_there():
    commands = get_command(app).commands
    for one in STATEMENTS:
        for name in one.elsewhere:
            tab, typed = name.partition("tui:")[2], name.partition("minikafka ")[2]
            command, _, done = typed.partition(" ")
            assert tab in PANES or (command in commands and (not done or done in cluster_commands())), name


def test_a_statement_that_no_cell_shows_fails_the_build_by_name(monkeypatch):
    lonely = basics.Statement("tea", "Kafka makes tea")
    monkeypatch.setattr(coverage, "STATEMENTS", (*STATEMENTS, lonely))
    assert coverage.problems(SEEN) == [
        'No cell shows "tea" (Kafka makes tea). Tag one with shows= or measures=, or say in basics.py what is planned.'
    ]
    monkeypatch.setattr(coverage, "STATEMENTS", (*STATEMENTS, replace(lonely, later="planned: tea")))
    assert coverage.problems(SEEN) == []


def test_a_cell_that_shows_what_nobody_stated_fails_the_build_by_name(monkeypatch):
    monkeypatch.setattr(coverage, "STATEMENTS", tuple(one for one in STATEMENTS if one.id != "leader"))
    found = coverage.problems(SEEN)
    assert '07_replication, cell "written": basics.py has no statement "leader".' in found
    assert len(found) == len(SEEN["leader"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_leads_to_a_cell_of_that_languages_notebook(language):
    links = re.findall(r"\(([^()\s]+\.(?:ipynb|md))(?:#cell-id=([a-z0-9-]+))?\)", PAGES[language])
    assert len(links) > 100
    docs = build.DOCS
    for path, cell in links:
        text = (docs / path).resolve().read_text(encoding="utf-8")
        assert not cell or f'"id": "{cell}"' in text
        assert path.endswith(".md") or f"/{language}/" in path


def test_a_page_speaks_one_language():
    assert not re.search("[가-힣]", PAGES["en"].replace("[한국어]", ""))
    korean = [line for line in PAGES["ko"].splitlines() if line.startswith("| ") and "ipynb" in line]
    assert len(korean) > 60
    assert all(re.search("[가-힣]", line) for line in korean)
    assert "**1** · 2. 프로듀서" in PAGES["ko"]
