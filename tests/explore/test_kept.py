"""Runs that broke once, shrunk, each with its seed: they hold now."""

import pytest

from minikafka.commands import CreateTopic, FailDisk, Suspend
from minikafka.explore import Case, Fault, Workload

ORDERS = CreateTopic("orders", 1, 3, {"min.insync.replicas": "2"})

CASES = {
    "a controller that wakes and knows that it leads no more, but not yet that it isn't active": Case(
        35007,
        Workload((ORDERS,), (), lasts_s=7.5),
        (
            Fault(0.0, FailDisk("broker-2"), only_alone=True),
            Fault(0.0, Suspend("controller-1", 12.0)),
        ),
        controllers=3,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_holds(name):
    report = CASES[name].run()
    assert report.holds, report
