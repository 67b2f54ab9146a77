"""A cluster in processes of its own, ours or a real Kafka, as a benchmark sees it from outside: its processor time, its
brokers, what it answers.

Rule: both are asked the same through raw sockets, and nothing of the cluster runs in the process that measures.
"""

from __future__ import annotations

import os
import signal
import socket  # noqa: TID251 - a benchmark is a client from outside, not a node
import struct
import subprocess
import sys
import time  # noqa: TID251 - it measures real time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from minikafka.protocol.framing import request_frame
from minikafka.protocol.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
)
from minikafka.protocol.messages.metadata import MetadataRequest, MetadataResponse
from minikafka.protocol.schema import Message

OURS = "minikafka"
METADATA_VERSION, LIST_OFFSETS_VERSION = 9, 7
LATEST = -1
READY_S, END_S = 300.0, 120.0

PINGER = """
import socket, struct, sys, threading, time
longest = 0.0
def ask(port):
    with socket.create_connection(("127.0.0.1", port), 120) as peer:
        peer.sendall(struct.pack(">ihhih", 10, 18, 0, 1, -1))
        size, got = None, b""
        while size is None or len(got) < size + 4:
            more = peer.recv(65536)
            if not more: raise OSError
            got += more
            size = struct.unpack(">i", got[:4])[0] if len(got) >= 4 else None
def work(port):
    global longest
    while True:
        begin[port] = time.monotonic()
        try: ask(port)
        except OSError: pass
        longest = max(longest, time.monotonic() - begin[port])
        time.sleep(0.02)
ports, begin = [int(word) for word in sys.argv[1:]], {}
for port in ports: threading.Thread(target=work, args=(port,), daemon=True).start()
for _ in sys.stdin:
    print(max([longest, *(time.monotonic() - at for at in begin.values())]), flush=True)
    longest = 0.0
    now = time.monotonic()
    for port in begin: begin[port] = now
"""
"""Asks each of the ports for ApiVersions, on a new connection each time; for each line it gets, it prints how long the
longest answer took since the last one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What to start: `command` gets the data directory appended; its first line of output has the bootstrap address."""

    name: str
    command: tuple[str, ...]


def ours(brokers: int, port: int) -> Kind:
    command = (sys.executable, "-m", "minikafka.cli", "up", "--brokers", str(brokers), "--port", str(port))
    return Kind(OURS, (*command, "--data"))


def real(brokers: int, port: int) -> Kind | None:
    """None where no real Kafka is at hand (the environment variable `REAL_KAFKA` names its command)."""
    command = os.environ.get("REAL_KAFKA")
    if not command or not Path(command).exists():
        return None
    return Kind("Kafka", (command, "up", "--brokers", str(brokers), "--port", str(port), "--dir"))


