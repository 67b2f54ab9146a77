"""A live cluster's picture tells how much of each segment is in the page cache; a simulated one can't know."""

import sys

import pytest

from minikafka import Cluster


def segments(cluster):
    snapshot = cluster.snapshot()
    return [s for r in snapshot.partition("t", 0).replicas for s in r.segments or ()]


def fill(cluster):
    cluster.create_topic("t", partitions=1)
    producer = cluster.producer()
    for _ in range(100):
        producer.produce("t", b"x" * 1_000)
    producer.flush()
    producer.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the residency of files")
def test_live():
    with Cluster(brokers=1) as cluster:
        fill(cluster)
        (segment,) = segments(cluster)
        assert segment.pages > 0
        assert segment.resident_pages == segment.pages


def test_simulated():
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        fill(cluster)
        (segment,) = segments(cluster)
        assert (segment.pages, segment.resident_pages) == (None, None)
