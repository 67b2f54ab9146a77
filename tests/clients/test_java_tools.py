"""Kafka's own command-line tools do their job."""

import subprocess
import uuid

import pytest
from clients.drivers import confluent
from oracle.brokers import REAL_KAFKA, why_no_real_kafka

TIMEOUT_S = 120
pytestmark = [pytest.mark.java, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def tool(bootstrap):
    """Runs a tool by the name of its script and returns its standard output."""
    if reason := why_no_real_kafka():
        pytest.skip(reason)

    def run(name, *arguments, stdin="", fails=False):
        done = subprocess.run(
            [*REAL_KAFKA, "tool", name, "--bootstrap-server", bootstrap, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        said = f"{name} {' '.join(arguments)} said:\n{done.stdout}\n{done.stderr}"
        assert (done.returncode != 0) == fails, said
        return done.stdout + (done.stderr if fails else "")

    return run


@pytest.mark.slow
def test_topics_are_made_shown_grown_and_deleted(tool):
    topic = f"orders-{uuid.uuid4().hex[:8]}"
    made = tool(
        "kafka-topics", "--create", "--topic", topic, "--partitions", "3", "--config", "retention.ms=3600000"
    )
    assert f"Created topic {topic}." in made
    assert topic in tool("kafka-topics", "--list").split()
    described = tool("kafka-topics", "--describe", "--topic", topic)
    assert "PartitionCount: 3" in described
    assert "retention.ms=3600000" in described
    assert described.count("Leader: ") == 3
    tool("kafka-topics", "--alter", "--topic", topic, "--partitions", "5")
    assert "PartitionCount: 5" in tool("kafka-topics", "--describe", "--topic", topic)
    refused = tool("kafka-topics", "--create", "--topic", topic, fails=True)
    assert "already exists" in refused
    tool("kafka-topics", "--delete", "--topic", topic)
    assert topic not in tool("kafka-topics", "--list").split()


def test_records_go_through_the_console(tool, new_topic):
    topic = new_topic(partitions=1)
    lines = [f"key {i}:value {i}" for i in range(500)]
    tool(
        "kafka-console-producer", "--topic", topic, "--reader-property", "parse.key=true",
        "--reader-property", "key.separator=:", stdin="\n".join(lines) + "\n",
    )  # fmt: skip
    read = tool(
        "kafka-console-consumer", "--topic", topic, "--from-beginning", "--max-messages", "500",
        "--timeout-ms", "60000",
        "--formatter-property", "print.key=true", "--formatter-property", "key.separator=:",
    )  # fmt: skip
    assert read.splitlines() == lines


@pytest.mark.slow
def test_a_groups_lag_is_described(tool, bootstrap, new_topic):
    topic, group = new_topic(partitions=1), f"group-{uuid.uuid4().hex[:8]}"
    confluent.write(bootstrap, topic, [(b"k", b"%d" % i) for i in range(10)], "none")
    tool(
        "kafka-console-consumer", "--topic", topic, "--group", group, "--from-beginning", "--max-messages", "10",
        "--timeout-ms", "60000",
    )  # fmt: skip
    confluent.write(bootstrap, topic, [(b"k", b"%d" % i) for i in range(7)], "none")
    assert group in tool("kafka-consumer-groups", "--list").split()
    described = tool("kafka-consumer-groups", "--describe", "--group", group)
    row = next(line.split() for line in described.splitlines() if line.startswith(group))
    assert row[1:6] == [topic, "0", "10", "17", "7"]
    assert "Empty" in tool("kafka-consumer-groups", "--describe", "--group", group, "--state")
