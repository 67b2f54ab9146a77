"""The records of `__consumer_offsets`, in Kafka's own bytes.

Rule: a record's key begins with an int16 that says both its type and its version (0 and 1: an offset,
2: a group), its value with an int16 version; a null value is a tombstone. Types of newer protocols
(consumer and share groups) are skipped when a log is read. Kafka: GroupCoordinatorRecordSerde and the
schemas OffsetCommitKey, OffsetCommitValue, GroupMetadataKey, GroupMetadataValue.
"""

from __future__ import annotations

import struct as binary
import uuid
from dataclasses import dataclass

from minikafka.protocol.schema import (
    BYTES,
    INT32,
    INT64,
    STRING,
    UUID,
    ZERO_UUID,
    MalformedMessage,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)

OFFSET_KEY_VERSION = 1
GROUP_KEY_VERSION = 2
# Kafka writes the newest version without tagged fields, so that an older broker can read it (KIP-915).
OFFSET_VALUE_VERSION = 3
OFFSET_VALUE_VERSION_WITH_EXPIRY = 1
GROUP_VALUE_VERSION = 3

_VERSION = binary.Struct(">h")


@message(api_key=OFFSET_KEY_VERSION, kind="data", versions=(0, 1))
class OffsetCommitKey(Message):
    """Names the partition whose position a group committed."""

    group: str = field(STRING, about="The consumer group.")
    topic: str = field(STRING, about="The topic.")
    partition: int = field(INT32, about="The partition.")


@message(api_key=OFFSET_KEY_VERSION, kind="data", versions=(0, 4), flexible=4)
class OffsetCommitValue(Message):
    """A committed position: the offset of the next record to read."""

    offset: int = field(INT64, about="The offset of the next record the group will read.")
    leader_epoch: int = field(
        INT32, since=3, default=-1, ignorable=True, about="Epoch of the last record read."
    )
    metadata: str = field(STRING, default="", about="The committer's own note.")
    commit_timestamp: int = field(INT64, default=-1, about="When it was committed, in ms.")
    expire_timestamp: int = field(
        INT64, since=1, until=1, default=-1, ignorable=True, about="When it expires, if the client said so."
    )
    topic_id: uuid.UUID = field(
        UUID, since=4, tagged=(0, 4), default=ZERO_UUID, ignorable=True, about="The topic's id, if known."
    )


@message(api_key=GROUP_KEY_VERSION, kind="data", versions=(2, 2))
class GroupMetadataKey(Message):
    """Names a group."""

    group: str = field(STRING, about="The consumer group.")


@struct
class MemberMetadata(Struct):
    """One member of a generation, with what it asked for and what it was given."""

    member_id: str = field(STRING, about="The id the coordinator gave.")
    group_instance_id: str | None = field(
        STRING, since=3, nullable=3, default=None, ignorable=True, about="The static member's own name."
    )
    client_id: str = field(STRING, default="", about="The client's name.")
    client_host: str = field(STRING, default="", about="Where the client connected from.")
    rebalance_timeout: int = field(
        INT32, since=1, default=-1, ignorable=True, about="Rebalance timeout in ms."
    )
    session_timeout: int = field(INT32, default=-1, about="Session timeout in ms.")
    subscription: bytes = field(BYTES, default=b"", about="The member's metadata for the chosen protocol.")
    assignment: bytes = field(BYTES, default=b"", about="What the leader assigned to it.")


@message(api_key=GROUP_KEY_VERSION, kind="data", versions=(0, 4), flexible=4)
class GroupMetadataValue(Message):
    """One generation of a group, complete."""

    protocol_type: str = field(STRING, default="", about="What kind of group: `consumer`, `connect` …")
    generation: int = field(INT32, about="The generation.")
    protocol: str | None = field(STRING, nullable=0, default=None, about="The chosen protocol.")
    leader: str | None = field(STRING, nullable=0, default=None, about="The member that assigns.")
    current_state_timestamp: int = field(
        INT64, since=2, default=-1, ignorable=True, about="Since when the group is in its state, in ms."
    )
    members: list[MemberMetadata] = field(array(MemberMetadata), about="The members.")


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """What a generation of a group is; `value` None removes the group."""

    key: GroupMetadataKey
    value: GroupMetadataValue | None


@dataclass(frozen=True, slots=True)
class OffsetRecord:
    """What a group committed for a partition; `value` None forgets it."""

    key: OffsetCommitKey
    value: OffsetCommitValue | None


CoordinatorRecord = GroupRecord | OffsetRecord


def group_record(group_id: str, value: GroupMetadataValue | None) -> GroupRecord:
    """A generation of the group, or (value None) its tombstone."""
    return GroupRecord(GroupMetadataKey(group=group_id), value)


def offset_record(group_id: str, topic: str, partition: int, value: OffsetCommitValue | None) -> OffsetRecord:
    """A committed position, or (value None) its tombstone."""
    return OffsetRecord(OffsetCommitKey(group=group_id, topic=topic, partition=partition), value)


def encode_record(record: CoordinatorRecord) -> tuple[bytes, bytes | None]:
    """Key and value as Kafka stores them."""
    if isinstance(record, GroupRecord):
        key = _framed(record.key, GROUP_KEY_VERSION)
        return key, None if record.value is None else _framed(record.value, GROUP_VALUE_VERSION)
    key = _framed(record.key, OFFSET_KEY_VERSION)
    if record.value is None:
        return key, None
    expires = record.value.expire_timestamp != -1
    return key, _framed(record.value, OFFSET_VALUE_VERSION_WITH_EXPIRY if expires else OFFSET_VALUE_VERSION)


def decode_record(key: bytes | None, value: bytes | None) -> CoordinatorRecord | None:
    """The record, or None for a type this coordinator does not know. Raises MalformedMessage."""
    if key is None or len(key) < _VERSION.size:
        return None
    (version,) = _VERSION.unpack_from(key)
    body = bytes(key[_VERSION.size :])
    if version in (0, OFFSET_KEY_VERSION):
        offset_key = OffsetCommitKey.decode(body, version)
        if value is None:
            return OffsetRecord(offset_key, None)
        return OffsetRecord(offset_key, OffsetCommitValue.decode(*_unframed(value)))
    if version == GROUP_KEY_VERSION:
        group_key = GroupMetadataKey.decode(body, version)
        if value is None:
            return GroupRecord(group_key, None)
        return GroupRecord(group_key, GroupMetadataValue.decode(*_unframed(value)))
    return None


def _framed(body: Message, version: int) -> bytes:
    return _VERSION.pack(version) + body.encode(version)


def _unframed(data: bytes) -> tuple[bytes, int]:
    if len(data) < _VERSION.size:
        raise MalformedMessage(f"a value of {len(data)} bytes has no version")
    (version,) = _VERSION.unpack_from(data)
    return bytes(data[_VERSION.size :]), version
