"""What may be wrong in a segment, batch by batch.

Rule: what the checksum covers is judged by the checksum; what it doesn't cover (base offset, length,
leader epoch) by what is around it. Kafka: `LogSegment.recover`, `LogValidator`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from minikafka.dump.messages import DumpedMessage
from minikafka.dump.segment import DumpedBatch
from minikafka.dump.value import BadBytes, Problem
from minikafka.records.header import CREATE_TIME

_KNOWN_ATTRIBUTES = 0x7F


@dataclass(slots=True)
class SegmentCheck:
    """The state of a pass over one segment. `epochs` are the lines of the leader-epoch checkpoint."""

    next_offset: int
    may_have_gaps: bool = False
    epochs: list[tuple[int, int]] = field(default_factory=list)
    epoch: int = -1
    batches: int = 0
    records: int = 0

    def check(self, batch: DumpedBatch) -> Iterator[Problem]:
        """What is wrong with the next batch."""
        self.batches += 1
        header, position = batch.header, batch.position
        if isinstance(batch, DumpedMessage):
            yield from self._message(batch)
            return
        yield from self._offsets(batch)
        yield from self._epochs(batch)
        if header.attributes & ~_KNOWN_ATTRIBUTES:
            yield Problem(
                position + 21, 2, f"the attributes {header.attributes:#x} have bits without meaning"
            )
        computed = batch.computed_crc()
        if computed != header.crc:
            yield Problem(
                position,
                header.size_bytes,
                f"the checksum is wrong: {header.crc:#010x} is written at byte {position + 17}, "
                f"the bytes from {position + 21} to {batch.end - 1} have {computed:#010x}",
            )
            return
        try:
            yield from self._records(batch)
        except BadBytes as error:
            yield error.problem

    def _message(self, batch: DumpedMessage) -> Iterator[Problem]:
        """What is wrong with a message of an old format, which has no leader epoch."""
        header, position = batch.header, batch.position
        computed = batch.computed_crc()
        if computed != header.crc:
            yield Problem(
                position,
                header.size_bytes,
                f"the checksum is wrong: {header.crc:#010x} is written at byte {position + 12}, the bytes from "
                f"{position + 16} to {batch.end - 1} have {computed:#010x} (a message of the old format "
                f"v{header.magic}, or a damaged batch)",
            )
            self.next_offset = max(self.next_offset, header.next_offset)
            self.may_have_gaps = True  # nothing tells how many it held
            return
        if batch.unknown_attributes:
            yield Problem(
                position + 17, 1, f"the attributes have bits without meaning: {batch.unknown_attributes:#x}"
            )
        if batch.base_is_known:
            yield from self._offsets(batch)
        try:
            yield from self._records(batch)
        except BadBytes as error:
            yield error.problem

    def _offsets(self, batch: DumpedBatch) -> Iterator[Problem]:
        header, position = batch.header, batch.position
        if header.last_offset_delta < 0:
            yield Problem(position + 23, 4, f"the last offset delta is {header.last_offset_delta}")
        if header.record_count > header.last_offset_delta + 1:
            count = header.record_count
            yield Problem(position + 57, 4, f"{count} records in {header.last_offset_delta + 1} offsets")
        if header.record_count < header.last_offset_delta + 1:
            self.may_have_gaps = True  # only compaction leaves such a batch
        if header.base_offset < self.next_offset:
            yield Problem(
                position,
                8,
                f"the base offset {header.base_offset} is out of order: {self.next_offset} or more is due",
            )
        elif header.base_offset > self.next_offset and not self.may_have_gaps:
            yield Problem(
                position,
                8,
                f"the base offset jumps from {self.next_offset} to {header.base_offset}: records are missing, "
                "unless the log has been compacted",
            )
        self.next_offset = max(self.next_offset, header.next_offset)

    def _epochs(self, batch: DumpedBatch) -> Iterator[Problem]:
        epoch, place = batch.header.partition_leader_epoch, batch.position + 12
        if epoch < self.epoch:
            yield Problem(place, 4, f"the leader epoch {epoch} comes after {self.epoch}")
        self.epoch = max(self.epoch, epoch)
        noted = [known for known, start in self.epochs if start <= batch.header.base_offset]
        if noted and noted[-1] != epoch:
            yield Problem(
                place, 4, f"the leader epoch is {epoch}, but leader-epoch-checkpoint says {noted[-1]} here"
            )

    def _records(self, batch: DumpedBatch) -> Iterator[Problem]:
        header = batch.header
        before, largest = header.base_offset - 1, -1
        whole = header.record_count == header.last_offset_delta + 1
        for record in batch.records():
            self.records += 1
            body = batch.body
            at = (record.position, record.size) if batch.is_plain else (body, max(1, batch.end - body))
            if not before < record.offset <= header.last_offset or (whole and record.offset != before + 1):
                yield Problem(*at, f"a record has offset {record.offset} after {before}")
            if not record.crc_is_valid:
                yield Problem(*at, f"the checksum of the message at offset {record.offset} is wrong")
            if record.note:
                yield Problem(*at, f"the record at offset {record.offset} {record.note}")
            before, largest = record.offset, max(largest, record.timestamp_ms)
        if header.timestamp_type == CREATE_TIME and whole and largest != header.max_timestamp:
            yield Problem(
                batch.max_timestamp_at,
                8,
                f"the largest timestamp is said to be {header.max_timestamp}, and is {largest}",
            )
