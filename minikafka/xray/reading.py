"""How a viewer goes through a segment it can only ask about: pages of batches, one batch, the way to an offset.

Rule: nothing here asks by itself. A reading is a generator that yields questions and is sent what was
found; `read` drives it where asking blocks, `read_async` where it is awaited. The bytes are decoded by
`dump`, as everywhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from minikafka.dump.batches import read_segment
from minikafka.dump.decode import decode
from minikafka.dump.found import FileKind, FoundFile, known
from minikafka.dump.segment import DumpedBatch, meaning_of_markers
from minikafka.dump.source import RawBytes
from minikafka.dump.tables import OFFSET_INDEX
from minikafka.dump.value import Meaning, Problem, Row
from minikafka.records.header import HEADER_BYTES, BatchHeader
from minikafka.xray.files import (
    MOST_BYTES,
    BytesOf,
    FileBytes,
    FileList,
    FilesOf,
    Found,
    Question,
    ReplicaPlace,
    Unseen,
)

T = TypeVar("T")
Reading = Generator[Question, Found, T]

PIECE_BYTES = 256 * 1024
PAGE_BATCHES = 200
PAGE_BYTES = 4 * 1024 * 1024
"""A page ends here, however few batches it has."""
LARGEST_BATCH_BYTES = 32 * 1024 * 1024
"""A viewer opens no larger one; `minikafka dump-log` does."""
ENTRIES_BACK = 64
"""Of the offset index; that many entries before a place, a page that ends there begins."""


def read(reading: Reading[T], ask: Callable[[Question], Found]) -> T:
    """Ask what the reading wants to know until it is done. Raises Unseen."""
    try:
        question = next(reading)
        while True:
            question = reading.send(ask(question))
    except StopIteration as done:
        result: T = done.value
        return result


async def read_async(reading: Reading[T], ask: Callable[[Question], Awaitable[Found]]) -> T:
    """The same, awaiting each answer."""
    try:
        question = next(reading)
        while True:
            question = reading.send(await ask(question))
    except StopIteration as done:
        result: T = done.value
        return result


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list. `crc_is_valid` is None where it was too big to check in passing."""

    position: int
    header: BatchHeader
    codec: str
    time_name: str
    crc_is_valid: bool | None

    @property
    def end(self) -> int:
        return self.position + self.header.size_bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Batches one after the other from `begin` to `end`; a `problem` comes where no further one can be found."""

    begin: int
    end: int
    file_bytes: int
    lines: tuple[BatchLine, ...]
    problem: Problem | None = None

    @property
    def is_last(self) -> bool:
        return self.problem is not None or self.end >= self.file_bytes


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a batch with an offset was found, and how: the entry of the index that the search began at."""

    file: str
    line: BatchLine
    entry: tuple[int, int] | None
    """(offset, position); None: the search began at the start of the file."""
    passed: int
    """How many batches were passed from there."""


class _Piece:
    """Bytes of the middle of a file whose whole size is known."""

    def __init__(self, found: FileBytes) -> None:
        self._bytes = RawBytes(found.data, found.position)
        self.size = found.file_bytes

    @property
    def end(self) -> int:
        """Where the bytes at hand end."""
        return self._bytes.size

    def read_at(self, position: int, size_bytes: int) -> bytes:
        return self._bytes.read_at(position, size_bytes)


def files(place: ReplicaPlace) -> Reading[FileList]:
    """The partition's directory."""
    found = yield FilesOf(place)
    assert isinstance(found, FileList)
    return found


def _bytes(place: ReplicaPlace, file: str, position: int, limit: int) -> Reading[FileBytes]:
    found = yield BytesOf(place, file, position, limit)
    assert isinstance(found, FileBytes)
    return found


def page(place: ReplicaPlace, file: str, begin: int = 0, stop: int | None = None) -> Reading[Page]:
    """The batches from `begin`, where one must begin, to the end of a page, of the file, or to `stop`."""
    lines: list[BatchLine] = []
    position, limit, size = begin, PIECE_BYTES, 0
    while position - begin < PAGE_BYTES:
        piece = _Piece((yield from _bytes(place, file, position, limit)))
        item, size, limit = None, piece.size, PIECE_BYTES
        for item in _batches(piece, position):
            if isinstance(item, Problem):
                return Page(begin, position, size, tuple(lines), item)
            whole = item.end <= piece.end
            if not whole and item.header.size_bytes <= MOST_BYTES:
                limit = max(PIECE_BYTES, item.header.size_bytes)  # the next piece begins with it
                break
            lines.append(_line(item, whole=whole))
            position = item.end
            if len(lines) == PAGE_BATCHES or (stop is not None and position >= stop):
                return Page(begin, position, size, tuple(lines))
        if item is None:
            break
    return Page(begin, position, size, tuple(lines))


def _batches(piece: _Piece, start: int) -> Iterator[DumpedBatch | Problem]:
    """What begins in the piece with a whole header; a problem only where the file, not the piece, is short."""
    position = start
    items = read_segment(piece, start=start)
    while position < piece.size and position + min(HEADER_BYTES, piece.size - position) <= piece.end:
        item = next(items, None)
        if item is None:
            return
        yield item
        if isinstance(item, Problem):
            return
        position = item.end


def _line(batch: DumpedBatch, *, whole: bool) -> BatchLine:
    right = batch.crc_is_valid() if whole else None
    return BatchLine(batch.position, batch.header, batch.codec_name(), batch.time_name(), right)


