"""DescribeTopicPartitions (75), version 0: topics page by page (KIP-966)."""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    BOOL,
    INT16,
    INT32,
    MIN_INT32,
    STRING,
    UUID,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class TopicRequest(Struct):
    name: str = field(STRING, about="The topic's name.")


@struct
class Cursor(Struct):
    topic_name: str = field(STRING, about="The topic to continue with.")
    partition_index: int = field(INT32, about="The partition to continue with.")


@message(api_key=75, kind="request", versions=(0, 0), flexible=0)
class DescribeTopicPartitionsRequest(Message):
    topics: list[TopicRequest] = field(array(TopicRequest), about="The topics to describe; none for all.")
    response_partition_limit: int = field(
        INT32, default=2000, about="How many partitions an answer may hold."
    )
    cursor: Cursor | None = field(Cursor, nullable=0, default=None, about="Where to continue; null to begin.")


@struct
class DescribeTopicPartitionsResponsePartition(Struct):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    partition_index: int = field(INT32, about="The partition.")
    leader_id: int = field(INT32, about="The leader's broker id, or -1.")
    leader_epoch: int = field(INT32, default=-1, about="The leader epoch, or -1.")
    replica_nodes: list[int] = field(
        array(INT32), about="The brokers that hold a replica, the preferred leader first."
    )
    isr_nodes: list[int] = field(array(INT32), about="The brokers in sync with the leader.")
    eligible_leader_replicas: list[int] | None = field(
        array(INT32),
        nullable=0,
        default=None,
        about="Replicas outside the ISR that have all committed records (KIP-966); null where not kept.",
    )
    last_known_elr: list[int] | None = field(
        array(INT32),
        nullable=0,
        default=None,
        about="The last ISR known, once the ISR is empty; null where not kept.",
    )
    offline_replicas: list[int] = field(
        array(INT32), default=[], about="The replicas whose broker or disk is down."
    )


@struct
class DescribeTopicPartitionsResponseTopic(Struct):
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    name: str | None = field(STRING, nullable=0, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, about="The topic's id.")
    is_internal: bool = field(BOOL, default=False, about="Is it one of the cluster's own topics?")
    partitions: list[DescribeTopicPartitionsResponsePartition] = field(
        array(DescribeTopicPartitionsResponsePartition), about="Partition by partition."
    )
    topic_authorized_operations: int = field(
        INT32, default=MIN_INT32, about="A bit for each allowed operation; the lowest int32 where not asked."
    )


@message(api_key=75, kind="response", versions=(0, 0), flexible=0)
class DescribeTopicPartitionsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    topics: list[DescribeTopicPartitionsResponseTopic] = field(
        array(DescribeTopicPartitionsResponseTopic), about="Topic by topic."
    )
    next_cursor: Cursor | None = field(
        Cursor, nullable=0, default=None, about="Where the next request continues; null when all is told."
    )
