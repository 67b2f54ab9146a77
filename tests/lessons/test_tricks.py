"""Answers that try to get marks by other means than being right, and answers that misbehave."""

import pytest
from answers.lesson_1 import LAG, READ_ALL
from answers.lesson_2 import PARTITION

from minikafka_lessons.grading.sandbox import CALL_LIMIT_S, AnswerFailed, Code, Odd, Sandbox

EQUAL_TO_ALL = """
class E(int):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __hash__ = int.__hash__
def lag(e, c, s):
    return E(7)
"""


def test_a_number_that_equals_everything_gets_nothing(grade):
    assert grade("1a", EQUAL_TO_ALL).points == 0


def test_true_is_not_one(grade):
    marks = grade("1a", "def lag(e, c, s):\n    return True\n")
    assert marks.points == 0


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def lag(e, c, s):\n    while True: pass\n", "loop forever"),
        ("while True: pass\n", "loop forever"),
        ("import sys\ndef lag(e, c, s):\n    sys.exit(0)\n", "exit()"),
        ("raise SystemExit\n", "exit()"),
        ("import os\ndef lag(e, c, s):\n    os._exit(0)\n", "ended the process"),
        ("def lag(e, c, s):\n    while True: print('spam' * 1000)\n", "prints without end"),
        ("def lag(e, c, s):\n    x = []\n    while True: x.append(bytearray(10**9))\n", "MemoryError"),
        ("def lag(e, c, s) return 1\n", "no valid Python"),
        ("from minikafka.policy import lag\n", "ModuleNotFoundError"),
        ("from minikafka_lessons.course import lessons\n", "ModuleNotFoundError"),
        ("open('/etc/passwd', 'a')\n", "may not"),
    ],
)
def test_what_misbehaves_gets_one_sentence(source, words):
    # Only what loops is to use its time up; on a busy machine a gigabyte takes more than a second to fill.
    sentence = what_became_of(source, limit_s=1 if words == "loop forever" else CALL_LIMIT_S)
    assert words in sentence
    assert "\n" not in sentence


def what_became_of(source: str, limit_s: float = CALL_LIMIT_S) -> str:
    try:
        with Sandbox(Code(source), ["lag"], limit_s=limit_s) as sandbox:
            return sandbox.call("lag", 10, 4, 0).sentence
    except AnswerFailed as problem:
        return str(problem)


def test_patching_builtins_and_json_reaches_nobody_but_itself(grade):
    source = (
        "import builtins, json\nbuiltins.len = lambda x: 0\njson.dumps = lambda x: '{}'\nbuiltins.max = min\n"
    )
    assert not grade("1a", source + LAG).full
    assert grade("1a", LAG).full


def test_forged_messages_are_refused():
    source = (
        "import os\n"
        "def lag(e, c, s):\n"
        "    for fd in range(3, 12):\n"
        '        try: os.write(fd, b\'{"ok": {"l": 3}}\\n\')\n'
        "        except OSError: pass\n"
        "    return 6\n"
    )
    with pytest.raises(AnswerFailed), Sandbox(Code(source), ["lag"]) as sandbox:
        sandbox.call("lag", 10, 4, 0)


def test_reading_without_a_broker_gets_nothing(grade):
    source = (
        "rows_seen = []\n"
        "def publish(producer, topic, rows):\n    rows_seen.extend(map(tuple, rows))\n    producer.flush()\n"
        "def read_all(consumer, count):\n    return rows_seen\n"
    )
    assert grade("1b", source).points == 0


def test_one_good_half_is_worth_its_points(grade):
    marks = grade("1b", "def publish(producer, topic, rows):\n    1 / 0\n" + READ_ALL)
    assert marks.points == 5.0


def test_a_partition_out_of_range_does_not_break_the_cluster(grade):
    marks = grade("2a", PARTITION.replace("% partition_count", "% partition_count + 1000"))
    assert not marks.problem
    assert marks.marks[2].full  # murmur2 itself is right


def test_odd_values_are_only_named():
    with Sandbox(Code("def f(x):\n    return {1: object(), 'a': [lambda: 1, {2}]}\n"), ["f"]) as sandbox:
        assert sandbox.call("f", 1) == {1: Odd("object"), "a": [Odd("function"), Odd("set")]}


def test_values_keep_their_types_through_the_pipe():
    values = [None, True, 0, -1, 1 << 70, 1.5, "ä", b"\x00\xff", [1, (2, "x")], {"a": {"b": None}}]
    with Sandbox(Code("def f(x):\n    return x\n"), ["f"]) as sandbox:
        for value in values:
            got = sandbox.call("f", value)
            assert got == value
            assert type(got) is type(value)


def test_an_endless_wait_of_an_answer_ends(grade):
    """The simulated clock would have to be driven to the end of it."""
    marks = grade("1b", "def publish(producer, topic, rows):\n    producer.poll(1e12)\n    1 / 0\n")
    assert "ZeroDivisionError" in marks.marks[0].message
