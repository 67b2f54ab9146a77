"""A run in which an answer failed is kept beside the notebook, and opens at the event that broke it."""

import os
from html import unescape

import pytest
from answers import RIGHT, WRONG

from minikafka import Cluster
from minikafka.explore import FIRST_BAD
from minikafka_lessons import notebook
from minikafka_lessons.course import exercise
from minikafka_lessons.grading import marking, run_files
from minikafka_lessons.grading.answers import Cell
from minikafka_lessons.grading.display import Result, html_grade
from minikafka_lessons.grading.sandbox import Code
from minikafka_lessons.rerun import Rerun, close_latest, open_run

HASTY = WRONG["8a"]["the leader's end"][0]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A notebook's folder, in which `check` is asked about the source that stands in `cells`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(notebook, "_judged", {})
    monkeypatch.setattr(marking, "PRACTICE", ())  # the rest is another matter
    yield tmp_path
    close_latest()


@pytest.fixture
def ran(monkeypatch):
    """`ran(source)`: this cell has been run."""
    cells = []
    monkeypatch.setattr(notebook, "executed_cells", lambda: list(cells))
    return lambda source: cells.append(Cell(source, place=f"In [{len(cells) + 1}]"))


def test_the_check_says_how_to_open_the_run_and_it_opens_at_the_first_bad_event(place, ran):
    ran(HASTY)
    result = notebook.check("8a")
    (broken,) = [mark for mark in result.grade.marks if mark.kept]
    assert broken.kept == "runs/8a-waits-seed-1.mkr"
    assert 'check.run("8a")' in repr(result) and broken.kept in repr(result)
    assert 'check.run("8a")' in unescape(html_grade(result.grade))

    run = notebook.check.run("8a")
    assert "HighWatermarkAdvanced" in [traced.event.kind for traced in run.cluster.events()[-3:]]
    assert f"{run.bad_s:.3f} s" in broken.message
    assert run.cluster.messages()
    assert "by your function" not in repr(run) and str(broken.what) in repr(run)
    run.player.back()
    assert run.cluster.now < run.bad_s


def test_the_file_opens_by_hand_with_the_rule_asked_for_by_name(place, ran):
    ran(HASTY)
    notebook.check("8a")
    mine: dict = {}
    exec(HASTY, mine)
    with Cluster.open(
        "runs/8a-waits-seed-1.mkr", rules={"high_watermark": mine["high_watermark"]}
    ) as cluster:
        cluster.rewind(FIRST_BAD)
        assert cluster.now - cluster.events()[-1].at < 1e-5


@pytest.mark.slow
def test_a_mended_rule_leaves_the_judged_one_in_its_run_and_the_next_check_takes_the_run_away(place, ran):
    ran(HASTY)
    notebook.check("8a")
    ran(RIGHT["8a"])
    assert isinstance(notebook.check.run("8a"), Rerun)
    notebook._judged.clear()  # as after a restart of the kernel
    assert "decides otherwise" in repr(notebook.check.run("8a"))
    assert notebook.check("8a").grade.full
    assert os.listdir("runs") == []
    assert "No run of exercise 8a is kept" in repr(notebook.check.run("8a"))


@pytest.mark.slow
def test_what_cannot_be_opened_is_one_sentence(place, ran):
    ran(HASTY)
    notebook.check("8a")
    assert "there are: waits" in repr(notebook.check.run("8a", "cuts"))
    assert "There is no exercise" in repr(notebook.check.run("9z"))
    (place / "runs" / "8a-waits-seed-1.mkr").write_bytes(b"no run")
    assert "not a saved run" in repr(notebook.check.run("8a"))
    (place / "runs" / "1a-alive-seed-1.mkr").write_bytes(b"no run")
    assert "needs your rule" in repr(notebook.check.run("1a"))


def test_a_run_of_another_exercise_does_not_run_a_function_of_that_name(place):
    with Cluster(1, world="simulated", seed=1, rules=notebook_rules()) as cluster:
        cluster.mark(FIRST_BAD)
        (place / "runs").mkdir()
        cluster.save(place / "runs" / "7a-copies-seed-1.mkr")
    assert "is no run of exercise 7a" in repr(open_run(exercise("7a"), "", Code(RIGHT["7a"])))


def notebook_rules():
    from minikafka import Rules

    return Rules(lag=lambda *_: 0)


@pytest.mark.slow
def test_other_files_are_left_alone_and_there_are_never_too_many(place, ran, monkeypatch):
    monkeypatch.setattr(run_files, "MOST_FILES", 2)
    runs = place / "runs"
    runs.mkdir()
    mine = [runs / "mine.mkr", runs / "8a-notes.txt"]
    for path in mine:
        path.write_text("mine")
    for n in range(3):
        (runs / f"7a-copies-seed-{n}.mkr").write_bytes(b"")
        os.utime(runs / f"7a-copies-seed-{n}.mkr", (n, n))
    ran(HASTY)
    notebook.check("8a")
    assert sorted(os.listdir("runs")) == [
        "7a-copies-seed-2.mkr",
        "8a-notes.txt",
        "8a-waits-seed-1.mkr",
        "mine.mkr",
    ]


def test_where_nothing_can_be_written_the_message_goes_without_the_link(place, ran):
    (place / "runs").write_text("a file")
    ran(HASTY)
    text = repr(notebook.check("8a"))
    assert "is 1, but" in text
    assert "check.run" not in text
    assert (place / "runs").read_text() == "a file"


@pytest.mark.slow
def test_under_nbgrader_no_run_is_kept(place, ran, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    ran(HASTY)
    notebook.check("8a")
    assert os.listdir(place) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["1a", "2a", "3a", "5a", "6a", "7a", "7c", "8a", "9a", "10a"])
def test_each_run_that_was_kept_of_a_mistake_opens(place, grade, name):
    opened = 0
    for source, _ in WRONG[name].values():
        marks = grade(name, source)
        run_files.keep(marks)
        for mark in marks.marks:
            if mark.kept:
                run = open_run(exercise(name), mark.name, Code(source))
                assert isinstance(run, Rerun), run
                assert "<svg" in run.player.picture.html
                opened += 1
        if opened >= 4:
            break
    assert opened >= 2
    assert "check.run" in repr(Result(marks)) or not any(mark.kept for mark in marks.marks)
