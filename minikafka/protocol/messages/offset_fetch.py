"""OffsetFetch (9), versions 1–10: look up a group's committed offsets.

6 is flexible, 7 can insist on stable offsets, 8 asks for many groups, 10 names topics by id.
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    BOOL,
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
class OffsetFetchRequestTopic(Struct):
    name: str = field(STRING, until=7, default="", about="The topic's name.")
    partition_indexes: list[int] = field(array(INT32), until=7, default=[], about="The partitions.")


@struct
class OffsetFetchRequestTopics(Struct):
    name: str = field(STRING, until=9, default="", ignorable=True, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=10, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    partition_indexes: list[int] = field(array(INT32), about="The partitions.")


@struct
class OffsetFetchRequestGroup(Struct):
    group_id: str = field(STRING, about="The group's id.")
    member_id: str | None = field(
        STRING,
        since=9,
        nullable=9,
        default=None,
        ignorable=True,
        about="The member's id, given by the coordinator; empty before that.",
    )
    member_epoch: int = field(
        INT32,
        since=9,
        default=-1,
        ignorable=True,
        about="The member's epoch in the new group protocol, or -1.",
    )
    topics: list[OffsetFetchRequestTopics] | None = field(
        array(OffsetFetchRequestTopics),
        nullable=0,
        default=None,
        about="The partitions to look up; null for all that the group committed.",
    )


@message(api_key=9, kind="request", versions=(1, 10), flexible=6)
class OffsetFetchRequest(Message):
    group_id: str = field(STRING, until=7, default="", about="The group's id.")
    topics: list[OffsetFetchRequestTopic] | None = field(
        array(OffsetFetchRequestTopic),
        until=7,
        nullable=2,
        default=[],
        about="The partitions to look up; null for all that the group committed.",
    )
    groups: list[OffsetFetchRequestGroup] = field(
        array(OffsetFetchRequestGroup), since=8, default=[], about="Group by group."
    )
    require_stable: bool = field(
        BOOL, since=7, default=False, about="Refuse offsets that an open transaction may still change."
    )


@struct
class OffsetFetchResponsePartition(Struct):
    partition_index: int = field(INT32, until=7, default=0, about="The partition.")
    committed_offset: int = field(INT64, until=7, default=0, about="The offset to read next, or -1 for none.")
    committed_leader_epoch: int = field(
        INT32, since=5, until=7, default=-1, ignorable=True, about="The epoch of the last record read, or -1."
    )
    metadata: str | None = field(
        STRING, until=7, nullable=0, default="", about="The text kept with the offset."
    )
    error_code: int = field(INT16, until=7, default=0, about="What went wrong, or 0.")


@struct
class OffsetFetchResponseTopic(Struct):
    name: str = field(STRING, until=7, default="", about="The topic's name.")
    partitions: list[OffsetFetchResponsePartition] = field(
        array(OffsetFetchResponsePartition), until=7, default=[], about="Partition by partition."
    )


@struct
class OffsetFetchResponsePartitions(Struct):
    partition_index: int = field(INT32, about="The partition.")
    committed_offset: int = field(INT64, about="The offset to read next, or -1 for none.")
    committed_leader_epoch: int = field(INT32, default=-1, about="The epoch of the last record read, or -1.")
    metadata: str | None = field(STRING, nullable=0, default="", about="The text kept with the offset.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")


@struct
class OffsetFetchResponseTopics(Struct):
    name: str = field(STRING, until=9, default="", ignorable=True, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=10, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    partitions: list[OffsetFetchResponsePartitions] = field(
        array(OffsetFetchResponsePartitions), about="Partition by partition."
    )


@struct
class OffsetFetchResponseGroup(Struct):
    group_id: str = field(STRING, about="The group's id.")
    topics: list[OffsetFetchResponseTopics] = field(array(OffsetFetchResponseTopics), about="Topic by topic.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")


@message(api_key=9, kind="response", versions=(1, 10), flexible=6)
class OffsetFetchResponse(Message):
    throttle_time_ms: int = field(
        INT32,
        since=3,
        default=0,
        ignorable=True,
        about="How long a quota makes the client wait; 0 without one.",
    )
    topics: list[OffsetFetchResponseTopic] = field(
        array(OffsetFetchResponseTopic), until=7, default=[], about="Topic by topic."
    )
    error_code: int = field(
        INT16, since=2, until=7, default=0, ignorable=True, about="What went wrong, or 0."
    )
    groups: list[OffsetFetchResponseGroup] = field(
        array(OffsetFetchResponseGroup), since=8, default=[], about="Group by group."
    )
