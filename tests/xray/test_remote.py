"""Two sources, one picture: what the admin protocol tells of a cluster agrees with the cluster's own inside."""

from __future__ import annotations

import asyncio

import pytest

from minikafka.cluster import Cluster
from minikafka.xray.brokers import TIMEOUT_S
from minikafka.xray.changes import changes
from minikafka.xray.remote import RemoteCluster, RemoteFeed
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.trouble import troubles


def seen_from_outside(bootstrap_servers: str) -> Snapshot:
    async def look() -> Snapshot:
        feed = RemoteFeed(bootstrap_servers)
        try:
            return await feed.once()
        finally:
            await feed.close()

    return asyncio.run(look())


def test_both_sources_agree_on_what_both_can_know() -> None:
    with Cluster(brokers=3, announce=False) as cluster:
        cluster.create_topic("orders", partitions=4, replication_factor=3)
        producer = cluster.producer()
        for n in range(50):
            producer.produce("orders", f"value {n}", partition=n % 4)
        producer.flush(10)
        inside = cluster.wait_until(
            lambda s: all(p.high_watermark == p.end for p in s.topic("orders").partitions)
        )
        outside = seen_from_outside(cluster.bootstrap_servers)

    assert outside.world == "remote"
    assert outside.problems == ()
    assert outside.cluster_id == inside.cluster_id
    assert outside.topic("orders").id == inside.topic("orders").id
    assert len(outside.topic("orders").id or "") == 22
    assert [(b.name, b.state, b.leaders, b.partitions) for b in outside.brokers] == [
        (b.name, b.state, b.leaders, b.partitions) for b in inside.brokers
    ]
    for mine, theirs in zip(
        inside.topic("orders").partitions, outside.topic("orders").partitions, strict=True
    ):
        assert (theirs.leader, theirs.leader_epoch, theirs.isr) == (mine.leader, mine.leader_epoch, mine.isr)
        assert (theirs.log_start, theirs.high_watermark) == (mine.log_start, mine.high_watermark)
        assert [r.broker for r in theirs.replicas] == [r.broker for r in mine.replicas]
        assert theirs.records == mine.records
        # What no client is told stays unknown; it is not 0.
        assert theirs.end is None
        assert all(r.end is None and r.segments is None for r in theirs.replicas)


def test_a_groups_lag_is_the_same_from_outside() -> None:
    with Cluster(brokers=1, announce=False) as cluster:
        cluster.create_topic("orders", partitions=2, replication_factor=1)
        producer = cluster.producer()
        for n in range(10):
            producer.produce("orders", str(n), partition=0)
        producer.flush(10)
        consumer = cluster.consumer({"group.id": "billing", "auto.offset.reset": "earliest"})
        consumer.subscribe(["orders"])
        messages = consumer.consume(4, timeout=20)
        assert len(messages) == 4
        consumer.commit(message=messages[-1], asynchronous=False)
        inside, outside = cluster.snapshot(), seen_from_outside(cluster.bootstrap_servers)
        consumer.close()
    for snapshot in (inside, outside):
        group = snapshot.group("billing")
        assert group.members is not None
        assert (group.state, len(group.members), group.lag) == ("Stable", 1, 6)
        assert [(o.partition, o.committed, o.end, o.lag) for o in group.offsets] == [
            (0, 4, 10, 6),
            (1, None, 0, None),
        ]


@pytest.mark.slow
def test_a_dead_broker_costs_its_own_rows_only() -> None:
    with Cluster(brokers=2, announce=False) as cluster:
        cluster.create_topic("single", partitions=2, replication_factor=1)
        cluster.kill("broker-2")
        cluster.wait_until(lambda s: s.offline_partitions == 1)
        survivor = f"127.0.0.1:{cluster.snapshot().broker('broker-1').port}"
        outside = seen_from_outside(survivor)
    states = {p.leader: p.error for p in outside.topic("single").partitions}
    assert states == {"broker-1": None, None: "LEADER_NOT_AVAILABLE"}
    assert outside.broker("broker-1").state == "running"
    assert outside.broker("broker-2").state in {"down", "fenced"}


def test_nobody_there_is_one_sentence() -> None:
    with pytest.raises(ConnectionError, match=r"^No broker of 127\.0\.0\.1:1 answers\. .*refused"):
        seen_from_outside("127.0.0.1:1")


@pytest.mark.parametrize("servers", ["", "localhost", "localhost:", ":9092", "localhost:99999", "a:1,b"])
def test_an_address_that_is_none_is_refused(servers: str) -> None:
    with pytest.raises(ValueError, match="is not HOST:PORT"):
        RemoteFeed(servers)


