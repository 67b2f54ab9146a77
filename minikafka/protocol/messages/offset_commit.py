"""OffsetCommit (8), versions 2–10: keep a group's offsets.

7 has static members, 8 is flexible, 9 serves the new group protocol, 10 names topics by id.
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT16,
    INT32,
    INT64,
    STRING,
    UUID,
    ZERO_UUID,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class OffsetCommitRequestPartition(Struct):
    partition_index: int = field(INT32, about="The partition.")
    committed_offset: int = field(INT64, about="The offset to read next, or -1 for none.")
    committed_leader_epoch: int = field(
        INT32, since=6, default=-1, ignorable=True, about="The epoch of the last record read, or -1."
    )
    committed_metadata: str | None = field(
        STRING, nullable=0, default=None, about="A text of the client's, kept with the offset."
    )


@struct
class OffsetCommitRequestTopic(Struct):
    name: str = field(STRING, until=9, default="", ignorable=True, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=10, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    partitions: list[OffsetCommitRequestPartition] = field(
        array(OffsetCommitRequestPartition), about="Partition by partition."
    )


@message(api_key=8, kind="request", versions=(2, 10), flexible=8)
class OffsetCommitRequest(Message):
    group_id: str = field(STRING, about="The group's id.")
    generation_id_or_member_epoch: int = field(
        INT32,
        default=-1,
        about="The group's generation (or the member's epoch in the new protocol); -1 from outside a group.",
    )
    member_id: str = field(STRING, about="The member's id, given by the coordinator; empty before that.")
    group_instance_id: str | None = field(
        STRING, since=7, nullable=7, default=None, about="The id of a static member (KIP-345), or null."
    )
    retention_time_ms: int = field(
        INT64,
        until=4,
        default=-1,
        ignorable=True,
        about="How long to keep the offsets; -1 for the broker's setting.",
    )
    topics: list[OffsetCommitRequestTopic] = field(array(OffsetCommitRequestTopic), about="Topic by topic.")


@struct
class OffsetCommitResponsePartition(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")


@struct
class OffsetCommitResponseTopic(Struct):
    name: str = field(STRING, until=9, default="", ignorable=True, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=10, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    partitions: list[OffsetCommitResponsePartition] = field(
        array(OffsetCommitResponsePartition), about="Partition by partition."
    )


@message(api_key=8, kind="response", versions=(2, 10), flexible=8)
class OffsetCommitResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=3,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    topics: list[OffsetCommitResponseTopic] = field(array(OffsetCommitResponseTopic), about="Topic by topic.")
