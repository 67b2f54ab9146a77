"""`begin(n)` gives a lesson its world: a simulated one is the same run each time, and moves when asked."""

from dataclasses import replace

import pytest

from minikafka import Cluster, Rules
from minikafka_lessons import begin, live, show
from minikafka_lessons.cells import Stumble
from minikafka_lessons.course import lesson


@pytest.fixture
def simulated(monkeypatch):
    """Lesson 1, were it simulated."""
    monkeypatch.setattr(
        live, "find_lesson", lambda number: replace(lesson(number), world="simulated", seed=7)
    )
    yield
    live.end_all()


def story(cluster) -> str:
    cluster.create_topic("weather", 3)
    cluster.create_topic("weather", 3)  # the cell again
    with cluster.producer({"client.id": "station"}) as producer:
        for n in range(12):
            producer.produce("weather", f"{n}", key=f"k{n % 3}")
        producer.flush()
    consumer = cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe(["weather"])
    read = [message for message in (consumer.poll(1.0) for _ in range(30)) if message]
    consumer.close()
    assert len(read) == cluster.records_in("weather") == 12
    cluster.kill(cluster.topic("weather").partitions[0].leader)
    cluster.run(seconds=20)
    return cluster.timeline()


def test_a_simulated_lesson_is_the_same_run_each_time_and_can_be_watched(simulated):
    cluster = begin(1)
    moment = cluster.now
    view = show.bus(cluster, "weather")
    told = story(cluster)
    assert "12 sent" in show.bus(cluster, "weather").html
    view.stop()
    assert cluster.now > moment + 20
    still = cluster.now
    assert "seed 7" in cluster._repr_html_()
    assert cluster.now == still, "looking moves nothing"
    replayed = Cluster.replay(cluster.tape())
    assert replayed.timeline() == told, "a lesson's run is on a tape"
    replayed.close()
    cluster.forget("g")
    assert "g" not in [group.id for group in cluster.snapshot().groups or ()]
    assert story(begin(1)) == told


def test_your_own_rule_lives_in_the_cluster(simulated):
    asked = []

    def partition_for_key(key, count):
        asked.append(key)
        return 0

    cluster = begin(1, rules=Rules(partition_for_key=partition_for_key))
    cluster.create_topic("weather", 3)
    with cluster.producer() as producer:
        producer.produce("weather", "x", key="a")
        producer.flush()
    assert asked
    assert cluster.topic("weather").partitions[0].end == 1
    cluster.close()
    cluster.close()
    with pytest.raises(Stumble, match=r"run the cell with `begin\(1\)` again"):
        cluster.run(seconds=1)


def test_a_live_lesson_takes_no_rules():
    with pytest.raises(Stumble, match="give your rule to a client"):
        begin(1, rules=Rules())
