"""Requests as they go over the wire, and a connection that keeps so many of them on the way.

Rule: built before the clock starts, of public versions that any Kafka speaks.
"""

from __future__ import annotations

import os
import socket  # noqa: TID251 - a benchmark is a client from outside, not a node
import struct
import time  # noqa: TID251 - it measures real time

from minikafka.protocol.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from minikafka.protocol.messages.produce import PartitionProduceData, ProduceRequest, TopicProduceData
from minikafka.records.batch import NewRecord, build_batch

PRODUCE_VERSION, FETCH_VERSION = 9, 11
TOPIC = "minikafka-bench"


class Peer:
    """A blocking connection."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), 30)
        self._socket.settimeout(60)
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
    """One Produce request, with random values (nothing compresses) of today (retention takes nothing)."""
    now_ms = int(time.time() * 1000)
    batch = build_batch([NewRecord(now_ms, None, os.urandom(value_bytes)) for _ in range(records)])  # noqa: TID251
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


def pump(peer: Peer, frame: bytes, in_flight: int, seconds: float) -> tuple[int, float]:
    """How many requests were answered with so many on the way, and in what time."""
    for _ in range(in_flight):
        peer.send(frame)
    begin = time.perf_counter()
    done = 0
    while time.perf_counter() - begin < seconds:
        peer.receive()
        peer.send(frame)
        done += 1
    for _ in range(in_flight):
        peer.receive()
    return done + in_flight, time.perf_counter() - begin
