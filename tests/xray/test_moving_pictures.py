"""Pictures for those who watch: the same as a whole one, at the price of what moved, and with what was seen before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from minikafka.cluster import Cluster
from minikafka.cluster import picture as taking
from minikafka.xray.delta import apply, diff
from minikafka.xray.snapshot import Snapshot


@pytest.fixture
def sim() -> Iterator[Cluster]:
    with Cluster(brokers=3, world="simulated", seed=5) as cluster:
        yield cluster


def watched(cluster: Cluster) -> Snapshot:
    """The picture as viewers of a live cluster get it."""
    return asyncio.run(cluster._picture.take_in_turns(True))


def same_but_for_number_and_time(one: Snapshot, other: Snapshot) -> bool:
    return msgspec.structs.replace(one, version=0, at=0.0) == msgspec.structs.replace(
        other, version=0, at=0.0
    )


def produce(cluster: Cluster, topic: str, count: int) -> None:
    producer = cluster.producer()
    for n in range(count):
        producer.produce(topic, b"v", b"%d" % n)
    producer.flush()


def test_a_picture_in_turns_is_the_whole_picture(sim: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "FEW", 0)  # thousands of partitions would take long
    monkeypatch.setattr(taking, "SOME", 0)
    sim.create_topic("orders", 6, 3)
    watched(sim)
    consumer = sim.consumer({"group.id": "billing", "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])
    changes = [
        lambda: produce(sim, "orders", 20),
        lambda: sim.create_topic("payments", 3, 2),
        lambda: consumer.poll(2),
        lambda: sim.kill("broker-2"),
        lambda: sim.run(12),
        lambda: produce(sim, "payments", 20),
        lambda: sim.restart("broker-2"),
        lambda: sim.run(5),
        lambda: sim.fail_disk("broker-3"),
        lambda: sim.run(5),
        lambda: sim.admin().delete_topics(["payments"])["payments"].result(),
        lambda: sim.run(1),
    ]
    for number, change in enumerate(changes):
        change()
        assert same_but_for_number_and_time(watched(sim), sim.picture()), number


def test_what_did_not_move_is_neither_made_anew_nor_sent(sim: Cluster) -> None:
    for topic in ("quiet", "busy"):
        sim.create_topic(topic, 3, 3)
    sim.run(1)
    before = watched(sim)
    producer = sim.producer()
    producer.produce("busy", b"v", partition=1)
    producer.flush()
    sim.run(1)
    after = watched(sim)
    assert after.topic("quiet") is before.topic("quiet")
    moved = [
        p.index
        for p, q in zip(after.topic("busy").partitions, before.topic("busy").partitions, strict=True)
        if p is not q
    ]
    assert moved == [1]
    travelled = msgspec.msgpack.encode(diff(before, after))
    assert apply(before, msgspec.msgpack.decode(travelled, type=type(diff(before, after)))) == after
    assert len(travelled) < 700, "of some ten thousand bytes"
    assert b"quiet" not in travelled


def test_looking_costs_what_moved(sim: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "FEW", 5)
    monkeypatch.setattr(taking, "SOME", 2)
    sim.create_topic("orders", 30, 3)
    sim.run(1)
    watched(sim)
    looks: list[str] = []
    for broker in sim._nodes.brokers.values():
        assert broker is not None
        seen = broker.partition_snapshot

        def look(topic: str, index: int, seen=seen) -> object:  # type: ignore[no-untyped-def]
            looks.append(f"{topic}-{index}")
            return seen(topic, index)

        monkeypatch.setattr(broker, "partition_snapshot", look)
    produce(sim, "orders", 1)
    watched(sim)
    assert len(looks) <= 3 * (1 + 2), "the one that moved and two in turn, on each of three brokers"
    looks.clear()
    for _ in range(30):
        watched(sim)
    assert len(set(looks)) == 30, "who moves without a word has a turn too"


def test_a_group_whose_coordinator_is_gone_stays_as_it_was_seen_last(sim: Cluster) -> None:
    sim.create_topic("orders", 3, 3)
    produce(sim, "orders", 30)
    consumer = sim.consumer(
        {"group.id": "billing", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    )
    consumer.subscribe(["orders"])
    for _ in range(10):
        consumer.poll(1)
    consumer.commit(asynchronous=False)
    # Nobody has looked yet: what the coordinator alone knows is seen as it ends.
    coordinator = next(
        h for h, b in sim._nodes.brokers.items() if b is not None and b.group_coordinator.snapshot()
    )
    sim.kill(coordinator)
    killed_at = sim.now
    sim.run(1)
    group = sim.snapshot().group("billing")
    assert (group.coordinator, group.error) == (coordinator, "COORDINATOR_NOT_AVAILABLE")
    assert group.as_of == pytest.approx(killed_at, abs=1e-5)
    assert group.lag == 1
    assert group.is_lag_whole
    back = sim.run_until(lambda s: s.group("billing").as_of is None, 20)
    assert back.group("billing").error is None
    assert back.group("billing").coordinator != coordinator
    assert [g.id for g in back.groups or ()] == ["billing"]


def test_a_group_that_was_deleted_is_gone(sim: Cluster) -> None:
    sim.create_topic("orders", 1, 3)
    produce(sim, "orders", 3)
    consumer = sim.consumer({"group.id": "billing", "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])
    consumer.poll(3)
    consumer.commit(asynchronous=False)
    consumer.close()
    assert sim.snapshot().group("billing").state == "Empty"
    sim.admin().delete_consumer_groups(["billing"])["billing"].result()
    sim.run(1)
    assert sim.snapshot().groups == ()


def test_a_member_that_died_is_known_by_its_silence(sim: Cluster) -> None:
    sim.create_topic("orders", 1, 3)
    consumer = sim.consumer(
        {"group.id": "billing", "session.timeout.ms": 30_000, "heartbeat.interval.ms": 3_000}
    )
    consumer.subscribe(["orders"])
    consumer.poll(3)
    sim.run(6)
    (member,) = sim.snapshot().group("billing").members or ()
    assert member.heard_at is not None
    assert 0 <= sim.now - member.heard_at <= 3.1
    assert member.session_timeout_s == 30.0
