"""Going through a segment's file batch by batch, reading no more than it must.

Rule: the scan trusts nothing. A batch that can't be (its length, its magic, its offsets, the end of the
file inside it) ends the scan with `CorruptLog`, which says where. Kafka: `FileLogInputStream`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Protocol

from minikafka.records import legacy
from minikafka.records.batch import (
    HEADER,
    HEADER_BYTES,
    LOG_OVERHEAD_BYTES,
    MAGIC_AT,
    MAGIC_V2,
    Batch,
    BatchHeader,
    batch_of,
)
from minikafka.records.errors import CorruptRecords
from minikafka.world import File

HEADERS_WINDOW_BYTES = 8 * 1024
"""One read brings the headers of many small batches; over large ones it hops."""
HOP_WINDOW_BYTES = 1024
BATCHES_WINDOW_BYTES = 4 * 1024 * 1024


_ORDER = struct.Struct(">qiib6xi")
"""Of a batch header only what tells where the batch ends, in bytes and in offsets."""


class CorruptLog(CorruptRecords):
    """There is no valid batch at `position` of a segment's file, though bytes are there."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"at byte {position}: {reason}")
        self.position = position


class Source(Protocol):
    """What headers are read from."""

    def read_at(self, position: int, size_bytes: int) -> bytes: ...


def scan_headers(
    file: Source, position: int, end: int, window_bytes: int = HEADERS_WINDOW_BYTES
) -> Iterator[tuple[int, BatchHeader]]:
    """(position, header) of each batch from `position`, where one must begin, to `end`.

    Messages of the old formats are verified as a whole, and wrappers unpacked (`legacy.header_of`)."""
    window, start = b"", position
    while position < end:
        if position + HEADER_BYTES > start + len(window):
            window, start = file.read_at(position, min(window_bytes, end - position)), position
        at = position - start
        if len(window) - at >= HEADER_BYTES and window[at + MAGIC_AT] == MAGIC_V2:
            header = BatchHeader._make(HEADER.unpack_from(window, at))
            if problem := _problem(header, end - position):
                raise CorruptLog(position, problem)
        else:
            header = _old_header(file, position, end, window, at)
        yield position, header
        position += LOG_OVERHEAD_BYTES + header.batch_length


def _old_header(file: Source, position: int, end: int, window: bytes, at: int) -> BatchHeader:
    """Of the message of an old format at `position`, which is `at` in `window`; more is read when it is longer."""
    if len(window) - at <= MAGIC_AT or window[at + MAGIC_AT] == MAGIC_V2:
        raise CorruptLog(position, "the file ends inside a batch header")
    if window[at + MAGIC_AT] not in legacy.OLD_MAGICS:
        raise CorruptLog(position, f"a batch has magic {window[at + MAGIC_AT]} where 2 is expected")
    size = legacy.size_of(window, at)
    if not legacy.SMALLEST_MESSAGE_BYTES <= size <= end - position:
        raise CorruptLog(position, f"a message of {size} bytes has {end - position} left in its file")
    message = memoryview(window)[at : at + size]
    if len(message) < size:
        message = memoryview(file.read_at(position, size))
    try:
        return legacy.header_of(message)
    except CorruptRecords as error:
        raise CorruptLog(position, f"{error}") from error


def scan_batches(file: File, position: int, end: int) -> Iterator[tuple[int, Batch]]:
    """(position, batch) with the whole bytes of each batch from `position` to `end`, checksums verified."""
    pieces = LargePieces(file, end)
    for at, header in scan_headers(pieces, position, end):
        batch = batch_of(header, pieces.view(at, header.size_bytes))
        if not batch.crc_is_valid():
            raise CorruptLog(at, f"the batch's checksum is not {header.crc}")
        yield at, batch


def holds_whole_batch(data: memoryview, from_offset: int) -> bool:
    """Is there a whole batch (v2, its checksum right) anywhere in `data`, of offsets from `from_offset` on?"""
    raw, at = bytes(data), MAGIC_AT - 1
    while (at := raw.find(MAGIC_V2, at + 1)) >= 0:
        start = at - MAGIC_AT
        if len(data) - start < HEADER_BYTES:
            return False
        header = BatchHeader._make(HEADER.unpack_from(data, start))
        is_possible = (
            HEADER_BYTES <= header.size_bytes <= len(data) - start and header.base_offset >= from_offset
        )
        if is_possible and Batch(header, data[start : start + header.size_bytes]).crc_is_valid():
            return True
    return False


