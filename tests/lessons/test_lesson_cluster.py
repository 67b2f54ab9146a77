"""The face that lessons use: finds a cluster, clears it, and leaves nothing behind."""

import asyncio
import concurrent.futures
import contextlib
import threading

import msgspec
import pytest

from minikafka import Cluster
from minikafka_lessons.live import begin
from minikafka_lessons.notebook import check, hint
from minikafka_lessons.show import lanes, record_lag
from minikafka_lessons.sources import LAB_VARIABLE, SeenCluster


@pytest.fixture
def own(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path))
    monkeypatch.delenv(LAB_VARIABLE, raising=False)


def write(cluster, topic, count):
    with cluster.producer({"client.id": "writer"}) as producer:
        for n in range(count):
            producer.produce(topic, f"{n}", key=f"{n % 3}")
        producer.flush()


def test_without_a_lab_a_lesson_has_its_own_cluster(own):
    with begin(1) as cluster:
        assert "own" in repr(cluster)
        cluster.create_topic("weather", partitions=3)
        view, recorder = lanes(cluster, "weather", "g"), record_lag(cluster, "weather", "g")
        write(cluster, "weather", 30)
        cluster.wait_until(lambda s: sum(p.end for p in s.topic("weather").partitions) == 30)
        recorder.stop()
        assert recorder.samples[-1][1:] == (30, 0, 30)
        view.look(cluster.snapshot())
        assert "30" not in view.html or "partition 2" in view.html
    cluster.close()
    assert not [t for t in threading.enumerate() if t.name == "minikafka-views" and t.is_alive()]


def test_with_a_lab_a_lesson_uses_its_cluster_and_begins_afresh(own, monkeypatch):
    with Cluster(brokers=1, name="lab-of-test") as lab:
        monkeypatch.setenv(LAB_VARIABLE, "lab-of-test")
        for _ in range(2):
            cluster = begin(1)
            assert cluster.bootstrap_servers == lab.bootstrap_servers
            cluster.create_topic("weather", partitions=2)
            write(cluster, "weather", 5)
            ends = [p.end for p in cluster.snapshot().topic("weather").partitions]
            assert sum(ends) == 5
        cluster.close()
        assert lab.snapshot().topic("weather")


def test_a_lab_that_is_gone_is_replaced_by_an_own_cluster(own, monkeypatch):
    monkeypatch.setenv(LAB_VARIABLE, "gone")
    with begin(2) as cluster:
        assert "own" in repr(cluster)


def test_check_and_hint_never_raise():
    assert "There is no exercise" in check("9z").html
    assert "Run the cell of exercise 1a" in repr(check("1a"))
    assert "Hint 3 of 3" in hint("1a", 3).html
    assert "Hint 2 of 3" in hint(2).html
    assert "Hint 1 of 3, exercise 1a" in hint().html
    assert "There is no exercise" in hint("nope").html


def test_a_hint_before_any_check_is_about_the_lessons_first_exercise(monkeypatch):
    monkeypatch.setattr("minikafka_lessons.notebook._last", "")
    with begin(0):
        assert "exercise 0a" in hint().html


def test_a_topic_that_an_interrupted_cell_had_asked_for_is_no_error(own, monkeypatch):
    """The snapshot doesn't know it yet, and the broker does."""
    with begin(1) as cluster:
        cluster.create_topic("weather", partitions=2)
        write(cluster, "weather", 3)
        seen, real = [], cluster.snapshot

        def without_topics():
            seen.append(1)
            found = real()
            return msgspec.structs.replace(found, topics=()) if len(seen) == 1 else found

        monkeypatch.setattr(cluster, "snapshot", without_topics)
        cluster.create_topic("weather", partitions=2)
        assert cluster.records_in("weather") == 3
        seen.clear()
        cluster.create_topic("weather", partitions=2, afresh=True)
        assert cluster.records_in("weather") == 0


def test_a_group_that_skips_to_the_end_never_looks_behind_meanwhile(own):
    """Also when it does so again: no picture shows it without its commits."""
    with begin(1) as cluster:
        cluster.create_topic("weather", partitions=2)
        write(cluster, "weather", 9)
        cluster.skip_to_end("slow-dashboard", "weather")
        recorder = record_lag(cluster, "weather", "slow-dashboard")
        admin, real = [], cluster.admin

        def looking():
            recorder.look(cluster.snapshot())
            admin.append(1)
            return real()

        cluster.admin = looking
        recorder.begin()
        cluster.skip_to_end("slow-dashboard", "weather")
        recorder.stop()
        assert admin
        assert (recorder.highest, recorder.last) == (0, 0)


class NeverAnswers:
    """A cluster that is asked and says nothing."""

    def __init__(self):
        self.under_way, self.ended = [], []

    async def once(self):
        await self._wait("once")

    async def watch(self, show, lost):
        await self._wait("watch")

    async def _wait(self, name):
        self.under_way.append(name)
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append(name)


def test_what_is_asked_when_a_lesson_lets_go_of_a_cluster_comes_to_its_end(own):
    """Else asyncio says "Task was destroyed but it is pending!" in some later cell."""
    feed = NeverAnswers()
    source = SeenCluster(feed, "slow", "127.0.0.1:1", "a cluster that says nothing")

    def ask():
        with contextlib.suppress(concurrent.futures.CancelledError):
            source.latest()

    asks = threading.Thread(target=ask)
    asks.start()
    while len(feed.under_way) < 2:
        pass
    source.close()
    asks.join(5)
    assert sorted(feed.ended) == ["once", "watch"]
    with pytest.raises(ConnectionError, match="slow is not watched any more"):
        source.fresh()
    source.close()
