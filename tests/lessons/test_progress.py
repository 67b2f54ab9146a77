"""What a notebook notes in its lab: every check, best and latest; never outside of a lab; and no cell fails for it."""

import os
import threading

import pytest

from minikafka_lessons import notebook, predictions, progress
from minikafka_lessons.begun import still_open
from minikafka_lessons.course import lesson
from minikafka_lessons.grading.answers import Cell
from minikafka_lessons.grading.marks import Grade, Mark
from minikafka_lessons.progress import Began, BeganAnew, Checked, Predicted, now


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A notebook that runs in a lab."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def points(monkeypatch):
    """What the next checks of 0a give."""
    wanted = []

    class Judged:
        more = ()

        def __init__(self, answer, seeds):
            got = wanted.pop(0)
            self.grade = Grade("0a", "", 4, [] if got is None else [Mark("", got, 4)], unwritten=got is None)

    monkeypatch.setattr(notebook, "Grading", Judged)
    monkeypatch.setattr(notebook, "executed_cells", lambda: [Cell("def leader_of(): ...")])
    return wanted


def test_the_best_check_and_the_latest_are_known(lab, points):
    points[:] = [None, 1.5, 4.0, 2.0]
    for _ in range(4):
        notebook.check("0a")
    found = progress.read(lab)
    assert (found.best["0a"].points, found.latest["0a"].points) == (4.0, 2.0)
    assert (lab / progress.FILE).read_text().count("checked") == 3, "an exercise that nobody wrote is no try"


def test_outside_of_a_lab_and_under_nbgrader_nothing_is_noted(lab, points, monkeypatch):
    points[:] = [4.0, 4.0]
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    notebook.check("0a")
    monkeypatch.delenv("NBGRADER_EXECUTION")
    monkeypatch.delenv(progress.VARIABLE)
    notebook.check("0a")
    assert not (lab / progress.FILE).exists()
    assert "doesn't run in a lab" in repr(notebook.reset(0))


def test_a_prediction_is_noted_when_it_came_out(lab, monkeypatch):
    class Begun:
        lesson = lesson(1)

        def close(self):
            pass

    monkeypatch.setitem(still_open, 1, Begun())
    names = list(Begun.lesson.questions)
    right, none = (predictions.by_name(name) for name in names[:2])
    right.seal("a")
    right.reveal(True, *[False] * (len(right.options) - 1))
    none.reveal(True, *[False] * (len(none.options) - 1))
    assert progress.read(lab).predicted == {1: {names[0]: True, names[1]: None}}


def test_a_lesson_that_begins_again_has_its_best_marks_and_no_latest(lab):
    progress.note(Checked("0a", 4, 4, now()), BeganAnew(0, ["0a"], now()))
    found = progress.read(lab)
    assert found.best["0a"].points == 4
    assert found.latest == {}


DAMAGED = (
    b"\x00\xff garbage",
    b"{",
    b"[]",
    b"[" * 100_000,
    b'{"note":"checked","exercise":"0a","points":NaN,"of":4,"when":"2026-01-01T00:00:00Z"}',
    b'{"note":"checked","exercise":"0a","points":1e999,"of":4,"when":"2026-01-01T00:00:00Z"}',
    b'{"note":"checked","exercise":["0a"],"points":1,"of":4,"when":"2026-01-01T00:00:00Z"}',
    b'{"note":"checked","exercise":"0a","points":-3,"of":4,"when":"yesterday"}',
    b'{"note":"else"}',
    b'{"note":"checked","exercise":"0a","poi',
)


def test_lines_that_cannot_be_read_are_passed_over_and_spoil_no_other(lab):
    progress.note(Began(0, now()))
    with (lab / progress.FILE).open("ab") as file:
        file.write(b"\n" + b"\n".join(DAMAGED))  # the last is cut off, as by a full disk
    progress.note(Checked("0a", 3, 4, now()))
    found = progress.read(lab)
    assert found.begun == {0}
    assert found.best["0a"].points == 3


@pytest.mark.parametrize("odd", ["directory", "pipe", "endless", "loop", "no lab"])
def test_something_odd_in_its_place_fails_no_check_and_is_left_alone(lab, points, odd, monkeypatch):
    file = lab / progress.FILE
    if odd == "directory":
        file.mkdir()
    elif odd == "pipe":
        os.mkfifo(file)
    elif odd == "endless":
        file.symlink_to("/dev/zero")
    elif odd == "loop":
        file.symlink_to(file)
    else:
        monkeypatch.setenv(progress.VARIABLE, str(lab / "not there"))
    points[:] = [4.0]
    assert notebook.check("0a").points == 4.0
    place = progress.lab_directory()
    assert progress.read(place).best == {}
    assert progress.why_unusable(place)
    assert os.path.lexists(file) is (odd != "no lab")


def test_two_notebooks_note_at_once(lab):
    def work(number):
        for _ in range(100):
            progress.note(Predicted(number, "q", True, now()), Began(number, now()))

    both = [threading.Thread(target=work, args=(n,)) for n in (1, 2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len((lab / progress.FILE).read_bytes().splitlines()) == 1 + 2 * 2 * 100
    assert len(list(progress._notes(lab))) == 2 * 2 * 100
