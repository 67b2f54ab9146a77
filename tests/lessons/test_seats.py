"""Two notebooks of one lesson have names of their own; what a killed kernel left goes, and nothing else."""

import os
import signal
import subprocess
import sys

import pytest

from minikafka import Cluster, TopicPartition
from minikafka_lessons.live import LessonCluster, begin
from minikafka_lessons.seats import Seat, abandoned, seats_directory, take_seat
from minikafka_lessons.sources import BOOTSTRAP_VARIABLE, LAB_VARIABLE, find_source


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The lab's cluster, and the environment of its notebooks."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    with Cluster(brokers=1, name="lab-of-seats") as made:
        patch.setenv(LAB_VARIABLE, "lab-of-seats")
        patch.setenv(BOOTSTRAP_VARIABLE, made.bootstrap_servers)
        yield made
    patch.undo()


def notebook():
    cluster = LessonCluster(1, find_source(1))
    cluster.clear()
    cluster.clear_abandoned()
    return cluster


def names(lab):
    return sorted(topic.name for topic in lab.snapshot().topics if not topic.internal)


def test_the_second_notebook_has_names_of_its_own_and_disturbs_nobody(lab):
    with notebook() as first, notebook() as second:
        assert (first.names, first.real("weather")) == ("", "weather")
        assert "names here end in -2: topic weather-2" in second.names
        assert "weather-2" in second._repr_html_()
        for count, one in ((3, first), (5, second)):
            one.create_topic("weather", partitions=2)
            producer = one.producer({"client.id": "station"})
            for n in range(count):
                producer.produce("weather", f"{n}", key="k")
            producer.flush()
        assert names(lab) == ["weather", "weather-2"]
        second.clear(("weather",), ("dashboard",))
        assert names(lab) == ["weather"]
        second.create_topic("weather", partitions=2)
        assert (first.records_in("weather"), second.records_in("weather")) == (3, 0)
        for one, want in ((first, 3), (second, 0)):
            consumer = one.consumer({"group.id": "dashboard", "auto.offset.reset": "earliest"})
            consumer.assign([TopicPartition("weather", p, 0) for p in range(2)])
            got = consumer.consume(3, 3 if want else 0.2)
            assert len(got) == want
            assert {m.topic() for m in got} <= {one.real("weather")}
            consumer.close()
        first.clear()
        second.clear()


def test_what_somebody_else_made_is_never_cleared(lab):
    lab.create_topic("weather")
    try:
        with notebook() as one:
            assert one.real("weather") == "weather-2"
            one.clear(("weather",))
        assert names(lab) == ["weather"]
    finally:
        admin = lab.admin()
        admin.delete_topics(["weather"])["weather"].result()
        admin.close()


def test_a_notebook_that_closed_keeps_its_topics_until_the_lesson_begins_again(lab):
    with notebook() as one:
        one.create_topic("weather")
    assert names(lab) == ["weather"]
    with notebook() as again:
        assert again.real("weather") == "weather"
        assert names(lab) == []


KERNEL = """
import sys
from minikafka_lessons.live import begin
cluster = begin(1)
cluster.create_topic("weather", partitions=2)
producer = cluster.producer({})
producer.produce("weather", "v", key="k")
producer.flush()
consumer = cluster.consumer({"group.id": "dashboard", "auto.offset.reset": "earliest"})
consumer.subscribe(["weather"])
print(consumer.poll(20).value(), flush=True)
consumer.commit(asynchronous=False)
sys.stdin.readline()
"""


def test_what_a_killed_kernel_left_goes_at_the_next_start_and_a_living_ones_stays(lab):
    kernel = subprocess.Popen([sys.executable, "-c", KERNEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert kernel.stdout.readline().strip() == b"b'v'"
        with notebook() as beside:
            assert beside.real("weather") == "weather-2"
            assert names(lab) == ["weather"]
        kernel.send_signal(signal.SIGKILL)
        kernel.wait(30)
        assert lab.snapshot().group("dashboard").members
        with begin(2):
            assert names(lab) == []
            assert not [group for group in lab.snapshot().groups if group.id == "dashboard"]
            assert not list(seats_directory().glob("*-01-1.json"))
    finally:
        kernel.kill()
        kernel.communicate()


def test_a_seat_of_a_living_process_is_never_abandoned(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path))
    seat = take_seat("c", 1, lambda _: True)
    seat.made(topics=["weather"])
    assert abandoned("c") == []
    seat.leave()
    assert abandoned("c") == [], "its process lives, and its pictures may still be looked at"
    (path,) = seats_directory().glob("*.json")
    path.write_text(path.read_text().replace(f'"pid": {os.getpid()}', '"pid": 0'))
    ((left, where),) = abandoned("c")
    assert (left.topics, where) == (["weather"], path)
    left.leave()


def test_a_torn_file_and_a_directory_that_cannot_be_made(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path))
    seats_directory().mkdir(parents=True)
    (seats_directory() / "c-01-1.json").write_text('{"topics": ["wea')
    seat = take_seat("c", 1, lambda _: True)
    assert (seat.number, seat.topics) == (1, [])
    seat.leave()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path / "file" / "x"))
    assert take_seat("c", 1, lambda seat: seat.number > 1).number == 2
    assert Seat().suffix == ""
