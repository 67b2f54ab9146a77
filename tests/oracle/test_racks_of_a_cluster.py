"""Brokers in racks: where new replicas lie, and which replica a consumer is told to read. A real Kafka's and ours."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from oracle import brokers, real
from oracle.batches import batch
from oracle.script import Broker, until

from minikafka import Cluster

pytestmark = [pytest.mark.java, pytest.mark.usefixtures("kafka"), pytest.mark.slow]

RACKS = ("a", "b", "a")
SETTINGS = {"replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector"}


def fetched(broker: Broker, version: int, topic: str, rack: str) -> dict[str, Any]:
    """What a consumer in that rack is told of partition 0, from its beginning."""
    id = broker.topic_id(topic)
    asked = [
        {
            "topic": topic,
            "topic_id": id,
            "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1 << 20}],
        }
    ]
    limits = {"max_wait": 100, "min_bytes": 0, "max_bytes": 1 << 20, "session_epoch": -1, "replica_id": -1}
    answer = broker.quietly("fetch", version, topics=asked, rack_id=rack, **limits)
    found: dict[str, Any] = answer["responses"][0]["partitions"][0]
    return found


def seen(where: str) -> dict[str, object]:
    """The scenario, on either side."""
    admin = AdminClient({"bootstrap.servers": where})
    made = [NewTopic("near", 1, replica_assignment=[[1, 2]]), NewTopic("spread", 8, 2)]
    for future in admin.create_topics(made).values():
        future.result(60)
    facts: dict[str, object] = {}
    addresses = [brokers.address(one) for one in where.split(",")]
    with contextlib.ExitStack() as stack:
        asked = [stack.enter_context(contextlib.closing(Broker(*one))) for one in addresses]
        for one in asked:
            until(
                lambda one=one: _knows(one, "near") and _knows(one, "spread"), "every broker knows them", 60
            )
        leader, follower, stranger = asked
        leader.append("near", batch(b"one"))
        until(
            lambda: fetched(follower, 11, "near", "b")["high_watermark"] == 1, "the follower knows of it", 60
        )
        until(lambda: fetched(leader, 11, "near", "b")["preferred_read_replica"] == 2, "it is sent there", 60)
        for version in (11, 12, 18):
            for rack in ("a", "b", "c", ""):
                told = fetched(leader, version, "near", rack)
                facts[f"the leader to {rack!r} in {version}"] = (
                    told["preferred_read_replica"],
                    bool(told["records"]),
                    told["error_code"],
                )
            told = fetched(follower, version, "near", "b")
            facts[f"the follower in {version}"] = (
                told["preferred_read_replica"],
                bool(told["records"]),
                told["error_code"],
                told["high_watermark"],
            )
            facts[f"a stranger in {version}"] = fetched(stranger, version, "near", "a")["error_code"]
        facts["the follower in 10, which knows no racks"] = fetched(follower, 10, "near", "b")["error_code"]
        answer = leader.quietly("metadata", 12, topics=[{"topic_id": None, "name": "spread"}])
        placed = [p["replica_nodes"] for p in answer["topics"][0]["partitions"]]
        facts["racks of each partition"] = [sorted(RACKS[id - 1] for id in ids) for ids in placed]
        facts["racks of the brokers"] = [
            b["rack"] for b in sorted(answer["brokers"], key=lambda b: b["node_id"])
        ]
    return facts


def _knows(broker: Broker, topic: str) -> bool:
    answer = broker.quietly("metadata", 12, topics=[{"topic_id": None, "name": topic}])
    found = answer["topics"][0]
    return found["error_code"] == "NONE" and all(p["leader_id"] >= 0 for p in found["partitions"])


def test_replicas_are_spread_over_racks_and_consumers_sent_to_the_nearest_alike(tmp_path: Path) -> None:
    settings = [f"{key}={value}" for key, value in SETTINGS.items()]
    with real.real_broker(
        tmp_path, *settings, arguments=("--brokers", "3", "--racks", ",".join(RACKS))
    ) as where:
        theirs = seen(where)
    with Cluster(brokers=3, racks=RACKS, configs=SETTINGS) as cluster:
        ours = seen(cluster.bootstrap_servers)
    assert ours == theirs
    assert theirs["the leader to 'b' in 11"] == (2, False, "NONE")
