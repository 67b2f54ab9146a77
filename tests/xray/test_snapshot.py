"""The Snapshot: what it answers, what travels, and what LAG is."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikafka.xray.changes import changes
from minikafka.xray.delta import Delta, apply, diff
from minikafka.xray.lag import group_offsets, lag_of
from minikafka.xray.snapshot import (
    Broker,
    EventLine,
    Group,
    Member,
    Partition,
    Replica,
    Snapshot,
    Topic,
    TopicPartition,
)
from minikafka.xray.trouble import to_json

names = st.sampled_from(["a", "b", "c", "d"])
partitions = st.builds(
    Partition,
    index=st.integers(0, 3),
    leader=st.one_of(st.none(), names),
    end=st.one_of(st.none(), st.integers(0, 9)),
)
topics = st.lists(st.builds(Topic, name=names, partitions=st.tuples(partitions)), unique_by=lambda t: t.name)
groups = st.one_of(
    st.none(),
    st.lists(
        st.builds(Group, id=names, state=st.sampled_from(["Stable", "Empty"])), unique_by=lambda g: g.id
    ),
)
events = st.lists(st.integers(0, 30), unique=True).map(
    lambda seqs: tuple(EventLine(n, float(n), "h", "k", "t") for n in sorted(seqs))
)
snapshots = st.builds(
    lambda version, topics, groups, events: Snapshot(
        version,
        0.0,
        "live",
        "lab",
        topics=tuple(topics),
        groups=None if groups is None else tuple(groups),
        events=events,
    ),
    st.integers(1, 99),
    topics,
    groups,
    events,
)


@given(st.one_of(st.none(), snapshots), snapshots)
def test_a_delta_over_the_wire_makes_the_new_picture(old: Snapshot | None, new: Snapshot) -> None:
    travelled = msgspec.msgpack.decode(msgspec.msgpack.encode(diff(old, new)), type=Delta)
    assert apply(old, travelled) == new


@given(snapshots)
def test_a_snapshot_round_trips_through_json_and_msgpack(snapshot: Snapshot) -> None:
    assert msgspec.json.decode(to_json(snapshot), type=Snapshot) == snapshot
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot), type=Snapshot) == snapshot


def test_a_delta_of_another_picture_is_refused() -> None:
    old, new = Snapshot(1, 0.0, "live", "lab"), Snapshot(2, 0.0, "live", "lab")
    with pytest.raises(ValueError, match="starts at version 1"):
        apply(new, diff(old, new))


def test_an_unchanged_topic_does_not_travel() -> None:
    quiet, busy = Topic("quiet"), Topic("busy")
    old = Snapshot(1, 0.0, "live", "lab", topics=(busy, quiet))
    new = Snapshot(2, 0.0, "live", "lab", topics=(Topic("busy", internal=True), quiet))
    assert b"quiet" not in msgspec.msgpack.encode(diff(old, new))


@pytest.mark.parametrize(
    ("end", "committed", "start", "expected"),
    [
        (100, 60, 0, 40),
        (100, 100, 0, 0),
        (100, 103, 0, 0),  # the end was read a moment before the commit
        (100, 20, 50, 50),  # retention took what was not read
        (100, None, 0, None),
        (100, -1, 0, None),
        (None, 5, 0, None),
        (100, 0, None, 100),
    ],
)
def test_lag(end: int | None, committed: int | None, start: int | None, expected: int | None) -> None:
    assert lag_of(end, committed, start) == expected


def test_a_group_has_a_row_for_each_commit_and_each_assignment() -> None:
    orders = TopicPartition("orders", 0), TopicPartition("orders", 1)
    member = Member("m-1", "reader", "/127.0.0.1", (orders[1],))
    known = {tp: Partition(tp.partition, "broker-1", log_start=0, high_watermark=10, end=12) for tp in orders}
    gone = TopicPartition("deleted", 0)
    rows = group_offsets({orders[0]: (4, "note"), gone: (7, None)}, [member], known.get)
    assert [(r.topic, r.partition, r.committed, r.end, r.lag, r.member) for r in rows] == [
        ("deleted", 0, 7, None, None, None),
        ("orders", 0, 4, 10, 6, None),
        ("orders", 1, None, 10, None, "m-1"),
    ]
    assert rows[0].error == "UNKNOWN_TOPIC_OR_PARTITION"
    assert Group("g", "Stable", offsets=rows).lag == 6
    assert Group("g", "Stable", offsets=rows[2:]).lag is None


def test_questions_to_a_snapshot() -> None:
    replicas = (Replica("broker-1", size_bytes=5, is_leader=True), Replica("broker-2", size_bytes=9))
    partition = Partition(0, "broker-1", replicas=replicas, isr=("broker-1",), log_start=2, end=7)
    snapshot = Snapshot(
        1,
        0.0,
        "live",
        "lab",
        brokers=(Broker(1, "broker-1", None, None),),
        topics=(Topic("orders", partitions=(partition, Partition(1, None))),),
    )
    assert snapshot.partition("orders", 0).leader == "broker-1"
    assert snapshot.broker(1) is snapshot.broker("broker-1")
    assert partition.under_replicated
    assert (partition.records, partition.size_bytes) == (5, 5)
    assert (snapshot.offline_partitions, snapshot.under_replicated_partitions) == (1, 1)
    with pytest.raises(KeyError, match="orders-7"):
        snapshot.partition("orders", 7)


def test_changes_between_two_pictures_in_words() -> None:
    before = Snapshot(
        1,
        0.0,
        "remote",
        "k",
        brokers=(Broker(1, "broker-1", None, None),),
        topics=(
            Topic("a", partitions=(Partition(0, "broker-1", 1, isr=("broker-1", "broker-2")),)),
            Topic("b"),
        ),
    )
    after = Snapshot(
        2,
        1.0,
        "remote",
        "k",
        brokers=(Broker(1, "broker-1", None, None, "down"),),
        topics=(Topic("a", partitions=(Partition(0, "broker-2", 2, isr=("broker-2",)),)), Topic("c")),
    )
    assert [text for _, _, text in changes(before, after)] == [
        "broker-1 is down",
        "c: 0 partitions",
        "a-0: broker-2 leads, epoch 2",
        "a-0: ISR is now 2",
        "b is gone",
    ]
    assert list(changes(None, after)) == []


def test_what_happened_to_many_partitions_alike_is_said_once() -> None:
    def led_by(leader: str) -> Snapshot:
        partitions = tuple(Partition(n, leader, 1, isr=("broker-1", "broker-2")) for n in range(100))
        return Snapshot(1, 0.0, "remote", "k", topics=(Topic("a", partitions=partitions),))

    (line,) = (text for _, _, text in changes(led_by("broker-1"), led_by("broker-2")))
    assert line == "100 partitions: broker-2 leads, epoch 1 (a-0, a-1, a-2, …)"
