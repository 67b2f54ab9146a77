"""Three controllers: one may die, be cut off or lose its power, and the cluster goes on; one alone decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from minikafka import Cluster, NewTopic
from minikafka.cluster.voters import OtherVoters, number_of_controllers
from minikafka.controller.node import ControllerNode
from minikafka.metadata.ids import METADATA_TOPIC_ID
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages import begin_quorum_epoch as begin
from minikafka.protocol.messages import fetch as fetching
from minikafka.protocol.messages import vote as voting
from minikafka.protocol.messages.controller_registration import ControllerRegistrationRequest
from minikafka.protocol.messages.describe_cluster import DescribeClusterRequest
from minikafka.protocol.messages.describe_quorum import DescribeQuorumRequest, PartitionData, TopicData
from minikafka.protocol.schema import Message
from minikafka.xray.snapshot import Snapshot

METADATA = "__cluster_metadata"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(
        brokers=3, controllers=3, world="simulated", seed=11, message_events=False, watch_invariants=True
    )
    with made:
        yield made


def create(cluster: Cluster, name: str) -> None:
    cluster.create_topic(name, partitions=3, replication_factor=3)


def active(cluster: Cluster) -> str:
    found = cluster.snapshot().controller
    assert found is not None
    return found


def standbys(cluster: Cluster) -> list[str]:
    return [c.name for c in cluster.snapshot().controllers if c.name != active(cluster)]


def node(cluster: Cluster, host: str) -> ControllerNode:
    found = cluster._nodes.controllers[host]
    assert found is not None
    return found


def agree(cluster: Cluster) -> bool:
    """Have all controllers the same, all of it committed?"""
    controllers = cluster.snapshot().controllers
    return len({(c.log_end, c.committed, c.epoch) for c in controllers}) == 1 and all(
        c.log_end == c.committed for c in controllers
    )


def ask(cluster: Cluster, host: str, request: Message, version: int) -> Any:
    universe = cluster._loop.universe

    async def send() -> Message:
        channel = await Channel.connect(universe.world("client-9"), host, 9093, "somebody")
        try:
            return await channel.request(request, version)
        finally:
            channel.close()

    return cluster._loop.run(cluster._nodes.on("client-9", send()), 10)


def test_one_is_elected_and_the_others_replay_what_it_decides(cluster: Cluster) -> None:
    create(cluster, "orders")
    cluster.run(1)
    assert agree(cluster)
    images = [node(cluster, host).image for host in ("controller-1", "controller-2", "controller-3")]
    assert images[0].topics.keys() == images[1].topics.keys() == images[2].topics.keys() == {"orders"}
    assert [n.is_active for n in cluster._nodes.controllers.values() if n].count(True) == 1


@pytest.mark.parametrize("how", ["kill", "power_cut", "partition"])
def test_the_active_one_goes_and_another_takes_over(cluster: Cluster, how: str) -> None:
    create(cluster, "orders")
    gone = active(cluster)
    if how == "partition":
        cluster.partition([gone])
    else:
        getattr(cluster, how)(gone)
    cluster.run(6)
    assert active(cluster) != gone
    create(cluster, "later")
    producer = cluster.producer({"acks": "all"})
    producer.produce("later", b"here")
    assert producer.flush(10) == 0
    if how == "partition":
        cluster.heal()
    else:
        cluster.restart(gone)
    cluster.run(5)
    assert agree(cluster)
    assert {b.state for b in cluster.snapshot().brokers} == {"running"}


def test_a_leader_that_is_cut_off_resigns_and_what_it_decided_alone_was_never_so(cluster: Cluster) -> None:
    gone = active(cluster)
    old = node(cluster, gone)
    cluster.partition([gone])
    cluster.run(0.1)
    assert old.is_active
    cluster.run(4)
    assert not old.is_active, "no majority fetches from it"
    assert active(cluster) != gone
    cluster.heal()
    cluster.run(5)
    assert agree(cluster)


def test_without_a_majority_nothing_is_decided_and_what_is_led_is_served(cluster: Cluster) -> None:
    create(cluster, "orders")
    two = [active(cluster), standbys(cluster)[0]]
    for host in two:
        cluster.kill(host)
    cluster.run(4)
    assert cluster.snapshot().controller is None
    producer = cluster.producer({"acks": "all"})
    producer.produce("orders", b"still")
    assert producer.flush(10) == 0
    admin = cluster.admin()
    with pytest.raises(Exception, match=r"(?i)time"):
        admin.create_topics([NewTopic("later", 1, 3)], request_timeout=3)["later"].result()
    cluster.restart(two[0])
    cluster.run(6)
    create(cluster, "at-last")
    cluster.restart(two[1])
    cluster.run(5)
    assert agree(cluster)


def test_a_controller_that_is_restarted_hands_over_at_once(cluster: Cluster) -> None:
    old, began = active(cluster), cluster.snapshot().at
    cluster.restart(old)
    new = cluster.run_until(lambda s: s.controller not in (None, old), timeout_s=5)
    assert isinstance(new, Snapshot)
    assert new.at - began < 1, "nobody had to wait until the leader wasn't heard of"


def test_the_whole_quorum_loses_its_power_and_nothing_else(cluster: Cluster) -> None:
    create(cluster, "orders")
    for host in ("controller-1", "controller-2", "controller-3"):
        cluster.power_cut(host)
    cluster.run(1)
    for host in ("controller-1", "controller-2", "controller-3"):
        cluster.restart(host)
    cluster.run(6)
    assert set(node(cluster, active(cluster)).image.topics) == {"orders"}
    create(cluster, "later")


def test_the_quorum_is_described_with_all_its_voters(cluster: Cluster) -> None:
    cluster.run(1)
    topic = TopicData(topic_name=METADATA, partitions=[PartitionData(partition_index=0)])
    answer = ask(cluster, active(cluster), DescribeQuorumRequest(topics=[topic]), 2)
    told = answer.topics[0].partitions[0]
    assert [v.replica_id for v in told.current_voters] == [3000, 3001, 3002]
    assert {v.log_end_offset for v in told.current_voters} == {told.high_watermark}
    assert [o.replica_id for o in told.observers] == [1, 2, 3]
    assert [(n.node_id, n.listeners[0].host) for n in answer.nodes] == [
        (3000, "controller-1"),
        (3001, "controller-2"),
        (3002, "controller-3"),
    ]
    refused = ask(cluster, standbys(cluster)[0], DescribeQuorumRequest(topics=[topic]), 2)
    assert refused.topics[0].partitions[0].error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER


def test_every_controller_registers_and_each_can_say_who_there_is(cluster: Cluster) -> None:
    cluster.run(3)
    for host in ("controller-1", "controller-2", "controller-3"):
        told = ask(cluster, host, DescribeClusterRequest(endpoint_type=2), 2)
        assert (told.error_code, told.endpoint_type, told.cluster_id) == (0, 2, cluster.cluster_id)
        assert told.controller_id == node(cluster, active(cluster)).id
        assert [(b.broker_id, b.host, b.port) for b in told.brokers] == [
            (3000, "controller-1", 9093),
            (3001, "controller-2", 9093),
            (3002, "controller-3", 9093),
        ]
    refused = ask(cluster, "controller-1", DescribeClusterRequest(endpoint_type=1), 2)
    assert refused.error_code == ErrorCode.MISMATCHED_ENDPOINT_TYPE
    before = node(cluster, active(cluster)).image.controllers
    gone = standbys(cluster)[0]
    cluster.restart(gone)
    cluster.run(3)
    after = node(cluster, active(cluster)).image.controllers
    assert [id for id in after if after[id].incarnation_id != before[id].incarnation_id] == [
        node(cluster, gone).id
    ]


def test_a_controller_that_nobody_could_reach_is_not_registered(cluster: Cluster) -> None:
    request = ControllerRegistrationRequest(
        controller_id=9, incarnation_id=UUID(int=9), listeners=[], features=[]
    )
    assert ask(cluster, active(cluster), request, 0).error_code == ErrorCode.INVALID_REGISTRATION
    assert ask(cluster, standbys(cluster)[0], request, 0).error_code == ErrorCode.NOT_CONTROLLER


def test_the_quorums_timeouts_are_read() -> None:
    quick = {"controller.quorum.fetch.timeout.ms": 300, "controller.quorum.election.timeout.ms": 100}
    with Cluster(brokers=1, controllers=3, world="simulated", seed=11, configs=quick) as cluster:
        gone, began = active(cluster), cluster.snapshot().at
        cluster.kill(gone)
        new = cluster.run_until(lambda s: s.controller not in (None, gone), timeout_s=5)
        assert isinstance(new, Snapshot)
        assert new.at - began < 1.5


def test_quorum_state_is_kafkas_file(cluster: Cluster) -> None:
    disk = node(cluster, standbys(cluster)[0]).world.disk
    state = json.loads(disk.read_bytes(f"{METADATA}-0/quorum-state"))
    leader = node(cluster, active(cluster))
    assert state.keys() == {"leaderId", "leaderEpoch", "votedId", "votedDirectoryId", "data_version"}
    assert (state["leaderId"], state["leaderEpoch"], state["data_version"]) == (
        leader.id,
        leader.quorum.leader_epoch,
        1,
    )


def vote_request(cluster: Cluster, **changed: Any) -> voting.VoteRequest:
    asked: dict[str, Any] = {
        "partition_index": 0,
        "replica_epoch": 99,
        "replica_id": 3000,
        "last_offset_epoch": 98,
        "last_offset": 10_000,
    }
    names = {*asked, "replica_directory_id", "voter_directory_id"}
    partition = voting.PartitionData(**{k: v for k, v in {**asked, **changed}.items() if k in names})
    return voting.VoteRequest(
        cluster_id=changed.get("cluster_id", cluster.cluster_id),
        voter_id=changed.get("voter_id", -1),
        topics=[voting.TopicData(topic_name=changed.get("topic", METADATA), partitions=[partition])],
    )


def test_what_strangers_ask_changes_nothing(cluster: Cluster) -> None:
    host = active(cluster)
    leader = node(cluster, host)
    epoch = leader.quorum.leader_epoch
    for changed, error in (
        ({"cluster_id": "another"}, ErrorCode.INCONSISTENT_CLUSTER_ID),
        ({"topic": "orders"}, ErrorCode.INVALID_REQUEST),
        ({"voter_id": 3999}, ErrorCode.INVALID_VOTER_KEY),
        ({"voter_directory_id": UUID(int=5)}, ErrorCode.INVALID_VOTER_KEY),
    ):
        assert ask(cluster, host, vote_request(cluster, **changed), 2).error_code == error
    for changed in ({"replica_id": 77}, {"replica_directory_id": UUID(int=5)}):
        partition = ask(cluster, host, vote_request(cluster, **changed), 2).topics[0].partitions[0]
        assert (partition.error_code, partition.vote_granted) == (ErrorCode.INCONSISTENT_VOTER_SET, False)
    begun = begin.PartitionData(partition_index=0, leader_id=77, leader_epoch=99)
    request = begin.BeginQuorumEpochRequest(topics=[begin.TopicData(topic_name=METADATA, partitions=[begun])])
    assert (
        ask(cluster, host, request, 1).topics[0].partitions[0].error_code == ErrorCode.INCONSISTENT_VOTER_SET
    )
    assert leader.is_active
    assert leader.quorum.leader_epoch == epoch


def test_who_asks_under_another_directory_than_the_voters_is_an_observer(cluster: Cluster) -> None:
    """It has lost what the voter of that id had: what it says it has now doesn't count."""
    host = active(cluster)
    leader = node(cluster, host)
    voter = next(one for one in leader.quorum.voters if one.id != leader.id)
    asked = fetching.FetchPartition(
        partition=0,
        current_leader_epoch=leader.quorum.leader_epoch,
        fetch_offset=0,
        last_fetched_epoch=0,
        partition_max_bytes=1 << 20,
        replica_directory_id=UUID(int=5),
    )
    topic = fetching.FetchTopic(topic=METADATA, topic_id=METADATA_TOPIC_ID, partitions=[asked])
    request = fetching.FetchRequest(
        replica_state=fetching.ReplicaState(replica_id=voter.id, replica_epoch=-1),
        max_wait_ms=0,
        min_bytes=0,
        topics=[topic],
    )
    assert ask(cluster, host, request, 18).responses[0].partitions[0].error_code == ErrorCode.NONE
    observers = [(one.id, one.directory_id) for one in leader.fetches.observers]
    assert (voter.id, UUID(int=5)) in observers


def test_a_data_directory_keeps_its_number_of_controllers() -> None:
    hosts = ["controller-1", "controller-2", "controller-3", "broker-1"]
    assert number_of_controllers(hosts, None) == 3
    assert number_of_controllers([], None) == 1
    assert number_of_controllers([], 5) == 5
    with pytest.raises(OtherVoters, match="quorum of 3 controllers"):
        number_of_controllers(hosts, 1)


def test_a_tape_knows_how_many_there_were(cluster: Cluster) -> None:
    create(cluster, "orders")
    cluster.kill(active(cluster))
    cluster.run(4)
    then = cluster.snapshot()
    cluster.run(3)
    cluster.rewind(to=then.at)
    assert cluster.snapshot().controllers == then.controllers


def test_who_asks_while_one_is_elected_waits_and_is_answered(cluster: Cluster) -> None:
    """A client can't choose a controller: its broker asks for it, until one decides."""
    for n, end in enumerate((cluster.kill, cluster.power_cut, cluster.restart)):
        gone = active(cluster)
        end(gone)
        create(cluster, f"asked-at-once-{n}")
        if end != cluster.restart:
            cluster.restart(gone)
    assert {t.name for t in cluster.snapshot().topics} == {f"asked-at-once-{n}" for n in range(3)}
