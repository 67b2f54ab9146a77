"""The quorum under watch: what Raft promises holds of three controllers, whatever happens to them."""

from __future__ import annotations

import pytest

from minikafka import Cluster, Rules
from minikafka.explore import InvariantBroken


def three(seed: int = 11, rules: Rules | None = None) -> Cluster:
    return Cluster(
        brokers=1,
        controllers=3,
        world="simulated",
        seed=seed,
        rules=rules,
        message_events=False,
        watch_invariants=True,
    )


def test_a_majority_of_one_is_told_by_name() -> None:
    def one(voters: int) -> int:
        return 1

    with pytest.raises(InvariantBroken) as broken:  # noqa: PT012
        cluster = three(rules=Rules(majority=one))
        cluster.create_topic("orders")
    assert broken.value.name == "what is committed is on the disks of a majority"
