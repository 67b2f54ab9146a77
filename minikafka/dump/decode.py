"""From a file of any kind to its batches or rows.

Rule: one table says which reader belongs to which kind; a reader yields what it can, and a `Problem`
where it can't.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from minikafka.dump import tables, text_files
from minikafka.dump.batches import read_segment
from minikafka.dump.found import FileKind, FoundFile
from minikafka.dump.messages import dumped_message
from minikafka.dump.segment import DumpedBatch, meaning_of_markers
from minikafka.dump.source import RawBytes, Source
from minikafka.dump.value import Meaning, Problem, Row
from minikafka.records.header import HEADER_BYTES, MAGIC_AT, MAGIC_V2, BatchHeader
from minikafka.records.legacy import SMALLEST_MESSAGE_BYTES

Item = DumpedBatch | Row | Problem

_READERS: dict[FileKind, Callable[[Source], Iterator[Row | Problem]]] = {
    FileKind.PRODUCER_SNAPSHOT: tables.read_snapshot,
    FileKind.LEADER_EPOCHS: text_files.read_leader_epochs,
    FileKind.OFFSET_CHECKPOINT: text_files.read_offset_checkpoint,
    FileKind.PARTITION_METADATA: text_files.read_partition_metadata,
    FileKind.META_PROPERTIES: text_files.read_meta_properties,
    FileKind.QUORUM_STATE: lambda source: text_files.read_json(
        source, "quorum state", ("leaderId", "leaderEpoch")
    ),
    FileKind.CLEAN_SHUTDOWN: text_files.read_clean_shutdown,
    FileKind.LOCK: text_files.read_lock,
}
_LAYOUTS = {
    FileKind.OFFSET_INDEX: tables.OFFSET_INDEX,
    FileKind.TIME_INDEX: tables.TIME_INDEX,
    FileKind.TRANSACTION_INDEX: tables.TRANSACTION_INDEX,
}


def decode(source: Source, file: FoundFile, meaning: Meaning = meaning_of_markers) -> Iterator[Item]:
    """What the file holds, in its order. `OSError` from the source."""
    if file.kind in (FileKind.LOG, FileKind.METADATA_SNAPSHOT):
        topic = "__cluster_metadata" if file.kind == FileKind.METADATA_SNAPSHOT else file.topic
        yield from read_segment(source, topic, meaning)
    elif layout := _LAYOUTS.get(file.kind):
        yield from tables.read_entries(source, layout, file.base_offset)
    else:
        yield from _READERS[file.kind](source)


def decode_batch(
    data: bytes | memoryview, position: int = 0, topic: str = "", meaning: Meaning = meaning_of_markers
) -> DumpedBatch:
    """One batch from memory, as it is at `position` of its file; `ValueError` when it is shorter than a
    header."""
    if len(data) >= SMALLEST_MESSAGE_BYTES and data[MAGIC_AT] < MAGIC_V2:
        return dumped_message(RawBytes(data, position), position, topic, meaning)
    if len(data) < HEADER_BYTES:
        raise ValueError(f"a batch has at least {HEADER_BYTES} bytes, not {len(data)}")
    return DumpedBatch(RawBytes(data, position), position, BatchHeader.read(data), topic, meaning)
