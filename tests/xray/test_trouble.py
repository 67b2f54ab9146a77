"""What is wrong is said at once, in sentences, and nothing that is wrong is left out."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from minikafka.cluster import Cluster
from minikafka.xray.snapshot import (
    Broker,
    Controller,
    Group,
    LogDir,
    Member,
    Partition,
    Replica,
    Snapshot,
    Topic,
    TopicPartition,
)
from minikafka.xray.trouble import to_json, troubles


def partition(
    index: int, leader: int | None, isr: tuple[int, ...], gone: tuple[int, ...] = (), **more: Any
) -> Partition:
    """Replicas 1, 2 and 3, of which those on `gone` aren't there."""
    replicas = tuple(Replica(f"broker-{b}", alive=b not in gone) for b in (1, 2, 3))
    name = None if leader is None else f"broker-{leader}"
    return Partition(index, name, 1, replicas, tuple(f"broker-{b}" for b in isr), **more)


def cluster(*partitions: Partition, **fields: Any) -> Snapshot:
    """Three brokers that were heard of a second ago, and a controller."""
    brokers = tuple(
        Broker(b, f"broker-{b}", "127.0.0.1", 9091 + b, fenced=False, heard_at=99.0) for b in (1, 2, 3)
    )
    whole = Snapshot(
        1,
        100.0,
        "live",
        "lab",
        controller="controller-1",
        controllers=(Controller(3000, "controller-1", is_leader=True),),
        brokers=brokers,
        topics=(Topic("orders", partitions=partitions),),
        groups=(),
        session_timeout_s=9.0,
    )
    return msgspec.structs.replace(whole, **fields)


