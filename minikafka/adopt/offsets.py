"""The groups in an adopted `__consumer_offsets`, and how their offsets are kept from expiring.

Rule: what is there stays as it is; what is live is written once more behind it, as if committed in a time that is
still to come, so that no retention has begun. Kafka: `OffsetExpirationConditionImpl` (KIP-211: an empty group's offsets
expire a time after its last member left).
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from minikafka.coordinator.records import (
    CoordinatorRecord,
    GroupMetadataValue,
    GroupRecord,
    OffsetCommitValue,
    OffsetRecord,
    decode_record,
    encode_record,
)
from minikafka.log.log import Log
from minikafka.protocol.errors import ApiError
from minikafka.protocol.schema import MalformedMessage
from minikafka.records.batch import NewRecord, build_batch, read_batches
from minikafka.records.control import ControlType, parse_control_type
from minikafka.records.errors import CorruptRecords

NEVER_MS = 253_402_300_799_000
"""The end of the year 9999."""
READ_BYTES = 1 << 20
BYTES_A_BATCH = 100_000
"""Well below any `max.message.bytes` that such a topic has."""

Offset = tuple[str, str, int]


class LiveGroups:
    """What a log of group records amounts to. Records of groups of newer protocols pass; their offsets count."""

    def __init__(self) -> None:
        self.offsets: dict[Offset, OffsetRecord] = {}
        self.groups: dict[str, GroupRecord] = {}
        self.unreadable = 0
        self.damaged: list[str] = []
        """Where a log couldn't be read further."""
        self._undecided: dict[int, list[CoordinatorRecord]] = {}

    @property
    def ids(self) -> list[str]:
        return sorted({*self.groups, *(group for group, _, _ in self.offsets)})

    def read(self, log: Log) -> None:
        """Take in the whole log, or all before the damage. Raises OSError."""
        try:
            self._read(log)
        except (ApiError, CorruptRecords) as problem:
            self.damaged.append(f"{log.name}: {problem}")

    def _read(self, log: Log) -> None:
        offset = log.log_start_offset
        while offset < log.log_end_offset and (data := log.read(offset, READ_BYTES, at_least_one=True)):
            for batch in read_batches(data):
                header = batch.header
                for record in batch.records():
                    if header.is_control:
                        self._decide(header.producer_id, parse_control_type(record.key))
                    elif (known := self._decoded(record.key, record.value)) is not None:
                        if header.is_transactional:
                            self._undecided.setdefault(header.producer_id, []).append(known)
                        else:
                            self._take(known)
                offset = header.next_offset

    def _decoded(self, key: bytes | None, value: bytes | None) -> CoordinatorRecord | None:
        try:
            return decode_record(key, value)
        except (MalformedMessage, KeyError, AssertionError):
            self.unreadable += 1
            return None

    def _decide(self, producer_id: int, kind: ControlType | None) -> None:
        waiting = self._undecided.pop(producer_id, [])
        if kind is ControlType.COMMIT:
            for record in waiting:
                self._take(record)

    def _take(self, record: CoordinatorRecord) -> None:
        if isinstance(record, OffsetRecord):
            key = (record.key.group, record.key.topic, record.key.partition)
            self.offsets.pop(key, None)
            if record.value is not None:
                self.offsets[key] = record
        else:
            self.groups.pop(record.key.group, None)
            if record.value is not None:
                self.groups[record.key.group] = record

    def lasting(self) -> list[CoordinatorRecord]:
        """The same once more, of groups without members, in a way that doesn't expire."""
        busy = {
            name for name, group in self.groups.items() if group.value is not None and group.value.members
        }
        out: list[CoordinatorRecord] = []
        for name, group in self.groups.items():
            if name not in busy:
                empty = cast("GroupMetadataValue", group.value)
                out.append(GroupRecord(group.key, replace(empty, current_state_timestamp=NEVER_MS)))
        for (name, _, _), offset in self.offsets.items():
            if name not in busy:
                value = cast("OffsetCommitValue", offset.value)
                lasting = replace(value, commit_timestamp=NEVER_MS, expire_timestamp=-1)
                out.append(OffsetRecord(offset.key, lasting))
        return out


def keep_from_expiring(log: Log, groups: LiveGroups, leader_epoch: int, now_ms: int) -> None:
    """Append what `groups` has, lasting. Raises OSError."""
    values: list[NewRecord] = []
    size = 0
    for record in groups.lasting():
        key, value = encode_record(record)
        values.append(NewRecord(now_ms, key, value))
        size += len(key) + len(value or b"")
        if size > BYTES_A_BATCH:
            _append(log, values, leader_epoch)
            values, size = [], 0
    if values:
        _append(log, values, leader_epoch)


def _append(log: Log, values: list[NewRecord], leader_epoch: int) -> None:
    batch = build_batch(values, leader_epoch=leader_epoch)
    log.append_as_leader(memoryview(batch), leader_epoch, origin="coordinator")
