"""Who is measured: a bare server, clusters of ours, and any other Kafka whose address is given.

Rule: each in processes of its own, so that their processor time can be told. The bare server does the least a
broker must: frame, CRC-32C, one write, one short answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time  # noqa: TID251 - other clusters live in real time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikafka.bench.requests import TOPIC

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
SEGMENT_BYTES = 256 << 20
LEADER_WAIT_S = 30.0

BARE_SERVER = """
import asyncio, struct, sys
try:
    import uvloop; asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
except ImportError:
    pass
import crc32c

class Bare(asyncio.Protocol):
    def __init__(self): self.buffer = bytearray()
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data):
        self.buffer += data
        while len(self.buffer) >= 4:
            size = int.from_bytes(self.buffer[:4], "big")
            if len(self.buffer) < 4 + size: return
            frame = bytes(self.buffer[4:4 + size]); del self.buffer[:4 + size]
            crc32c.crc32c(frame); file.write(frame)
            self.transport.write(struct.pack(">i", 40) + frame[4:8] + bytes(36))

async def main():
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

with open(sys.argv[1], "wb", buffering=0) as file:
    asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the leader of the measured partition listens. Without `pids` nobody knows what it costs."""

    name: str
    host: str
    port: int
    pids: tuple[int, ...] = ()
    speaks_kafka: bool = True

    def processor_s(self) -> float | None:
        """Seconds of processor time that it has used, with all that it has started; None where that isn't told."""
        if not self.pids or not Path("/proc/self/stat").exists():
            return None
        return sum(_processor_s(pid) for pid in _with_children(self.pids))


def parse_against(text: str) -> tuple[str, str, tuple[int, ...]]:
    """`NAME=HOST:PORT@PID,PID`; the name and the pids may be left out. Raises ValueError."""
    name, equals, rest = text.rpartition("=")
    address, _, pids = rest.partition("@")
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not all(pid.isdigit() for pid in filter(None, pids.split(","))):
        raise ValueError(f"{text!r} is not [NAME=]HOST:PORT[@PID[,PID…]]")
    found = tuple(int(pid) for pid in pids.split(",") if pid)
    for pid in found:
        if not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            raise ValueError(f"There is no process {pid}")
    return (name if equals else address), address, found


@contextmanager
def bare_server(directory: str) -> Iterator[Server]:
    """The least a broker could do."""
    process = subprocess.Popen(
        [sys.executable, "-c", BARE_SERVER, f"{directory}/bare"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        yield Server("bare", "127.0.0.1", port, (process.pid,), speaks_kafka=False)
    finally:
        process.kill()
        process.wait()


@contextmanager
def our_cluster(directory: str, brokers: int) -> Iterator[Server]:
    """A cluster of ours with so many brokers and replicas."""
    command = [sys.executable, "-m", "minikafka.cli", "up", "--brokers", str(brokers), "--json"]
    process = subprocess.Popen(
        [*command, "--data", f"{directory}/{brokers}"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        about = json.loads(process.stdout.readline())
        with other_cluster(f"RF {brokers}", about["bootstrap_servers"], (process.pid,)) as server:
            yield server
    finally:
        process.terminate()
        process.wait()


@contextmanager
def other_cluster(name: str, bootstrap_servers: str, pids: tuple[int, ...]) -> Iterator[Server]:
    """Any Kafka. It gets a topic of three replicas (of fewer, where it has fewer brokers), which goes at the end."""
    from minikafka.client import AdminClient, KafkaException, NewTopic

    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    try:
        replicas = min(3, len(admin.list_topics(timeout=30).brokers))
        new = NewTopic(TOPIC, 1, replicas, config={"segment.bytes": str(SEGMENT_BYTES)})
        admin.create_topics([new])[TOPIC].result(30)
        try:
            leader = leader_of_the_topic(admin)
            yield Server(name, str(leader.host), leader.port, pids)
        finally:
            admin.delete_topics([TOPIC])[TOPIC].result(30)
    except KafkaException as problem:
        raise ConnectionError(f"{bootstrap_servers}: {problem.args[0].str()}") from None
    finally:
        admin.close()


def leader_of_the_topic(admin: Any) -> Any:
    """Host and port of who leads the new topic, which a broker may learn later than the controller made it.

    Raises ConnectionError where nobody leads it for half a minute.
    """
    end = time.monotonic() + LEADER_WAIT_S
    while True:
        metadata = admin.list_topics(TOPIC, timeout=LEADER_WAIT_S)
        topic = metadata.topics.get(TOPIC)
        leader = topic and topic.partitions and metadata.brokers.get(topic.partitions[0].leader)
        if leader:
            return leader
        if time.monotonic() > end:
            raise ConnectionError(f"the new topic {TOPIC} has no leader after {LEADER_WAIT_S:.0f} s.")
        time.sleep(0.1)


def _with_children(pids: tuple[int, ...]) -> list[int]:
    found: list[int] = []
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            waiting += map(int, children.read_text().split())
    return found


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
