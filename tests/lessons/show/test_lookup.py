"""How an offset is found: the picture says what the broker's own search would do."""

import pytest
from hostile_names import NAMES, unsafe
from seeing import Seen, forms, inside

from minikafka import Cluster
from minikafka.xray import reading
from minikafka.xray.files import ReplicaPlace
from minikafka_lessons.show.lookup import Batch, Lookup, find, find_time, lookup, lookup_html, lookup_svg


@pytest.fixture(scope="module")
def cluster():
    with Cluster(brokers=1, world="simulated", seed=3) as made:
        made.create_topic("logs", configs={"segment.bytes": 1_048_576})
        producer = made.producer()
        for i in range(1500):
            producer.produce("logs", bytes(900), partition=0)
            if i % 5 == 0:
                producer.flush()
        producer.flush()
        yield made


def test_the_way_goes_through_the_file_the_index_and_a_few_batches(cluster):
    found = find(ReplicaPlace("broker-1", "logs", 0), 777, cluster.look)
    assert found.base <= 777 < next(base for base, _ in found.segments if base > found.base)
    assert found.entry == max(e for e in found.entries if e[0] <= 777)
    assert found.scanned[0].position == found.entry[1]
    assert found.scanned[-1].first <= 777 <= found.scanned[-1].last
    assert found.scanned_bytes < 4096 + 2 * 5000, "the index has an entry every 4,096 bytes"
    for seen in forms(lookup(cluster, "logs", 0, 777).html):
        assert "1 · Which file? The last whose first offset is not after 777" in seen.describes
        assert f"{found.scanned_bytes:,} bytes scanned of" in seen.describes
        assert inside(seen) == ""


def test_a_time_leads_through_the_time_index_to_the_first_record_that_is_not_older(cluster):
    place = ReplicaPlace("broker-1", "logs", 0)
    for offset in (0, 400, 1300, 1499):
        batch = reading.read(reading.find_offset(place, offset), cluster.look).line.header
        found = find_time(place, batch.max_timestamp, cluster.look)
        first = found.scanned[-1]
        assert first.first <= batch.base_offset, "a batch before it may be of the same millisecond"
        header = reading.read(reading.find_offset(place, first.first), cluster.look).line.header
        assert header.max_timestamp == batch.max_timestamp
        assert all(at > batch.max_timestamp or at_offset <= first.last for at, at_offset in found.times)
    for seen in forms(lookup(cluster, "logs", time_ms=batch.max_timestamp).html):
        assert "2 · In its time index, the last entry at or before" in seen.describes
        assert "4 · Scan from there" in seen.describes
        assert inside(seen) == ""
    assert "no record as young as" in lookup(cluster, "logs", time_ms=batch.max_timestamp + 10**9).html


def test_each_row_is_the_magnified_part_of_the_one_above(cluster):
    found = find(ReplicaPlace("broker-1", "logs", 0), 1400, cluster.look)
    seen = Seen(lookup_svg(found))
    chosen, index_part, *_ = [b for b in seen.boxes("var(--mk-green") if b[2] > 2]
    assert chosen[1] < index_part[1]
    ((_, _, scanned_width),) = list(seen.boxes("fill-opacity:0.85"))
    assert scanned_width > index_part[2], "what was a hair is a box below"


def test_an_offset_that_is_not_there_is_said(cluster):
    for offset in (99_999, -1):
        for seen in forms(lookup(cluster, "logs", 0, offset).html):
            assert "logs-0 on broker-1" in seen.describes
    assert "There is no partition nothing-0" in lookup(cluster, "nothing").html


def test_many_segments_and_batches_stay_few_shapes():
    batches = tuple(Batch(i * 100, 100, i, i) for i in range(5000))
    segments = tuple((i * 5000, 500_000) for i in range(2000))
    found = Lookup(
        "p", 4000, segments, 0, tuple((i, i * 100) for i in range(5000)), None, batches[:4001], batches[4001:]
    )
    html = lookup_html(found)
    assert len(html) < 120_000
    assert all(inside(seen) == "" for seen in forms(html))


def test_hostile_names():
    for name in NAMES:
        found = Lookup(name, 0, ((0, 10),), 0, (), None, (Batch(0, 10, 0, 0),))
        for seen in forms(lookup_html(found)):
            assert not unsafe(seen.text), name
            assert inside(seen) == "", name
