"""Pictures are pure functions of a snapshot, legible without colours, and their widgets stop when told to."""

import xml.etree.ElementTree as ElementTree

import pytest

from minikafka.xray.snapshot import Group, GroupOffset, Member, Partition, Snapshot, Topic, TopicPartition
from minikafka_lessons.show.bus import bus_html
from minikafka_lessons.show.lag import lag_figure, lag_html, nice
from minikafka_lessons.show.lanes import lanes_html
from minikafka_lessons.show.links import Links, links_html
from minikafka_lessons.show.live import LiveView


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


def test_the_bus_says_who_is_away():
    assert "1 reading" in bus_html(snapshot(), "weather", [])


def test_links_count():
    picture = Links(4, 5)
    picture.set(10, 12)
    assert "120 links" in picture.picture.value
    assert "22 links" in picture.picture.value
    assert "text/html" in picture._repr_mimebundle_()


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


def test_a_live_view_redraws_only_what_changed_and_stops():
    cluster, sets = FakeCluster(), []
    view = LiveView(cluster, "k", lambda s: lanes_html(s, "weather"))
    view.widget.observe(lambda change: sets.append(change), "value")
    cluster.looks["k"](snapshot())
    assert sets == []
    cluster.looks["k"](snapshot((4, 6)))
    assert len(sets) == 1
    bundle = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"].startswith("<svg")
    assert "partition 0" in bundle["text/plain"]
    view.stop()
    assert cluster.looks == {}
