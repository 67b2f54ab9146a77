"""What a batch of the metadata log says.

Rule: control batches belong to the quorum and say nothing about the cluster. What can't be read (a newer Kafka's
record, say) says nothing either, but that is told: it ends nobody, now or at the next start.

Kafka: `RecordsIterator`; on a broker, `MetadataLoader` continues, too, after a record that it can't apply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from minikafka.metadata.records import NoOpRecord, decode_record
from minikafka.protocol.schema import Message
from minikafka.records.batch import Batch
from minikafka.world import Event


class MetadataRecordSkipped(Event, frozen=True):
    """A record of the metadata log can't be read or makes no sense; this node continues without it."""

    offset: int
    record: str
    reason: str


class MetadataBatch(NamedTuple):
    """Records that were written together; a control batch has none. An unreadable one is replaced by a NoOp."""

    base_offset: int
    last_offset: int
    epoch: int
    records: list[Message]
    skipped: tuple[MetadataRecordSkipped, ...] = ()


def decode_batch(batch: Batch) -> MetadataBatch:
    """The records of a batch."""
    header = batch.header
    records: list[Message] = []
    skipped: list[MetadataRecordSkipped] = []
    if not header.is_control:
        count = header.last_offset - header.base_offset + 1
        try:
            values = [record.value or b"" for record in batch.records()]
        except ValueError as problem:  # CorruptRecords
            skipped.append(MetadataRecordSkipped(header.base_offset, f"all {count} of a batch", str(problem)))
            values = []
            records = [NoOpRecord()] * count
        for offset, value in enumerate(values, header.base_offset):
            try:
                records.append(decode_record(value))
            except ValueError as problem:  # MalformedMessage
                skipped.append(MetadataRecordSkipped(offset, "a record", str(problem)))
                records.append(NoOpRecord())
    return MetadataBatch(
        header.base_offset, header.last_offset, header.partition_leader_epoch, records, tuple(skipped)
    )


def skipping(
    emit: Callable[[Event], None], offsets: list[int] | range
) -> Callable[[int, Message, ValueError], None]:
    """What `MetadataImage.advance` is given to continue without a record: `offsets` are those of all its records."""

    def skip(number: int, record: Message, problem: ValueError) -> None:
        emit(MetadataRecordSkipped(offsets[number], type(record).__name__, str(problem)))

    return skip
