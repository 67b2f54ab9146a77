"""lz4 frames as two generations of Kafka clients write and read them.

Rule: a frame's records never change here, only the one byte of its descriptor that checks the descriptor.
Kafka: KAFKA-3160. Clients before 0.10 put the frame's magic number into the checksum, so that no other lz4 library
read their frames, and they read no other's; `Lz4BlockOutputStream.writeHeader`.
"""

from __future__ import annotations

import random

from minikafka.records.batch import HEADER_BYTES, NewRecord, build_batch
from minikafka.records.compression import Compression, decompress
from minikafka.records.errors import CorruptRecords
from minikafka.records.lz4_descriptor import with_broken_checksum, with_right_checksum
from minikafka.records.varint import read_unsigned
from minikafka_lessons.language import say

SIZE_FLAG = 0x08
FLAGS_AT, CHECKSUM_AT = 4, 6
DOCKS = ("dock-1", "dock-2", "dock-3")
OLD_DOCK = "dock-3"
SIZED_DOCK = "dock-2"
"""Its frames look different, and are right."""
SHIPS = ("Aurora", "Beagle", "Calypso", "Discovery", "Endurance")


def containers(seed: int, count: int = 30) -> list[NewRecord]:
    """What a dock reports: containers that came off ships."""
    chance = random.Random(seed)
    ships = [chance.choice(SHIPS) for _ in range(count)]
    return [
        NewRecord(
            1_700_000_000_000 + n, ship.encode(), f"container {chance.randrange(10**6):06d} unloaded".encode()
        )
        for n, ship in enumerate(ships)
    ]


def frame(seed: int, *, sized: bool = False, old: bool = False) -> bytes:
    """The records of a batch in an lz4 frame. `sized`: it says how long they are; `old`: by a client before 0.10."""
    records = build_batch(containers(seed))[HEADER_BYTES:]
    made = bytes(build_batch(containers(seed), compression=Compression.LZ4)[HEADER_BYTES:])
    if sized:
        size = len(records).to_bytes(8, "little")
        made = with_right_checksum(made[:4] + bytes((made[4] | SIZE_FLAG,)) + made[5:6] + size + made[6:])
    return with_broken_checksum(made) if old else made


def frames(seed: int = 4) -> dict[str, bytes]:
    """One frame of each dock. One dock still has the client of long ago."""
    return {
        dock: frame(seed * 10 + n, sized=dock == SIZED_DOCK, old=dock == OLD_DOCK)
        for n, dock in enumerate(DOCKS)
    }


def batch_of(packed: bytes, count: int = 30) -> bytes:
    """The batch (format v2) around a frame of `containers`: its header, then the frame as it is."""
    from minikafka.records.checksum import crc32c
    from minikafka.records.header import ATTRIBUTES_AT, CRC_AT, LENGTH_AT, LOG_OVERHEAD_BYTES

    head = bytearray(build_batch(containers(0, count), compression=Compression.LZ4)[:HEADER_BYTES])
    head[LENGTH_AT : LENGTH_AT + 4] = (HEADER_BYTES + len(packed) - LOG_OVERHEAD_BYTES).to_bytes(4, "big")
    whole = head + packed
    whole[CRC_AT : CRC_AT + 4] = crc32c(memoryview(whole)[ATTRIBUTES_AT:]).to_bytes(4, "big")
    return bytes(whole)


def old_client(packed: bytes) -> str:
    """What a Kafka client of 2015 says of a frame."""
    if with_broken_checksum(packed) != packed:
        return say("can't read it")
    return today(with_right_checksum(packed))


def today(packed: bytes) -> str:
    """What a client of today says."""
    try:
        records = decompress(Compression.LZ4, packed)
    except CorruptRecords:
        return say("can't read it")
    return say("reads {n} records", n=_count(records))


def _count(records: bytes) -> int:
    at = count = 0
    while at < len(records):
        size, at = read_unsigned(records, at)
        at, count = at + (size >> 1), count + 1
    return count
