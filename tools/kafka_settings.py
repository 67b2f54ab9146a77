"""What a real Kafka's nodes are told when they start (`*.properties`)."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path


def small(replicas: int) -> dict[str, object]:
    """For so few brokers, and for somebody who waits."""
    in_sync = min(2, replicas)
    return {
        "default.replication.factor": replicas,
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 5,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": 5,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": in_sync,
        "group.initial.rebalance.delay.ms": 0,
    }


def alone(node: int, port: int, controllers: dict[int, str], replicas: int) -> dict[str, object]:
    """A broker that is a controller, too."""
    return {
        **small(min(3, replicas)),
        "node.id": node,
        "process.roles": "broker,controller",
        "controller.quorum.bootstrap.servers": ",".join(controllers.values()),
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://{controllers[node]}",
    }


def joining(node: int, port: int, controllers: str) -> dict[str, object]:
    """A broker of controllers that run already; `ID@HOST:PORT` where their quorum is a static one."""
    how = "voters" if "@" in controllers else "bootstrap.servers"
    return {
        "node.id": node,
        "process.roles": "broker",
        "listeners": f"PLAINTEXT://127.0.0.1:{port}",
        f"controller.quorum.{how}": controllers,
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    }


def write_properties(file: Path, settings: dict[str, object]) -> Path:
    file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return file


def new_id() -> str:
    """Kafka's spelling of a random UUID; never one that begins as an option does."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
