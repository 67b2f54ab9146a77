"""The page that a lab opens, and lessons that begin again: nothing that a learner wrote is ever lost."""

import json
import os
import re
from pathlib import Path

import pytest

from minikafka_lessons import notebook, progress, welcome
from minikafka_lessons.copies import copy_notebooks, kept_copies, own_notebook
from minikafka_lessons.course import lesson, lessons
from minikafka_lessons.grading.answers import Cell
from minikafka_lessons.lab import LOG, page_to_open, reset_lesson, written_log
from minikafka_lessons.language import LANGUAGES, speak, speaking
from minikafka_lessons.progress import Began, Checked, Progress, now
from minikafka_lessons.welcome import Commands, Welcome, next_lesson, page, path_of

EVERY = pytest.mark.parametrize("one", lessons(), ids=lambda one: one.name)


class Refused(Exception):
    pass


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """The directory of a lab, with nothing written yet."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path))
    for language in LANGUAGES:
        copy_notebooks(tmp_path, language)
    yield tmp_path
    speak("en")


def pages(lab):
    return Welcome(lab, Commands())


def checked(exercise, points, of=8.0):
    return Checked(exercise, points, of, now())


def write_in(notebook_path: Path, words: str) -> bytes:
    """What a learner does; returns the file."""
    there = json.loads(notebook_path.read_text(encoding="utf-8"))
    there["cells"][1]["source"] += [f"\n# {words}"]
    notebook_path.write_text(json.dumps(there), encoding="utf-8")
    return notebook_path.read_bytes()


@EVERY
def test_each_lesson_is_on_the_map_as_its_own_text_has_it(one):
    assert one.about
    told = re.search(r"\b(\d+|Ten) minutes", one.source.read_text(encoding="utf-8"))
    assert told.group(1) == ("Ten" if one.minutes == 10 else str(one.minutes))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_the_page_leads_somewhere(lab, language):
    assert pages(lab).renew() == ""
    path = path_of(lab, language)
    links = re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
    assert len(links) >= len(lessons()) + 2
    for link in links:
        file, _, cell = link.partition("#cell-id=")
        assert (path.parent / file).resolve().is_file(), link
        assert f'"id": "{cell}"' in (path.parent / file).read_text(encoding="utf-8") or not cell, link


def test_marks_appear_when_something_was_noted_and_only_then(lab):
    shown = pages(lab)
    shown.renew()
    first = path_of(lab, "en").stat().st_mtime_ns
    assert "**0 of " in path_of(lab, "en").read_text(encoding="utf-8")
    shown.renew()
    assert path_of(lab, "en").stat().st_mtime_ns == first
    progress.note(Began(1, now()), checked("1a", 8), checked("1b", 4.5, 9), checked("1b", 2, 9))
    shown.renew()
    text = path_of(lab, "en").read_text(encoding="utf-8")
    assert "| ◐ | **[1 · The data bus]" in text
    assert "✓ [1a](01_data_bus.ipynb#cell-id=1a) · 8 of 8" in text
    assert "◐ [1b](01_data_bus.ipynb#cell-id=1b) · 4.5 of 9 (now 2)" in text
    assert "**12.5 of " in text
    assert "Go on with [Lesson 1 · The data bus](01_data_bus.ipynb)" in text
    assert "#cell-id=1a) · 8/8점" in path_of(lab, "ko").read_text(encoding="utf-8")
    assert not list(lab.glob(".Welcome*"))


def test_marks_of_a_course_that_gives_other_points_today_count_by_their_share(lab):
    done = Progress()
    done.add(checked("0a", 50, 100))
    done.add(checked("no such exercise", 1, 1))
    with speaking("en"):
        assert "#cell-id=0a) · 2 of 4" in page(lab, "en", done, Commands())


def test_where_to_go_on():
    done = Progress()
    assert next_lesson(done) == lesson(0)
    done.add(Began(3, now()))
    assert next_lesson(done) == lesson(3)
    for exercise in lesson(3).exercises:
        done.add(checked(exercise.id, 1, 1))
    assert next_lesson(done) == lesson(4)
    for exercise in (exercise for one in lessons() for exercise in one.exercises):
        done.add(checked(exercise.id, 1, 1))
    assert next_lesson(done) is None


def test_a_page_that_somebody_wrote_into_is_kept(lab):
    shown = pages(lab)
    shown.renew()
    path_of(lab, "en").write_text("my notes", encoding="utf-8")
    progress.note(checked("1a", 8))
    assert shown.renew() == ""
    assert "✓ [1a]" in path_of(lab, "en").read_text(encoding="utf-8")
    (kept,) = lab.glob("Welcome-*.md")
    assert kept.read_text(encoding="utf-8") == "my notes"


def test_a_directory_in_the_place_of_the_page_is_one_sentence_and_the_lab_opens_a_lesson(lab):
    assert page_to_open(lab, None) == "00_first_steps.ipynb"
    path_of(lab, "en").mkdir()
    (path_of(lab, "en") / "mine").write_text("mine")
    told = pages(lab).renew()
    assert re.fullmatch(r"The page \S+Welcome\.md can't be written: Is a directory\.", told)
    assert page_to_open(lab, None) == "00_first_steps.ipynb"
    assert (path_of(lab, "en") / "mine").read_text() == "mine"


def test_a_directory_that_is_read_only_is_one_sentence(lab, monkeypatch):
    pages(lab).renew()
    before = path_of(lab, "en").read_bytes()

    def refused(prefix, suffix, dir):
        raise PermissionError(13, "Permission denied", f"{dir}/{prefix}x{suffix}")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    progress.note(checked("1a", 8))
    assert re.fullmatch(r"The page \S+/Welcome\.md can't be written: Permission denied\.", pages(lab).renew())
    assert path_of(lab, "en").read_bytes() == before
    assert page_to_open(lab, None) == "Welcome.md"


def test_where_the_log_cannot_be_written_jupyter_talks_to_nobody(lab):
    (lab / LOG).mkdir()
    with written_log(lab / LOG) as log:
        assert log.name == os.devnull


def test_the_lab_opens_the_page_or_the_lesson_that_was_asked_for(lab):
    pages(lab).renew()
    assert page_to_open(lab, None) == "Welcome.md"
    assert page_to_open(lab, lesson(3)) == "03_batching.ipynb"
    speak("ko")
    assert page_to_open(lab, None) == "ko/Welcome.md"


def test_a_lesson_that_begins_again_is_fresh_and_what_was_written_is_kept(lab):
    mine = own_notebook(lab, lesson(3), "en")
    fresh = mine.read_bytes()
    first = write_in(mine, "my answer")
    (told,) = reset_lesson(3, lab, Refused)
    assert mine.read_bytes() == fresh
    second = write_in(mine, "another")
    reset_lesson(3, lab, Refused)  # in the same second, perhaps
    kept = kept_copies(lab, lesson(3), "en")
    assert sorted(path.read_bytes() for path in kept) == sorted([first, second])
    assert told.startswith("Lesson 3 begins again. What you wrote is kept beside it, in 03_batching-20")
    pages(lab).renew()
    text = path_of(lab, "en").read_text(encoding="utf-8")
    assert all(f"]({path.name})" in text for path in kept)


def test_of_two_languages_the_one_that_was_worked_in_begins_again(lab):
    write_in(own_notebook(lab, lesson(0), "ko"), "나의 답")
    assert reset_lesson(0, lab, Refused, "en") == [
        "Lesson 0 is fresh already: nothing was written or run in it."
    ]
    assert len(reset_lesson(0, lab, Refused)) == 1
    assert len(kept_copies(lab, lesson(0), "ko")) == 1
    assert kept_copies(lab, lesson(0), "en") == []


@pytest.mark.parametrize("damage", [b"", b"{", b'{"cells": [{}]}', b"[" * 100_000, b"\xff\xfe"])
def test_a_damaged_notebook_is_kept_as_it_is(lab, damage):
    own_notebook(lab, lesson(3), "en").write_bytes(damage)
    reset_lesson(3, lab, Refused, "en")
    (kept,) = kept_copies(lab, lesson(3), "en")
    assert kept.read_bytes() == damage


def test_what_stands_in_the_way_of_a_reset_is_one_sentence(lab, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    with pytest.raises(Refused, match="There is no lab here"):
        reset_lesson(3, None, Refused)
    with pytest.raises(Refused, match="There is no lesson 99"):
        reset_lesson(99, lab, Refused)
    mine = own_notebook(lab, lesson(3), "en")
    mine.unlink()
    mine.mkdir()
    with pytest.raises(Refused, match="can't be given a fresh notebook: Is a directory"):
        reset_lesson(3, lab, Refused, "en")
    monkeypatch.chdir(lab)
    assert reset_lesson(4, None, Refused) == ["Lesson 4 is fresh already: nothing was written or run in it."]


def test_a_reset_that_fails_half_way_leaves_the_notebook_as_it_was(lab, monkeypatch):
    mine = own_notebook(lab, lesson(3), "en")
    written = write_in(mine, "my answer")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(Refused, match="No space left on device"):
        reset_lesson(3, lab, Refused, "en")
    assert mine.read_bytes() == written
    assert not list(lab.glob(".0*"))


def test_in_a_notebook_it_is_saved_first(lab, monkeypatch):
    mine = own_notebook(lab, lesson(3), "en")
    monkeypatch.setattr(notebook, "current_lesson", lambda: lesson(3))
    monkeypatch.setattr(notebook, "executed_cells", lambda: [Cell("reset()")])
    assert "First save the notebook" in repr(notebook.reset())
    there = json.loads(mine.read_text(encoding="utf-8"))
    there["cells"][1]["source"] = ["reset()"]
    mine.write_text(json.dumps(there), encoding="utf-8")
    assert "Lesson 3 begins again" in repr(notebook.reset())
    assert len(kept_copies(lab, lesson(3), "en")) == 1
    assert "There is no lesson 77" in repr(notebook.reset(77))
    monkeypatch.setattr(notebook, "current_lesson", lambda: None)
    assert "Which lesson?" in repr(notebook.reset())


def test_a_strange_place_is_typed_as_it_is():
    with speaking("en"):
        text = page(Path("/home/me/my `lab`; rm x"), "en", Progress(), Commands("minikafka", "lab-2"))
    assert "cd '/home/me/my `lab`; rm x'\nminikafka tui --cluster lab-2\n" in text
    assert welcome.is_sealed(welcome.sealed(text))
    assert not welcome.is_sealed(welcome.sealed(text) + b"mine\n")
