"""A real Kafka's broker begins with a snapshot that a controller of ours serves."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from oracle import brokers
from oracle.script import until
from quorum.snapshots import begin_behind_a_snapshot

from minikafka import Cluster
from minikafka.world import LiveUniverse
from tests.ports import free_port

pytestmark = [pytest.mark.java, pytest.mark.usefixtures("kafka"), pytest.mark.slow]


def test_a_real_broker_joins_a_cluster_whose_metadata_log_begins_behind_a_snapshot(tmp_path: Path) -> None:
    data, theirs = tmp_path / "data", tmp_path / "theirs"
    with Cluster(brokers=1, data=data) as cluster:
        cluster.create_topic("orders", partitions=3, configs={"retention.ms": "-1"})
    with LiveUniverse(data) as universe:
        begin_behind_a_snapshot(universe.world("controller-1"), 3000)
    with Cluster(brokers=1, data=data) as cluster:
        join = ["--join", cluster.controllers, "--cluster-id", cluster.cluster_id, "--first-id", "11"]
        where_to = ["--port", f"{free_port()}", "--dir", f"{theirs}"]
        process = subprocess.Popen(
            [*brokers.REAL_KAFKA, "up", "--soon", "--brokers", "1", *where_to, *join],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            where = process.stdout.readline().strip()
            assert where, "".join(path.read_text()[-2000:] for path in theirs.glob("*.log"))
            admin = AdminClient({"bootstrap.servers": where})
            until(lambda: len(admin.list_topics(timeout=10).brokers) == 2, "it is in service", 60)
            assert len(admin.list_topics(timeout=10).topics["orders"].partitions) == 3
            for n in range(3):  # it passes this on in an envelope
                admin.create_topics([NewTopic(f"made-there-{n}", 1, 2)])[f"made-there-{n}"].result(30)
            assert cluster.snapshot().partition("made-there-2", 0).replicas
            admin.delete_topics(["made-there-0"])["made-there-0"].result(30)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            assert process.stdout is not None
            process.stdout.close()
    assert not [path for path in theirs.glob("*.log") if "metadata loading fault" in path.read_text()]
