"""Kafka's own tools move partitions about: over brokers and log directories, throttled, taken back, with leaders
elected in between. What they say of a real Kafka, they say of ours.
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from oracle import brokers, real
from oracle.script import until

from minikafka import Cluster

pytestmark = [pytest.mark.java, pytest.mark.usefixtures("kafka"), pytest.mark.slow]

TOOLS = Path(__file__).parent / "java" / "Tools.java"
REASSIGN = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
ELECT = "org.apache.kafka.tools.LeaderElectionCommand"
LOG_DIRS = "org.apache.kafka.tools.LogDirsCommand"
TOPICS = "org.apache.kafka.tools.TopicCommand"
CONFIGS = "kafka.admin.ConfigCommand"
SETTINGS = {"auto.leader.rebalance.enable": "false", "replica.fetch.max.bytes": "50000"}
SLOWLY, LESS_SLOWLY = "1000", "2000"
"""Bytes a second: what was written takes longer than anybody waits."""


class Tools:
    """One process for all of them, on one cluster. `paths`: each broker's log directories, as it names them."""

    def __init__(
        self, process: subprocess.Popen[str], where: str, paths: Sequence[Sequence[str]], own: Path
    ) -> None:
        self._process, self.where, self.paths, self._own = process, where, paths, own
        own.mkdir(exist_ok=True)
        self.told: list[str] = []

    def say(self, name: str, *arguments: str) -> str:
        """What the tool prints, without what is a machine's own."""
        line = "\t".join((name, "--bootstrap-server", self.where, *arguments))
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        said = []
        for line in self._process.stdout:
            if re.fullmatch(r"= -?\d+\n", line):
                return self._neutral("".join([*said, line]))
            if not line.startswith(("\tat ", "Tools$Exited")):  # where in the tools it was
                said.append(line)
        raise AssertionError("the tools ended")

    def tell(self, title: str, name: str, *arguments: str) -> str:
        """The same, and it is compared."""
        said = self.say(name, *arguments)
        self.told.append(f"## {title}\n{said}")
        return said

    def _neutral(self, text: str) -> str:
        for broker, paths in enumerate(self.paths, 1):
            for number, path in enumerate(paths, 1):
                text = text.replace(path, f"/broker-{broker}/d{number}")
        text = re.sub(r"TopicId: \S+", "TopicId: ID", text)
        text = re.sub(
            r"Isr: ([\d,]+)", lambda isr: f"Isr: {','.join(sorted(isr[1].split(',')))}", text
        )  # a set
        return text.replace(str(self._own), "OWN")

    def file(self, name: str, value: object) -> str:
        path = self._own / name
        path.write_text(json.dumps(value))
        return str(path)

    def moves(self, *partitions: tuple[object, ...]) -> str:
        """A file for `--reassignment-json-file`: (partition, brokers, log directories if any)."""
        listed = [
            {
                "topic": "orders",
                "partition": index,
                "replicas": list(replicas),
                **({"log_dirs": dirs[0]} if dirs else {}),
            }
            for index, replicas, *dirs in partitions
        ]
        return self.file("moves.json", {"version": 1, "partitions": listed})

    def until_told(self, wanted: str, name: str, *arguments: str) -> None:
        until(lambda: wanted in self.say(name, *arguments), f"{name} says {wanted!r}", 90)


