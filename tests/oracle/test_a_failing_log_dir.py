"""One of two log directories is taken away: what a real Kafka says then, and ours."""

import contextlib

import pytest
from oracle import brokers
from oracle.batches import batch
from oracle.script import Broker, until

from minikafka import Cluster

PARTITIONS = range(4)


def tell(where, directories):
    """Plays it on one side, whose second directory is about to go; returns what was seen."""
    facts = {}
    with contextlib.closing(Broker(*where)) as broker:
        topic = broker.create_topic("orders", partitions=len(PARTITIONS))
        for index in PARTITIONS:
            broker.append(topic, batch(b"before"), partition=index)
        lost, kept = (
            sorted(int(path.name.rpartition("-")[2]) for path in directory.glob(f"{topic}-*"))
            for directory in reversed(directories)
        )
        facts["spread"] = (len(lost), len(kept))
        directories[1].rename(directories[1].with_name("away"))
        directories[1].touch()
        later = broker.create_topic("later", partitions=2)  # somewhere it must be made
        facts["made on what works"] = len(list(directories[0].glob(f"{later}-*")))

        def partitions():
            answer = broker.quietly("metadata", 12, topics=[{"topic_id": None, "name": topic}])
            return {p["partition_index"]: p for p in answer["topics"][0]["partitions"]}

        until(
            lambda: all(partitions()[index]["leader_id"] == -1 for index in lost),
            "the partitions are offline",
        )
        told = partitions()
        for name, indexes in (("lost", lost), ("kept", kept)):
            fields = ("error_code", "leader_id", "isr_nodes", "offline_replicas")
            facts[f"metadata of {name}"] = [tuple(map(str, (told[i][f] for f in fields))) for i in indexes]
            asked = [
                {"name": topic, "partitions": [{"partition_index": i, "timestamp": -1} for i in indexes]}
            ]
            answer = broker.quietly("list_offsets", 7, replica_id=-1, isolation_level=0, topics=asked)
            facts[f"offsets of {name}"] = [
                (p["error_code"], p["offset"]) for p in answer["topics"][0]["partitions"]
            ]
            data = [
                {"name": topic, "partition_data": [{"index": i, "records": batch(b"x")} for i in indexes]}
            ]
            answer = broker.quietly("produce", 9, acks=-1, timeout=5000, topic_data=data)
            facts[f"produce to {name}"] = [
                (p["error_code"], p["base_offset"]) for p in answer["responses"][0]["partition_responses"]
            ]
        answer = broker.quietly(
            "describe_log_dirs", 4, topics=[{"topic": topic, "partitions": list(PARTITIONS)}]
        )
        facts["log directories"] = sorted(
            (r["error_code"], len(r["topics"]), r["total_bytes"] > 0, r["usable_bytes"] > 0)
            for r in answer["results"]
        )
    return facts


@pytest.mark.java
@pytest.mark.slow
def test_a_directory_that_goes_is_told_of_alike(tmp_path):
    if reason := brokers.why_no_real_kafka():
        pytest.skip(reason)
    real = [tmp_path / "real-1", tmp_path / "real-2"]
    paths = ",".join(map(str, real))
    settings = ("--set", f"log.dirs={paths}", "--dir", str(tmp_path / "real"))
    with brokers.real_kafka(*settings) as where:
        theirs = tell(brokers.ready(where), real)
    configs = brokers.SETTINGS | {"log.dirs": "d1,d2"}
    with Cluster(brokers=1, data=tmp_path / "ours", configs=configs) as cluster:
        own = [tmp_path / "ours" / "broker-1" / name for name in ("d1", "d2")]
        ours = tell(brokers.ready(brokers.address(cluster.bootstrap_servers)), own)
    assert ours == theirs
    assert theirs["spread"] == (2, 2) and theirs["produce to kept"][0][0] == "NONE"
