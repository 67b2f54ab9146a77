"""What can befall a cluster: every verb, in a simulated cluster and in a live one, which says in one sentence why it
can't where it can't.
"""

import pytest

from minikafka import Cluster
from minikafka.commands import parse

BOTH = (
    "kill broker-2",
    "restart broker-2",
    "stop broker-2",
    "restart broker-2",
    "cut broker-1 | broker-2",
    "heal",
    "fail_disk broker-2",
    "repair_disk broker-2",
)
SIMULATED = {
    "power_cut broker-2": "kill is the nearest to it",
    "suspend broker-1 1": "minikafka up --processes",
    "wake broker-1": "no host of this one can be suspended",
    "cut broker-1 > broker-2": "a connection breaks as a whole",
    "slow 0.001 0.01": "this machine's own",
    "lose 0.05": "this machine's own",
    "reorder 0.2": "this machine's own",
    "set_clock broker-1 3600": "this machine's clock",
    "set_clock broker-1 -30 0.01": "this machine's clock",
    "fill_disk broker-2": "fail_disk takes",
    "slow_disk broker-1 0.01": "fail_disk takes",
}


def test_a_simulated_cluster_bears_them_all():
    with Cluster(brokers=2, world="simulated", seed=3, watch_invariants=True) as cluster:
        cluster.create_topic("orders", 1, 2)
        for line in BOTH:
            cluster.do(parse(line))
        cluster.do(parse("restart broker-2"))
        for line in SIMULATED:
            cluster.do(parse(line))
            cluster.run(0.1)
            if line.startswith("power_cut"):
                cluster.do(parse("restart broker-2"))
        for line in ("heal", "lose 0", "reorder 0", "repair_disk broker-2", "restart broker-2"):
            cluster.do(parse(line))
        cluster.run(20)
        assert len(cluster.snapshot().partition("orders", 0).isr) == 2


def test_a_live_cluster_does_what_one_machine_can_and_says_why_not_the_rest():
    with Cluster(brokers=2) as cluster:
        for line in BOTH:
            cluster.do(parse(line))
        for line, why in SIMULATED.items():
            with pytest.raises(ValueError, match=why) as refused:
                cluster.do(parse(line))
            assert str(refused.value).count(". ") == 0, "one sentence"
            assert "a simulated" in str(refused.value)


def test_a_clock_that_gains_is_further_off_with_each_second():
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        clock = cluster._nodes.universe.world("broker-1").clock
        true = cluster._nodes.universe.world("controller-1").clock
        cluster.do(parse("set_clock broker-1 10 0.5"))
        cluster.run(20)
        assert clock.time_ms() - true.time_ms() == pytest.approx(20_000, abs=2)
        cluster.do(parse("set_clock broker-1 0"))
        cluster.run(20)
        assert clock.time_ms() == true.time_ms()
