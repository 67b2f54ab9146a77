"""The committed records of a partition, as a perfect observer remembers them.

Rule: what was committed once is never forgotten here, whatever the logs say later. Kafka has none.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace

from minikafka.log.log import Log
from minikafka.records.batch import read_batches

READ_BYTES = 16 << 20


@dataclass
class Committed:
    """The committed records of one partition: one entry per batch, as (first, next, checksum of its bytes)."""

    batches: list[tuple[int, int, int]] = field(default_factory=list)
    records: dict[int, tuple[bytes | None, bytes | None]] = field(default_factory=dict)
    """Of a compacted topic: (key, value) by offset."""
    newest: dict[bytes | None, int] = field(default_factory=dict)
    """Of a compacted topic: the last offset of each key."""
    end: int = 0
    may_lose: bool = False  # unclean leader election is allowed: Kafka promises nothing

    def copy(self) -> Committed:
        """One of its own."""
        return replace(self, batches=[*self.batches], records=dict(self.records), newest=dict(self.newest))


def batches_of(log: Log, start: int, end: int) -> list[tuple[int, int, int]]:
    """(first offset, next offset, checksum) of the batches of a log in a range."""
    found = []
    while start < end:
        data = log.read(start, READ_BYTES, up_to_offset=end, at_least_one=True)
        if not data:
            break
        for batch in read_batches(memoryview(data)):
            found.append((batch.header.base_offset, batch.header.next_offset, zlib.crc32(batch.data)))
            start = batch.header.next_offset
    return found


def records_of(log: Log, start: int, end: int) -> dict[int, tuple[bytes | None, bytes | None]]:
    """(key, value) by offset of the records of a log in a range; markers are left out."""
    found: dict[int, tuple[bytes | None, bytes | None]] = {}
    while start < end:
        data = log.read(start, READ_BYTES, up_to_offset=end, at_least_one=True)
        if not data:
            break
        for batch in read_batches(memoryview(data)):
            if not batch.header.is_control:
                found.update((r.offset, (r.key, r.value)) for r in batch.records() if r.offset >= start)
            start = batch.header.next_offset
    return found
