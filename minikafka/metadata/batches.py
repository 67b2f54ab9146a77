"""What a batch of the metadata log says.

One rule: control batches belong to the quorum and say nothing about the cluster. Kafka: `RecordsIterator`.
"""

from __future__ import annotations

from typing import NamedTuple

from minikafka.metadata.records import decode_record
from minikafka.protocol.schema import Message
from minikafka.records.batch import Batch


class MetadataBatch(NamedTuple):
    """Records that were written together; a control batch has none."""

    base_offset: int
    last_offset: int
    epoch: int
    records: list[Message]


def decode_batch(batch: Batch) -> MetadataBatch:
    """The records of a batch. Raises `MalformedMessage` for a record of no known type, `CorruptRecords`."""
    header = batch.header
    records = [] if header.is_control else [decode_record(record.value or b"") for record in batch.records()]
    return MetadataBatch(header.base_offset, header.last_offset, header.partition_leader_epoch, records)
