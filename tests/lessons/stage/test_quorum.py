"""What lesson 12 shows of the controllers: their log, their deaths, the time in which nobody leads."""

from importlib import import_module

import pytest

from minikafka import Cluster
from minikafka_lessons.cells import Stumble
from minikafka_lessons.stage import quorum


@pytest.fixture(scope="module")
def cluster():
    with Cluster(brokers=1, controllers=3, world="simulated", seed=12, announce=False) as made:
        made.create_topic("orders", 2, 1)
        made.run(1)
        yield made


def test_the_log_is_the_same_on_every_controller_and_says_what_the_snapshot_says(cluster):
    read = [quorum.records(cluster, one.name) for one in cluster.snapshot().controllers]
    assert [list(one) for one in read[1:]] == [list(read[0])] * 2
    assert read[0].end == cluster.snapshot().controllers[0].log_end
    leaders = {
        one.data["partitionId"]: one.data["leader"] for one in read[0] if one.type == "PARTITION_RECORD"
    }
    assert leaders == {0: 1, 1: 1}
    assert [one.offset for one in quorum.records(cluster, since=read[0].end - 2)] == [
        read[0].end - 2,
        read[0].end - 1,
    ]


def test_a_table_of_records_has_a_line_for_each(cluster):
    read = quorum.records(cluster)
    head, *lines = repr(read).splitlines()
    assert head.split() == ["offset", "epoch", "record"]
    assert len(lines) == len(read)
    assert lines[0].split()[:4] == ["0", "1", "LEADER_CHANGE", "leaderId=3000"]
    assert all(len(line) <= 110 and line == line.rstrip() for line in lines)


def test_without_an_active_controller_one_has_to_be_named():
    with Cluster(brokers=1, controllers=3, world="simulated", seed=12, announce=False) as made:
        for host in ("controller-1", "controller-2"):
            made.kill(host)
        made.run(10)
        with pytest.raises(Stumble, match="name one"):
            quorum.records(made)
        assert len(quorum.records(made, "controller-1")) == len(quorum.records(made, "controller-3"))


def test_who_says_goodbye_is_missed_for_less_long():
    killed = quorum.without_a_leader(range(12))
    goodbye = quorum.without_a_leader(range(12), says_goodbye=True)
    patient = quorum.without_a_leader(range(12), fetch_timeout_ms=4000)
    assert goodbye.seconds[-1] < killed.seconds[0]
    assert killed.median < patient.median
    assert "12 elections" in str(killed)


def test_without_what_a_majority_of_this_epoch_has_it_is_lost():
    told = quorum.left_by_another(commit_offset=lambda committed, start, has: max(committed, has))
    assert told.broken is not None
    assert quorum.left_by_another().broken is None


@pytest.mark.slow
@pytest.mark.parametrize("name", quorum.DRILLS)
def test_a_drill_ends_as_exercise_12c_says(name):
    truth = import_module("minikafka_lessons.12_kraft.exercise_12c").TRUTH
    assert [quorum.drill(name, seed) for seed in (12, 13, 14)] == [truth[name]] * 3
