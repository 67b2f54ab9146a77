"""The two sides: a real Apache Kafka in its own process, and ours. Each an address that lasts for the test session.

Environment: ORACLE_THEIRS and ORACLE_OURS (HOST:PORT of brokers that already run; ORACLE_OURS=real compares the real
Kafka with itself, which proves the scripts and the normalisation).
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from oracle.script import Broker, until

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
# The same on both sides; `tools/real_kafka.py` sets these.
SETTINGS = {"offsets.topic.num.partitions": "5", "group.initial.rebalance.delay.ms": "0"}
COORDINATOR_PROBES = 40

Address = tuple[str, int]


REAL_KAFKA = (sys.executable, str(ROOT / "tools" / "real_kafka.py"))
"""The command; its `up` gets `--soon`, as a test's broker lives for seconds."""


def why_no_real_kafka() -> str | None:
    """One sentence, or None when a real Kafka can be started."""
    if os.environ.get("ORACLE_THEIRS"):
        return None
    for program, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if not shutil.which(program):
            return f"no real Kafka to compare with: {program} is not installed (Debian: {package})"
    return None


def address(text: str) -> Address:
    host, port = text.strip().split(",")[0].rsplit(":", 1)
    return host, int(port)


@contextlib.contextmanager
def real_kafka(*arguments: str) -> Iterator[Address]:
    """One broker of Apache Kafka 4.3.1, which ends with the `with`; `arguments` are for its `up`."""
    if "ORACLE_THEIRS" in os.environ and not arguments:
        yield ready(address(os.environ["ORACLE_THEIRS"]))
        return
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*REAL_KAFKA, "up", "--soon", "--brokers", "1", "--port", str(free_port()), *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                log.seek(0)
                raise AssertionError(f"the real Kafka did not start:\n{log.read()[-3000:]}")
            yield ready(address(line))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@contextlib.contextmanager
def minikafka() -> Iterator[Address]:
    """One broker of ours, in this process, with the real one's settings."""
    if "ORACLE_OURS" in os.environ:
        yield ready(address(os.environ["ORACLE_OURS"]))
        return
    from minikafka import Cluster

    with Cluster(brokers=1, configs=SETTINGS) as cluster:
        yield ready(address(cluster.bootstrap_servers))


def ready(where: Address) -> Address:
    """Wait until every partition of the offsets topic has its coordinator, and the broker has producer ids to give:
    scripts start from a calm cluster."""
    broker = Broker(*where)
    groups = [f"probe-{n}" for n in range(COORDINATOR_PROBES)]

    def coordinates() -> bool:
        found = broker.quietly("find_coordinator", 4, key_type=0, coordinator_keys=groups)
        if any(answer["error_code"] != "NONE" for answer in found["coordinators"]):
            return False
        if broker.quietly("init_producer_id", 4, transaction_timeout=1)["error_code"] != "NONE":
            return False  # the first block of producer ids is on its way
        described = broker.quietly("describe_groups", 5, groups=groups)
        return all(answer["error_code"] == "NONE" for answer in described["groups"])

    try:
        until(coordinates, "the group coordinator serves", 60)
    finally:
        broker.close()
    return where
