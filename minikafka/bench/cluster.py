"""`minikafka bench`: a cluster's speed through raw sockets, as ratios to bare limits measured in the same run.

Rule: a figure without its ratio says nothing; rounds are interleaved (bare, ours, bare, ours …) and the best of
each counts. The bare server does the least a broker must: frame, CRC-32C, one write, one short answer.
"""

from __future__ import annotations

import json
import os
import socket  # noqa: TID251 - a benchmark is a client from outside, not a node
import struct
import subprocess
import sys
import tempfile
import time  # noqa: TID251 - it measures real time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from minikafka.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from minikafka.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from minikafka.records.batch import NewRecord, build_batch

ROUNDS = 3
PRODUCE_VERSION, FETCH_VERSION = 9, 11
TOPIC = "bench"

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


class Peer:
    """A blocking connection that counts correlation ids."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", buffering=1 << 20)

    def send(self, frame: bytes) -> None:
        self._socket.sendall(frame)

    def receive(self) -> bytes:
        (size,) = struct.unpack(">i", self._file.read(4))
        return bytes(self._file.read(size))

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def produce_frame(value_bytes: int, records: int, acks: int) -> bytes:
    """One Produce request as it goes over the wire, with random values (nothing compresses)."""
    batch = build_batch(
        [NewRecord(1_700_000_000_000, None, os.urandom(value_bytes)) for _ in range(records)]  # noqa: TID251
    )
    request = ProduceRequest(
        acks=acks,
        timeout_ms=30_000,
        topic_data=[
            TopicProduceData(name=TOPIC, partition_data=[PartitionProduceData(index=0, records=batch)])
        ],
    )
    return _frame(0, PRODUCE_VERSION, request.encode(PRODUCE_VERSION), flexible=True)


def fetch_frame(max_bytes: int) -> bytes:
    """One Fetch request from offset 0."""
    request = FetchRequest(
        replica_id=-1,
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=max_bytes,
        session_id=0,
        session_epoch=-1,
        topics=[
            FetchTopic(
                topic=TOPIC,
                partitions=[FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=max_bytes)],
            )
        ],
        forgotten_topics_data=[],
    )
    return _frame(1, FETCH_VERSION, request.encode(FETCH_VERSION), flexible=False)


def _frame(key: int, version: int, body: bytes, *, flexible: bool) -> bytes:
    header = struct.pack(">hhih", key, version, 7, 5) + b"bench" + (b"\0" if flexible else b"")
    return struct.pack(">i", len(header) + len(body)) + header + body


def pump(peer: Peer, frame: bytes, in_flight: int, seconds: float) -> float:
    """Requests a second with so many on the way."""
    for _ in range(in_flight):
        peer.send(frame)
    begin = time.perf_counter()
    done = 0
    while time.perf_counter() - begin < seconds:
        peer.receive()
        peer.send(frame)
        done += 1
    elapsed = time.perf_counter() - begin
    for _ in range(in_flight):
        peer.receive()
    return done / elapsed


@contextmanager
def bare_server(directory: str) -> Iterator[int]:
    """The least a broker could do, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", BARE_SERVER, f"{directory}/bare"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


@contextmanager
def our_cluster(directory: str, brokers: int) -> Iterator[int]:
    """A cluster in a process of its own; gives the port of the leader of `bench`-0."""
    command = [sys.executable, "-m", "minikafka.cli", "up", "--brokers", str(brokers), "--json"]
    process = subprocess.Popen(
        [*command, "--data", f"{directory}/{brokers}", "--set", "log.segment.bytes=268435456"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        about = json.loads(process.stdout.readline())
        yield _create_topic(about["bootstrap_servers"], brokers)
    finally:
        process.terminate()
        process.wait()


def _create_topic(bootstrap_servers: str, replication_factor: int) -> int:
    from minikafka.client import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    admin.create_topics([NewTopic(TOPIC, 1, replication_factor)])[TOPIC].result(30)
    metadata = admin.list_topics(TOPIC, timeout=30)
    leader = metadata.topics[TOPIC].partitions[0].leader
    port = metadata.brokers[leader].port
    admin.close()
    return int(port)


def run_bench(seconds: float) -> None:
    """Measure and print a table."""
    big, small = produce_frame(1_000, 960, -1), produce_frame(150, 1, -1)
    rows: list[tuple[str, str, Callable[[Peer], float], float]] = [
        ("produce 960 kB", "MB/s", lambda p: pump(p, big, 4, seconds / ROUNDS), len(big) / 1e6),
        ("produce 200 B, 1 in flight", "requests/s", lambda p: pump(p, small, 1, seconds / ROUNDS), 1),
        ("produce 200 B, 64 in flight", "requests/s", lambda p: pump(p, small, 64, seconds / ROUNDS), 1),
    ]
    table = Table(title="minikafka, raw sockets, one partition, acks=all")
    for heading in ("", "bare", "RF 1", "RF 1 / bare", "RF 3", "RF 3 / bare"):
        table.add_column(heading, justify="left" if not heading else "right")
    with tempfile.TemporaryDirectory(prefix="minikafka-bench-") as directory:
        with (
            bare_server(directory) as bare,
            our_cluster(directory, 1) as one,
            our_cluster(directory, 3) as three,
        ):
            for name, unit, measure, factor in rows:
                best = [0.0, 0.0, 0.0]
                for _ in range(ROUNDS):
                    for at, port in enumerate((bare, one, three)):
                        peer = Peer(port)
                        best[at] = max(best[at], measure(peer) * factor)
                        peer.close()
                table.add_row(f"{name} ({unit})", *_cells(best))
            table.add_row("fetch 960 kB (MB/s)", "", *_fetch_cells(one, three, seconds))
        Path(directory, "bare").unlink(missing_ok=True)
    Console().print(table)


def _cells(best: list[float]) -> list[str]:
    bare, one, three = best
    return [f"{bare:,.0f}", f"{one:,.0f}", f"{one / bare:.2f}", f"{three:,.0f}", f"{three / bare:.2f}"]


def _fetch_cells(one: int, three: int, seconds: float) -> list[str]:
    cells = []
    frame = fetch_frame(1_000_000)
    for port in (one, three):
        peer = Peer(port)
        peer.send(frame)
        size = len(peer.receive())
        cells += [f"{pump(peer, frame, 2, seconds) * size / 1e6:,.0f}", ""]
        peer.close()
    return cells
