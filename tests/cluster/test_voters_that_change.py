"""Who votes changes while the quorum runs: a controller that is voted out follows on, and may vote again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from minikafka import Cluster
from minikafka.controller.node import ControllerNode
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.add_raft_voter import AddRaftVoterRequest, Listener
from minikafka.protocol.messages.remove_raft_voter import RemoveRaftVoterRequest
from minikafka.protocol.messages.update_raft_voter import KRaftVersionFeature, UpdateRaftVoterRequest
from minikafka.protocol.messages.update_raft_voter import Listener as UpdatedListener
from minikafka.protocol.schema import Message
from minikafka.quorum import VoterNode


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(
        brokers=1, controllers=3, world="simulated", seed=4, message_events=False, watch_invariants=True
    )
    with made:
        yield made


def node(cluster: Cluster, host: str) -> ControllerNode:
    found = cluster._nodes.controllers[host]
    assert found is not None
    return found


def active(cluster: Cluster) -> str:
    found = cluster.snapshot().controller
    assert found is not None
    return found


def standby(cluster: Cluster) -> str:
    return next(c.name for c in cluster.snapshot().controllers if c.name != active(cluster))


def voters(cluster: Cluster, host: str) -> list[int]:
    return [voter.id for voter in node(cluster, host).quorum.voters]


def ask(cluster: Cluster, request: Message, host: str = "broker-1", port: int = 9092) -> Any:
    universe = cluster._loop.universe

    async def send() -> Message:
        channel = await Channel.connect(universe.world("client-9"), host, port, "somebody")
        try:
            return await channel.request(request, 0)
        finally:
            channel.close()

    return cluster._loop.run(cluster._nodes.on("client-9", send()), 60)


def remove(cluster: Cluster, one: VoterNode) -> Any:
    request = RemoveRaftVoterRequest(
        cluster_id=cluster.cluster_id, voter_id=one.id, voter_directory_id=one.directory_id
    )
    return ask(cluster, request)


def add(cluster: Cluster, one: VoterNode) -> Any:
    listener = Listener(name=one.listener, host=one.host, port=one.port)
    request = AddRaftVoterRequest(
        cluster_id=cluster.cluster_id,
        timeout_ms=30_000,
        voter_id=one.id,
        voter_directory_id=one.directory_id,
        listeners=[listener],
    )
    return ask(cluster, request)


def test_a_standby_is_voted_out_follows_on_and_votes_again(cluster: Cluster) -> None:
    cluster.run(1)
    gone = standby(cluster)
    one = node(cluster, gone).voter
    assert remove(cluster, one).error_code == ErrorCode.NONE
    cluster.create_topic("orders")
    cluster.run(2)
    assert all(one.id not in voters(cluster, host) for host in cluster._nodes.controllers)
    assert "orders" in node(cluster, gone).image.topics, "it follows as an observer"
    cluster.restart(gone)
    cluster.run(5)
    assert one.id not in voters(cluster, gone), "that is in its log"
    assert add(cluster, one).error_code == ErrorCode.NONE
    cluster.run(1)
    assert all(one.id in voters(cluster, host) for host in cluster._nodes.controllers)
    other = next(h for h in cluster._nodes.controllers if h not in (gone, active(cluster)))
    cluster.kill(other)
    cluster.create_topic("later")


def test_the_active_one_is_voted_out_and_another_leads(cluster: Cluster) -> None:
    cluster.run(1)
    gone = active(cluster)
    answer = remove(cluster, node(cluster, gone).voter)
    assert answer.error_code in (ErrorCode.NONE, ErrorCode.NOT_CONTROLLER)
    cluster.run(5)
    assert active(cluster) != gone
    cluster.create_topic("orders")
    cluster.run(2)
    assert "orders" in node(cluster, gone).image.topics
    assert len(voters(cluster, gone)) == 2


def test_a_voter_that_has_moved_says_so(cluster: Cluster) -> None:
    cluster.run(1)
    one = node(cluster, standby(cluster)).voter
    request = UpdateRaftVoterRequest(
        cluster_id=cluster.cluster_id,
        current_leader_epoch=-1,
        voter_id=one.id,
        voter_directory_id=one.directory_id,
        listeners=[UpdatedListener(name=one.listener, host=one.host, port=9999)],
        k_raft_version_feature=KRaftVersionFeature(min_supported_version=0, max_supported_version=1),
    )
    leader = node(cluster, active(cluster))
    answer = ask(cluster, request, active(cluster), 9093)
    assert (answer.error_code, answer.current_leader.leader_id) == (ErrorCode.NONE, leader.id)
    assert next(v.port for v in leader.quorum.voters if v.id == one.id) == 9999
    request.voter_id = 77
    assert ask(cluster, request, active(cluster), 9093).error_code == ErrorCode.VOTER_NOT_FOUND


def test_what_is_refused(cluster: Cluster) -> None:
    cluster.run(1)
    one = node(cluster, standby(cluster)).voter
    unknown = VoterNode(77, UUID(int=77), "controller-1", 9093)
    assert remove(cluster, unknown).error_code == ErrorCode.VOTER_NOT_FOUND
    assert remove(cluster, VoterNode(one.id, UUID(int=7), "", 1)).error_code == ErrorCode.VOTER_NOT_FOUND, (
        "another directory"
    )
    assert add(cluster, one).error_code == ErrorCode.DUPLICATE_VOTER
    assert add(cluster, unknown).error_code == ErrorCode.REQUEST_TIMED_OUT, "nobody of that id follows"
    foreign = RemoveRaftVoterRequest(
        cluster_id="another", voter_id=one.id, voter_directory_id=one.directory_id
    )
    assert ask(cluster, foreign).error_code == ErrorCode.INCONSISTENT_CLUSTER_ID
    direct = RemoveRaftVoterRequest(cluster_id=None, voter_id=one.id, voter_directory_id=one.directory_id)
    assert ask(cluster, direct, standby(cluster), 9093).error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
    assert len(voters(cluster, active(cluster))) == 3


def test_a_controller_joins_a_running_cluster_and_the_tape_knows(cluster: Cluster) -> None:
    cluster.create_topic("orders")
    assert cluster.add_controller() == "controller-4"
    cluster.run(2)
    assert all(voters(cluster, host) == [3000, 3001, 3002, 3003] for host in cluster._nodes.controllers)
    for host in ("controller-1", "controller-4"):
        cluster.power_cut(host)
        cluster.restart(host)
        cluster.run(5)
    cluster.remove_controller("controller-1")
    cluster.create_topic("later")
    cluster.run(1)
    assert 3000 not in voters(cluster, "controller-4")
    assert "later" in node(cluster, "controller-4").image.topics
    then = cluster.snapshot()
    cluster.run(3)
    cluster.rewind(to=then.at)
    assert cluster.snapshot().controllers == then.controllers


def test_what_cant_join_or_leave(cluster: Cluster) -> None:
    with pytest.raises(ValueError, match="is no controller"):
        cluster.remove_controller("broker-1")
    with Cluster(brokers=1, world="simulated") as alone, pytest.raises(ValueError, match="controllers=3"):
        alone.add_controller()
