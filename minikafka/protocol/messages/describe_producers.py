"""DescribeProducers (61), version 0: what a replica remembers of idempotent producers (KIP-664)."""

from __future__ import annotations

from minikafka.protocol.schema import (
    INT16,
    INT32,
    INT64,
    STRING,
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
    partition_indexes: list[int] = field(array(INT32), about="Its partitions.")


@message(api_key=61, kind="request", versions=(0, 0), flexible=0)
class DescribeProducersRequest(Message):
    topics: list[TopicRequest] = field(array(TopicRequest), about="Topic by topic.")


@struct
class ProducerState(Struct):
    producer_id: int = field(INT64, about="The producer's id.")
    producer_epoch: int = field(INT32, about="Its epoch.")
    last_sequence: int = field(INT32, default=-1, about="The last sequence number, or -1.")
    last_timestamp: int = field(INT64, default=-1, about="When it last wrote, or -1.")
    coordinator_epoch: int = field(
        INT32, about="The epoch of the coordinator that ended a transaction, or -1."
    )
    current_txn_start_offset: int = field(INT64, default=-1, about="Where an open transaction begins, or -1.")


@struct
class PartitionResponse(Struct):
    partition_index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    active_producers: list[ProducerState] = field(array(ProducerState), about="Producer by producer.")


@struct
class TopicResponse(Struct):
    name: str = field(STRING, about="The topic's name.")
    partitions: list[PartitionResponse] = field(array(PartitionResponse), about="Partition by partition.")


@message(api_key=61, kind="response", versions=(0, 0), flexible=0)
class DescribeProducersResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    topics: list[TopicResponse] = field(array(TopicResponse), about="Topic by topic.")
