"""A wrong rule in the place of Kafka's: it is caught under faults, by the right name, within a few seeds."""

import pytest

from minikafka import Rules
from minikafka.commands import CreateTopic, Cut, Kill, Restart, Slow
from minikafka.explore import ORDERS, Fault, Workload, Writing, run
from minikafka.explore.workload import PATIENT
from minikafka.replication.partition import Partition

ONE = Workload((CreateTopic("orders", 1, 3, {"min.insync.replicas": "2"}),), (Writing("orders", PATIENT),))
SEEDS = range(1, 9)


def caught(rules, workload=ONE, faults=None, seeds=SEEDS):
    """The first report that broke, and how many seeds that took."""
    for seed in seeds:
        report = run(seed, workload, faults, rules=rules)
        if not report.holds:
            return report
    pytest.fail(f"{len(seeds)} seeds held with the wrong rule")


def one_too_far(current, leader_end, isr_ends):
    return max(current, min(leader_end, min([leader_end, *isr_ends]) + 1))


def of_the_leader_alone(current, leader_end, isr_ends):
    return max(current, leader_end)


def of_the_fastest_two(current, leader_end, isr_ends):
    return max(current, sorted([*isr_ends], reverse=True)[:2][-1])


@pytest.mark.parametrize("wrong", [one_too_far, of_the_leader_alone, of_the_fastest_two])
def test_a_high_watermark_that_does_not_wait(wrong):
    broken = caught(Rules(high_watermark=wrong)).broken
    assert (broken.kind, broken.name) == ("invariant", "the high watermark waits for the whole ISR")
    assert "HighWatermarkAdvanced topic=orders partition=0" in broken.event


def test_acks_answered_before_they_are_satisfied():
    def early(required, high_watermark):
        return True

    report = caught(Rules(acks_satisfied=early))
    assert (report.broken.kind, report.broken.name) == ("anomaly", "lost write")


def test_a_follower_that_cuts_too_much_while_it_is_in_the_isr():
    def too_much(follower_end, diverging_end):
        return min(follower_end, diverging_end) // 2

    writing = Writing("orders", {**PATIENT, "max.in.flight.requests.per.connection": 5}, 3)
    busy = Workload(ONE.topics, (writing,), every_s=0.05, lasts_s=14)
    faults = (Fault(1, Slow(0.001, 0.4)), Fault(3, Kill("broker-1"), whom="leader of orders-0"))
    report = caught(Rules(truncation_offset=too_much), busy, faults)
    assert (report.broken.kind, report.broken.name) == (
        "invariant",
        "an ISR member has all that was committed",
    )


def test_an_election_of_whoever_lives():
    """One comes back and can't reach the others yet: it has less than was committed."""

    def anybody(replicas, isr, alive, unclean):
        return next((r for r in replicas if r in alive), None)

    faults = (
        Fault(0.5, Kill("broker-1")),
        Fault(15, Cut(("broker-1",), ("broker-2", "broker-3"))),
        Fault(15, Restart("broker-1", is_awaited=False)),
        Fault(20, Kill("broker-2")),
    )
    report = caught(Rules(elect_leader=anybody), ORDERS, faults)
    assert (report.broken.kind, report.broken.name) == (
        "invariant",
        "an ISR member has all that was committed",
    )
    assert "LeaderElected topic=orders" in report.broken.event


def test_a_partition_with_two_owners():
    def everything_to_everybody(subscriptions, counts, owned):
        return {m: [(t, p) for t in topics for p in range(counts[t])] for m, topics in subscriptions.items()}

    broken = caught(Rules(assign_range=everything_to_everybody), ORDERS).broken
    assert (broken.kind, broken.name) == ("invariant", "a partition has one owner in a group")
    assert "GroupStateChanged group=billing" in broken.event


def test_a_follower_that_joins_the_isr_before_it_has_all(monkeypatch):
    monkeypatch.setattr(Partition, "could_rejoin", lambda self, replica: replica not in self.isr)
    monkeypatch.setattr(Partition, "_belongs", lambda self, *_: True)
    faults = (
        Fault(0.5, Kill("broker-3")),
        Fault(12, Slow(0.001, 0.4)),
        Fault(12, Restart("broker-3", is_awaited=False)),
    )
    broken = caught(Rules(), ONE, faults).broken
    assert (broken.kind, broken.name) == ("invariant", "an ISR member has all that was committed")


def test_the_same_report_from_the_same_arguments():
    wrong = Rules(acks_satisfied=lambda required, high_watermark: True)
    one, other = (run(2, ONE, rules=wrong) for _ in range(2))
    assert one == other
