"""A learner's function inside the cluster: "yours" is only said when it was, and what fails is said where it failed."""

import pytest

from minikafka import Cluster, Rules
from minikafka_lessons.rules import mine


def test_the_skeleton_is_ours_and_says_so():
    def lag(end, committed, start):
        raise NotImplementedError("exercise 1a")

    rule = mine(lag)
    assert rule(10, 4, 0) == Rules().lag(10, 4, 0)
    assert rule.whose == "our"
    assert rule.by == "by our function: yours is not written yet"


def test_what_is_written_and_answers_is_yours_right_or_wrong():
    def lag(end, committed, start):
        return 99

    rule = mine(lag)
    assert rule(10, 4, 0) == 99
    assert (rule.whose, rule.by) == ("your", "by your function")


def test_what_raises_is_ours_from_then_on_and_the_reason_is_told():
    def lag(end, committed, start):
        return end - committed

    rule = mine(lag)
    assert rule(10, 4, 0) == 6
    assert rule.whose == "your"
    assert rule(10, None, 0) is None
    assert rule.whose == "our"
    assert "1 of 2 times ours stood in: yours raised TypeError: unsupported operand" in rule.by


@pytest.mark.parametrize("value", ["6", 6.0, True, [6], object()])
def test_what_the_cluster_cannot_go_on_with_is_said_too(value):
    def lag(end, committed, start):
        return value

    rule = mine(lag)
    assert rule(10, 4, 0) == 6
    assert "which is not a number of records or None" in rule.by
    assert rule.whose == "our"


@pytest.mark.parametrize("value", [4, -1, None, 1.0])
def test_a_partition_that_is_not_there_never_breaks_the_producer(value):
    def partition_for_key(key, count):
        return value

    rule = mine(partition_for_key)
    with Cluster(brokers=1, world="simulated", seed=1, rules=Rules(partition_for_key=rule)) as cluster:
        cluster.create_topic("airports", 4)
        with cluster.producer() as producer:
            producer.produce("airports", b"v", key=b"OH")
            producer.flush()
        assert sum(p.end for p in cluster.snapshot().topic("airports").partitions) == 1
    assert "which is not one of the partitions" in rule.by
