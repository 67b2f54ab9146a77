"""A load in virtual time: LAG is what comes minus what goes, and a rewound cluster finds its load as it was."""

import pytest

from minikafka import Cluster
from minikafka.commands import AddPartitions
from minikafka_lessons.stage.load import Load


@pytest.fixture
def cluster():
    with Cluster(brokers=3, world="simulated", seed=9, announce=False) as made:
        yield made


def loaded(cluster, **more) -> Load:
    return Load(cluster, "flights", "desk", partitions=2, speed=10, telling=False, **more)


def test_lag_grows_by_what_comes_minus_what_goes_and_no_worker_helps_beyond_the_partitions(cluster):
    load = loaded(cluster)
    load.add_workers(4)
    load.run(3, 30)
    before = load.lag
    load.run(5, 30)
    assert load.lag - before == 5 * (30 - 2 * 10)
    assert sum(bool(worker.assignment()) for worker in load.workers) == 2


def test_growing_upon_a_backlog_lets_records_come_late_and_after_a_drain_it_does_not(cluster):
    load = loaded(cluster, keys=[f"k{n}" for n in range(40)])
    load.add_workers(4)
    load.run(10, 40)
    cluster.mark("before growing")
    lag, worked = load.lag, len(load.worked)
    cluster.do(AddPartitions("flights", 4))
    load.run(8, 40)
    assert load.overtaken
    cluster.rewind("before growing")
    load.run(1, 0)
    assert len(load.samples) == 11
    assert len(load.worked) == worked + 20
    assert load.lag == lag - 20
    load.drain()
    cluster.do(AddPartitions("flights", 4))
    load.run(3, 0)
    load.run(8, 40)
    assert load.overtaken == []


def test_the_cell_again_begins_anew(cluster):
    loaded(cluster).run(2, 10)
    again = loaded(cluster)
    again.add_workers(1)
    again.run(3, 5)
    assert cluster.snapshot().topic("flights").records == 15


def test_who_obeys_a_monitor_adds_workers_and_replaces_the_one_that_hangs(cluster):
    load = loaded(cluster)
    load.add_workers(1)
    load.run(20, 14, obey=True)
    load.stop_working(0)
    load.run(12, 10, obey=True)
    load.run(10, 0, obey=True)
    assert [action.split()[0] for _, action in load.actions] == ["added", "replaced"]
    assert load.lag == 0
