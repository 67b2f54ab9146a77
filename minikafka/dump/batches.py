"""The batches of a segment's file, of every format, one after the other.

Rule: batches are found by their headers, one read each; only a compressed message of an old format has to be
unpacked for its first offset. Kafka: `FileLogInputStream`, `DumpLogSegments`.
"""

from __future__ import annotations

from collections.abc import Iterator

from minikafka.dump.messages import dumped_message
from minikafka.dump.segment import DumpedBatch, meaning_of_markers
from minikafka.dump.source import Source
from minikafka.dump.value import Meaning, Problem
from minikafka.records import legacy
from minikafka.records.header import HEADER, HEADER_BYTES, LOG_OVERHEAD_BYTES, MAGIC_AT, MAGIC_V2, BatchHeader

_WINDOW_BYTES = 64 * 1024


def read_segment(
    source: Source, topic: str = "", meaning: Meaning = meaning_of_markers, start: int = 0
) -> Iterator[DumpedBatch | Problem]:
    """The batches one after the other; a `Problem` ends the file where no further batch can be found."""
    position, end = start, source.size
    window, window_at = b"", position
    while position < end:
        if position + HEADER_BYTES > window_at + len(window):
            window, window_at = source.read_at(position, min(_WINDOW_BYTES, end - position)), position
        raw = window[position - window_at : position - window_at + HEADER_BYTES]
        if problem := _impossible(raw, position, end):
            yield problem
            return
        if raw[MAGIC_AT] == MAGIC_V2:
            batch = DumpedBatch(source, position, BatchHeader.read(raw), topic, meaning)
        else:
            batch = dumped_message(source, position, topic, meaning)
        yield batch
        position = batch.end


def _impossible(raw: bytes, position: int, end: int) -> Problem | None:
    """Why no batch begins at `position`; None when one may."""
    rest = end - position
    if not any(raw):
        return Problem(position, rest, f"no batch begins here: the remaining {rest} bytes begin with zeros")
    is_old = len(raw) > MAGIC_AT and raw[MAGIC_AT] in legacy.OLD_MAGICS
    if len(raw) > MAGIC_AT and raw[MAGIC_AT] != MAGIC_V2 and not is_old:
        sentence = f"no batch begins here: its magic is {raw[MAGIC_AT]} where 2 is expected"
        return Problem(position, min(rest, HEADER_BYTES), f"{sentence}; {rest} bytes are not examined")
    smallest = legacy.SMALLEST_MESSAGE_BYTES if is_old else HEADER_BYTES
    what = "message" if is_old else "batch"
    if len(raw) < smallest:
        return Problem(position, rest, f"torn tail: the file ends {len(raw)} bytes into a {what} header")
    size = legacy.size_of(raw) if is_old else HEADER.unpack(raw)[1] + LOG_OVERHEAD_BYTES
    if size < smallest:
        return Problem(
            position, 12, f"a {what} is said to be {size} bytes long; {rest} bytes are not examined"
        )
    if size > rest:
        return Problem(
            position, rest, f"torn tail: a {what} of {size} bytes has only {rest} left in its file"
        )
    return None
