"""A partition's directory in memory, for tests that look into it."""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.control import end_transaction_batch
from minikafka.world import SimulatedUniverse
from minikafka.xray.snapshot import Segment, Snapshot

LOG, INDEX = f"{0:020}.log", f"{0:020}.index"
TIME_MS = 1_700_000_000_000


class Disk:
    """`orders-0` as a broker has it; `append` writes one more batch."""

    def __init__(self) -> None:
        self.disk = SimulatedUniverse(1).world("broker-1").disk
        self.disk.makedirs("orders-0")
        self.log = self.disk.open(f"orders-0/{LOG}", create=True)
        self.index = self.disk.open(f"orders-0/{INDEX}", create=True)
        self.disk.write_atomic("orders-0/leader-epoch-checkpoint", b"0\n1\n0 0\n")
        self.next = 0

    def append(self, *records: NewRecord, **options: Any) -> int:
        position = self.log.size
        data = build_batch(records, base_offset=self.next, leader_epoch=0, **options)
        self._write(data, len(records))
        return position

    def commit(self) -> None:
        marker = end_transaction_batch(
            commit=True, coordinator_epoch=5, timestamp_ms=TIME_MS, producer_id=7, producer_epoch=0
        )
        self._write(struct.pack(">q", self.next) + marker[8:], 1)

    def _write(self, data: bytes, count: int) -> None:
        self.index.append(struct.pack(">Ii", self.next + count - 1, self.log.size))
        self.log.append(data)
        self.next += count

    def fill(self, count: int) -> None:
        for n in range(count):
            self.append(NewRecord(TIME_MS + n, b"k", b"value %d" % n))

    def picture(self, before: Snapshot, *, gone: bool = False) -> Snapshot:
        """`orders-0` has this one segment on every broker."""
        first, *others = before.topics
        partition, *rest = first.partitions
        here = (Segment(0, self.next, self.log.size, self.index.size, 12, active=True),)
        later = (Segment(10**6, 10**6, 0, 0, 0, active=True),)
        replicas = tuple(
            msgspec.structs.replace(r, segments=later if gone else here) for r in partition.replicas
        )
        partition = msgspec.structs.replace(partition, replicas=replicas)
        topic = msgspec.structs.replace(first, partitions=(partition, *rest))
        return msgspec.structs.replace(before, topics=(topic, *others))
