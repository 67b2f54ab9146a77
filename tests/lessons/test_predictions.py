"""Predict, then observe: a choice is seen, stays, counts; and nothing in sight tells the outcome beforehand."""

import json
import re

import pytest

from minikafka_lessons import predictions
from minikafka_lessons.build import build
from minikafka_lessons.course import lesson, lessons
from minikafka_lessons.grading.marking import SEEDS
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.prediction import AnyOf, Asked, judge_entry, said
from minikafka_lessons.predictions import predict
from minikafka_lessons.recap import summary


@pytest.fixture(autouse=True)
def afresh():
    predictions.forget_all()
    yield
    predictions.forget_all()


def ask():
    return predict("How many?", "none of them", "all of <them>", "half")


def test_a_choice_is_seen_and_the_first_one_stays():
    asked = ask()
    assert asked.html.count("<button") == 3
    asked.seal("b").seal("a")
    assert asked.sealed == "b"
    assert "Sealed: “all of &lt;them&gt;”" in asked.html
    assert "<button" not in asked.html
    assert "<script" not in asked.html
    with pytest.raises(ValueError, match="Choose one of a, b, c"):
        asked.seal("z")


def test_what_came_out_is_computed_and_stands_beside_the_choice():
    asked = ask().seal("a")
    told = asked.reveal(False, 400 == 400, False)
    assert "✗ You predicted “none of them”" in told.html
    assert "all of &lt;them&gt;" in told.html
    assert (asked.outcome, asked.is_right) == ("b", False)
    assert "your prediction" in asked.html
    assert "came out" in asked.html


def test_without_a_choice_it_goes_on_and_afterwards_it_is_too_late():
    asked = ask()
    assert "You made no prediction" in repr(asked.reveal(True, False, False))
    asked.seal("a")
    assert asked.sealed is None


def test_a_run_that_shows_none_of_the_answers_says_so():
    asked = ask().seal("a")
    assert "none of the answers" in repr(asked.reveal(False, float("nan") > 1, None))
    assert not asked.is_right
    with pytest.raises(ValueError, match="3 options, and 2 conditions"):
        asked.reveal(True, False)


def test_a_cell_that_runs_again_asks_the_same_question_and_knows_the_answer():
    ask().seal("c")
    assert ask().sealed == "c"
    ask().reveal(False, False, True)
    assert "came out" in ask().html
    predictions.forget_all()
    assert ask().sealed is None


class Comm:
    def __init__(self):
        self.sent = []

    def send(self, data):
        self.sent.append(data)


def click(question, letter):
    comm = Comm()
    predictions._clicked(comm, {"content": {"data": {"id": question, "letter": letter}}})
    return comm.sent


def test_a_click_does_what_seal_does():
    asked = ask()
    assert click(asked.id, "c") == [{"sealed": "c", "over": False}]
    assert click(asked.id, "a") == [{"sealed": "c", "over": False}]
    assert asked.sealed == "c"
    assert click("of an earlier kernel", "a") == [{"sealed": None}]
    assert click(asked.id, "<script>") == [{"sealed": None}]


def test_it_counts_at_the_end():
    ask().seal("b").reveal(False, True, False)
    predict("And then?", "this", "that").seal("a").reveal(False, True)
    predict("Last?", "this", "that").reveal(True, False)
    predict("Not run?", "this", "that").seal("a")
    told = repr(summary())
    assert "You predicted 1 of 3 right, and 1 not at all." in told
    assert "you: this — came out: that" in told
    assert "Not run?" not in told


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_no_cell_of_a_notebook_says_which_answer_is_right(lesson):
    """Each `reveal` has a condition for each option, and a condition is something that only the run can tell."""
    notebook = json.loads(build(lesson))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    code = "\n".join(cells)
    asked = dict(re.findall(r'^(\w+) = predict\("([\w-]+)"\)$', code, re.M))
    assert sorted(asked.values()) == sorted(lesson.questions)
    for name, question in asked.items():
        options = len(lesson.questions[question].options)
        (told,) = re.findall(rf"^{name}\.reveal\((.*?)\)$", code, re.M | re.S)
        conditions = [part for part in split(told) if part.strip()]
        assert len(conditions) == options, (name, told)
        for condition in conditions:
            assert condition.strip() not in ("True", "False", "0", "1"), (name, told)
            assert '"' not in condition or "(" in condition, (name, condition)
    metadata = json.dumps([cell["metadata"] for cell in notebook["cells"]] + [notebook["metadata"]])
    assert not any(word in metadata for word in ("answer", "outcome", "reveal", 'solution": "'))


def split(arguments: str) -> list[str]:
    """At the commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in arguments:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


class TestAPredictionThatIsGraded:
    """A dictionary, entry by entry (`grading/prediction.py`)."""

    def judged(self, value, truth, **more):
        sheet = Sheet({"n": ("it", 1.0)})
        judge_entry(sheet, "n", Asked("it", "Think.", **more), value, truth)
        (mark,) = sheet.marks()
        return mark

    @pytest.mark.parametrize(
        ("value", "truth"),
        [(8, 8), (8.0, 8), (" LZ4", "lz4"), ([1, 0], (1, 0)), (True, True), ("b", AnyOf(["a", "b"]))],
    )
    def test_what_comes_out_may_be_written_in_several_ways(self, value, truth):
        assert self.judged(value, truth).full

    @pytest.mark.parametrize(
        ("value", "truth", "wanted"),
        [
            (True, 1, "A whole number"),
            (7.5, 8, "A whole number"),
            ("3", 3, "A whole number"),
            (0, False, "True or False"),
            ("fine", "kept", "kept, lost"),
        ],
    )
    def test_what_is_no_possible_value_hears_what_is_wanted(self, value, truth, wanted):
        options = ("kept", "lost") if isinstance(truth, str) else ()
        mark = self.judged(value, truth, options=options)
        assert not mark.full
        assert wanted in mark.hint
        assert mark.message == f"you predicted {value!r}; it comes out otherwise"

    def test_a_known_mistake_is_told_first_and_then_the_hint(self):
        known = [(said(7, 9), "One off."), (lambda got, truth: got > truth, "Too many.")]
        assert self.judged(9, 8, mistakes=known).hint == "One off. Think."
        assert self.judged(10, 8, mistakes=known).hint == "Too many. Think."
        assert self.judged(2, 8, mistakes=known).hint == "Think."

    @pytest.mark.parametrize("value", [None, (None, 0)])
    def test_what_is_not_filled_in_is_not_wrong(self, value):
        assert self.judged(value, (1, 0)).message == "no prediction yet"


@pytest.mark.slow
def test_a_crash_comes_out_the_same_under_every_seed():
    """Exercise 10c is judged by one of them."""
    truths = lesson(10).module.exercise_10c.truths
    assert {tuple(truths(seed).items()) for seed in (1, *SEEDS)} == {tuple(truths().items())}