def with_broker(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """Broker 2 is another than the others."""
    one, two, three = snapshot.brokers
    return msgspec.structs.replace(snapshot, brokers=(one, msgspec.structs.replace(two, **changes), three))


def said(snapshot: Snapshot) -> list[str]:
    return [trouble.text for trouble in troubles(snapshot)]


def test_a_cluster_that_is_well_has_no_troubles() -> None:
    assert said(cluster(partition(0, 1, (1, 2, 3)))) == []


def test_a_dead_leader_is_said_before_the_controller_notices_and_for_how_long_at_most() -> None:
    picture = cluster(
        partition(0, 2, (1, 2, 3), (2,)), partition(1, 1, (1, 2, 3), (2,)), partition(2, 3, (3, 1, 2), (2,))
    )
    down = with_broker(picture, state="down")
    assert said(down) == [
        "broker-2 is down: writes and reads of the 1 partition it leads stall, acks=all writes to 2 more wait: up to "
        "8 s until the controller notices."
    ]
    assert said(msgspec.structs.replace(down, at=107.5))[0].endswith(
        "up to 1 s until the controller notices."
    )
    assert said(msgspec.structs.replace(down, at=109.0))[0].endswith(
        "up to 1 s until the controller notices."
    )


def test_what_nobody_will_notice_is_not_promised() -> None:
    down = with_broker(cluster(partition(0, 2, (1, 2, 3), (2,))), state="down")
    ended = Controller(3000, "controller-1", state="down")
    alone = msgspec.structs.replace(down, controller=None, controllers=(ended,))
    assert said(alone) == [
        "controller-1 is down: nobody elects leaders or creates topics until it runs again.",
        "broker-2 is down: writes and reads of the 1 partition it leads stall, until a controller runs again and "
        "notices.",
    ]


def test_one_of_several_controllers_may_be_down():
    down, leads = (
        Controller(3000, "controller-1", state="down"),
        Controller(3001, "controller-2", is_leader=True),
    )
    (trouble,) = troubles(cluster(controllers=(down, leads), controller="controller-2"))
    assert trouble.text == "controller-1 is down; the other controllers decide without it."
    assert not trouble.broken


def test_a_broker_that_runs_but_is_not_heard_of() -> None:
    silent = with_broker(cluster(partition(0, 1, (1, 2, 3))), heard_at=95.0)
    assert said(silent) == [
        "The controller hasn't heard from broker-2 for 5 s: it is taken out of service in up to 4 s, unless it is "
        "heard from."
    ]
    assert not troubles(silent)[0].broken


def test_after_the_controller_noticed_there_is_less_but_it_works() -> None:
    noticed = with_broker(cluster(partition(0, 1, (1, 3), (2,))), state="down", fenced=True)
    assert said(noticed) == [
        "broker-2 is down; others lead what they can.",
        "1 partition has fewer replicas in sync than assigned.",
    ]
    assert not any(trouble.broken for trouble in troubles(noticed))


def test_partitions_without_a_leader_and_below_min_isr() -> None:
    offline = [partition(n, None, (2,), (2,)) for n in range(5)]
    refusing = partition(7, 1, (1,), (2, 3), min_isr=2)
    picture = with_broker(cluster(*offline, refusing), state="down", fenced=True)
    assert said(picture)[:2] == [
        "5 partitions have no leader: nothing can be written or read there (orders-0, orders-1, orders-2, …).",
        "1 partition has fewer replicas in sync than min.insync.replicas: acks=all writes are refused (orders-7).",
    ]
    assert partition(0, 1, (1, 2, 3), min_isr=5).under_min_isr is False, "never more than there are replicas"


@pytest.mark.parametrize(
    ("usable", "sentence", "broken"),
    [
        (500 * 2**20, "The disk of broker-1, broker-3 is full: 500 MiB is left.", False),
        (0, "The disk of broker-1, broker-3 is full: nothing is left.", True),
    ],
)
def test_disks_that_are_full_or_lost(usable: int, sentence: str, broken: bool) -> None:
    lost = with_broker(cluster(), log_dirs=(LogDir("/d2", error="No space left on device"),))
    one, two, three = lost.brokers
    full = (LogDir("/d", total_bytes=100 * 2**30, usable_bytes=usable),)
    one, three = (msgspec.structs.replace(b, log_dirs=full) for b in (one, three))
    found = troubles(msgspec.structs.replace(lost, brokers=(one, two, three)))
    assert "broker-2 has lost the log directory /d2: No space left on device." in [t.text for t in found]
    assert (sentence, broken) in [(t.text, t.broken) for t in found]


def test_groups_that_rebalance_are_lost_or_wait_for_a_dead_member() -> None:
    owned = (TopicPartition("orders", 0), TopicPartition("orders", 1))
    silent = Member("m-1", "reader", "/h", owned, heard_at=80.0, session_timeout_s=45.0)
    groups = (
        Group("billing", "Stable", members=(silent,)),
        Group("lost", "Stable", error="COORDINATOR_NOT_AVAILABLE", as_of=97.0),
        Group("moving", "PreparingRebalance"),
    )
    assert said(cluster(groups=groups)) == [
        "1 group is shown as last seen: its coordinator is gone (lost).",
        "Group billing hasn't heard from reader for 20 s: nobody reads its 2 partitions, up to 25 s until the group "
        "continues without it.",
        "Group moving is rebalancing: its members read nothing until that is done.",
    ]
    assert said(cluster(groups=None)) == ["Groups can't be listed: no broker that could do it answers."]


def test_a_cut_network_and_what_could_not_be_asked() -> None:
    assert said(cluster(cut=(("broker-1",), ("broker-2", "broker-3")), problems=("x didn't answer.",))) == [
        "The network is cut: broker-1 ┃ broker-2 broker-3.",
        "x didn't answer.",
    ]
    assert said(cluster(cut=(("broker-1",), ()))) == ["The network is cut: broker-1 ┃ all others."]


def test_names_in_sentences_are_visible() -> None:
    assert said(cluster(groups=(Group("a\x1b[31m\nb", "PreparingRebalance"),))) == [
        r"Group a\x1b[31m\nb is rebalancing: its members read nothing until that is done."
    ]


def test_programs_get_the_troubles_too() -> None:
    told = json.loads(to_json(with_broker(cluster(partition(0, 2, (2,), (2,))), state="down")))
    assert told["troubles"][0]["text"].startswith("broker-2 is down: writes and reads of the 1")
    assert told["topics"][0]["name"] == "orders"


def test_a_killed_broker_is_told_of_at_once_and_what_waits_does_wait() -> None:
    with Cluster(brokers=3, world="simulated", seed=11) as cluster:
        cluster.create_topic("orders", 6, 3)
        victim = cluster.snapshot().partition("orders", 0).leader
        assert victim is not None
        assert troubles(cluster.snapshot()) == ()
        cluster.kill(victim)
        leads = sum(p.leader == victim for p in cluster.snapshot().topic("orders").partitions)
        first, *_ = troubles(cluster.snapshot())
        assert first.broken
        assert first.text.startswith(
            f"{victim} is down: writes and reads of the {leads} partitions it leads stall"
        )
        assert f"acks=all writes to {6 - leads} more" in first.text
        promised_s = int(first.text.split("up to ")[1].split()[0])
        noticed = cluster.run_until(lambda s: s.leaders_gone == 0, promised_s + 0.1)
        assert noticed.broker(victim).fenced
        assert not any("stall" in trouble.text for trouble in troubles(noticed))


def test_a_broker_that_is_cut_off_is_told_of_while_it_runs() -> None:
    with Cluster(brokers=3, world="simulated", seed=11) as cluster:
        cluster.partition(["broker-2"])
        assert troubles(cluster.snapshot())[0].text == "The network is cut: broker-2 ┃ all others."
        seen = cluster.run_until(lambda s: len(troubles(s)) > 1, 6)
        assert troubles(seen)[1].text.startswith("The controller hasn't heard from broker-2 for ")
