"""Pictures for those who watch: the same as a whole one, at the price of what moved, and with what was seen before."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Iterator

import msgspec
import pytest

from minikafka.cluster import Cluster
from minikafka.cluster import picture as taking
from minikafka.xray.delta import Delta, apply, diff
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


def test_where_many_move_a_picture_shows_some_with_all_their_replicas_and_the_next_ones_the_others(
    sim: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FEW", 0), ("SOME", 0), ("MOST", 4)):
        monkeypatch.setattr(taking, name, value)
    sim.create_topic("orders", 12, 3)
    sim.run(1)
    watched(sim)
    producer = sim.producer()
    for partition in range(12):
        producer.produce("orders", b"v", partition=partition)
    producer.flush()
    sim.run(1)
    moved = []
    for _ in range(4):
        orders = watched(sim).topic("orders").partitions
        for partition in orders:
            assert len({replica.end for replica in partition.replicas}) == 1, "all replicas or none"
        moved.append(sum(partition.end == 1 for partition in orders))
    assert 4 <= moved[0] < 12, "of each broker's four"
    assert moved[2:] == [12, 12]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_gets_only_changes_has_the_whole_picture_after_any_run(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Viewers that look now and then, one more often than the other, in a run of random commands."""
    for name, value in (("FEW", 0), ("SOME", 2), ("MOST", 3)):
        monkeypatch.setattr(taking, name, value)
    chance = random.Random(seed)
    with Cluster(brokers=3, world="simulated", seed=seed) as sim:
        sim.create_topic("t0", 4, 3)
        producer = sim.producer({"message.timeout.ms": 3_000, "linger.ms": 1})
        consumer = sim.consumer(
            {"group.id": "g", "auto.offset.reset": "earliest", "auto.commit.interval.ms": 100}
        )
        consumer.subscribe(["^t.*"])
        down: list[str] = []

        def kill() -> None:
            if not down:
                down.append(chance.choice(["broker-1", "broker-2", "broker-3"]))
                sim.kill(down[0])

        def restart() -> None:
            if down:
                sim.restart(down.pop())

        def write() -> None:
            for _ in range(chance.randrange(1, 30)):
                producer.produce("t0", bytes(chance.randrange(200)), partition=chance.randrange(4))
            producer.poll(0)
            sim.run(0.05)

        topics = itertools.count(1)
        commands: list[Callable[[], object]] = [
            kill,
            restart,
            write,
            write,
            write,
            lambda: sim.run(chance.choice([0.01, 1, 10])),
            lambda: consumer.poll(0.5),
            lambda: (
                down or sim.create_topic(f"t{next(topics)}", chance.randrange(1, 4), chance.randrange(1, 4))
            ),
        ]
        seen: dict[str, Snapshot | None] = {"often": None, "seldom": None}
        for _ in range(25):
            chance.choice(commands)()
            now = watched(sim)
            for viewer, had in seen.items():
                if viewer == "often" or chance.random() < 0.3:
                    frame = msgspec.msgpack.encode(diff(had, now))
                    seen[viewer] = apply(had, msgspec.msgpack.decode(frame, type=Delta))
                    assert seen[viewer] == now
        for _ in range(60):
            now = watched(sim)  # who moved, or changed without a word, has had a turn
        assert seen["often"] is not None
        assert same_but_for_number_and_time(now, sim.picture())
        assert apply(seen["often"], diff(seen["often"], now)) == now


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
