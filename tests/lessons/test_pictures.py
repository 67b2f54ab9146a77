"""Pictures are pure functions of a snapshot, legible without colours, and their widgets stop when told to."""

import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import msgspec
import pytest

from minikafka.xray.snapshot import (
    Broker,
    Group,
    GroupOffset,
    Member,
    Partition,
    Replica,
    Snapshot,
    Topic,
    TopicPartition,
)
from minikafka_lessons.show.brokers import brokers_html
from minikafka_lessons.show.bus import bus_html
from minikafka_lessons.show.lag import lag_figure, lag_html, nice
from minikafka_lessons.show.lanes import lanes_html
from minikafka_lessons.show.links import Links, links_html
from minikafka_lessons.show.live import LiveView
from minikafka_lessons.show.offsets import offsets


def snapshot(ends=(3, 6), committed=(2, None)):
    return Snapshot(
        version=1,
        at=0.0,
        world="live",
        name="test",
        topics=(
            Topic(
                "weather",
                partitions=tuple(
                    Partition(i, "broker-1", log_start=0, end=e, high_watermark=e) for i, e in enumerate(ends)
                ),
            ),
        ),
        groups=(
            Group(
                "dash<board>",
                "Stable",
                members=(Member("m-1", "reader", "/127.0.0.1", (TopicPartition("weather", 0),)),),
                offsets=tuple(
                    GroupOffset("weather", i, c, e, 0, None if c is None else max(0, e - c), "m-1")
                    for i, (e, c) in enumerate(zip(ends, committed, strict=True))
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    "html",
    [
        bus_html(snapshot(), "weather", [("station", 9, False), ("old", 1, True)]),
        bus_html(snapshot(), "nothing", []),
        lanes_html(snapshot(), "weather", "dash<board>"),
        lanes_html(snapshot((3_000_000_000, 10), (5, 12)), "weather", "dash<board>"),
        lanes_html(snapshot(), "weather"),
        lanes_html(snapshot(), "nothing", "x"),
        links_html(4, 5),
        links_html(1, 12),
        lag_html([], "g"),
        lag_html([(i / 10, i * 3, i, i * 2) for i in range(2000)], "g"),
        lag_figure([(0.0, 0, 0, 0), (1.0, 10, 5, 5)], "g"),
    ],
)
def test_every_picture_is_well_formed_and_has_no_nan(html):
    ElementTree.fromstring(html)
    assert "nan" not in html.lower()
    assert len(html) < 120_000


def test_lanes_tell_lag_and_its_absence_in_words_and_numbers():
    html = lanes_html(snapshot(), "weather", "dash<board>")
    assert "LAG" in html
    assert "–" in html
    assert "▲" in html
    assert "dash&lt;board&gt;" in html


def with_a_dead_leader():
    """The leader of both partitions has just gone."""
    whole = snapshot()
    (topic,) = whole.topics
    replicas = (Replica("broker-1", alive=False), Replica("broker-2", alive=True))
    waiting = tuple(
        msgspec.structs.replace(p, replicas=replicas, isr=("broker-1", "broker-2")) for p in topic.partitions
    )
    one = Broker(1, "broker-1", "127.0.0.1", 9092, "down", fenced=False, heard_at=-2.0)
    return msgspec.structs.replace(
        whole,
        brokers=(one, Broker(2, "broker-2", "127.0.0.1", 9093)),
        topics=(msgspec.structs.replace(topic, partitions=waiting),),
        session_timeout_s=9.0,
    )


def test_what_is_wrong_is_said_below_every_live_picture_and_the_brokers():
    sentence = "broker-1 is down: writes and reads of the 2 partitions it leads stall: up to 7 s until"
    cluster = FakeCluster()
    view = LiveView(cluster, "bus", lambda s: bus_html(s, "weather", []))
    assert "stall" not in view.html
    cluster.looks["bus"](with_a_dead_leader())
    assert sentence in view.html
    drawn = brokers_html(with_a_dead_leader(), "test")
    assert sentence in drawn
    ElementTree.fromstring(f"<div>{drawn}</div>")
    ElementTree.fromstring(f"<div>{view.html}</div>")


def test_a_group_whose_members_nobody_knows_is_drawn():
    whole = snapshot()
    (group,) = whole.groups
    unknown = msgspec.structs.replace(whole, groups=(msgspec.structs.replace(group, members=None),))
    for html in (
        bus_html(unknown, "weather", []),
        lanes_html(unknown, "weather", group.id),
        offsets(SimpleNamespace(snapshot=lambda: unknown), group.id).html,
    ):
        ElementTree.fromstring(f"<div>{html}</div>")


def test_the_bus_says_who_is_away():
    assert "1 reading" in bus_html(snapshot(), "weather", [])


def test_links_count():
    picture = Links(4, 5)
    picture.set(10, 12)
    assert "120 links" in picture.html
    assert "22 links" in picture.html


def test_nice_tops():
    assert [nice(v) for v in (0, 10, 11, 21, 300, 999)] == [10, 10, 20, 50, 500, 1000]


class FakeCluster:
    def __init__(self):
        self.looks = {}

    def snapshot(self):
        return snapshot()

    def watch(self, key, look):
        self.looks[key] = look
        return lambda: self.looks.pop(key, None)


@pytest.fixture
def published(monkeypatch):
    """What a notebook is told to show: (display id, is it an update, HTML)."""
    told = []

    def publish(data, metadata=None, transient=None, update=False):
        told.append((transient["display_id"], update, data["text/html"]))
        assert set(data) == {"text/html", "text/plain"}, "a saved notebook shows nothing else"

    monkeypatch.setattr("IPython.display.publish_display_data", publish)
    return told


def test_a_live_view_redraws_only_what_changed_where_it_stands_and_stops(published):
    cluster = FakeCluster()
    view = LiveView(cluster, "k", lambda s: lanes_html(s, "weather"))
    view._ipython_display_()
    cluster.looks["k"](snapshot())
    assert [update for _, update, _ in published] == [False]
    cluster.looks["k"](snapshot((4, 6)))
    (place, _, first), (again, update, second) = published
    assert (again, update) == (place, True)
    assert first != second == view.html
    assert "partition 0" in repr(view)
    view.stop()
    assert cluster.looks == {}


def test_a_picture_that_was_shown_often_is_redrawn_in_the_latest_places(published):
    picture = Links(2, 2)
    for _ in range(9):
        picture._ipython_display_()
    places = [place for place, _, _ in published]
    assert len(set(places)) == 9
    published.clear()
    picture.set(3, 3)
    assert [place for place, _, _ in published] == places[-4:]


def test_the_sliders_find_what_python_drew():
    """The browser moves what it finds by these marks."""
    html = Links(2, 3).html
    assert html.count('data-wire="') == 144
    assert html.count("<script>") == 1
    assert html.count('data-wire="1,2" d=') == 1, "wires between the first ones are seen"
    assert html.count('data-wire="2,2" display="none"') == 1
