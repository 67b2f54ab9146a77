"""Lesson 5: what its predictions come out as is what its cells show; and a dark machine's disk can be looked at."""

import importlib
from bisect import bisect_right

import jupytext
import pytest

from minikafka_lessons import begin, live
from minikafka_lessons.course import exercise, lesson


@pytest.fixture
def cluster():
    yield begin(5)
    live.end_all()


@pytest.fixture(scope="module")
def shown():
    """What the names of the lesson's cells are after a run of them (without the checks and the pictures)."""
    names = {}
    for cell in jupytext.read(lesson(5).source).cells:
        name = cell["metadata"].get("id", "")
        if cell["cell_type"] == "code" and not name.endswith("-check") and "show." not in cell["source"]:
            if name == "minutes-over":
                continue
            exec(compile(cell["source"], name, "exec"), names)
            if name == "minutes":
                names["cluster"].run(seconds=300)
                names["oldest"] = names["cluster"].topic("minutes").partitions[0].log_start
                names["at_minute_65"] = names["cluster"].now
            if name == "entries":
                names["entries"] = names["cluster"].dump_log("history", names["index"])
            if name == "killed":
                names["after_kill"] = names["cluster"].topic("minutes").partitions[0].end
                names["before_kill"] = names["end"]
            if name == "recovered":
                names["last_closed"] = int(names["last"][:20])
    live.end_all()
    return names


@pytest.mark.slow
def test_predictions_come_out_as_they_are_judged(shown):
    truth = shown["prediction"]
    offsets = [entry["offset"] for entry in shown["entries"]]
    entry = offsets[bisect_right(offsets, 12_345) - 1]
    assert truth["entry"] == entry
    assert truth["passed"] == 12_345 // 10 - entry // 10
    assert truth["oldest"] == shown["oldest"]
    assert truth["killed"] == shown["before_kill"] - shown["after_kill"]
    assert shown["last_closed"] <= shown["ends"] < shown["end"], "closed segments are whole, the tail is torn"
    assert truth["sealed"] == 0
    assert truth["gap"] is False
    assert shown["kept"] == shown["acknowledged"]
    assert shown["same"]
    module = importlib.import_module("minikafka_lessons.05_segments.exercise_5c")
    assert truth == module.TRUTH
    assert exercise("5c").points == len(truth)


def test_the_files_of_a_broker_without_power_can_be_read(cluster):
    cluster.create_topic("power")
    with cluster.producer() as producer:
        for n in range(20):
            producer.produce("power", f"{n}")
            producer.flush()
    log = "00000000000000000000.log"
    whole = cluster.read_file("power", log)
    assert len(cluster.dump_log("power", log)) == 20
    cluster.power_cut("broker-1")
    assert cluster.files("power", broker="broker-1")[log] <= len(whole)
    torn = cluster.dump_log("power", log, broker="broker-1")
    right = [line for line in torn if line["kind"] == "batch" and line["is_valid"]]
    cluster.restart("broker-1")
    end = cluster.topic("power").partitions[0].end
    assert end <= len(right) < 20
    assert cluster.read_file("power", log) == whole[: len(cluster.read_file("power", log))]


def test_a_topic_made_afresh_is_empty(cluster):
    for _ in range(2):
        cluster.create_topic("again", afresh=True)
        assert cluster.records_in("again") == 0
        with cluster.producer() as producer:
            producer.produce("again", "x")
            producer.flush()
    assert cluster.records_in("again") == 1
