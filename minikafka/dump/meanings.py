"""What the records of Kafka's own topics say.

Rule: names are those of Kafka's schemas, so that our output and that of Kafka's tools compare; bytes
that aren't what they should be are a `ValueError`, a type that isn't known keeps its number.
Kafka: `DumpLogSegments` (offsets, transaction log and cluster metadata decoders), `ControlRecordType`.
"""

from __future__ import annotations

import base64
import re
import struct
import uuid
from typing import Any

from minikafka.coordinator.records import (
    GroupMetadataKey,
    GroupMetadataValue,
    OffsetCommitKey,
    OffsetCommitValue,
)
from minikafka.dump.segment import meaning_of_markers
from minikafka.dump.transaction_log import TransactionLogKey, TransactionLogValue
from minikafka.dump.value import Decoded
from minikafka.metadata.records import RECORD_TYPES
from minikafka.metadata.topic_names import GROUP_METADATA_TOPIC, TRANSACTION_STATE_TOPIC
from minikafka.protocol.messages.consumer_protocol import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
)
from minikafka.protocol.schema import MalformedMessage, Message, Struct
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.quorum.control_records import (
    KRaftVersionRecord,
    LeaderChangeMessage,
    SnapshotFooterRecord,
    SnapshotHeaderRecord,
    VotersRecord,
)
from minikafka.records.control import parse_control_type
from minikafka.records.varint import read_unsigned

_CONTROL: dict[str, type[Message]] = {
    "LEADER_CHANGE": LeaderChangeMessage,
    "SNAPSHOT_HEADER": SnapshotHeaderRecord,
    "SNAPSHOT_FOOTER": SnapshotFooterRecord,
    "KRAFT_VERSION": KRaftVersionRecord,
    "KRAFT_VOTERS": VotersRecord,
}
_GROUPS: dict[int, tuple[type[Message], type[Message]]] = {
    0: (OffsetCommitKey, OffsetCommitValue),
    1: (OffsetCommitKey, OffsetCommitValue),
    2: (GroupMetadataKey, GroupMetadataValue),
}
_TRANSACTIONS: dict[int, tuple[type[Message], type[Message]]] = {0: (TransactionLogKey, TransactionLogValue)}


def meaning_of(topic: str, key: bytes | None, value: bytes | None, control: bool) -> Decoded | None:
    """What a record of `topic` says; None for the bytes of users. `ValueError` for damaged ones."""
    if control:
        return _control(topic, key, value)
    if topic == GROUP_METADATA_TOPIC:
        return _versioned(key, value, _GROUPS, "group record")
    if topic == TRANSACTION_STATE_TOPIC:
        return _versioned(key, value, _TRANSACTIONS, "transaction record")
    if topic == "__cluster_metadata" and value is not None:
        return _metadata(value)
    return None


def _control(topic: str, key: bytes | None, value: bytes | None) -> Decoded | None:
    kind = parse_control_type(key)
    if kind is None or kind.name not in _CONTROL:
        return meaning_of_markers(topic, key, value, True)
    # A record of a later version may say more at its end.
    content, _ = _CONTROL[kind.name].decode_prefix(value or b"", 0)
    return Decoded(kind.name, None, as_json(content, 0))


def _versioned(
    key: bytes | None, value: bytes | None, types: dict[int, tuple[type[Message], type[Message]]], kind: str
) -> Decoded | None:
    if key is None or len(key) < 2:
        raise ValueError("the key has no type")
    (number,) = struct.unpack_from(">h", key)
    if number not in types:
        return Decoded(f"{kind} of type {number}", None, None)
    key_type, value_type = types[number]
    shown_key = {
        "type": str(number),
        "data": as_json(key_type.decode(key, _within(key_type, number), 2), number),
    }
    return Decoded(_words(key_type.__name__), shown_key, _value(value, value_type))


def _within(key_type: type[Message], number: int) -> int:
    return min(number, key_type.SCHEMA.versions[1])


def _value(value: bytes | None, value_type: type[Message]) -> Any:
    if value is None:
        return None
    if len(value) < 2:
        raise ValueError("the value has no version")
    (version,) = struct.unpack_from(">h", value)
    lowest, highest = value_type.SCHEMA.versions
    if not lowest <= version <= highest:
        raise MalformedMessage(f"{value_type.__name__}: unknown version {version}")
    content = value_type.decode(value, version, 2)
    shown = as_json(content, version)
    if isinstance(content, GroupMetadataValue) and content.protocol_type == "consumer":
        for member, as_shown in zip(content.members, shown["members"], strict=True):
            as_shown["subscription"] = _embedded(member.subscription, ConsumerProtocolSubscription)
            as_shown["assignment"] = _embedded(member.assignment, ConsumerProtocolAssignment)
    return {"version": str(version), "data": shown}


def _embedded(data: bytes, kind: type[Message]) -> Any:
    """What a consumer told the others; base64 when it isn't the consumer protocol's."""
    if len(data) >= 2:
        version = min(struct.unpack_from(">h", data)[0], kind.SCHEMA.versions[1])
        try:
            return as_json(kind.decode_prefix(data, version, 2)[0], version)
        except (MalformedMessage, KeyError, AssertionError):
            pass
    return base64.b64encode(data).decode()


def _metadata(value: bytes) -> Decoded:
    frame, position = read_unsigned(value, 0)
    number, position = read_unsigned(value, position)
    version, position = read_unsigned(value, position)
    if frame != 1:
        raise ValueError(f"the metadata record has frame version {frame}, not 1")
    kind = RECORD_TYPES.get(number)
    if kind is None:
        return Decoded(f"metadata record of type {number}", None, None)
    lowest, highest = kind.SCHEMA.versions
    if not lowest <= version <= highest:
        raise ValueError(f"{kind.__name__} has version {version}, and {lowest} to {highest} are known")
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).upper()
    data = as_json(kind.decode(value, version, position), version)
    return Decoded(_words(kind.__name__), None, {"type": name, "version": version, "data": data})


def as_json(content: Struct, version: int, schema: Any = None) -> dict[str, Any]:
    """A message as Kafka's own JSON of it: its names, only the fields of the version, no default tags."""
    schema = content.SCHEMA if isinstance(content, Message) else schema
    flexible = schema.is_flexible(version)
    out = {}
    for spec in content.FIELDS:
        value = getattr(content, spec.name)
        if not spec.exists_in(version) or (spec.tag is not None and not spec.is_tagged_in(version)):
            continue
        if flexible and spec.is_tagged_in(version) and value == spec.wire_default:
            continue
        out[_camel(spec.name)] = _plain(value, version, schema)
    return out


def _plain(value: Any, version: int, schema: Any) -> Any:
    if isinstance(value, Struct):
        return as_json(value, version, schema)
    if isinstance(value, list):
        return [_plain(one, version, schema) for one in value]
    if isinstance(value, uuid.UUID):
        return encode_uuid(value)
    if isinstance(value, (bytes, memoryview, bytearray)):
        return base64.b64encode(value).decode()
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _words(name: str) -> str:
    """`OffsetCommitKey` → `offset commit`."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower().split()
    return " ".join(word for word in words if word not in ("key", "record"))
