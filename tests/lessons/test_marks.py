"""Right answers get full marks, skeletons none, and each known mistake its own hint."""

import ast
import functools
import json
import re

import pytest
from answers import RIGHT, SKELETONS, WRONG

from minikafka_lessons.course import exercise, lessons
from minikafka_lessons.grading.answers import Answer
from minikafka_lessons.grading.display import Result, html_grade
from minikafka_lessons.grading.marking import SEEDS, grade_answer
from minikafka_lessons.grading.sandbox import Code


# Each grading starts processes: a few exercises are graded in the quick tier, the others in the slow one.
def mostly_slow(name):
    return [] if name in ("0a", "1a", "2a", "2b") else [pytest.mark.slow]


def quick_first(names):
    return [pytest.param(name, marks=mostly_slow(name)) for name in sorted(names)]


PREDICTIONS = {"2b", "3b", "4b", "5c", "6b", "7b", "8b", "9c", "10c", "12c"}


@pytest.fixture(scope="module")
def judged():
    """The public checks of an answer, made once."""
    return functools.cache(lambda name, source: grade_answer(Answer(exercise(name), Code(source)), SEEDS[:1]))


@pytest.mark.parametrize("name", quick_first(RIGHT))
def test_a_right_answer_gets_full_marks_under_every_schedule(grade, name):
    marks = grade(name, RIGHT[name], hidden=True)
    assert marks.full, Result(marks)
    assert marks.points == exercise(name).points


@pytest.mark.parametrize("name", quick_first(SKELETONS))
def test_a_skeleton_gets_nothing_and_is_told_so_politely(grade, name):
    marks = grade(name, SKELETONS[name])
    assert marks.points == 0
    assert marks.unwritten
    assert "Not written yet" in repr(Result(marks))


@pytest.mark.parametrize(
    ("name", "mistake"),
    [pytest.param(name, m, marks=mostly_slow(name)) for name in sorted(WRONG) for m in WRONG[name]],
)
def test_a_plausible_mistake_fails_with_its_own_hint(judged, name, mistake):
    source, words = WRONG[name][mistake]
    marks = judged(name, source)
    assert not marks.full
    assert words in repr(Result(marks)), Result(marks)


@pytest.mark.parametrize("name", quick_first(WRONG))
def test_no_check_prints_the_solution(judged, name):
    """What a check says of a wrong answer has no code in it that the exercise's own text doesn't have."""
    lesson = next(one for one in lessons() if exercise(name) in one.exercises)
    text = lesson.source.read_text(encoding="utf-8").partition(f'# %% exercise="{name}"')[0]
    every = [node for node in ast.walk(ast.parse(RIGHT[name])) if isinstance(node, ast.expr)]
    solution = {
        ast.unparse(node) for node in every if not isinstance(node, ast.Name | ast.Constant | ast.UnaryOp)
    }
    solution |= {line.strip() for line in RIGHT[name].splitlines() if line.strip()}
    for source, _ in WRONG[name].values():
        for mark in judged(name, source).marks:
            # The message on a prediction quotes what the learner wrote.
            said = mark.hint if name in PREDICTIONS else f"{mark.message} {mark.hint}"
            assert [code for code in sorted(solution) if code in said and code not in text] == []
            assert [code for code in re.findall("`([^`]+)`", said) if code not in text + source] == []


@pytest.mark.slow
def test_what_a_prediction_comes_out_as_is_not_told(grade):
    for name in sorted(PREDICTIONS & set(WRONG)):
        for mark in [mark for source, _ in WRONG[name].values() for mark in grade(name, source).marks]:
            assert not re.search(r"it (is|should be) ", mark.message)


def test_a_case_is_named_with_what_is_expected_and_why(grade):
    marks = grade("1a", WRONG["1a"]["deleted records count"][0]).marks
    (message,) = [mark.message for mark in marks if "no longer count" in mark.what]
    assert message == "lag(100, 10, 40) returned 90; expected 60: the log begins at 40 now"


@pytest.mark.parametrize("name", quick_first(WRONG))
def test_hints_differ(judged, name):
    """What is said of one mistake isn't what is said of all: at least three of them hear words of their own."""
    said = set()
    for source, _ in WRONG[name].values():
        missed = [mark for mark in judged(name, source).marks if not mark.full]
        said.add(frozenset(mark.hint or mark.what for mark in missed))
    assert len(said) >= 3


