"""Going through a segment's file batch by batch, reading no more than it must.

The rule: the scan trusts nothing. A batch that can't be (its length, its magic, its offsets, the end of the
file inside it) ends the scan with `CorruptLog`, which says where. Kafka: `FileLogInputStream`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from minikafka.records.batch import HEADER, HEADER_BYTES, LOG_OVERHEAD_BYTES, MAGIC_V2, Batch, BatchHeader
from minikafka.records.errors import CorruptRecords
from minikafka.world import File

HEADERS_WINDOW_BYTES = 8 * 1024
"""One read brings the headers of many small batches; over large ones it hops."""
BATCHES_WINDOW_BYTES = 4 * 1024 * 1024


_ORDER = struct.Struct(">qiib6xi")
"""Of a batch header only what tells where the batch ends, in bytes and in offsets."""


class CorruptLog(CorruptRecords):
    """There is no valid batch at `position` of a segment's file, though bytes are there."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"at byte {position}: {reason}")
        self.position = position


def scan_headers(file: File, position: int, end: int) -> Iterator[tuple[int, BatchHeader]]:
    """(position, header) of each batch from `position`, where one must begin, to `end`."""
    window, start = b"", position
    while position < end:
        if position + HEADER_BYTES > start + len(window):
            window, start = file.read_at(position, min(HEADERS_WINDOW_BYTES, end - position)), position
            if len(window) < HEADER_BYTES:
                raise CorruptLog(position, "the file ends inside a batch header")
        header = BatchHeader._make(HEADER.unpack_from(window, position - start))
        size = LOG_OVERHEAD_BYTES + header.batch_length
        if problem := _problem(header, end - position):
            raise CorruptLog(position, problem)
        yield position, header
        position += size


def scan_batches(file: File, position: int, end: int) -> Iterator[tuple[int, Batch]]:
    """(position, batch) with the whole bytes of each batch from `position` to `end`, checksums verified."""
    window, start = memoryview(b""), position
    for at, header in scan_headers(file, position, end):
        if at + header.size_bytes > start + len(window):
            size = max(header.size_bytes, min(BATCHES_WINDOW_BYTES, end - at))
            window, start = memoryview(file.read_at(at, size)), at
        batch = Batch(header, window[at - start : at - start + header.size_bytes])
        if not batch.crc_is_valid():
            raise CorruptLog(at, f"the batch's checksum is not {header.crc}")
        yield at, batch


def walk_in_order(chunk: bytes, size: int, up_to_offset: int) -> tuple[int, int]:
    """Where the last whole batch below `up_to_offset` in the first `size` bytes ends, and the offset after it
    (-1: no batch). `CorruptLog` when the offsets of neighbours overlap; what `chunk` holds after `size` is
    looked at for that only.

    No checksum covers a batch's offset. Kafka doesn't look; at a third of a microsecond a batch, we do.
    """
    at, following, room, unpack = 0, -1, len(chunk) - _ORDER.size, _ORDER.unpack_from
    while at <= room:
        base, length, _, magic, delta = unpack(chunk, at)
        end, next_offset = at + LOG_OVERHEAD_BYTES + length, base + delta + 1
        if base < following or magic != MAGIC_V2 or end - at < HEADER_BYTES or next_offset <= base:
            raise CorruptLog(at, f"a batch of {end - at} bytes, magic {magic}, begins with offset {base}")
        if end > size or next_offset > up_to_offset:
            break
        at, following = end, next_offset
    return at, following


def _problem(header: BatchHeader, remaining_bytes: int) -> str:
    """Why this can't be the header of a batch; empty when it can."""
    if header.magic != MAGIC_V2:
        return f"a batch has magic {header.magic} where 2 is expected"
    if header.size_bytes < HEADER_BYTES:
        return f"a batch is said to be {header.size_bytes} bytes long"
    if header.size_bytes > remaining_bytes:
        return f"a batch of {header.size_bytes} bytes has only {remaining_bytes} left in its file"
    if header.base_offset < 0 or header.last_offset_delta < 0:
        return f"a batch has offsets from {header.base_offset} to {header.last_offset}"
    return ""