class LargePieces:
    """A file that is read from front to back, in large pieces: no byte twice, but of a batch between two pieces."""

    def __init__(self, file: Source, end: int) -> None:
        self._file = file
        self._end = end
        self._piece = memoryview(b"")
        self._start = 0

    def read_at(self, position: int, size_bytes: int) -> bytes:
        return bytes(self.view(position, size_bytes))

    def view(self, position: int, size_bytes: int) -> memoryview:
        """The same without a copy."""
        at = position - self._start
        if at < 0 or at + size_bytes > len(self._piece):
            wanted = max(size_bytes, min(BATCHES_WINDOW_BYTES, self._end - position))
            self._piece, self._start, at = memoryview(self._file.read_at(position, wanted)), position, 0
        return self._piece[at : at + size_bytes]


def walk_in_order(
    chunk: bytes, size: int, up_to_offset: int, file: File, position: int, file_end: int, following: int = -1
) -> tuple[int, int]:
    """Where the last whole batch below `up_to_offset` in the first `size` bytes ends, and the offset after it
    (no batch: `following`, below which none may begin). `CorruptLog` when the offsets of neighbours overlap; what
    `chunk` holds after `size` is looked at for that only. `chunk` stands at `position` of `file`, which is asked
    about old formats.

    No checksum covers a batch's offset. Kafka doesn't look; at a third of a microsecond a batch, we do.
    """
    at, room, unpack = 0, len(chunk) - _ORDER.size, _ORDER.unpack_from
    while at <= room:
        base, length, _, magic, delta = unpack(chunk, at)
        end, next_offset = at + LOG_OVERHEAD_BYTES + length, base + delta + 1
        if magic != MAGIC_V2:
            break
        if base < following or end - at < HEADER_BYTES or next_offset <= base:
            raise CorruptLog(position + at, f"a batch of {end - at} bytes begins with offset {base}")
        if end > size or next_offset > up_to_offset:
            return at, following
        at, following = end, next_offset
    else:
        if 0 < at < len(chunk) < file_end - position:
            return at, following  # the chunk is a window that ends inside the next header
    if at < len(chunk):
        return _walk_old(size, up_to_offset, file, position, file_end, at, following)
    return at, following


def hop_in_order(
    window: bytes,
    size: int,
    up_to_offset: int,
    file: File,
    position: int,
    file_end: int,
    window_bytes: int = HOP_WINDOW_BYTES,
) -> tuple[int, int]:
    """As `walk_in_order`, window by window: `window` is what is at `position`; from where a batch is the first
    that goes beyond it, the next is read. So of large batches only the headers come into memory."""
    at, following = 0, -1
    while True:
        here = position + at
        step, following = walk_in_order(window, size - at, up_to_offset, file, here, file_end, following)
        at, here = at + step, here + step
        if not step or here >= file_end:
            return at, following
        window = file.read_at(here, min(window_bytes, file_end - here))


def _walk_old(
    size: int, up_to_offset: int, file: File, position: int, file_end: int, at: int, following: int
) -> tuple[int, int]:
    """`walk_in_order` from `at` on, where there is a batch of an old format, or something that is no batch."""
    for place, header in scan_headers(file, position + at, file_end):
        if header.base_offset < following:
            raise CorruptLog(place, f"a batch begins with offset {header.base_offset}")
        end = place - position + header.size_bytes
        if end > size or header.next_offset > up_to_offset:
            break
        at, following = end, header.next_offset
    return at, following


def _problem(header: BatchHeader, remaining_bytes: int) -> str:
    """Why this can't be the header of a batch; empty when it can."""
    if header.size_bytes < HEADER_BYTES:
        return f"a batch is said to be {header.size_bytes} bytes long"
    if header.size_bytes > remaining_bytes:
        return f"a batch of {header.size_bytes} bytes has only {remaining_bytes} left in its file"
    if header.base_offset < 0 or header.last_offset_delta < 0:
        return f"a batch has offsets from {header.base_offset} to {header.last_offset}"
    return ""