@contextmanager
def tools(where: str, paths: Sequence[Sequence[str]], own: Path) -> Iterator[Tools]:
    process = subprocess.Popen(
        [*brokers.REAL_KAFKA, "java", str(TOOLS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Tools(process, where, paths, own)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def play(t: Tools) -> None:
    """The scenario, on either side."""
    t.tell("Created", TOPICS, "--create", "--topic", "orders", "--replica-assignment", "1:2,2:1")
    _write(t.where)
    execute = (REASSIGN, "--execute", "--reassignment-json-file")
    verify = (REASSIGN, "--verify", "--reassignment-json-file")

    moves = t.moves((0, (1, 3)))
    t.tell("Begun slowly", *execute, moves, "--throttle", SLOWLY)
    t.tell("Under way", *verify, moves, "--preserve-throttles")
    t.tell("Listed", REASSIGN, "--list")
    t.tell("Throttled replicas", CONFIGS, "--describe", "--entity-type", "topics", "--entity-name", "orders")
    t.tell("Throttled rates", CONFIGS, "--describe", "--entity-type", "brokers", "--entity-name", "3")
    t.tell("Begun again", *execute, moves)
    t.tell("Begun again with another throttle", *execute, moves, "--throttle", LESS_SLOWLY, "--additional")
    t.tell("Taken back", REASSIGN, "--cancel", "--reassignment-json-file", moves)
    t.tell("Nothing to take back", REASSIGN, "--cancel", "--reassignment-json-file", moves)
    t.tell("No throttles", CONFIGS, "--describe", "--entity-type", "topics", "--entity-name", "orders")
    t.tell("Nothing listed", REASSIGN, "--list")

    moves = t.moves((0, (3, 1)))
    t.tell("Begun", *execute, moves)
    t.until_told("of partition orders-0 is completed", *verify, moves)
    t.tell("Done", *verify, moves)
    t.tell("The old leader leads", TOPICS, "--describe", "--topic", "orders")
    partition = ("--topic", "orders", "--partition")
    t.tell("Elected", ELECT, "--election-type", "preferred", *partition, "0")
    t.tell("Elected again", ELECT, "--election-type", "preferred", *partition, "0")
    t.tell("No such partition", ELECT, "--election-type", "preferred", *partition, "7")
    t.tell("Unclean, for no reason", ELECT, "--election-type", "unclean", *partition, "1")
    t.tell("The new leader leads", TOPICS, "--describe", "--topic", "orders")

    t.tell("To no broker", *execute, t.moves((0, (1, 99))))
    t.tell("To one twice", *execute, t.moves((0, (1, 1))))
    t.tell("To nobody", *execute, t.moves((0, ())))
    t.tell(
        "One more replica, forbidden",
        *execute,
        t.moves((1, (1, 2, 3))),
        "--disallow-replication-factor-change",
    )
    t.tell("No such partition", *execute, t.moves((9, (1, 2))))

    moves = t.moves((1, (2, 1), [t.paths[1][1], "any"]))
    t.tell("To another directory", *execute, moves)
    t.until_told("completed successfully", *verify, moves)
    t.tell("It lies there", *verify, moves)
    t.tell("To no directory", *execute, t.moves((1, (2, 1), ["/no/such/directory", "any"])))
    described = t.say(LOG_DIRS, "--describe", "--topic-list", "orders", "--broker-list", "1,2,3")
    t.told.append(_directories(described))


def _write(where: str) -> None:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": where, "batch.size": 30_000, "acks": "all"})
    for number in range(60):
        producer.produce("orders", b"v" * 20_000, partition=number % 2)
    producer.flush()


def _directories(described: str) -> str:
    """Which broker has which partitions, and which of them in its second directory when that was asked for."""
    found = json.loads(next(line for line in described.splitlines() if line.startswith("{")))
    seen = []
    for broker in sorted(found["brokers"], key=lambda broker: broker["broker"]):
        for directory in broker["logDirs"]:
            for p in directory["partitions"]:
                place = (
                    directory["logDir"]
                    if (broker["broker"], p["partition"]) == (2, "orders-1")
                    else "anywhere"
                )
                facts = (p["partition"], place, p["isFuture"], p["offsetLag"], p["size"] > 500_000)
                seen.append((broker["broker"], *facts, directory["error"]))
    return "\n".join(map(str, sorted(seen)))


def test_partitions_are_moved_and_leaders_elected_as_on_a_real_kafka(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    # Each broker's own: `log.dirs` would be one for all.
    with real.real_broker(
        theirs,
        *(f"{key}={value}" for key, value in SETTINGS.items()),
        arguments=("--brokers", "3", "--disks", "2"),
    ) as where:
        paths = [[str(theirs / f"broker-{n}" / f"d{disk}") for disk in (1, 2)] for n in (1, 2, 3)]
        with tools(where, paths, tmp_path / "moves") as t:
            play(t)
            said = t.told
    with Cluster(brokers=3, data=tmp_path / "ours", configs=SETTINGS | {"log.dirs": "d1,d2"}) as cluster:
        paths = [[str(tmp_path / "ours" / f"broker-{n}" / f"d{disk}") for disk in (1, 2)] for n in (1, 2, 3)]
        with tools(cluster.bootstrap_servers, paths, tmp_path / "moves") as t:
            play(t)
    differences = difflib.unified_diff(
        *("\n".join(told).splitlines() for told in (said, t.told)), "theirs", "ours"
    )
    assert not (differing := "\n".join(differences)), differing