class Outside:
    """Who looks at a simulated cluster as at a foreign one."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.world = cluster._clients.world()
        self.remote = RemoteCluster(self.world, cluster.bootstrap_servers)

    def look(self) -> Snapshot:
        """A picture, at the virtual time that it takes."""
        return self._cluster._loop.run(self.remote.snapshot())


def with_a_group(cluster: Cluster) -> Outside:
    cluster.create_topic("orders", 6, 3, {"min.insync.replicas": "3"})
    producer = cluster.producer()
    for n in range(30):
        producer.produce("orders", b"v", b"%d" % n)
    producer.flush()
    consumer = cluster.consumer({"group.id": "billing", "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])
    consumer.consume(30, 5)
    consumer.commit(asynchronous=False)
    consumer.close()
    return Outside(cluster)


def test_from_outside_too_a_dead_broker_is_told_of_before_the_controller_notices() -> None:
    with Cluster(brokers=3, world="simulated", seed=4) as cluster:
        outside = with_a_group(cluster)
        before = outside.look()
        assert troubles(before) == ()
        victim = before.group("billing").coordinator
        assert victim is not None
        lag = before.group("billing").lag
        cluster.kill(victim)
        cluster.run(1)
        seen = outside.look()
        assert (seen.broker(victim).state, seen.broker(victim).fenced) == ("down", False)
        sentences = [trouble.text for trouble in troubles(seen)]
        assert sentences[0].startswith(f"{victim} is down: writes and reads of the ")
        assert sentences[0].endswith(" s until the controller notices.")
        assert sentences[1] == "1 group is shown as last seen: its coordinator is gone (billing)."
        group = seen.group("billing")
        assert (group.coordinator, group.lag, group.as_of) == (victim, lag, before.at)
        assert group.error is not None
        assert seen.leaders_gone > 0
        cluster.run(15)
        noticed = outside.look()
        assert noticed.broker(victim).fenced
        assert noticed.leaders_gone == 0
        assert "acks=all writes are refused" in troubles(noticed)[0].text
        group = noticed.group("billing")
        assert (group.as_of, group.error, group.lag) == (None, None, lag)
        assert group.coordinator != victim


def test_a_broker_that_answers_nothing_is_waited_for_once() -> None:
    with Cluster(brokers=3, world="simulated", seed=4) as cluster:
        outside = with_a_group(cluster)
        outside.look()
        cluster.partition([outside.world.host], ["broker-1"])
        outside.look()
        began = cluster.now
        seen = outside.look()
        assert cluster.now - began < TIMEOUT_S / 2
        assert seen.broker("broker-1").is_gone
        assert {b.name for b in seen.brokers if not b.is_gone} == {"broker-2", "broker-3"}
        cluster.heal()
        outside.look()
        cluster.run(2)
        assert outside.look().broker("broker-1").state == "running"


def test_a_broker_that_waits_for_a_silent_controller_is_not_silent_itself() -> None:
    with Cluster(brokers=3, world="simulated", seed=4) as cluster:
        outside = with_a_group(cluster)
        assert outside.look().controllers
        cluster.partition(["controller-1"])
        began = cluster.now
        seen = outside.look()
        assert cluster.now - began < 2 * TIMEOUT_S, "the questions are asked at the same time"
        assert [b.state for b in seen.brokers] == ["running"] * 3
        assert all(b.heard_at == pytest.approx(seen.at, abs=0.01) for b in seen.brokers)
        assert seen.controllers == ()
        assert "it doesn't answer the brokers either" in troubles(seen)[0].text
        assert seen.group("billing").lag == 0
        began = cluster.now
        outside.look()
        assert cluster.now - began < TIMEOUT_S / 2, "what has no answer is waited for once"
        cluster.heal()
        cluster.run(35)
        assert outside.look().controllers


def test_what_happens_has_the_same_kind_from_both_sides_and_so_have_assignments() -> None:
    with Cluster(brokers=3, world="simulated", seed=4) as cluster:
        outside = with_a_group(cluster)
        before = outside.look()
        mine, theirs = cluster.snapshot().group("billing"), before.group("billing")
        assert [m.assignment for m in mine.members or ()] == [m.assignment for m in theirs.members or ()]
        leader = before.topic("orders").partitions[0].leader
        assert leader is not None
        cluster.create_topic("more", 1)
        cluster.kill(leader)
        cluster.run(35)
        kinds = {kind for _, kind, _ in changes(before, outside.look())}
        assert {"BrokerFenced", "IsrChanged", "LeaderElected", "TopicCreated"} <= kinds
        assert kinds <= {traced.event.kind for traced in cluster.events()}


def test_a_group_that_was_deleted_is_gone_for_who_looks_from_outside() -> None:
    with Cluster(brokers=3, world="simulated", seed=4) as cluster:
        outside = with_a_group(cluster)
        assert [g.id for g in outside.look().groups or ()] == ["billing"]
        cluster.admin().delete_consumer_groups(["billing"])["billing"].result()
        outside.look()
        assert outside.look().groups == ()


def test_who_comes_after_the_coordinator_went_is_told_that_groups_are_missing() -> None:
    with Cluster(brokers=3, world="simulated", seed=4) as cluster:
        victim = with_a_group(cluster).look().group("billing").coordinator
        assert victim is not None
        cluster.kill(victim)
        seen = Outside(cluster).look()
        assert seen.problems == (f"Groups that {victim} coordinates are missing here: it doesn't answer.",)
        assert seen.problems[0] in [trouble.text for trouble in troubles(seen)]