class OutsideCluster:
    """One that runs, or will again: `start`, then `stop`."""

    def __init__(self, kind: Kind, brokers: int, first_port: int, directory: Path) -> None:
        self.kind = kind
        self.ports = tuple(range(first_port, first_port + brokers))
        self._directory = directory
        self._process: subprocess.Popen[str] | None = None
        self._peers: dict[int, socket.socket] = {}

    def start(self) -> None:
        """Returns when it says that it is up. Raises OSError."""
        self._process = subprocess.Popen(
            [*self.kind.command, str(self._directory)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise OSError(f"{self.kind.name} didn't start: {' '.join(self.kind.command)}")
        began = time.monotonic()
        for port in self.ports:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 10).close()
                    break
                except OSError:
                    if time.monotonic() - began > READY_S:
                        raise
                    time.sleep(0.1)

    def stop(self) -> None:
        """As Ctrl-C does; returns when all of it has ended."""
        for peer in self._peers.values():
            peer.close()
        self._peers.clear()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def pause(self, seconds: float) -> None:
        """All of its processes stand still for so long."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            for pid in self._pids():
                os.kill(pid, signal.SIGCONT)

    def processor_s(self) -> float:
        """Of all its processes so far (Linux)."""
        ticks = 0
        for pid in self._pids():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        assert self._process is not None
        return self._process.pid

    def _pids(self) -> list[int]:
        """The process and all below it."""
        found, left = [], [self.pid]
        while left:
            pid = left.pop()
            found.append(pid)
            try:
                tasks = list(Path(f"/proc/{pid}/task").iterdir())
                left += [int(word) for task in tasks for word in (task / "children").read_text().split()]
            except OSError:
                continue
        return found

    # -- asking ------------------------------------------------------------------------------------------------

    def ask(self, port: int, request: Message, version: int, answer: type[Message]) -> Message:
        """One request and its answer. Raises OSError."""
        peer = self._peers.get(port)
        if peer is None:
            peer = self._peers[port] = socket.create_connection(("127.0.0.1", port), 300)
        try:
            peer.sendall(b"".join(cast("list[bytes]", request_frame(request, version, 7, b"bench"))))
            (size,) = struct.unpack(">i", _exactly(peer, 4))
            frame = _exactly(peer, size)
        except OSError:
            self._peers.pop(port).close()
            raise
        return answer.decode(frame, version, 5 if answer.SCHEMA.is_flexible(version) else 4)

    def partitions(self, replicas: int) -> tuple[int, int]:
        """(those that a broker serves as their leader with all replicas in sync, all there are): of topics `t…`."""
        response = cast(
            "MetadataResponse",
            self.ask(self.ports[0], MetadataRequest(topics=None), METADATA_VERSION, MetadataResponse),
        )
        ports = {broker.node_id: broker.port for broker in response.brokers}
        led: dict[int, dict[str, list[int]]] = {}
        count = 0
        for topic in response.topics:
            if not (topic.name or "").startswith("t"):
                continue
            count += len(topic.partitions)
            for partition in topic.partitions:
                if len(partition.isr_nodes) == replicas and partition.leader_id in ports:
                    of_leader = led.setdefault(ports[partition.leader_id], {})
                    of_leader.setdefault(topic.name or "", []).append(partition.partition_index)
        return sum(self._served(port, topics) for port, topics in led.items()), count

    def _served(self, port: int, topics: dict[str, list[int]]) -> int:
        request = ListOffsetsRequest(
            topics=[
                ListOffsetsTopic(
                    name=name,
                    partitions=[ListOffsetsPartition(partition_index=i, timestamp=LATEST) for i in indexes],
                )
                for name, indexes in topics.items()
            ]
        )
        response = cast(
            "ListOffsetsResponse", self.ask(port, request, LIST_OFFSETS_VERSION, ListOffsetsResponse)
        )
        return sum(p.error_code == 0 for topic in response.topics for p in topic.partitions)

    def wait_for(self, partitions: int, replicas: int) -> float:
        """Seconds until so many are served, with all replicas in sync, and no more are there. Raises TimeoutError."""
        began = time.monotonic()
        while True:
            asked = time.monotonic()
            try:
                found = self.partitions(replicas)
            except OSError:
                found = (-1, -1)
            now = time.monotonic()
            if found == (partitions, partitions):
                return now - began
            if now - began > READY_S:
                raise TimeoutError(
                    f"{self.kind.name}: {found[0]} of {found[1]} partitions served, not {partitions}"
                )
            time.sleep(max(0.2, 4 * (now - asked)))  # the question is work, too


def _exactly(peer: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = peer.recv(min(1 << 20, size - len(data)))
        if not more:
            raise ConnectionResetError("the broker hung up")
        data += more
    return bytes(data)


class Pinger:
    """Somebody else, who only wants a short answer from each broker, again and again."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PINGER, *map(str, ports)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def longest_s(self) -> float:
        """The longest wait since this was asked last."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def pinging(ports: Sequence[int]) -> Iterator[Pinger]:
    pinger = Pinger(ports)
    try:
        yield pinger
    finally:
        pinger.close()


@contextmanager
def busy_neighbours(count: int) -> Iterator[None]:
    """So many processes that do nothing but work."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


__all__ = ["OURS", "Kind", "OutsideCluster", "Pinger", "busy_neighbours", "ours", "pinging", "real"]
