"""What a producer gathers, and why it sends."""

import pytest
from hostile_names import NAMES, unsafe
from seeing import Seen, forms, inside

from minikafka import Cluster
from minikafka.client.producer.accumulated import WaitingBatch, accumulated
from minikafka_lessons.show.batches import Sent, batches, batches_html, batches_svg, sent_batches


@pytest.fixture
def cluster():
    with Cluster(brokers=1, world="simulated", seed=5) as made:
        made.create_topic("orders", partitions=2)
        yield made


def test_each_batch_says_why_it_was_sent(cluster):
    producer = cluster.producer({"linger.ms": 20, "batch.size": 4000})
    producer.produce("orders", b"first", partition=0)
    cluster.run(0.1)
    for _ in range(14):
        producer.produce("orders", bytes(600), partition=0)
    cluster.run(0.005)
    producer.produce("orders", b"last", partition=1)
    producer.flush()
    told = [(one.partition, one.records, one.why) for one in sent_batches(cluster.events())]
    assert told == [(0, 1, "lingered"), (0, 6, "full"), (0, 6, "full"), (0, 2, "flushed"), (1, 1, "flushed")]
    for seen in forms(batches(cluster, producer).html):
        assert {"full: 2", "lingered: 1", "flushed: 2"} <= set(seen.words)
        assert "records: 16 · batches: 5 · records a batch: 3.2" in seen.describes
        assert "nothing: all that was produced is on its way" in seen.words
        assert inside(seen) == ""


def test_looking_at_what_waits_changes_nothing(cluster):
    producer = cluster.producer({"linger.ms": 20, "batch.size": 4000})
    producer.produce("orders", b"warm", partition=0)
    producer.flush()
    producer.produce("orders", bytes(500), partition=0)
    cluster.run(0.008)
    tape, now = len(cluster.tape().entries), cluster.now
    (waits,) = accumulated(producer)
    assert (waits.records, waits.batch_size_bytes, waits.linger_ms) == (1, 4000, 20)
    assert 0 < waits.waited_ms <= 8
    assert (len(cluster.tape().entries), cluster.now) == (tape, now)
    assert "orders-0 waits with 1 records" in batches(cluster, producer).html


def test_full_is_high_and_lingering_is_long():
    sent = [Sent(1.0, "t", 0, 100, 16_000, 1.0, "full"), Sent(2.0, "t", 0, 1, 100, 500.0, "lingered")]
    seen = Seen(batches_svg((), sent, 2.0))
    (full, lingered) = [
        e for e in seen.root.iter() if "fill-opacity:0.55" in (e.get("style") or "") and e.get("height")
    ]
    assert float(full.get("height")) > 2 * float(lingered.get("height"))
    assert float(lingered.get("width")) > 20 * float(full.get("width"))


def test_nothing_and_very_much():
    assert "nothing yet" in batches_html((), (), 0.0)
    sent = [Sent(i / 100, f"topic {i % 90}", i % 7, i, i, 5.0, "full") for i in range(5000)]
    waiting = [WaitingBatch("t", i, 3, 2_000_000_000, 5.0, 16_384, 0.0) for i in range(500)]
    html = batches_html(waiting, sent, 60.0)
    assert len(html) < 120_000
    for seen in forms(html):
        assert "… and 492 more batches" in seen.words
        assert inside(seen) == ""


def test_hostile_names():
    for name in NAMES:
        waiting = [WaitingBatch(name, 0, 3, 20, 5.0, 16_384, 20.0)]
        for seen in forms(batches_html(waiting, [Sent(1.0, name, 0, 1, 1, 1.0, "full")], 1.0)):
            assert not unsafe(seen.text), name
            assert inside(seen) == "", name
