"""Notebooks forgive: a cell that runs twice, is interrupted, or comes too early does the right thing or says a sentence."""

import pytest
from kernels import Kernel

from minikafka_lessons.course import lessons

EVERY = pytest.mark.parametrize("number", [lesson.number for lesson in lessons()])
THREADS = "import threading; print([t.name for t in threading.enumerate() if 'minikafka' in t.name])"


@pytest.fixture
def kernel(tmp_path):
    made = []

    def start(number, **more):
        made.append(Kernel(number, tmp_path, **more))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_a_consumer_that_is_interrupted_lets_go_of_its_partitions(kernel):
    lesson = kernel(1)
    reads = lesson.index('open_consumer("dashboard")')
    early = (
        lesson.run(lesson.index("begin(1)")).error
        or lesson.run(lesson.index("station = cluster.producer")).error
    )
    assert early.startswith(
        "`readings` is not there yet: first run the cell that begins with `readings = data.weather"
    )
    assert "\n" not in early
    for i in range(reads):
        assert not lesson.run(i).error
    endless = lesson.cells[reads].replace("len(messages) < count", "True").replace("message is None", "False")
    assert lesson.run(endless, interrupt_after_s=0.6).error == (
        "Interrupted. What this cell had opened is closed again; run it once more."
    )
    again = lesson.run(reads)
    assert again.said.startswith("400 records")
    assert not again.error
    late = lesson.run("dashboard.close(); dashboard.poll(1)").error
    assert "RuntimeError" in late
    broken = lesson.run('mine = open_consumer("dashboard"); 1 / 0').error
    assert "ZeroDivisionError" in broken
    assert (
        "This consumer was closed, because its cell ended with ZeroDivisionError"
        in lesson.run("mine.poll(1)").error
    )
    assert lesson.run("rogue").error.count("\n") > 1, "a name that no cell makes is Python's matter"


@pytest.mark.slow
def test_a_producer_that_is_interrupted_writes_no_more(kernel):
    """What it still had to send would make a topic anew that the cell deletes when it runs again."""
    lesson = kernel(1)
    lesson.run(lesson.index("begin(1)"))
    floods = (
        'cluster.create_topic("weather", afresh=True)\n'
        'flood = cluster.producer({"batch.num.messages": 1, "linger.ms": 0})\n'
        "for n in range(20_000):\n"
        '    flood.produce("weather", f"{n}")\n'
        "import time; time.sleep(60)"
    )
    assert lesson.run(floods, interrupt_after_s=1.0).was_interrupted
    again = 'cluster.create_topic("weather", afresh=True); print(cluster.records_in("weather"))'
    assert lesson.run(again).said.strip() == "0"
    assert lesson.run("flood.produce('weather', 'x')").error.startswith(
        "This producer was closed, because its cell was"
    )


@pytest.mark.slow
def test_a_client_that_others_wrote_joins_and_leaves_nothing_behind(kernel):
    lesson = kernel(1)
    joins = lesson.index("from kafka import")
    for i in range(joins):
        assert not lesson.run(i).error
    first, second = lesson.run(joins), lesson.run(joins)
    assert "kafka-python read 60 records" in first.said
    assert "kafka-python read 1 records" in second.said, "its own, of the first time; the group knows how far it was"
    for ran in (first, second):
        assert not ran.error
        assert "the dashboard read: greetings from kafka-python" in ran.said
    threads = "import threading; print([t.name for t in threading.enumerate() if t.name.startswith('kafka-')])"
    assert lesson.run(threads).said.strip() == "[]"


@EVERY
@pytest.mark.slow
def test_each_cell_twice(kernel, number):
    lesson = kernel(number)
    said = []
    for i in range(len(lesson.cells)):
        for _ in range(2):
            ran = lesson.run(i)
            assert not ran.error, (lesson.cells[i], ran.error)
            said.append(ran.said)
    assert "none of the answers" not in "".join(said)
    assert lesson.run(THREADS).said.strip() == "[]"


@EVERY
@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.1, 0.5])
def test_each_cell_interrupted_and_run_again(kernel, number, after_s):
    """An interrupt in the middle of a client's call can't be repeated: then a sentence says to begin again."""
    lesson = kernel(number)
    for i in range(len(lesson.cells)):
        cut = lesson.run(i, interrupt_after_s=after_s)
        before_us = i == 0 and "KeyboardInterrupt" in cut.error  # Python's own: nothing is imported yet
        assert not cut.error or cut.was_interrupted or is_to_begin_again(cut) or before_us, (lesson.cells[i], cut.error)
        ran = lesson.run(i)
        if is_to_begin_again(ran):
            for earlier in range(i):
                assert not lesson.run(earlier).error
            ran = lesson.run(i)
        assert not ran.error, (lesson.cells[i], ran.error)
    assert lesson.run(THREADS).said.strip() == "[]"


def is_to_begin_again(ran):
    return ran.error.startswith("This run can't be repeated") and ran.error.endswith(" again.") and "\n" not in ran.error


@EVERY
@pytest.mark.slow
def test_each_cell_alone_after_the_first_is_right_or_one_sentence(kernel, number):
    """Out of order: no cell but the first has run."""
    lesson = kernel(number)
    lesson.run(0)
    for i in range(len(lesson.cells) - 1, 0, -1):
        ran = lesson.run(i)
        assert ran.error.count("\n") == 0, (lesson.cells[i], ran.error)
        if "cluster.close()" in lesson.cells[i]:
            lesson.run(0)
