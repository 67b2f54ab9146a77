"""Control records: what coordinators and Raft leaders write between the records of clients.

Rule: the key names the kind, the value is versioned; a reader of another version of Kafka skips what
it doesn't know. Kafka: `ControlRecordType`, `EndTransactionMarker`, `ControlRecordUtils` (KIP-98, KIP-595).
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.errors import CorruptRecords

_KEY = struct.Struct(">hh")
_MARKER_VALUE = struct.Struct(">hi")


class ControlType(IntEnum):
    """The second number in a control record's key."""

    ABORT = 0
    COMMIT = 1
    LEADER_CHANGE = 2
    SNAPSHOT_HEADER = 3
    SNAPSHOT_FOOTER = 4
    KRAFT_VERSION = 5
    KRAFT_VOTERS = 6


class EndTransactionMarker(NamedTuple):
    """The end of a producer's transaction on one partition."""

    control_type: ControlType
    coordinator_epoch: int


def control_key(control_type: ControlType) -> bytes:
    """The key of a control record: version 0, then the kind."""
    return _KEY.pack(0, control_type)


def parse_control_type(key: bytes | None) -> ControlType | None:
    """The kind that `key` names; None for one of a later Kafka. `CorruptRecords` when it is no such key."""
    if key is None or len(key) < _KEY.size:
        raise CorruptRecords("a control record has no valid key")
    version, number = _KEY.unpack_from(key)
    if version < 0:
        raise CorruptRecords(f"a control record's key has version {version}")
    try:
        return ControlType(number)
    except ValueError:
        return None


def end_transaction_batch(
    *,
    commit: bool,
    coordinator_epoch: int,
    timestamp_ms: int,
    producer_id: int,
    producer_epoch: int,
    base_offset: int = 0,
    leader_epoch: int = -1,
) -> bytes:
    """The batch with one marker that ends `producer_id`'s transaction on a partition."""
    kind = ControlType.COMMIT if commit else ControlType.ABORT
    marker = NewRecord(timestamp_ms, control_key(kind), _MARKER_VALUE.pack(0, coordinator_epoch))
    return build_batch(
        [marker],
        base_offset=base_offset,
        leader_epoch=leader_epoch,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        transactional=True,
        control=True,
    )


def parse_end_transaction(key: bytes | None, value: bytes | None) -> EndTransactionMarker | None:
    """The marker in a control record, or None when it is of another kind; `CorruptRecords` when broken."""
    control_type = parse_control_type(key)
    if control_type not in (ControlType.ABORT, ControlType.COMMIT):
        return None
    if value is None or len(value) < _MARKER_VALUE.size:
        raise CorruptRecords("an end-of-transaction marker has no valid value")
    version, coordinator_epoch = _MARKER_VALUE.unpack_from(value)
    if version < 0:
        raise CorruptRecords(f"an end-of-transaction marker has version {version}")
    return EndTransactionMarker(control_type, coordinator_epoch)
