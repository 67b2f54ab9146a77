"""Kafka's own tools on a quorum of three of our controllers: they describe it, vote one out and in again, and change
features; they read a snapshot that a controller wrote.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from oracle import brokers

from minikafka import Cluster
from minikafka.protocol.uuid_text import encode_uuid

pytestmark = [pytest.mark.java, pytest.mark.usefixtures("kafka"), pytest.mark.slow]


def tool(*arguments: str) -> str:
    done = subprocess.run(
        [*brokers.REAL_KAFKA, "tool", *arguments], capture_output=True, text=True, timeout=600, check=False
    )
    return done.stdout + done.stderr


def test_the_quorum_is_described_and_changed(tmp_path: Path) -> None:
    often = {"metadata.log.max.record.bytes.between.snapshots": 1500}
    with Cluster(brokers=1, controllers=3, data=tmp_path, configs=often) as cluster:
        for number in range(8):
            cluster.create_topic(f"t{number}", partitions=3)
        to_them = ["--bootstrap-controller", cluster.controllers]
        quorum = ["kafka-metadata-quorum", *to_them]
        assert "Leader" in tool(*quorum, "describe", "--replication")
        snapshot = cluster.snapshot()
        host = next(c.name for c in snapshot.controllers if c.name != snapshot.controller)
        node = cluster._nodes.controllers[host]
        assert node is not None
        one, id = node.voter, encode_uuid(node.voter.directory_id)
        named = ["--controller-id", f"{one.id}", "--controller-directory-id", id]
        assert "Removed" in tool(*quorum, "remove-controller", *named)
        assert "VoterNotFoundException" in tool(*quorum, "remove-controller", *named)
        own = tmp_path / "controller.properties"
        own.write_text(
            f"process.roles=controller\nnode.id={one.id}\ncontroller.listener.names=CONTROLLER\n"
            f"listeners=CONTROLLER://127.0.0.1:{one.port}\nmetadata.log.dir={tmp_path / host}\n"
            f"log.dirs={tmp_path / host}\ncontroller.quorum.bootstrap.servers={cluster.controllers}\n"
        )
        assert "Added" in tool(*quorum, "--command-config", f"{own}", "add-controller")
        brokers_ = ["kafka-features", "--bootstrap-server", cluster.bootstrap_servers]
        assert "was downgraded" in tool(*brokers_, "downgrade", "--feature", "group.version=0")
        assert "was upgraded" in tool(*brokers_, "upgrade", "--feature", "group.version=1")
        refused = tool(*brokers_, "downgrade", "--feature", "metadata.version=29")
        assert "Unsupported metadata.version downgrade from 30 to 29. Refusing" in refused
        described = tool("kafka-features", *to_them, "describe").split("\n")
        assert any("kraft.version" in line and "FinalizedVersionLevel: 1" in line for line in described)
        newest = sorted((tmp_path / host / "__cluster_metadata-0").glob("*.checkpoint"))[-1]
        dumped = tool("kafka-dump-log", "--cluster-metadata-decoder", "--files", f"{newest}")
        for part in ("SnapshotHeader", "KRaftVoters", "TOPIC_RECORD", "SnapshotFooter"):
            assert part in dumped
