"""A check answers at once, goes on under more seeds where it stands, and an interrupt leaves what was found."""

import re

import pytest
from answers import RIGHT, SKELETONS

from minikafka_lessons import checking
from minikafka_lessons.checking import Checked, go_on
from minikafka_lessons.course import Exercise, exercise, lessons
from minikafka_lessons.grading.answers import Answer
from minikafka_lessons.grading.marking import PRACTICE, SEEDS, Grading
from minikafka_lessons.grading.sandbox import Code

WITH_MORE = [one.id for lesson in lessons() for one in lesson.exercises if one.more]
WRITTEN = Code("def f():\n    return 1\n")


def judged_by(judge) -> Grading:
    """An answer to an exercise of five more seeds, with this judge."""
    properties = {"even": ("even", 1.0), "all": ("all", 1.0)}
    made = Exercise("98a", "Seeds", ("f",), properties, judge, ("", "", ""), more=5)
    return Grading(Answer(made, WRITTEN), SEEDS[:1])


def notes(seen, *, stops_at=None, fails_at=None):
    """A judge that notes its seeds."""

    def judge(code, sheet, seeds):
        for seed in seeds:
            if seed == stops_at:
                raise KeyboardInterrupt
            seen.append(seed)
            sheet.seen("even")
            sheet.expect("all", seed != fails_at, f"not under {seed}", "hint", seed)

    return judge


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """What stands in the notebook, one after the other."""
    pictures = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checking, "_in_a_kernel", lambda: True)
    monkeypatch.setattr(checking._Card, "_ipython_display_", lambda card: pictures.append(card.html))
    monkeypatch.setattr(checking._Card, "redraw", lambda card, html: pictures.append(html))
    return pictures


def test_the_first_result_stands_while_a_bar_moves_and_the_last_takes_its_place(drawn):
    seen = []
    grading = judged_by(notes(seen, fails_at=PRACTICE[2]))
    result = Checked(grading.grade)
    assert result.points == 2
    go_on(grading, result)
    assert seen == [SEEDS[0], *PRACTICE[:5]]
    bars = [re.findall('aria-valuenow="([0-9]+)"', html) for html in drawn]
    assert bars == [[], ["0"], ["1"], ["2"], ["3"], ["4"], ["5"], []]
    assert "2 / 2" in drawn[3] and "1 / 2" in drawn[-1]
    assert "It was judged under 5 more seeds." in drawn[-1] and f"seed {PRACTICE[2]}" in drawn[-1]
    assert "not under" in repr(result)


def test_an_interrupt_leaves_what_was_judged_and_says_so(drawn):
    grading = judged_by(notes([], stops_at=PRACTICE[1]))
    result = Checked(grading.grade)
    go_on(grading, result)
    assert result.points == 2
    assert "The rest was stopped: 1 of 5 more seeds were tried." in repr(result)
    assert "2 / 2" in drawn[-1] and "The rest was stopped" in drawn[-1] and "progressbar" not in drawn[-1]


def test_nothing_is_tried_where_nothing_holds_or_nothing_is_written(drawn):
    failed = judged_by(lambda code, sheet, seeds: [sheet.fail(name, "no") for name in ("even", "all")])
    empty = Grading(Answer(exercise("1a"), Code(SKELETONS["1a"])), SEEDS[:1])
    missing = Grading(Answer(exercise("1a"), problem="not there"), SEEDS[:1])
    for grading in (failed, empty, missing):
        assert grading.more == ()
        result = Checked(grading.grade)
        go_on(grading, result)
        assert drawn == [] and not result.said


def test_the_processors_time_ends_it_too(drawn, monkeypatch):
    monkeypatch.setattr(checking, "AT_MOST_S", 0.0)
    seen = []
    grading = judged_by(notes(seen))
    go_on(grading, Checked(grading.grade))
    assert seen == [SEEDS[0]]


def test_where_there_is_only_text_the_bar_is_a_line_in_a_terminal_and_nothing_in_a_file(
    capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    grading = judged_by(notes([]))
    go_on(grading, Checked(grading.grade))
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    grading = judged_by(notes([]))
    go_on(grading, Checked(grading.grade))
    assert capsys.readouterr().out.endswith("\r[#####] More seeds: 5 of 5\n")


def test_no_seed_that_is_tried_is_a_hidden_one():
    assert not set(PRACTICE) & set(SEEDS)
    assert all(one.more <= len(PRACTICE) for lesson in lessons() for one in lesson.exercises)


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_MORE)
def test_a_right_answer_holds_under_all_of_them(name):
    grading = Grading(Answer(exercise(name), Code(RIGHT[name])), SEEDS[:1])
    for seed in grading.more:
        grading.judge((seed,))
    assert grading.grade.full, grading.grade.marks
