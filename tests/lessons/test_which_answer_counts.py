"""One rule for answers: the last written definition counts, wherever it stands, and a note says which."""

import pytest
from answers.lesson_1 import LAG, PUBLISH, READ_ALL
from answers.lesson_2 import PARTITION, PREDICTION

from minikafka_lessons.course import exercise
from minikafka_lessons.grading.answers import Answer, Cell, find_answer, is_unwritten

SKELETON = (
    'def lag(e, c, s):\n    """Doc."""\n    # YOUR CODE HERE\n    raise NotImplementedError("exercise 1a")\n'
)
OTHER = "def lag(e, c, s):\n    return 7\n"
BROKEN = "def lag(e, c, s:\n    return 1\n"


def found(name: str, *cells: Cell | str, history: bool = False) -> Answer:
    every = [
        Cell(c, place=f"cell {i}") if isinstance(c, str) else Cell(c.source, c.exercise, f"cell {i}")
        for i, c in enumerate(cells, 1)
    ]
    return find_answer(every, exercise(name), history=history)


def value(answer: Answer, call: str) -> object:
    space: dict[str, object] = {}
    for source in (answer.code.before, *answer.code.sources):
        exec(source, space)
    return eval(call, space)


@pytest.mark.parametrize(
    ("cells", "place", "passed"),
    [
        ([Cell(SKELETON, "1a"), LAG], "cell 2", "cell 1 (not written yet)"),
        ([LAG, Cell(SKELETON, "1a")], "cell 1", "cell 2 (not written yet)"),
        ([Cell(SKELETON, "1a"), Cell(LAG, "1a")], "cell 2", "cell 1 (not written yet)"),
        ([Cell(OTHER, "1a"), Cell(LAG, "1a")], "cell 2", "cell 1 (an earlier one)"),
        ([Cell(LAG, "1a"), BROKEN], "cell 1", "cell 2 (no valid Python"),
    ],
    ids=["new cell below", "new cell above", "copied", "copied twice", "a broken try after it"],
)
def test_the_last_written_definition_counts_and_a_note_says_which(cells, place, passed):
    answer = found("1a", *cells)
    assert answer.code.source == LAG
    assert f"`lag` counts: {place}." in answer.notes[0]
    assert passed in answer.notes[0]


def test_one_cell_needs_no_note():
    assert found("1a", Cell(LAG, "1a")).notes == []


def test_pasted_under_or_over_the_skeleton_in_one_cell():
    for source in (SKELETON + LAG, LAG + SKELETON, LAG + "import math\n" + SKELETON):
        answer = found("1a", Cell(source, "1a"))
        assert not is_unwritten(answer.code, exercise("1a"))
        assert value(answer, "lag(10, 4, 0)") == 6
        assert len(answer.code.source.splitlines()) == len(source.splitlines())


def test_a_split_cell_counts_as_one_and_its_halves_keep_their_lines():
    at = PARTITION.index("def partition_for_key")
    answer = found("2a", Cell(PARTITION[:at], "2a"), "x = 1", Cell(PARTITION[at:], "2a"))
    assert answer.code.sources == (PARTITION[:at], PARTITION[at:])
    assert answer.notes == ["The answer stands in several cells, which count together: cell 1 and cell 3."]


def test_a_half_that_only_prepares_something_comes_along():
    first = "TABLE = []\nfor i in range(3):\n    TABLE.append(i)\n"
    answer = found("1a", Cell(first, "1a"), Cell("def lag(e, c, s):\n    return TABLE[2]\n", "1a"))
    assert value(answer, "lag(1, 2, 3)") == 2


def test_each_function_of_an_exercise_is_looked_for_by_itself():
    raises = "    raise NotImplementedError\n"
    empty = f"def publish(p, t, r):\n{raises}\ndef read_all(c, n):\n{raises}"
    answer = found("1b", Cell(empty, "1b"), PUBLISH, READ_ALL)
    assert value(answer, "publish.__code__.co_varnames[:3]") == ("producer", "topic", "rows")
    half = found("1b", Cell(PUBLISH + empty.split("\n\n")[1], "1b"))
    assert not is_unwritten(half.code, exercise("1b"))


def test_a_value_of_the_same_name_is_no_function():
    answer = found("1a", Cell(LAG, "1a"), "lag = consumer.lag(committed=True)\nfor lag in range(3): pass\n")
    assert answer.code.source == LAG
    assert answer.notes == []


@pytest.mark.parametrize(
    "source",
    [
        "def lag(e, c, s):\n    pass\n",
        "def lag(e, c, s):\n    ...\n",
        "lag = None\n",
        "def lag(e, c, s):\n    'Doc.'\n    raise NotImplementedError\n",
    ],
)
def test_what_is_no_answer_yet(source):
    answer = found("1a", source)
    assert is_unwritten(answer.code, exercise("1a"))
    assert found("1a", LAG, source).code.source == LAG


@pytest.mark.parametrize(
    "source",
    ["lag = lambda e, c, s: 6\n", "if True:\n    def lag(e, c, s):\n        return 6\n", "lag = other\n"],
)
def test_other_ways_to_define_it(source):
    answer = found("1a", "def other(e, c, s):\n    return 6\n", Cell(SKELETON, "1a"), source)
    assert value(answer, "lag(10, 4, 0)") == 6


def test_a_dictionary_may_be_filled_later():
    empty = 'prediction = {"where": None, "grown": None}\n'
    answer = found("2b", Cell(empty, "2b"), 'prediction["where"] = 3\n', "prediction.update(grown=5)\n")
    assert value(answer, "prediction") == {"where": 3, "grown": 5}
    assert not is_unwritten(answer.code, exercise("2b"))
    assert is_unwritten(found("2b", Cell(empty, "2b")).code, exercise("2b"))
    assert found("2b", Cell(empty, "2b"), PREDICTION).code.source == PREDICTION


def test_nothing_and_nothing_but_broken_cells():
    missing = found("1a", "def my_lag(e, c, s):\n    return 1\n")
    assert missing.missing
    assert "with lag) is missing" in missing.problem
    broken = found("1a", Cell(BROKEN, "1a"))
    assert not broken.missing
    assert "no valid Python" in broken.problem
    assert "(line 1 of the cell)" in broken.problem


def test_a_kernels_history_is_quiet_about_reruns_and_tells_what_came_after():
    assert found("1a", OTHER, OTHER, LAG, history=True).notes == []
    answer = found("1a", OTHER, LAG, SKELETON, history=True)
    assert answer.code.source == LAG
    assert "cell 3 (not written yet)" in answer.notes[0]


def test_magics_and_help_lines_are_no_broken_cells():
    answer = found("1a", "%matplotlib inline\n!ls\nlag?\nimport math\n" + LAG)
    assert value(answer, "lag(10, 4, 0)") == 6
    text = 'TEXT = """\n%d\n"""\n' + LAG
    assert value(found("1a", text), "TEXT") == "\n%d\n"


def test_an_untouched_skeleton_wins_nothing_and_a_deep_or_odd_source_breaks_nothing():
    assert is_unwritten(found("1a", Cell(SKELETON, "1a")).code, exercise("1a"))
    for odd in ("(" * 5_000, "x = " + "-" * 50_000 + "1", "\x00", "'\\ud800'", "é" * 1_000):
        assert found("1a", odd, LAG).code.source == LAG
