"""What consumers tell each other through the group: subscription and assignment, versions 0–3.

The broker passes these bytes on without reading them (KIP-62). They begin with their version: a reader takes
the lower of that and its own highest, and ignores what a later version has appended.
1 tells what a member holds (KIP-429), 2 the generation (KIP-792), 3 the rack (KIP-881).
"""

from __future__ import annotations

import contextlib
import struct as _struct

from minikafka.protocol.schema import (
    BYTES,
    INT32,
    STRING,
    Buffer,
    MalformedMessage,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)

PROTOCOL_TYPE = "consumer"
"""The kind of group whose members exchange these."""
HIGHEST_VERSION = 3


@struct
class TopicPartition(Struct):
    topic: str = field(STRING, about="The topic's name.")
    partitions: list[int] = field(array(INT32), about="The partitions.")


@message(api_key=-1, kind="data", versions=(0, 3))
class ConsumerProtocolSubscription(Message):
    topics: list[str] = field(array(STRING), about="The topics that the member wants to read.")
    user_data: bytes | None = field(
        BYTES, nullable=0, default=None, about="Bytes of the assignor's own, or null."
    )
    owned_partitions: list[TopicPartition] = field(
        array(TopicPartition),
        since=1,
        default=[],
        ignorable=True,
        about="The partitions that the member holds now.",
    )
    generation_id: int = field(
        INT32, since=2, default=-1, ignorable=True, about="The generation that it holds them from, or -1."
    )
    rack_id: str | None = field(
        STRING, since=3, nullable=3, default=None, ignorable=True, about="The member's rack, or null."
    )


@message(api_key=-1, kind="data", versions=(0, 3))
class ConsumerProtocolAssignment(Message):
    assigned_partitions: list[TopicPartition] = field(
        array(TopicPartition), about="The partitions that the member gets."
    )
    user_data: bytes | None = field(
        BYTES, nullable=0, default=None, about="Bytes of the assignor's own, or null."
    )


@message(api_key=-1, kind="data", versions=(0, 1))
class StickyAssignorUserData(Message):
    """What a member of the eager `sticky` assignor says of itself; it carries no version (KIP-54, KIP-341)."""

    previous_assignment: list[TopicPartition] = field(
        array(TopicPartition), about="What the member was assigned last."
    )
    generation: int = field(
        INT32, since=1, default=-1, ignorable=True, about="The generation that it was assigned in, or -1."
    )


def encode_versioned(data: Message, version: int = HIGHEST_VERSION) -> bytes:
    """The bytes as they travel in JoinGroup and SyncGroup: the version, then the message."""
    return _struct.pack(">h", version) + data.encode(version)


def decode_subscription(data: Buffer) -> ConsumerProtocolSubscription:
    """Raises MalformedMessage."""
    return ConsumerProtocolSubscription.decode_prefix(data, _version(data), 2)[0]


def decode_sticky(data: Buffer) -> StickyAssignorUserData:
    """As Java reads it. Nothing tells the version: what is too short for 1 is 0, and what is neither is ignored."""
    for version in (1, 0):
        with contextlib.suppress(MalformedMessage):
            return StickyAssignorUserData.decode_prefix(data, version)[0]
    return StickyAssignorUserData(previous_assignment=[])


def decode_assignment(data: Buffer) -> ConsumerProtocolAssignment:
    """Raises MalformedMessage. No bytes at all are an empty assignment: a member may get nothing."""
    if not data:
        return ConsumerProtocolAssignment(assigned_partitions=[])
    return ConsumerProtocolAssignment.decode_prefix(data, _version(data), 2)[0]


def assigned_pairs(data: Buffer) -> list[tuple[str, int]]:
    """The topics and partitions of an assignment, in its order. Raises MalformedMessage."""
    assigned = decode_assignment(data).assigned_partitions
    return [(topic.topic, partition) for topic in assigned for partition in topic.partitions]


def _version(data: Buffer) -> int:
    if len(data) < 2:
        raise MalformedMessage("a consumer protocol message begins with its version")
    version = int(_struct.unpack_from(">h", data)[0])
    if version < 0:
        raise MalformedMessage(f"consumer protocol version {version}")
    return min(version, HIGHEST_VERSION)