@pytest.mark.parametrize("name", ["1a", "2a", "3a"])
@pytest.mark.slow
def test_partial_credit_and_the_seed_of_a_hidden_failure(grade, name):
    source = next(iter(WRONG[name].values()))[0]
    marks = grade(name, source, hidden=True)
    assert 0 < marks.points < marks.of
    assert all(mark.hint for mark in marks.marks if not mark.full)


def test_a_public_result_says_how_many_hidden_checks_remain(grade):
    text = repr(Result(grade("2b", RIGHT["2b"])))
    assert "hidden checks remain" in text
    assert "Stuck?" not in text
    assert 'hint("2b", 1)' in repr(Result(grade("2b", WRONG["2b"]["records move"][0])))


@pytest.mark.parametrize("name", [pytest.param("2a", marks=pytest.mark.slow), "2b"])
@pytest.mark.slow
def test_twenty_repeats_give_one_result(grade, name):
    for source in (RIGHT[name], next(iter(WRONG[name].values()))[0]):
        results = {json.dumps(grade(name, source).as_dict()) for _ in range(20)}
        assert len(results) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("name", "mistake"), [("1a", "negative"), ("1b", "no flush"), ("3a", "always")])
def test_twenty_repeats_of_simulated_runs_give_one_result(grade, name, mistake):
    for source in (RIGHT[name], WRONG[name][mistake][0]):
        results = {json.dumps(grade(name, source).as_dict()) for _ in range(20)}
        assert len(results) == 1


def test_a_few_repeats_of_simulated_runs_give_one_result(grade):
    source = WRONG["1b"]["full queue drops"][0]
    assert len({json.dumps(grade("1b", source).as_dict()) for _ in range(3)}) == 1


def test_the_course_has_at_least_two_exercises_a_lesson_with_three_hints_each():
    for lesson in lessons():
        assert len(lesson.exercises) >= (2 if lesson.number else 1)
        for found in lesson.exercises:
            assert len(found.hints) == 3
            assert len(set(found.hints)) == 3


def test_html_escapes_what_a_learner_wrote(grade):
    marks = grade("1a", 'def lag(e, c, s):\n    raise ValueError("<script>alert(1)</script>")\n')
    assert "<script>" not in html_grade(marks)


def test_the_hashes_in_the_text_and_in_the_checks_are_the_java_clients(grade):
    """Two oracles: the vectors of Kafka's own UtilsTest, and kafka-python's murmur2."""
    from kafka.partitioner.default import murmur2 as other_murmur2

    from minikafka_lessons.course import lesson

    checks = lesson(2).module.exercise_2a
    predicted = lesson(2).module.exercise_2b.KEY
    java = {
        b"21": -973932308,
        b"foobar": -790332482,
        b"a-little-bit-long-string": -985981536,
        b"a-little-bit-longer-string": -1486304829,
        b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
        b"abc": 479470107,
    }
    assert {key: checks.signed(checks.true_murmur2(key)) for key in java} == java
    text = lesson(2).source.read_text(encoding="utf-8")
    for key, value in list(java.items())[:4]:
        assert f"`{key.decode()}` | {value}".replace("-9", "−9").replace("| -", "| −") in text
    for key in checks.keys_for(99, 1_000):
        assert checks.true_murmur2(key) == other_murmur2(key) & 0xFFFFFFFF
    assert f"**{checks.true_murmur2(predicted.encode()) & 0x7FFFFFFF}**" in text


def test_the_batch_of_the_solution_is_read_by_kafka_python_and_aiokafka():
    """Two readers that have nothing of ours."""
    from aiokafka.record.memory_records import MemoryRecords as AioRecords
    from kafka.record import MemoryRecords

    written: dict = {}
    exec(RIGHT["4a"], written)
    rows = [
        (1_700_000_000_000, b"seattle", b"39.4"),
        (1_699_999_999_000, None, b""),
        (1_700_000_000_500, b"", None),
    ]
    for gzipped in (False, True):
        batch = written["record_batch"](rows, gzipped)
        for reader in (MemoryRecords, AioRecords):
            (found,) = iter(reader(batch).next_batch, None)
            assert found.validate_crc()
            assert [(r.timestamp, r.key, r.value) for r in found] == rows
