"""A real Kafka's broker lives in a quorum of three of our controllers, and one of them dies."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from oracle import brokers
from oracle.script import until

from minikafka import Cluster
from tests.ports import free_port

pytestmark = [pytest.mark.java, pytest.mark.usefixtures("kafka"), pytest.mark.slow]


def test_a_real_broker_stays_in_service_while_controllers_die(tmp_path: Path) -> None:
    with Cluster(brokers=1, controllers=3) as cluster:
        join = ["--join", cluster.controllers, "--cluster-id", cluster.cluster_id, "--first-id", "11"]
        where_to = ["--port", f"{free_port()}", "--dir", f"{tmp_path}"]
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
            assert where, "".join(path.read_text()[-2000:] for path in tmp_path.glob("*.log"))
            admin = AdminClient({"bootstrap.servers": where})
            until(lambda: len(admin.list_topics(timeout=10).brokers) == 2, "it is in service", 60)
            for n in range(3):
                admin.create_topics([NewTopic(f"made-there-{n}", 1, 2)])[f"made-there-{n}"].result(60)
                active = cluster.snapshot().controller
                assert active is not None
                cluster.kill(active)
                cluster.wait_until(lambda s, gone=active: s.controller not in (None, gone))
                cluster.restart(active)
            admin.create_topics([NewTopic("last", 2, 2)])["last"].result(60)
            until(
                lambda: all(len(p.isr) == 2 for p in cluster.snapshot().topic("last").partitions),
                "both brokers replicate",
                60,
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            process.stdout.close()
    assert not [path for path in tmp_path.glob("*.log") if "metadata loading fault" in path.read_text()]
