"""A real Kafka on files of one's choice: its classes, its tools, and one broker on a folder (`tools/real_kafka.py`)."""

from __future__ import annotations

import re
import signal
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oracle import brokers
from oracle.script import until

from minikafka.log.partition_metadata import read_partition_metadata
from minikafka.world import LiveUniverse
from tests.ports import free_port

LOG_FILES = Path(__file__).parent / "java" / "LogFiles.java"


def real_kafka(*arguments: object, may_say: str = "$") -> str:
    """What the script prints; on stderr, where Kafka's warnings go, it must say nothing but `may_say`."""
    done = subprocess.run(
        [*brokers.REAL_KAFKA, *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = [line for line in done.stderr.splitlines() if not re.fullmatch(may_say, line)]
    assert not said, said
    return done.stdout


@contextmanager
def real_broker(data: Path, *settings: str, arguments: Sequence[str] = ("--brokers", "1")) -> Iterator[str]:
    """Brokers (one, if `arguments` say nothing else) on this folder, with settings (`key=value`); their address."""
    process = subprocess.Popen(
        [
            *brokers.REAL_KAFKA,
            "up",
            "--soon",
            *arguments,
            "--port",
            str(free_port()),
            "--dir",
            data,
            *(word for setting in settings for word in ("--set", setting)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        where = process.stdout.readline().strip()
        assert where, "".join(p.read_text(errors="replace")[-2000:] for p in data.glob("*.log"))
        until(lambda: _is_whole(where), "every broker is up and there is a controller", 120)
        yield where
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)
        assert process.stdout is not None
        process.stdout.close()


def _is_whole(where: str) -> bool:
    """Its ports open before brokers have found each other and a controller, and librdkafka asks seldom then."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        seen = AdminClient({"bootstrap.servers": where}).list_topics(timeout=5)
    except KafkaException:
        return False
    return seen.controller_id in seen.brokers and len(seen.brokers) == len(where.split(","))


def served_by(where: str, end_offset: int) -> list[tuple[Any, ...]]:
    """Every record of `orders`, markers aside, open and aborted transactions included."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": where,
            "group.id": "reader",
            "isolation.level": "read_uncommitted",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "check.crcs": True,
        }
    )
    consumer.assign([TopicPartition("orders", 0, 0)])
    found = []
    try:
        for _ in range(2000):
            message = consumer.poll(30)
            assert message is not None, "the broker serves nothing for half a minute"
            if message.error():
                assert message.error().name() == "_PARTITION_EOF", message.error()
                assert message.offset() == end_offset
                return found
            headers = [[k.encode().hex(), None if v is None else v.hex()] for k, v in message.headers() or []]
            found.append((message.offset(), message.timestamp()[1], message.key(), message.value(), headers))
        raise AssertionError("no end of the partition")
    finally:
        consumer.close()


def topic_id_of(directory: Path) -> uuid.UUID:
    with LiveUniverse(directory.parent) as universe:
        found = read_partition_metadata(universe.world(".").disk, directory.name)
    assert found is not None
    return found


def topic(where: str, **configs: str) -> None:
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": where})
    new = NewTopic("orders", 1, 1, config={"retention.ms": "-1", **configs})
    admin.create_topics([new])["orders"].result(30)
