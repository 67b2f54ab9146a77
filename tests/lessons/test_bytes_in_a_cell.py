"""`show.bytes` and `show.segment`: the leader's files in a cell, from whatever cluster the lesson has."""

import re

import pytest

from minikafka import Cluster
from minikafka_lessons import show
from minikafka_lessons.live import begin
from minikafka_lessons.sources import LAB_VARIABLE


@pytest.fixture(scope="module")
def cluster():
    with Cluster(brokers=3, world="simulated", seed=3) as made:
        made.create_topic("orders", configs={"index.interval.bytes": 1_000})
        producer = made.producer({"batch.num.messages": 3, "linger.ms": 0, "compression.type": "gzip"})
        for n in range(300):
            producer.produce("orders", b"<script>alert(%d)</script>" % n, b"k&%d" % n)
        producer.flush()
        yield made


def test_the_batch_of_an_offset_is_shown_with_the_way_to_it(cluster):
    picture = show.bytes(cluster, "orders", offset=77)
    assert "offsets 75–77" in repr(picture)
    assert re.search(r"its index says: offset \d+ is at byte [\d,]+", repr(picture))
    for name in ("base_offset", "crc", "records", "timestamp_delta", "unpacked from gzip"):
        assert name in picture.html
    assert "&quot;k&amp;75&quot;" in picture.html


def test_what_users_wrote_never_becomes_markup(cluster):
    assert "<script" not in show.bytes(cluster, "orders", fields=10_000).html


def test_a_segment_is_listed_from_an_offset_on(cluster):
    listed = repr(show.segment(cluster, "orders", offset=77, limit=2))
    assert "75 – 77" in listed
    assert "78 – 80" in listed
    assert "81 – 83" not in listed
    assert "more bytes follow" in listed


def test_a_big_batch_says_that_not_all_is_shown(cluster):
    html = show.bytes(cluster, "orders", fields=20).html
    assert "only the first 20 fields are shown" in html
    assert html.count("<tr") <= 20


@pytest.mark.parametrize(
    ("topic", "partition", "offset", "sentence"),
    [
        ("nothing", 0, 0, "There is no partition nothing-0."),
        ("orders", 9, 0, "There is no partition orders-9."),
        ("orders", 0, 300, "has not been written yet"),
        ("orders", 0, -1, "the log begins at 0"),
    ],
)
def test_what_is_not_there_is_a_sentence(cluster, topic, partition, offset, sentence):
    assert sentence in repr(show.bytes(cluster, topic, partition, offset))
    assert sentence in repr(show.segment(cluster, topic, partition, offset))


def test_the_labs_cluster_is_looked_into_through_its_socket(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path))
    with Cluster(brokers=1, name="lab-of-bytes") as lab:
        lab.create_topic("orders")
        producer = lab.producer()
        producer.produce("orders", b"2 coffees", b"seoul")
        producer.flush()
        monkeypatch.setenv(LAB_VARIABLE, "lab-of-bytes")
        with begin(6) as lesson:
            assert "lab" in repr(lesson)
            assert "&quot;2 coffees&quot;" in show.bytes(lesson, "orders").html
