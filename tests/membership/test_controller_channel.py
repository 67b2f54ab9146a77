"""A broker asks the controller for its clients: within the time that they gave it, and no longer."""

from __future__ import annotations

import pytest

from minikafka import Cluster, NewTopic
from minikafka.membership.controller_channel import ControllerChannel
from minikafka.membership.controllers import Controllers
from minikafka.protocol.messages.describe_cluster import DescribeClusterRequest


def test_what_is_asked_while_the_only_controller_is_away_is_done_when_it_is_back() -> None:
    with Cluster(brokers=1, world="simulated", seed=3, message_events=False) as cluster:
        admin = cluster.admin()
        cluster.run(1)
        cluster.kill("controller-1")
        created = admin.create_topics([NewTopic("orders", 1, 1)], request_timeout=20)["orders"]
        cluster.run(5)
        assert not created.done()
        cluster.restart("controller-1")
        created.result(20)


@pytest.mark.parametrize("timeout_s", [0.5, 3.0])
def test_connecting_is_a_part_of_the_time(timeout_s: float) -> None:
    with Cluster(brokers=1, world="simulated", seed=3, message_events=False) as cluster:
        cluster.run(1)
        cluster.partition(["client-9"], ["controller-1"])
        world = cluster._loop.universe.world("client-9")
        channel = ControllerChannel(world, Controllers([("controller-1", 9093)]), "somebody")

        async def ask() -> float:
            begun = world.clock.now()
            with pytest.raises((OSError, TimeoutError)):
                await channel.request_decider(DescribeClusterRequest(), 0, timeout_s)
            return world.clock.now() - begun

        assert cluster._loop.run(cluster._nodes.on("client-9", ask()), 60) <= timeout_s + 0.1
