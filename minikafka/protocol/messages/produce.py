"""Produce (0), versions 3–13: append record batches to partitions.

Kafka 4 speaks versions 3 and up. 9 is flexible; 10 tells the new leader (KIP-951); 13 names topics by id.
acks=0 has no answer at all.
"""

from __future__ import annotations

import uuid

from minikafka.protocol.schema import (
    INT16,
    INT32,
    INT64,
    RECORDS,
    STRING,
    UUID,
    ZERO_UUID,
    Buffer,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@struct
class PartitionProduceData(Struct):
    index: int = field(INT32, about="The partition.")
    records: Buffer | None = field(RECORDS, nullable=0, about="Record batches, as they lie in the log.")


@struct
class TopicProduceData(Struct):
    name: str = field(STRING, until=12, default="", ignorable=True, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=13, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    partition_data: list[PartitionProduceData] = field(
        array(PartitionProduceData), about="What to append, partition by partition."
    )


@message(api_key=0, kind="request", versions=(3, 13), flexible=9)
class ProduceRequest(Message):
    transactional_id: str | None = field(
        STRING, nullable=0, default=None, about="The producer's transactional id; null without transactions."
    )
    acks: int = field(
        INT16,
        about="Who must have the records before the answer: 0 nobody (no answer), 1 the leader, -1 the ISR.",
    )
    timeout_ms: int = field(INT32, about="How long the server may take.")
    topic_data: list[TopicProduceData] = field(
        array(TopicProduceData), about="What to append, topic by topic."
    )


@struct
class BatchIndexAndErrorMessage(Struct):
    batch_index: int = field(INT32, about="Which record of the batch.")
    batch_index_error_message: str | None = field(
        STRING, nullable=0, default=None, about="What is wrong with it."
    )


@struct
class LeaderIdAndEpoch(Struct):
    leader_id: int = field(INT32, default=-1, about="The leader's broker id, or -1.")
    leader_epoch: int = field(INT32, default=-1, about="The leader epoch, or -1.")


@struct
class PartitionProduceResponse(Struct):
    index: int = field(INT32, about="The partition.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    base_offset: int = field(INT64, default=-1, about="The offset that the first record got.")
    log_append_time_ms: int = field(
        INT64, default=-1, about="The broker's timestamp under LogAppendTime, else -1."
    )
    log_start_offset: int = field(
        INT64, since=5, default=-1, ignorable=True, about="The first offset that the log still holds, or -1."
    )
    record_errors: list[BatchIndexAndErrorMessage] = field(
        array(BatchIndexAndErrorMessage),
        since=8,
        default=[],
        ignorable=True,
        about="The records that the whole batch was refused for.",
    )
    error_message: str | None = field(
        STRING,
        since=8,
        nullable=8,
        default=None,
        ignorable=True,
        about="The error in words; null without one.",
    )
    current_leader: LeaderIdAndEpoch = field(
        LeaderIdAndEpoch,
        since=10,
        tagged=(0, 10),
        default=LeaderIdAndEpoch(),
        about="Who leads now, when the request went to the wrong broker.",
    )


@struct
class TopicProduceResponse(Struct):
    name: str = field(STRING, until=12, default="", ignorable=True, about="The topic's name.")
    topic_id: uuid.UUID = field(UUID, since=13, default=ZERO_UUID, ignorable=True, about="The topic's id.")
    partition_responses: list[PartitionProduceResponse] = field(
        array(PartitionProduceResponse), about="One result for each partition."
    )


@struct
class NodeEndpoint(Struct):
    node_id: int = field(INT32, about="The broker's id.")
    host: str = field(STRING, about="The host name to connect to.")
    port: int = field(INT32, about="The port to connect to.")
    rack: str | None = field(STRING, nullable=0, default=None, about="The rack, or null.")


@message(api_key=0, kind="response", versions=(3, 13), flexible=9)
class ProduceResponse(Message):
    responses: list[TopicProduceResponse] = field(
        array(TopicProduceResponse), about="One result for each topic."
    )
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    node_endpoints: list[NodeEndpoint] = field(
        array(NodeEndpoint),
        since=10,
        tagged=(0, 10),
        default=[],
        about="Addresses of the leaders named in this answer (KIP-951).",
    )
