"""What is read from a segment: whole batches in order, as they are in its file.

Rule: nothing is decoded and nothing served that its neighbours contradict; of large batches only the headers
come into memory, and of many small ones a window. Kafka: `LogSegment.read`, `FileRecords.slice`.
"""

from __future__ import annotations

from minikafka.log.indexed_file import IndexedFile
from minikafka.log.scan import HOP_WINDOW_BYTES, CorruptLog, hop_in_order, walk_in_order
from minikafka.records.batch import HEADER_BYTES, MAGIC_AT, MAGIC_V2, BatchHeader
from minikafka.world import LEAST_SLICE_BYTES, PAGE_BYTES, FileSlice

Records = memoryview | FileSlice
"""Whole batches: in memory, or where they are in a file. Both have a length."""
NOTHING = memoryview(b"")
SLICED_BATCH_BYTES = LEAST_SLICE_BYTES
"""Where the first batch is so large, looking at each header costs less than taking all into memory."""
IN_MEMORY_BYTES = 1024 * 1024
"""Of smaller batches so much is taken into memory; more is looked at in windows and stays in the file. Of what a client
doesn't take at once, a page is kept in memory."""
WALK_WINDOW_BYTES = 256 * 1024
_ENDS_KEPT = 16


def in_memory(records: Records) -> memoryview:
    """The bytes. Raises OSError."""
    if isinstance(records, FileSlice):
        return memoryview(records.read()) if records.data is None else records.data
    return records


class Reads:
    """Of one segment. Remembers where recent ones ended: a follower continues from there without a search."""

    __slots__ = ("_ends", "_segment")

    def __init__(self, segment: IndexedFile) -> None:
        self._segment = segment
        self._ends: dict[int, int] = {}
        """Offset to position."""

    def forget(self) -> None:
        """The segment was cut."""
        self._ends.clear()

    def slice(
        self, offset: int, max_bytes: int, *, up_to_offset: int, at_least_one: bool, in_memory_bytes: int
    ) -> Records:
        """See `Segment.slice`."""
        segment = self._segment
        position = self._ends.get(offset)
        known = position is not None
        if position is None:
            found = segment.locate(offset)
            if found is None:
                return NOTHING
            position = found[0]
        file, file_end = segment.file(), segment.size_bytes
        if position >= file_end:
            return NOTHING
        limit = segment.position_limit(up_to_offset)
        size = max(0, min(max_bytes, limit - position))
        header, chunk = self._chunk_at(position, size if size < LEAST_SLICE_BYTES else HOP_WINDOW_BYTES)
        base_offset, last_offset, batch_bytes = header.base_offset, header.last_offset, header.size_bytes
        if last_offset < offset or (known and base_offset < offset):
            raise CorruptLog(position, f"offsets {base_offset} to {last_offset} can't be there")
        if batch_bytes > size and at_least_one and last_offset < up_to_offset:
            size = batch_bytes
        hops = size >= batch_bytes >= SLICED_BATCH_BYTES
        stays = hops or (size > in_memory_bytes and size >= LEAST_SLICE_BYTES)
        if hops:
            end, next_offset = hop_in_order(chunk, size, up_to_offset, file, position, file_end)
        elif stays:
            chunk = self._chunk_at(position, min(size, WALK_WINDOW_BYTES))[1]
            end, next_offset = hop_in_order(
                chunk, size, up_to_offset, file, position, file_end, WALK_WINDOW_BYTES
            )
        else:
            if len(chunk) < min(size + HEADER_BYTES, file_end - position):
                chunk = self._chunk_at(position, size)[1]
            end, next_offset = walk_in_order(chunk, size, up_to_offset, file, position, file_end)
        if next_offset < 0:
            if base_offset > offset:
                # A wrong offset must not look like the log's end.
                segment.check_order_at(position)
            return NOTHING
        if next_offset > segment.next_offset:
            raise CorruptLog(position, f"offset {next_offset - 1} can't be there")
        self._note_end(next_offset, position + end)
        if stays and end >= LEAST_SLICE_BYTES:
            return FileSlice(file, position, end)
        data = memoryview(chunk)[:end]
        return data if end <= PAGE_BYTES else FileSlice(file, position, end, data=data)

    def _note_end(self, offset: int, position: int) -> None:
        if len(self._ends) >= _ENDS_KEPT:
            del self._ends[next(iter(self._ends))]
        self._ends[offset] = position

    def _chunk_at(self, position: int, size: int) -> tuple[BatchHeader, bytes]:
        """`size` bytes from `position`, with the header that follows them; and the first header."""
        segment = self._segment
        room = segment.size_bytes - position
        chunk = segment.file().read_at(position, min(size + HEADER_BYTES, room))
        if len(chunk) < HEADER_BYTES or chunk[MAGIC_AT] != MAGIC_V2:
            return segment.header_at(position), chunk  # of an old format, or torn
        header = BatchHeader.read(chunk)
        size = header.size_bytes
        if not HEADER_BYTES <= size <= room:
            raise CorruptLog(position, f"a batch is said to be {size} bytes long")
        return header, chunk