def page_before(place: ReplicaPlace, file: str, end: int) -> Reading[Page]:
    """The batches that end at `end`, as many as the offset index leads back to; all when there is none."""
    begins = [at for _, at in (yield from index_entries(place, file)) if at < end]
    begin = begins[-ENTRIES_BACK] if len(begins) >= ENTRIES_BACK else 0
    # Big batches make pages short: continue until the end is reached.
    found = yield from page(place, file, begin, end)
    lines = list(found.lines)
    while found.end < end and not found.is_last:
        found = yield from page(place, file, found.end, end)
        lines += found.lines
    return Page(begin, found.end, found.file_bytes, tuple(lines), found.problem)


def last_page(place: ReplicaPlace, file: str) -> Reading[Page]:
    """The batches at the end of the file."""
    found = yield from _bytes(place, file, 0, 1)
    return (yield from page_before(place, file, found.file_bytes))


def index_entries(place: ReplicaPlace, segment: str) -> Reading[list[tuple[int, int]]]:
    """(offset, position) of the entries of a segment's offset index; none when it has no such file."""
    name = segment.removesuffix(".log") + ".index"
    listed = yield from files(place)
    if not segment.endswith(".log") or name not in [file.name for file in listed.files]:
        return []
    base = int(segment[:20])
    entries: list[tuple[int, int]] = []
    position, size = 0, 1
    while position < size:
        found = yield from _bytes(place, name, position, MOST_BYTES)
        data = found.data[: len(found.data) - len(found.data) % OFFSET_INDEX.entry.size]
        for relative, at in OFFSET_INDEX.entry.iter_unpack(data):
            if (relative, at) <= (0, 0) and (position or entries):
                return entries  # preallocated
            entries.append((base + relative, at))
        position, size = position + len(data), found.file_bytes
        if not data:
            break
    return entries


def batch(
    place: ReplicaPlace, file: str, position: int, meaning: Meaning = meaning_of_markers
) -> Reading[DumpedBatch]:
    """The batch that begins at `position`, all its bytes at hand. Raises Unseen when none does."""
    found = yield from _bytes(place, file, position, PIECE_BYTES)
    item = next(iter(_batches(_Piece(found), position)), None)
    if item is None:
        raise Unseen(f"{file} ends at byte {found.file_bytes}: no batch begins at byte {position}.")
    if isinstance(item, Problem):
        raise Unseen(f"{file}, {item}.")
    size = item.header.size_bytes
    if size > LARGEST_BATCH_BYTES:
        raise Unseen(f"A batch of {size:,} bytes is too large to open here; `minikafka dump-log` can.")
    data = bytearray(found.data[:size])
    while len(data) < size:
        more = yield from _bytes(place, file, position + len(data), size - len(data))
        if not more.data:
            raise Unseen(f"{file} became shorter while it was read.")
        data += more.data
    topic = place.topic
    whole = next(read_segment(RawBytes(data, position), topic, meaning, start=position))
    if isinstance(whole, Problem):
        raise Unseen(f"{file}, {whole}.")
    return whole


def rows(place: ReplicaPlace, file: str) -> Reading[tuple[list[Row | Problem], int]]:
    """What a file beside the segments holds, from its first `MOST_BYTES`, and how long the file is."""
    kind = kind_of(place, file)
    if kind is None:
        raise Unseen(f"{file} is not a file that a broker of ours or Kafka's would have written.")
    found = yield from _bytes(place, file, 0, MOST_BYTES)
    items: list[Row | Problem] = []
    for item in decode(RawBytes(found.data), kind):
        assert not isinstance(item, DumpedBatch)
        items.append(item)
    return items, found.file_bytes


def kind_of(place: ReplicaPlace, file: str) -> FoundFile | None:
    """What a file is by its name and its directory's."""
    return known(Path("/") / f"{place.topic}-{place.partition}" / file)


def is_segment(place: ReplicaPlace, file: str) -> bool:
    """Does it hold batches?"""
    kind = kind_of(place, file)
    return kind is not None and kind.kind in (FileKind.LOG, FileKind.METADATA_SNAPSHOT)


def find_offset(place: ReplicaPlace, offset: int) -> Reading[Hit]:
    """The batch that holds `offset`, or the first after it where compaction left a gap. Raises Unseen."""
    listed = yield from files(place)
    bases = sorted(
        int(f.name[:20]) for f in listed.files if f.name.endswith(".log") and f.name[:20].isdigit()
    )
    below = [base for base in bases if base <= offset]
    if not below:
        raise Unseen(f"Offset {offset} of {place} is gone: the log begins at {bases[0] if bases else 0}.")
    for base in bases[len(below) - 1 :]:
        file = f"{base:020d}.log"
        entries = [e for e in (yield from index_entries(place, file)) if e[0] <= offset]
        found = yield from page(place, file, entries[-1][1] if entries else 0)
        passed = 0
        while True:
            for line in found.lines:
                if line.header.last_offset >= offset:
                    return Hit(file, line, entries[-1] if entries else None, passed)
                passed += 1
            if found.problem is not None:
                raise Unseen(f"{file}, {found.problem}.")
            if found.is_last:
                break
            found = yield from page(place, file, found.end)
    raise Unseen(f"Offset {offset} of {place} has not been written yet.")


def segment_names(listed: FileList) -> tuple[str, ...]:
    """The live segments, oldest first."""
    return tuple(f.name for f in listed.files if f.name.endswith(".log"))
